"""The page of the decision tree in a real browser. Each test is named after the goals that it holds the page to."""

from __future__ import annotations

import gzip
import html
import json
import re
import shutil
from itertools import islice, product
from urllib.parse import parse_qsl, urlencode

import pytest
import yaml
from browsing import WIDTHS, violations
from conftest import ROOT, build_site, fixture_repository
from playwright.sync_api import expect

from kb.decisions.selection import contradictions, every_selection, written

CHOSEN = {"api-style": "rest", "background-jobs": "redis-queue", "cache": "upstash", "language": "node"}


def chosen(page):
    return dict(
        page.eval_on_selector_all("[data-kb-decide] :checked", "all => all.map(each => [each.name, each.value])")
    )


def query(page):
    return dict(parse_qsl(page.url.partition("?")[2]))


def status(page):
    return page.locator("[data-part=status]")


COLOURS = [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}]


@pytest.mark.parametrize("options", COLOURS, ids=str)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("url", ["decide/", f"decide/?{urlencode(CHOSEN)}", "decide/fastify/", "decide/other-cache/"])
def test_dt01_dt19_no_fault_of_accessibility(visit, url, width, options):
    page = visit(url, width, **options)
    assert violations(page) == []
    assert (
        page.evaluate("[...document.querySelectorAll('.kb-decide, .kb-decide *')].filter(each => each.shadowRoot)")
        == []
    )


def test_dt01_no_fault_of_accessibility_in_any_answer(visit, address, tree):
    """What the pages of answers have in common is looked at above."""
    page, found = visit(), {}
    for answer in tree.answers:
        page.goto(f"{address}decide/{answer}/")
        page.add_style_tag(content="* { transition: none !important }")  # so that no colour is half-way
        for width, colours in product(WIDTHS, COLOURS):
            page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", **colours})
            page.wait_for_function(
                "matchMedia('(prefers-color-scheme: dark)').matches == (document.body.dataset.mdColorScheme == 'slate')"
            )
            found[answer, width, *colours] = violations(page, "article")
    assert len(found) == len(tree.answers) * len(WIDTHS) * len(COLOURS)
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_dt02_all_is_readable_and_reachable_without_a_script(visit, tree):
    page = visit("decide/", java_script_enabled=False)
    for answer_id, (question, answer) in tree.answers.items():
        expect(page.locator(f"[id='{question.id}.{answer_id}']")).to_be_visible()
        expect(page.get_by_text(answer.choose_when).first).to_be_visible()
        assert page.locator(f".kb-tree a[*|href='{answer_id}/']").count() == 1
        assert page.locator(f"td a[href='{answer_id}/']").count() >= 1
    expect(page.locator(".kb-panel")).to_be_hidden()
    page.locator("[id='cache.no-cache']").check()
    box = page.locator(".kb-answer", has=page.locator("[id='cache.no-cache']"))
    plain = page.locator(".kb-answer", has=page.locator("[id='cache.upstash']"))
    shade = "each => getComputedStyle(each).boxShadow"
    assert box.evaluate(shade) != plain.evaluate(shade)


def test_dt03_everything_by_keyboard(visit):
    page = visit("decide/")
    page.locator("h1").click()
    decided, stops_in_figure = set(), 0
    for _ in range(150):
        page.keyboard.press("Tab")
        here = page.evaluate("""() => {
            const { tagName, name, type, checked, dataset } = document.activeElement;
            const { outlineWidth, outlineStyle } = getComputedStyle(document.activeElement);
            const inFigure = !!document.activeElement.closest('.kb-figure');
            const inTree = !!document.activeElement.closest('.kb-decide');
            return { tagName, name, type, checked, doing: dataset?.do, inFigure, inTree, outlineWidth, outlineStyle };
        }""")
        stops_in_figure += here["inFigure"]
        if here["inTree"]:
            assert here["outlineStyle"] != "none", here
            assert float(here["outlineWidth"].removesuffix("px")) >= 2, here
        if here["type"] == "radio" and here["name"] not in decided:
            page.keyboard.press("Space")
            decided.add(here["name"])
        if not here["inTree"] and decided:
            break
    assert stops_in_figure <= 1
    assert decided == set(chosen(page))
    expect(status(page)).to_contain_text(f"{len(decided)} of {len(decided)} decided")
    page.locator("[data-do=record]").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".md")
    page.locator("[data-do=link]").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_dt04_a_screen_reader_is_told_of_answers_status_and_conflicts(visit, tree):
    page = visit("decide/")
    for question in tree.questions:
        group = page.get_by_role("group", name=question.title)
        for answer in question.answers:
            expect(group.get_by_role("radio", name=answer.label, exact=True)).to_be_visible()
    described = page.get_by_role("radio", name="A shared cache: Valkey or Redis", exact=True)
    tools = "Valkey, Redis; Node.js: node-redis; Go: go-redis; Rust: redis-rs; Python: redis-py"
    expect(described).to_have_accessible_description(tools)
    assert page.locator("[role=status]").count() == 2
    page.goto(page.url + f"?{urlencode(CHOSEN)}")
    expect(status(page)).to_have_text(re.compile(r"4 of \d+ decided, 1 conflict"))


