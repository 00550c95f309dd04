"""lychee, an independent link checker, agrees with ours on the built site.

It follows links to files only (`--offline`). Where the two differ on the planted faults, the difference is listed below with
its reason.
"""

from __future__ import annotations

import json
import posixpath
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
    found = {fault.uri.removesuffix(".md") for fault in check_site(read_site(site))}
    assert found == {page.removesuffix("/index.html").replace("index.html", "index") for page, _ in lychee(site)}


DIFFERENCES = {
    "assets/none.svg": "lychee is given pages; the style sheet is no page",
    "assets/none.css": "the same",
    "html/assets/paper.png": "lychee does not read style attributes",
    "html/assets/pixel@2x.svg": "lychee takes the name for a mail address",
    "html/gone-from-pre.md": "lychee leaves out preformatted text",
    "guides/go": "lychee resolves an address at the host's root from the site's root; the site may lie in a folder",
    "htps://www.rfc-editor.org/rfc/rfc9457": "lychee leaves other schemes, and other hosts, to its online run",
    "htps://www.rfc-editor.org/": "the same, in raw HTML",
    "https:/www.rfc-editor.org/rfc/rfc9457": "the same, with a slash too few",
    "javascript:alert": "the same, with a scheme that no page should use",
    "taken": "lychee does not look for ids that stand twice",
    "twice": "the same",
}


def ours(fault):
    """The page, and what it points to as an address below the site's root."""
    page, target = fault.uri.removesuffix(".md"), fault.subject
    path, mark, fragment = target.partition("#")
    if ":" in target or fault.code == "KB107":
        return page, target
    folder = posixpath.dirname(page) if "." in posixpath.basename(fault.uri.removesuffix(".md")) else page
    address = posixpath.normpath(posixpath.join(folder, path.partition("?")[0])).lstrip("/")
    return page, f"{address}{mark}{fragment}".replace(" ", "%20")


def theirs(page, address):
    """The same, of what lychee says."""
    if address.startswith("file:"):
        address = f"../{posixpath.basename(address)}"
    path, mark, fragment = address.replace("/index.html", "").partition("#")
    return page.removesuffix("/index.html"), f"{posixpath.normpath(path.partition('?')[0])}{mark}{fragment}"


def test_on_planted_faults_the_two_differ_only_where_the_reason_is_known(tmp_path):
    build_site(fixture_repository("links", tmp_path), tmp_path / "site")
    found = {ours(fault) for fault in check_site(read_site(tmp_path / "site"))}
    by_lychee = {theirs(*pair) for pair in lychee(tmp_path / "site")}
    assert by_lychee - found == set()
    assert {address for _, address in found - by_lychee} == set(DIFFERENCES)
