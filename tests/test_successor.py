"""The staged tree is all that another generator needs: ProperDocs builds it with no hook of ours."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import ENVIRONMENT, ROOT, kb

from kb.links.rendered import read_html
from kb.links.site import check_site, read_site

SETTINGS = """
site_name: software-backend
theme: { name: material, font: false, features: [navigation.prune] }
plugins:
  - search
  - mkdocstrings: { handlers: { python: { paths: [%s] } } }
exclude_docs: "!/templates/"
markdown_extensions:
  - attr_list
  - md_in_html
  - tables
  - footnotes
  - pymdownx.superfences
  - pymdownx.tasklist
  - pymdownx.tabbed: { alternate_style: true, slugify: !!python/name:kb.slugs.tab_id }
  - toc: { slugify: !!python/object/apply:pymdownx.slugs.slugify { kwds: { case: lower } } }
# It looks for anchors before tabs have their ids; every link of the finished site is followed below.
validation: { links: { not_found: warn, anchors: info, absolute_links: warn, unrecognized_links: warn } }
"""


@pytest.fixture(scope="module")
def successor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("successor")
    staged = kb("stage", str(folder / "docs"))
    assert staged.returncode == 0, staged.stderr
    (folder / "properdocs.yml").write_text(SETTINGS % (ROOT / "hooks"))
    command = [sys.executable, "-m", "properdocs", "build", "--strict", "--config-file", "properdocs.yml"]
    run = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return folder / "site"


def test_the_successor_builds_every_page_with_no_warning(successor, built):
    pages = {path.relative_to(built.folder) for path in built.folder.rglob("index.html")}
    assert pages == {path.relative_to(successor) for path in successor.rglob("index.html")}


def test_no_link_of_the_successors_site_leads_nowhere(successor):
    assert check_site(read_site(successor)) == []


def test_headings_have_the_same_addresses_as_here(successor, built):
    ours, theirs = read_site(built.folder), read_site(successor)
    for uri in ("guides/go.md", "playbook.md", "decide.md", "what-changed.md"):
        anchors = {anchor for anchor in read_html(ours.pages[uri]).ids if not anchor.startswith("__")}
        assert anchors <= set(read_html(theirs.pages[uri]).ids)
