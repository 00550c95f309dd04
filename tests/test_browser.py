"""The built site in a real browser: accessible, silent, reachable by keyboard, and readable without scripts."""

from __future__ import annotations

import re

import pytest
from browsing import violations
from playwright.sync_api import expect

PAGES = {
    "home": "",
    "decision tree": "decide/",
    "answer": "decide/fastify/",
    "look up": "look-up/",
    "quick reference": "skill/",
    "rules": "rules/",
    "area": "rules/transactions/",
    "rule": "r/BK101/",
    "verification": "verification/",
    "guide": "guides/node/",
    "playbook": "playbook/",
    "hubs": "related/",
    "hub": "related/ops-database-sql/",
    "sources": "sources/",
    "source": "s/rfc9457/",
    "tools": "tools/",
    "tool": "tool/fastify/",
    "start": "start/",
    "template": "t/rust/",
    "measurements": "benchmarks/",
    "what changed": "what-changed/",
    "read me": "readme/",
    "contributing": "contributing/",
    "problem codes": "problems/",
    "reference": "reference/core/",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", PAGES)
def test_page_is_accessible_silent_and_asks_no_other_host(visit, kind, width, scheme):
    page = visit(PAGES[kind], width, color_scheme=scheme)
    assert violations(page) == []
    assert page.errors == []
    assert page.strangers == []


def test_every_other_page_is_accessible_and_silent_too(visit, address, built):
    """All but the pages of sources, tools and answers, which are of a kind; each at one width, in the light."""
    everything = {path.parent.relative_to(built.folder).as_posix() + "/" for path in built.folder.rglob("index.html")}
    others = sorted(
        url for url in everything - set(PAGES.values()) - {"./"} if not url.startswith(("s/", "tool/", "decide/"))
    )
    page = visit()
    found = {}
    for url in others:
        page.goto(address + url)
        found[url] = violations(page)
    assert {url: faults for url, faults in found.items() if faults} == {}
    assert page.errors == []
    assert page.strangers == []


@pytest.mark.parametrize("kind", PAGES)
def test_nothing_is_wider_than_a_phone(visit, kind):
    page = visit(PAGES[kind], 390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def tab_until(page, selector, most=40):
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return True
    return False


def test_navigation_and_content_are_reached_by_keyboard(visit):
    page = visit()
    assert tab_until(page, ".md-tabs__link[href='look-up/']")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/look-up/")
    assert tab_until(page, ".md-nav__link[href='../guides/go/']", 60)
    page.keyboard.press("Enter")
    page.wait_for_url("**/guides/go/")


def test_the_doors_of_the_home_page_are_reached_by_keyboard(visit):
    page = visit()
    for door in ("decide/", "look-up/", "start/"):
        assert tab_until(page, f".kb-door a[href='{door}']")


def test_search_is_opened_used_and_left_by_keyboard(visit):
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("idempotency")
    results = page.locator(".md-search-result__link")
    expect(results.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.md-search-result__link')")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/?h=" in url or "h=idempotency" in url)
    assert page.errors == []


def test_search_finds_an_answer_by_the_name_of_its_tool(visit):
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("Pothos")
    expect(page.locator(".md-search-result__link[href*='decide/']").first).to_be_visible()


def test_sources_are_filtered_and_the_filter_has_an_address(visit):
    page = visit("sources/")
    everything = page.locator("tbody tr").count()
    page.get_by_label("stacks").select_option("Rust")
    page.get_by_label("kind").select_option("official-docs")
    shown = page.locator("tbody tr:visible").count()
    assert 0 < shown < everything
    assert page.get_by_role("status").inner_text() == f"{shown} of {everything} shown"
    page.reload()
    assert page.locator("tbody tr:visible").count() == shown
    page.locator(".kb-filter").get_by_role("button", name="Clear").click()
    expect(page.get_by_role("status")).to_have_text(f"All {everything} shown")
    assert "?" not in page.url


def test_rules_are_filtered_by_level_area_and_stack(visit):
    page = visit("rules/?level=must")
    everything, must = page.locator("tbody tr").count(), page.locator("tbody tr:visible").count()
    assert 0 < must <= everything
    assert page.locator("tbody tr:visible .kb-must").count() == must
    page.get_by_label("area").select_option("Transactions")
    page.get_by_label("stacks").select_option("Go")
    assert 0 < page.locator("tbody tr:visible").count() <= must
    assert page.url.endswith("?level=must&area=Transactions&stacks=Go")


@pytest.mark.parametrize(
    ("fragment", "tab"),
    [("node", "node"), ("nodejs", "node"), ("go", "go"), ("rust", "rust"), ("python", "python"), ("", "node")],
)
def test_a_link_opens_a_rule_at_the_samples_of_a_stack(visit, fragment, tab):
    page = visit(f"r/BK101/#{fragment}")
    expect(page.locator(f".tabbed-set > input#{tab}")).to_be_checked()


def test_a_stacks_heading_on_the_code_host_opens_its_tab_whatever_was_read_last(visit):
    page = visit("r/BK101/")
    page.locator("label[for=rust]").click()
    page.reload()
    expect(page.locator(".tabbed-set > input#rust")).to_be_checked()
    page.goto(page.url.partition("#")[0] + "#nodejs")
    expect(page.locator(".tabbed-set > input#node")).to_be_checked()
    expect(page.locator("label[for=node]")).to_be_in_viewport()


def test_all_stacks_of_a_rule_are_printed_and_can_be_opened_without_scripts(visit):
    page = visit("r/BK101/", java_script_enabled=False)
    samples = page.locator(".tabbed-block .highlight")
    page.locator("label[for=rust]").click()
    assert 0 < page.locator(".tabbed-block .highlight:visible").count() < samples.count()
    page.emulate_media(media="print")
    assert page.locator(".tabbed-block .highlight:visible").count() == samples.count()


def test_search_finds_a_rule_by_its_id(visit):
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("BK101")
    expect(page.locator(".md-search-result__link").first).to_have_attribute("href", re.compile("r/BK101/"))


def test_a_hostile_filter_address_changes_nothing_but_the_filter(visit):
    attack = "<img src=x onerror=alert(1)>"
    page = visit(f"sources/?kind={attack}&nonsense=1&text={attack}{'x' * 5000}")
    assert page.locator("img[src='x']").count() == 0
    assert page.get_by_label("kind").input_value() == ""
    assert page.errors == []


@pytest.mark.parametrize("kind", PAGES)
def test_page_reads_without_scripts(visit, kind):
    page = visit(PAGES[kind], java_script_enabled=False)
    assert len(page.locator("article").inner_text()) > 200
    expect(page.locator("h1")).to_be_visible()


def test_all_sources_and_all_answers_stand_there_without_scripts(visit):
    sources = visit("sources/", java_script_enabled=False)
    assert sources.locator("tbody tr:visible").count() >= 100
    answers = visit("decide/", java_script_enabled=False)
    assert answers.locator(".kb-answer a:visible").count() == answers.locator(".kb-answer input").count() >= 20


def test_code_is_copied_with_one_button(visit):
    page = visit("contributing/")
    page.goto(page.url.replace("contributing", "guides/python"))
    block = page.locator(".highlight").first
    block.hover()
    block.locator("button[data-clipboard-target], .md-code__button").first.click()
    page.wait_for_timeout(200)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("code").inner_text().strip()


def test_print_leaves_out_what_only_a_screen_needs(visit):
    page = visit("sources/")
    page.emulate_media(media="print")
    expect(page.locator(".kb-filter__form")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
