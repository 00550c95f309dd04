"""What the knowledge base costs: its build against Material alone on the same pages, and its link check by itself.

Run it with `make bench`. The builds alternate, so that a busy machine slows all of them; a figure is the median of the ratios
of neighbours. The sites without us get our pages staged, links and views resolved, so they do the same rendering:

- bare: our mkdocs.yml without our hook, our theme overrides and our assets
- stock: Material with search and mkdocstrings, every setting at its default
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

ROUNDS = 7
NOTHING = {"hooks": [], "watch": [], "extra_css": [], "extra_javascript": []}
REFERENCE = {"mkdocstrings": {"handlers": {"python": {"paths": [str(ROOT / "hooks")]}}}}


def bare_site(folder: Path) -> Path:
    (folder / "overrides").mkdir()
    theme = {"custom_dir": str(folder / "overrides")}
    return _site(
        folder, {**NOTHING, "INHERIT": str(ROOT / "mkdocs.yml"), "theme": theme, "plugins": ["search", REFERENCE]}
    )


def stock_site(folder: Path) -> Path:
    extensions = [
        "attr_list",
        "md_in_html",
        "tables",
        "footnotes",
        "pymdownx.superfences",
        {"toc": {"permalink": True}},
    ]
    shared = {"nav": load_config(str(ROOT / "mkdocs.yml")).nav, "not_in_nav": "/s/\n/decide/\n"}
    theme = {"theme": {"name": "material", "font": False}, "plugins": ["search", REFERENCE]}
    return _site(folder, {"site_name": "Stock", **shared, **theme, "markdown_extensions": extensions})


def _site(folder: Path, settings: dict[str, object]) -> Path:
    staged = kb("stage", str(folder / "docs"))
    if staged.returncode:
        sys.exit(staged.stderr)
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings))
    return folder


def seconds(repository: Path, target: Path) -> float:
    started = time.perf_counter()
    build = build_site(repository, target)
    taken = time.perf_counter() - started
    if build.code:
        sys.exit(build.output)
    return taken


def report(name: str, ours: list[float], theirs: list[float]) -> None:
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    spread = f"from {min(ratios):.2f} to {max(ratios):.2f}"
    print(f"{name:<10} {statistics.median(theirs):.2f} s, ratio {statistics.median(ratios):.2f} ({spread})")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for site in ("bare", "stock"):
            (folder / site).mkdir()
        sites = {"ours": ROOT, "bare": bare_site(folder / "bare"), "stock": stock_site(folder / "stock")}
        times: dict[str, list[float]] = {site: [] for site in sites}
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
            for site, repository in sites.items():
                times[site].append(seconds(repository, folder / f"built-{site}"))
        built = read_site(folder / "built-ours")
    started = time.perf_counter()
    check_site(built)
    checked = time.perf_counter() - started
    print(f"{'ours':<10} {statistics.median(times['ours']):.2f} s for {len(built.pages)} pages")
    report("bare", times["ours"], times["bare"])
    report("stock", times["ours"], times["stock"])
    links = count_links(built)
    print(f"{'links':<10} {links} addresses of whole pages in {checked:.2f} s, {links / checked:,.0f} a second")
    print("goal       ratio to bare at most 1.15")


if __name__ == "__main__":
    main()
