"""The Markdown reader sees what a CommonMark parser sees, and knows where it stands."""

from __future__ import annotations

import re
from html import unescape
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown
from markdown_it import MarkdownIt

from kb.markdown import Kind, scan
from kb.slugs import slugify

COMMONMARK = MarkdownIt("commonmark")


def targets(text):
    return [link.target for link in scan(text).links]


def oracle(text):
    """The headings, fences and inline links that markdown-it reads."""
    tokens = COMMONMARK.parse(text)
    headings = [int(token.tag[1]) for token in tokens if token.type == "heading_open" and token.markup.startswith("#")]
    fences = [token.info.strip() for token in tokens if token.type == "fence"]
    inline = [child for token in tokens for child in token.children or []]
    links = [token.attrs["href"] for token in inline if token.type == "link_open"]
    images = [token.attrs["src"] for token in inline if token.type == "image"]
    return headings, fences, sorted(links + images)


PIECES = st.sampled_from(
    [
        "word",
        " ",
        "\n",
        "\n\n",
        "[a](x.md)",
        "![i](y.png)",
        "[b](<z.md> 't')",
        '[c](w.md "t")',
        "<https://e.example>",
        "`",
        "``",
        "```go\n",
        "~~~\n",
        "```\n",
        "\n# H\n",
        "\n## H `c`\n",
        "\n- item ",
        "\n1. item ",
        "\n> quote ",
        "\\[",
        "\\`",
        "[",
        "]",
        "(",
        ")",
        "*",
        "_",
        "<!-- c -->",
        "\n<!-- c\n\nc -->\n",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_text_is_read_without_error_and_every_link_lies_where_it_says(text):
    outline = scan(text)
    lines = text.split("\n")
    for link in outline.links:
        assert text[link.start : link.end] == link.target
        assert link.target in "\n".join(lines[link.line - 1 :])
    for heading in outline.headings:
        assert "#" in lines[heading.line - 1]


WORDS = st.text("abcxyz", min_size=1, max_size=5)
LINKS = st.tuples(WORDS, WORDS).map(lambda pair: f"[{pair[0]}]({pair[1]}.md)")
INLINE = st.one_of(WORDS, LINKS, WORDS.map("`[no](no.md)`{}".format), WORDS.map(r"\[no\](no.md) {}".format))
PARAGRAPHS = st.lists(INLINE, min_size=1, max_size=4).map(" ".join)
BLOCKS = st.one_of(
    PARAGRAPHS,
    st.tuples(st.integers(1, 6), PARAGRAPHS).map(lambda pair: f"{'#' * pair[0]} {pair[1]}"),
    st.tuples(st.sampled_from(["```", "~~~", "````"]), PARAGRAPHS).map(
        lambda pair: f"{pair[0]}go\n{pair[1]}\n{pair[0]}"
    ),
    st.lists(PARAGRAPHS, min_size=1, max_size=3).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.tuples(WORDS, PARAGRAPHS).map(lambda pair: f"- {pair[0]}\n\n    ```go\n    {pair[1]}\n    ```"),
    PARAGRAPHS.map("> {}".format),
    PARAGRAPHS.map("<!-- {} -->".format),
)


@given(st.lists(BLOCKS, max_size=6).map("\n\n".join))
def test_headings_fences_and_links_agree_with_commonmark(text):
    outline = scan(text)
    ours = (
        [heading.level for heading in outline.headings],
        [fence.info for fence in outline.fences],
        sorted(link.target for link in outline.links if link.kind in {Kind.LINK, Kind.IMAGE}),
    )
    assert ours == oracle(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](b.md)", ["b.md"]),
        ("[a](b_(c).md)", ["b_(c).md"]),
        ("[a](<b c.md>)", ["b c.md"]),
        (r"[a](b\_c.md)", ["b_c.md"]),
        ("[a](b.md?x=1&amp;y=2)", ["b.md?x=1&y=2"]),
        ("[![i](i.png)](b.md)", ["i.png", "b.md"]),
        ("[a]\n\n[a]: b.md", ["b.md"]),
        ("``[a](b.md) ` ``", []),
        ("`open [a](b.md)", ["b.md"]),
        ('<a href="b.md?x=1&amp;y">', ["b.md?x=1&y"]),
        ("<img srcset='a.png 1x, b.png 2x'>", ["a.png", "b.png"]),
        ("text\n<!--\n[a](b.md)\n-->", []),
        ("<pre>\n[a](b.md)\n</pre>\n[c](d.md)", ["d.md"]),
        ("    [a](b.md)", []),
        ("- a\n\n    [a](b.md)", ["b.md"]),
    ],
)
def test_links_are_found_where_a_reader_sees_them(text, expected):
    assert targets(text) == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Plain words", "plain-words"),
        ("Rust & Go", "rust--go"),
        ("C++, or `std::move`?", "c-or-stdmove"),
        ("Été à l'école", "été-à-lécole"),
        ("snake_case stays", "snake_case-stays"),
        ("3. Which language?", "3-which-language"),
    ],
)
def test_a_heading_has_the_address_that_the_code_host_gives_it(heading, expected):
    assert scan(f"# {heading}\n").headings[0].slug == expected


