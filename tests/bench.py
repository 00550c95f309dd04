"""What the knowledge base costs: its build against a bare Material site of the same pages, and its link check by itself.

Run it with `make bench`. Builds of both sites alternate, so that a busy machine slows both; the figure is the median of the
ratios of neighbours.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import yaml
from conftest import ROOT, build_site, kb
from mkdocs.config import load_config

from kb.links.site import check_site, count_links, read_site

ROUNDS = 5
REFERENCE = {"mkdocstrings": {"handlers": {"python": {"paths": [str(ROOT / "hooks")]}}}}
BARE = {"site_name": "Bare", "theme": {"name": "material", "font": False}, "plugins": ["search", REFERENCE]}


def bare_site(folder: Path) -> Path:
    """Stage our pages for a site without hooks: the same texts, the same navigation, stock Material and mkdocstrings."""
    docs = folder / "docs"
    staged = kb("stage", str(docs))
    if staged.returncode:
        sys.exit(staged.stderr)
    extensions = [
        "attr_list",
        "md_in_html",
        "tables",
        "footnotes",
        "pymdownx.superfences",
        {"toc": {"permalink": True}},
    ]
    ours = load_config(str(ROOT / "mkdocs.yml"))
    shared = {"nav": ours.nav, "not_in_nav": "/s/\n/decide/\n"}
    (folder / "mkdocs.yml").write_text(yaml.safe_dump({**BARE, **shared, "markdown_extensions": extensions}))
    return folder


def seconds(repository: Path, target: Path) -> float:
    started = time.perf_counter()
    build = build_site(repository, target)
    taken = time.perf_counter() - started
    if build.code:
        sys.exit(build.output)
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = bare_site(folder / "bare")
        pairs = []
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
            pairs.append((seconds(ROOT, folder / "ours"), seconds(bare, folder / "theirs")))
        site = read_site(folder / "ours")
        started = time.perf_counter()
        check_site(site)
        checked = time.perf_counter() - started
    ratios = [ours / theirs for ours, theirs in pairs]
    print(f"pages          {len(site.pages)}")
    print(f"build          {statistics.median(ours for ours, _ in pairs):.2f} s")
    print(f"bare Material  {statistics.median(theirs for _, theirs in pairs):.2f} s")
    print(
        f"ratio          {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f}; goal: at most 1.15)"
    )
    links = count_links(site)
    print(f"link check     {links} addresses of whole pages in {checked:.2f} s: {links / checked:,.0f} a second")


if __name__ == "__main__":
    main()