def test_dt05_a_selection_goes_into_the_url_and_back(visit, tree):
    page = visit("decide/")
    base = page.url
    for selection in islice(every_selection(tree), 0, None, 58_111):
        page.goto(f"{base}?{written(selection)}")
        assert chosen(page) == selection
        conflicts = page.locator("[data-part=conflicts] li")
        assert conflicts.count() == len(contradictions(tree, selection))
        page.locator("[data-do=link]").click()
        assert page.evaluate("navigator.clipboard.readText()") == f"{base}?{written(selection)}"


@pytest.mark.parametrize(
    "hostile",
    [
        "language=<img src=x onerror=alert(1)>",
        "language=node&language=go&language=rust",
        "__proto__=x&constructor=y&toString=z",
        "x=" + "y" * 10_000,
        "a=<b>&b=</script><script>alert(1)</script>",
        "language=%E0%A4%A",
    ],
)
def test_a_hostile_url_changes_nothing_but_a_notice(visit, hostile):
    page = visit("decide/")
    before = page.locator(".kb-question").first.inner_html()
    page.goto(page.url + "?" + hostile)
    assert page.errors == []
    assert page.locator(".kb-decide :is(img, b)").count() == 0
    assert page.locator(".kb-question").first.inner_html() == before
    if not hostile.startswith("a="):
        expect(page.locator("[data-part=notice]")).to_be_visible()


def test_dt06_an_old_link_selects_the_successors_and_says_so(visit):
    page = visit("decide/?language=node&rest-framework=fastify&api-style=rest&background-jobs=bullmq")
    assert chosen(page) == {
        "language": "node",
        "api-style": "rest",
        "http-framework": "fastify",
        "background-jobs": "redis-queue",
    }
    expect(page.locator("[data-part=notice]")).to_contain_text("have changed")


def test_dt07_back_forward_and_reload_keep_what_was_chosen(visit):
    page = visit("decide/")
    page.get_by_role("radio", name="Go", exact=True).check()
    page.get_by_role("radio", name="No cache", exact=True).check()
    page.go_back()
    assert chosen(page) == {"language": "go"}
    page.go_forward()
    page.reload()
    assert chosen(page) == {"language": "go", "cache": "no-cache"}


def test_dt08_a_conflict_is_named_and_each_way_out_holds(visit):
    page = visit(f"decide/?{urlencode(CHOSEN)}")
    expect(page.locator("[data-part=conflicts]")).to_contain_text("A queue in Redis and Redis over HTTP")
    ways = page.locator("[data-part=ways] a").evaluate_all("all => all.map(each => each.href)")
    assert ways
    for way in ways:
        page.goto(way)
        expect(page.locator("[data-part=conflicts]")).to_be_hidden()


def test_dt11_the_decision_record_is_one_that_madr_knows(visit, tree):
    page = visit(f"decide/?{urlencode(CHOSEN)}")
    with page.expect_download() as download:
        page.locator("[data-do=record]").click()
    text = download.value.path().read_text()
    _, head, body = text.split("---\n", 2)
    assert {"status", "date"} <= set(yaml.safe_load(head))
    headings = re.findall(r"^#{2,3} (.+)$", body, re.MULTILINE)
    assert headings == [
        "Context and Problem Statement",
        "Decision Drivers",
        "Considered Options",
        "Decision Outcome",
        "Consequences",
        "Confirmation",
        "Pros and Cons of the Options",
        "More Information",
    ]
    for question in tree.questions:
        if question.id in CHOSEN:
            assert question.title in body
    options = [answer.label for _, answer in tree.answers.values() if answer.label in body]
    assert len(options) > 15
    assert "A queue in Redis and Redis over HTTP" in body
    assert page.url in body
    assert page.locator("[data-kb-decide]").get_attribute("data-version") in body
    assert len(re.findall(r"^ *- .*https://", body, re.MULTILINE)) >= len(CHOSEN)
    assert "{" not in body


def test_dt12_the_tree_copies_as_mermaid(visit):
    page = visit("decide/")
    page.locator("[data-do=mermaid]").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("flowchart TD")


def test_dt13_two_stacks_are_compared_where_they_differ(visit):
    other = {**CHOSEN, "cache": "no-cache"}
    page = visit(f"decide/?{urlencode({'a': urlencode(CHOSEN), 'b': urlencode(other)})}")
    rows = page.locator("[data-part=compare] tbody tr")
    assert rows.count() == 1
    assert rows.first.locator("td").all_inner_texts() == ["Redis over HTTP for functions: Upstash", "No cache"]