PARTS = st.sampled_from(
    [
        *(
            "Word",
            "two words",
            "Été",
            "snake_case",
            "`code`",
            "`a_b<T>`",
            "*weak*",
            "**strong**",
            "[text](x.md)",
            "R&D",
        ),
        *("&amp;", "1.5", "C++", "don't", "(aside)", "a/{id}", "a/b", "x, y", "--", "?", "\\*", "İ"),
    ]
)


@given(st.lists(PARTS, min_size=1, max_size=5).map(" ".join))
def test_the_site_gives_a_heading_the_same_address(heading):
    rendered = Markdown(extensions=["toc", "attr_list"], extension_configs={"toc": {"slugify": slugify}})
    identifier = re.search(r'<h1 id="([^"]*)"', rendered.convert(f"# {heading}\n"))
    assert unescape(identifier[1]) == (scan(f"# {heading}\n").headings[0].slug or "_1")


def test_an_unclosed_fence_is_told_from_a_closed_one():
    closed, unclosed = scan("```go\n```\n\n```sql\ntext\n").fences
    assert (closed.closed, unclosed.closed, unclosed.line) == (True, False, 4)


@pytest.mark.parametrize("inner", ["    ```", "> ```", "    ~~~"])
def test_a_fence_is_closed_at_its_own_depth_only(inner):
    outline = scan(f"```text\n{inner}\n[a](b.md)\n{inner}\n```\n\n[c](d.md)\n")
    assert [fence.closed for fence in outline.fences] == [True]
    assert [link.target for link in outline.links] == ["d.md"]


def test_lines_are_counted_from_the_line_of_the_file():
    outline = scan("# A\n\n[a](b.md)\n\n[x][y]\n", first_line=10)
    assert [outline.headings[0].line, outline.links[0].line, outline.undefined[0].line] == [10, 12, 14]


def test_any_line_break_but_the_line_feed_is_a_character_like_others():
    outline = scan("# A\u2028B\u0085C\x0bD\n\n[a](b.md)\n")
    assert [(heading.line, link.line) for heading, link in zip(outline.headings, outline.links, strict=True)] == [
        (1, 3)
    ]


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("GET /orders/{id}", "GET /orders/{id}"),
        ("Title {#id .class}", "Title"),
        ("`a&amp;b` & c&amp;d", "a&amp;b & c&d"),
        ("![alt](i.png) text", "text"),
        ("_weak_ and __strong__, _private", "weak and strong, _private"),
        ("two  spaces", "two spaces"),
    ],
)
def test_a_heading_reads_as_the_reader_sees_it(heading, text):
    assert scan(f"# {heading}\n").headings[0].text == text


HARD = {
    "backticks": "# " + "`" * 5000,
    "spaces in a heading": "# a" + " " * 50_000 + "{",
    "a comment that never ends": "<!--" + " " * 50_000 + "x",
    "attribute lists": "{" + "a#" * 50_000,
    "brackets": "[" * 50_000,
    "closed brackets": "[" * 20_000 + "]" * 20_000,
    "parentheses": "[a](" + "(" * 50_000,
    "backslashes": "\\" * 50_000,
    "attributes": "<a " + 'b="c" ' * 10_000,
    "stars": "# " + "*" * 5_000,
    "underscores": "# " + "_a" * 5_000,
    "candidates": f'<img srcset="{"x" * 50_000} y">',
    "css": f'<p style="background: url({" " * 50_000}">',
    "definition": "[a]:" + " " * 50_000,
    "loose": "[a](" + "b " * 20_000,
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_no_text_takes_long_to_read(text):
    started = process_time()
    scan(text)
    assert process_time() - started < 5, "the time grows faster than the text"
