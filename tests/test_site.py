"""The built site: complete, silent, the same twice, and with no link that leads nowhere."""

from __future__ import annotations

import filecmp
import json
import posixpath
import re
import zipfile
from html import unescape
from html.parser import HTMLParser

import jsonschema
import pytest
from conftest import CASES, ROOT, build_site

from kb.addresses import address, answer_uri, page_url, rule_uri, tool_uri
from kb.links.site import check_site, read_site

SEED = json.loads((CASES / "seed.json").read_text())


class Text(HTMLParser):
    """The words a reader sees in the article, and the head's addresses."""

    def __init__(self, html):
        super().__init__()
        self.words, self.ids, self.links, self._depth = [], set(), {}, 0
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self._depth += tag == "article"
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if tag == "a" and "title" in attributes:
            self.links[attributes["title"]] = attributes.get("href")

    def handle_endtag(self, tag):
        self._depth -= tag == "article"

    def handle_data(self, data):
        if self._depth:
            self.words.append(data)


def read(built, url):
    return Text((built.folder / url / "index.html").read_text())


def test_a_strict_build_says_nothing_but_that_it_builds(built):
    assert built.code == 0, built.output
    said = [line for line in built.output.splitlines() if not line.startswith("INFO")]
    assert said == []


def test_two_builds_are_the_same_to_the_byte(built, tmp_path):
    again = build_site(ROOT, tmp_path / "site", "--strict")
    files = [path.relative_to(built.folder) for path in built.folder.rglob("*") if path.is_file()]
    others = [path.relative_to(again.folder) for path in again.folder.rglob("*") if path.is_file()]
    assert sorted(files) == sorted(others)
    _, different, failed = filecmp.cmpfiles(built.folder, again.folder, map(str, files), shallow=False)
    assert (different, failed) == ([], [])


def test_no_link_of_any_whole_page_leads_nowhere(built):
    assert check_site(read_site(built.folder)) == []


@pytest.mark.parametrize("kind", ["page", "heading"])
def test_a_link_dies_with_its_target(built, kind):
    """The check above can fail: without a page or a heading that others link to, it does."""
    site = read_site(built.folder)
    pages = dict(site.pages)
    if kind == "page":
        del pages["what-changed.md"]
        expected = "KB101"
    else:
        pages["decide.md"] = pages["decide.md"].replace('id="which-language', 'id="renamed')
        pages["decide.md"] = re.sub(r'<h2 id="[^"]*"', '<h2 id="gone"', pages["decide.md"])
        expected = "KB102"
    files = site.files - {"what-changed/index.html"} if kind == "page" else site.files
    faults = check_site(type(site)(pages, files, site.styles, entrances=site.entrances))
    assert expected in {fault.code for fault in faults}


def test_every_page_has_an_address_a_title_and_its_own_description(built, library):
    descriptions = {}
    for page in library.pages.values():
        html = (built.folder / page_url(page.uri) / "index.html").read_text()
        description = re.search(r'<meta name="description" content="([^"]*)"', html)
        assert description, page.path
        assert descriptions.setdefault(description[1], page.path) == page.path
        assert len(description[1]) <= 200, page.path


def test_edit_and_source_links_name_the_true_file(built, library):
    for page in library.pages.values():
        links = read(built, page_url(page.uri)).links
        assert links["Edit this page"].endswith(f"/edit/main/{page.path}")
        assert links["View source of this page"].endswith(f"/raw/main/{page.path}")
    assert (
        read(built, f"s/{next(iter(library.sources))}").links["Edit this page"].endswith("/edit/main/data/sources.json")
    )


def test_no_page_loads_anything_from_another_host(built):
    loads = re.compile(r'<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)="(?:https?:)?//([^"/]+)')
    for path in built.folder.rglob("*.html"):
        hosts = set(loads.findall(path.read_text())) - {"127.0.0.1:8000"}
        assert hosts == set(), path


def test_every_source_has_a_page_and_lists_what_cites_it(built, library):
    assert len(library.sources) >= 100
    for source in library.sources.values():
        text = read(built, f"s/{source.id}").text
        assert source.url in text.replace(" ", "")
        for citation in library.citations[source.id]:
            assert " ".join(citation.title.split()) in text


def test_the_sources_serve_every_stack_and_every_kind(library):
    stacks = {stack.value for source in library.sources.values() for stack in source.stacks}
    kinds = {source.kind for source in library.sources.values()}
    assert stacks == {"node", "go", "rust", "python", "sql"}
    assert {"standard", "official-docs", "paper", "incident"} <= kinds


def test_every_answer_has_a_page_with_all_it_has_to_say(built, library):
    for question, answer in library.tree.answers.values():
        text = read(built, f"decide/{answer.id}").text
        for said in (
            question.title,
            answer.label,
            answer.choose_when,
            answer.avoid_when,
            answer.would_change,
            *(library.tools[tool].name for tool in answer.all_tools),
        ):
            assert " ".join(said.split()) in text, answer.id


