"""The staged tree holds every page, with links that work in their new places and text that nothing can break out of."""

from __future__ import annotations

import shutil
from html import unescape

import markdown
import pytest
from conftest import CASES, ROOT, kb

from kb.addresses import address, page_url, relative_url
from kb.assembly import load
from kb.decisions.model import Answer, Question
from kb.model import Place, Source
from kb.render.text import code, escape
from kb.staging import stage


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    root = tmp_path_factory.mktemp("staging") / "library"
    shutil.copytree(CASES / "library", root)
    shutil.copytree(ROOT / "data" / "schema", root / "data" / "schema")
    library, _ = load(root)
    return {page.uri: page for page in stage(library, "https://git.example/library")}


@pytest.mark.parametrize("golden", sorted((CASES / "staged").rglob("*.md")), ids=lambda path: path.name)
def test_a_staged_page_is_what_was_agreed(pages, golden):
    assert pages[golden.relative_to(CASES / "staged").as_posix()].text == golden.read_text()


def test_every_page_source_and_answer_is_staged_once(pages):
    assert sorted(pages) == [
        "decide.md",
        "decide/go.md",
        "decide/map.md",
        "decide/no-cache.md",
        "decide/no-service.md",
        "decide/other-cache.md",
        "decide/other-language.md",
        "decide/redis.md",
        "decide/rust.md",
        "guides/go.md",
        "index.md",
        "look-up.md",
        "r/BK101.md",
        "r/BK102.md",
        "r/BK103.md",
        "readme.md",
        "related.md",
        "rules.md",
        "rules/ghosts.md",
        "rules/ledgers.md",
        "rules/orphans.md",
        "s/hunchback.md",
        "s/pickwick.md",
        "skill.md",
        "sources.md",
        "tool/axum.md",
        "tool/fiber.md",
        "tool/gorm.md",
        "tool/postgresql.md",
        "tool/redis.md",
        "verification.md",
    ]


def test_a_generated_page_is_edited_where_its_data_stands(pages):
    assert pages["s/hunchback.md"].place == Place("data/sources.json", 16)
    assert pages["rules/ghosts.md"].place == Place("data/areas.json", 5)
    assert pages["r/BK103.md"].place == Place("data/rule-ids.json", 6)
    assert pages["r/BK101.md"].place.path == "resources/rules/ghosts/BK101-count-every-ghost-once.md"
    assert pages["guides/go.md"].place.path == "resources/go-best-practices.md"


def test_links_of_a_rule_are_kept_at_their_lines_though_its_body_is_arranged_anew(pages):
    page = pages["r/BK101.md"]
    source = (CASES / "library" / page.place.path).read_text().splitlines()
    assert [(target, source[link.line - 1]) for target, link in page.links if link.target in source[link.line - 1]] == [
        (
            "../guides/go.md#errors",
            "The house does not remember. See [how Go wraps it](../../go-best-practices.md#errors).",
        ),
        (
            "https://books.example/hunchback#belfry",
            "**Avoid.** Counts knocks, as [the notes](https://books.example/hunchback#belfry) of a",
        ),
        ("https://git.example/library/blob/main/mkdocs.yml", "[neighbour](../../../mkdocs.yml) do."),
    ]
    assert all(target in page.text for target, _ in page.links)


@pytest.mark.parametrize(
    ("text", "markdown_"),
    [("a", "`a`"), ("a `b` c", "`` a `b` c ``"), ("``", "``` `` ```"), ("two\nlines", "`two lines`")],
)
def test_code_from_data_is_shown_as_it_stands(text, markdown_):
    assert code(text) == markdown_
    assert unescape(markdown.markdown(code(text))) == f"<p><code>{' '.join(text.split())}</code></p>"


@pytest.mark.parametrize(
    "text",
    [
        "*_`[]<>#|~\\",
        "a <= b && c",
        "<script>alert(1)</script>",
        "&lt;b&gt;",
        "- no list",
        "1986. No list either",
        "::: no.module",
        '=== "No tab"',
        "!!! no admonition",
        "# no heading",
        ":rocket:",
        "[no](link.md) ![no](image.png) <https://no.example>",
        "one\n\nparagraph",
        '"quoted" and {#braced}',
    ],
)
def test_text_from_data_is_shown_as_it_stands(text):
    html = markdown.markdown(escape(text), extensions=["attr_list", "md_in_html", "tables", "footnotes"])
    assert unescape(html) == f"<p>{' '.join(text.split())}</p>"
    assert html.count("<") == 2


def test_titles_and_descriptions_are_html_for_the_theme_prints_them_as_they_are(pages):
    assert 'title: "Rust &lt;3"' in pages["decide/rust.md"].text


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("SKILL.md", "skill.md"),
        ("docs/index.md", "index.md"),
        ("docs/reference/core.md", "reference/core.md"),
        ("resources/backend-best-practices.md", "guides/node.md"),
        ("resources/rust-best-practices.md", "guides/rust.md"),
        ("resources/rules/pooling/BK125-create-one-pool.md", "r/BK125.md"),
        ("resources/related/ops-database-sql.md", "related/ops-database-sql.md"),
        ("templates/nodejs/template-nodejs-prisma-postgres.md", "t/node.md"),
        ("templates/go/template-go-fiber-gorm.md", "t/go.md"),
        ("templates/go/app/README.md", None),
        ("data/sources.json", None),
        ("tests/cases/library/docs/index.md", None),
    ],
)
def test_a_file_has_the_address_that_was_published(path, uri):
    assert address(path) == uri


@pytest.mark.parametrize(
    ("uri", "url"),
    [("index.md", ""), ("decide.md", "decide/"), ("reference/index.md", "reference/"), ("s/x.md", "s/x/")],
)
def test_a_page_is_served_in_a_folder_of_its_own(uri, url):
    assert page_url(uri) == url


@pytest.mark.parametrize(
    ("target", "page", "url"),
    [
        ("decide.md", "index.md", "decide/"),
        ("index.md", "decide.md", "../"),
        ("guides/go.md", "guides/rust.md", "../go/"),
        ("assets/x.svg", "s/x.md", "../../assets/x.svg"),
        ("decide.md", "decide.md", "."),
    ],
)
def test_raw_html_links_as_a_browser_resolves_them(target, page, url):
    assert relative_url(target, page) == url


def test_stage_refuses_a_folder_that_holds_something(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    run = kb("stage", str(tmp_path))
    assert run.returncode == 2
    assert "is not an empty folder" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_everything_loaded_is_frozen():
    for kind in (Source, Question, Answer, Place):
        assert kind.__dataclass_params__.frozen
