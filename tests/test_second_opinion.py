"""lychee, an independent link checker, agrees with ours on the built site.

It follows links to files only (`--offline`). Where the two differ on the planted faults, the difference is listed below with
its reason.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import build_site, fixture_repository

from kb.links.site import check_site, read_site

LYCHEE = Path(sys.executable).with_name("lychee")


def lychee(folder):
    """Return what lychee calls broken: pairs of page and address, both below the site's root."""
    command = [
        LYCHEE,
        "--offline",
        "--include-fragments",
        "--index-files",
        "index.html",
        "--no-progress",
        "--format",
        "json",
        "--root-dir",
        folder,
    ]
    pages = sorted(path for path in folder.rglob("index.html"))
    run = subprocess.run([*command, *pages], capture_output=True, text=True, check=False)
    report = json.loads(run.stdout)
    assert report["total"] > 0
    return {
        (Path(page).relative_to(folder).as_posix(), fault["url"].partition(f"{folder}/")[2] or fault["url"])
        for page, faults in report["error_map"].items()
        for fault in faults
    }


@pytest.fixture(scope="module", autouse=True)
def installed():
    if not LYCHEE.exists():
        pytest.skip("no lychee: run `make test`, which installs it")


def test_lychee_finds_nothing_broken_on_this_site(built):
    assert lychee(built.folder) == set()


def test_lychee_finds_what_we_find_when_a_page_is_taken_away(built, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(built.folder, site)
    shutil.rmtree(site / "what-changed")
    ours = {fault.uri.removesuffix(".md") for fault in check_site(read_site(site))}
    theirs = {page.removesuffix("/index.html").replace("index.html", "index") for page, _ in lychee(site)}
    assert ours == theirs


DIFFERENCES = {
    "none.svg": "lychee is given pages; the style sheet is no page",
    "paper.png": "lychee does not read style attributes",
    "pixel@2x.svg": "lychee takes the name for a mail address",
    "go": "lychee takes an address at the host's root for one at the site's root, which a site below a folder does not have",
    "rfc9457": "lychee leaves addresses of other schemes, and hosts, to its online run",
    "www.rfc-editor.org": "the same, in raw HTML",
    "javascript:alert": "the same, with a scheme that no page should use",
    "taken": "lychee does not look for ids that stand twice",
    "twice": "the same",
}


def brief(address):
    """The end of an address, as both checkers write it."""
    return address.replace("index.html#", "#").replace("/#", "#").rstrip("/").rpartition("/")[2].replace(" ", "%20")


def test_on_planted_faults_the_two_differ_only_where_the_reason_is_known(tmp_path):
    build_site(fixture_repository("links", tmp_path), tmp_path / "site")
    ours = {(fault.uri.removesuffix(".md"), brief(fault.subject)) for fault in check_site(read_site(tmp_path / "site"))}
    theirs = {(page.removesuffix("/index.html"), brief(address)) for page, address in lychee(tmp_path / "site")}
    assert theirs - ours == set()
    assert {address for _, address in ours - theirs} == set(DIFFERENCES)