def test_dt10_answers_lead_to_rules_templates_and_guides_and_back(built, library):
    def links(uri):
        folder = uri.removesuffix(".md") + "/"
        hrefs = re.findall(r'href="([^"#?]*/)(?:#[^"]*)?"', (built.folder / folder / "index.html").read_text())
        return {posixpath.normpath(posixpath.join(folder, href)) + "/" for href in hrefs}

    for answer_id, (_, answer) in library.tree.answers.items():
        page = links(answer_uri(answer_id))
        for path in answer.leads_to:
            assert page_url(library.pages[path].uri) in page, answer_id
        for rule in answer.rules:
            assert f"r/{rule}/" in page
            assert f"decide/{answer_id}/" in links(rule_uri(rule)), (rule, answer_id)
        for tool in answer.all_tools:
            assert f"tool/{tool}/" in page
            assert f"decide/{answer_id}/" in links(tool_uri(tool)), (tool, answer_id)


def test_every_rule_has_a_page_with_all_it_has_to_say(built, library):
    for rule in library.rules.values():
        page = read(built, f"r/{rule.id}")
        assert {"node", "go", "rust", "python", *rule.stacks} <= page.ids
        said = (rule.id, rule.title, rule.failure, *rule.symptoms, *rule.not_needed.values())
        for words in (*said, *(check.how for check in rule.checks), *(each.section for each in rule.sources)):
            assert "".join(words.replace("`", "").split()) in "".join(page.text.split()), rule.id
        assert page.text.count("; read each hit)") == sum(check.candidates for check in rule.checks), rule.id
        for sample in rule.samples:
            assert "".join(sample.code.split()) in "".join(page.text.split()), (rule.id, sample.stack, sample.role)
        title = re.search("<title>(.*?)</title>", (built.folder / f"r/{rule.id}/index.html").read_text())
        assert unescape(title[1]).startswith(f"{rule.id} — {rule.title}")


def test_every_rule_is_listed_with_all_rules_in_its_area_and_in_the_guides_of_its_stacks(built, library):
    guides = {stack: f"guides/{stack}" for stack in ("node", "go", "rust", "python")} | {
        "sql": "related/ops-database-sql"
    }
    for rule in library.rules.values():
        for url in ("rules", f"rules/{rule.area}", *(guides[stack] for stack in rule.stacks)):
            assert f"{rule.id}: {rule.title}" in read(built, url).text, url


def test_a_retired_id_keeps_its_page_and_is_not_found_by_the_search(built, library):
    retired = [given for given in library.ids if given.retired]
    index = json.loads((built.folder / "search" / "search_index.json").read_text())
    found = {entry["location"].partition("#")[0] for entry in index["docs"]}
    for given in retired:
        assert " ".join(given.retired.split()) in read(built, f"r/{given.id}").text
        assert f"r/{given.id}/" not in found
    assert {f"r/{rule}/" for rule in library.rules} <= found


def seed_url(page):
    if page.startswith("decide/"):
        return f"{page}/"
    return {"data/sources.json": "sources/", "README.md": "readme/"}.get(page) or page_url(address(page))


@pytest.mark.parametrize("entry", SEED, ids=lambda entry: f"{entry['kind']}: {entry['seed']}")
def test_everything_in_the_original_skill_has_a_home(built, entry):
    page = read(built, seed_url(entry["page"]))
    assert entry["anchor"] is None or entry["anchor"] in page.ids
    for words in entry["expects"]:
        assert " ".join(words.split()) in page.text


def test_the_list_of_the_original_skill_is_complete():
    kinds = [entry["kind"] for entry in SEED]
    assert kinds.count("row") == 10
    assert kinds.count("trigger") == 11
    assert kinds.count("related") == 8
    assert kinds.count("language") == 3
    assert kinds.count("link") == 12
    assert kinds.count("branch") >= 24


@pytest.mark.parametrize("name", ["sources", "decision-tree", "areas", "rule-ids", "verification"])
def test_data_fits_its_published_schema(name):
    schema = json.loads((ROOT / f"data/schema/{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((ROOT / f"data/{name}.json").read_text()), schema)


@pytest.mark.parametrize(
    "path",
    [
        "resources/backend-best-practices.md",
        "resources/go-best-practices.md",
        "resources/rust-best-practices.md",
        "resources/python-best-practices.md",
        "resources/operational-playbook.md",
    ],
)
def test_guides_and_playbook_are_more_than_a_sketch(library, path):
    assert len(library.pages[path].body.split()) >= 1500


@pytest.mark.parametrize("hub", sorted((ROOT / "resources" / "related").glob("*.md")), ids=lambda path: path.stem)
def test_a_hub_holds_ten_things_to_know_and_names_its_skill(library, hub):
    page = library.pages[hub.relative_to(ROOT).as_posix()]
    numbered = [heading.text.split()[0].rstrip(".") for heading in page.outline.headings if heading.level == 3]
    assert [number for number in numbered if number.isdigit()] == [str(number) for number in range(1, 11)]
    assert f"`{hub.stem}`" in page.body


@pytest.mark.parametrize("stack", ["node", "go", "rust", "python"])
def test_a_template_page_offers_its_project_as_an_archive(built, stack):
    page = built.folder / "t" / stack / "index.html"
    (link,) = re.findall(r'href="([^"]+\.zip)"', page.read_text())
    with zipfile.ZipFile(page.parent / link) as archive:
        assert [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/README.md")]


def test_the_skill_is_short_enough_for_an_agent():
    assert len((ROOT / "SKILL.md").read_text().splitlines()) < 500