def test_dt14_the_comment_for_a_review(visit):
    page = visit("decide/?cache=no-cache&language=go")
    page.locator("[data-do=review]").click()
    assert page.evaluate("navigator.clipboard.readText()") == f"**Stack**: Go · No cache ([decide]({page.url}))"


def test_dt15_on_paper_all_questions_and_what_was_chosen(visit, tree):
    page = visit("decide/?language=go&cache=no-cache")
    page.emulate_media(media="print")
    for question in tree.questions:
        expect(page.get_by_role("heading", name=question.title)).to_be_visible()
    expect(page.locator("[data-part=path]")).to_have_text("Go · No cache")
    expect(page.locator("[data-do=link]")).to_be_hidden()
    page.set_viewport_size({"width": 720, "height": 900})
    figure = page.locator(".kb-tree").bounding_box()
    assert figure["x"] + figure["width"] <= 720


def test_dt16_without_a_network_and_from_a_file(browser, built):
    page = browser.new_page()
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.context.set_offline(True)
    page.goto((built.folder / "decide" / "index.html").as_uri())
    page.get_by_role("radio", name="Go", exact=True).check()
    expect(status(page)).to_contain_text("1 of")
    assert [url for url in failed if not url.endswith("/search/search_index.js")] == []  # of the build for such use
    page.context.close()


def test_dt17_what_the_page_weighs(built):
    def weight(path):
        return len(gzip.compress((built.folder / path).read_bytes(), 9))

    assert weight("assets/decide.js") <= 4096
    assert weight("assets/decide.css") <= 1536
    assert weight("decide/tree.svg") <= 4096


@pytest.mark.parametrize("width", [320])
def test_dt18_small_screens_and_400_percent(visit, width):
    page = visit("decide/", width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(".kb-figure")).to_be_hidden()
    small = page.eval_on_selector_all(
        ".kb-decide :is(button, input, label)",
        "all => all.filter(each => each.checkVisibility()).map(each => each.getBoundingClientRect())"
        ".filter(({ width, height }) => width < 24 || height < 24).length",
    )
    assert small == 0


def test_dt19_nothing_moves(visit):
    page = visit("decide/", reduced_motion="reduce")
    moving = "all => all.filter(each => getComputedStyle(each).transitionDuration !== '0s').length"
    assert page.eval_on_selector_all(".kb-decide .kb-answer, .kb-tree, .kb-tree *", moving) == 0


def test_dt21_the_search_finds_each_answer_by_its_id_and_tools(built, tree, library):
    index = json.loads((built.folder / "search" / "search_index.json").read_text())
    found = {entry["location"]: entry["text"] for entry in index["docs"]}
    for answer_id, (question, answer) in tree.answers.items():
        parts = [text for location, text in found.items() if location.startswith(f"decide/{answer_id}/")]
        assert f"{question.id}={answer_id}" in parts[0]
        for tool in answer.all_tools:
            assert any(html.escape(library.tools[tool].name, quote=False) in text for text in parts), (answer_id, tool)


def test_dt24_questions_are_numbered_in_their_order(visit, tree):
    page = visit("decide/")
    headings = page.locator(".kb-decide h2").all_inner_texts()
    titles = [heading.replace("¶", "").strip() for heading in headings]
    assert titles == [f"{number}. {question.title}" for number, question in enumerate(tree.questions, start=1)]


@pytest.fixture
def instant(tmp_path, served):
    """The small library's site, with instant loading."""
    repository = fixture_repository("library", tmp_path)
    settings = yaml.safe_load((repository / "mkdocs.yml").read_text())
    settings["site_url"] = address = served(tmp_path / "site")
    settings["theme"]["features"] = ["navigation.instant"]
    settings["extra_javascript"] = [{"path": "assets/decide.js", "defer": True}]
    (repository / "mkdocs.yml").write_text(yaml.safe_dump(settings))
    shutil.copy(ROOT / "docs" / "assets" / "decide.js", repository / "docs" / "assets")
    build = build_site(repository, tmp_path / "site")
    assert build.code == 0, build.output
    return address


def test_dt20_with_instant_loading_too(browser, instant):
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(instant + "decide/?language=go")
    page.evaluate("globalThis.loadedOnce = true")
    for _ in range(3):
        page.locator("a.md-logo").first.click()
        page.wait_for_url(instant)
        page.go_back()
        expect(page.locator("[data-kb-decide]")).to_be_visible()
        expect(status(page)).to_contain_text("1 of")
        assert chosen(page)["language"] == "go"
    entries = page.evaluate("history.length")
    page.get_by_role("radio", name="No cache", exact=True).check()
    assert page.evaluate("history.length") <= entries + 1
    expect(status(page)).to_contain_text("2 of 2 decided")
    assert page.evaluate("loadedOnce")
    assert errors == []
    page.context.close()
