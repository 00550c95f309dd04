"""A real browser on the built site, for the tests that need one."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import ROOT
from playwright.sync_api import sync_playwright

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {320: 640, 390: 844, 1280: 900}
"""Of a window, each with its height, in CSS pixels."""


def chromium():
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def served():
    """Serve a folder until the tests of a module are over, and return its address."""
    with ExitStack() as servers:

        def serve(folder):
            server = servers.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)))
            servers.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return f"http://127.0.0.1:{server.server_port}/"

        yield serve


@pytest.fixture(scope="module")
def address(built, served):
    assert built.code == 0, built.output
    return served(built.folder)


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: install Debian's package `chromium`, or name the program in CHROMIUM")
    if not AXE.exists():
        pytest.skip("no axe-core: run `make test`, which installs it")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """Open a page; what it says on the console and asks of other hosts is kept on the page object."""
    contexts = []

    def open_page(url="", width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, **options)
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.errors, page.strangers = [], []
        page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("request", lambda request: None if known(request.url) else page.strangers.append(request.url))
        page.goto(address + url)
        page.wait_for_load_state("networkidle")
        return page

    def known(url):
        return url.startswith((address, "data:", "blob:"))

    yield open_page
    for context in contexts:
        context.close()


def violations(page, within="html"):
    """What axe finds wrong with a page, or with a part of it."""
    if page.evaluate("typeof axe") == "undefined":
        page.add_script_tag(path=AXE)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = page.evaluate("([within, rules]) => axe.run(within, { runOnly: rules })", [within, rules])
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
