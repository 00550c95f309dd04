"""Broken data gets a clear error: file, line, code, nearest match; all problems at once, and no page is built.

Each case below breaks the small fixture library by replacing one text, and says what is reported.
"""

from __future__ import annotations

import json
import shutil

import pytest
from conftest import CASES, ROOT, build_site, fixture_repository, kb

from kb.assembly import load
from kb.catalogue import KINDS
from kb.problems import InvalidError, Problem

TOOL = "data/tools/fiber.json"
CONFLICT = '"conflicts": [{"answer": "goo", "why": "They do not go together."}]'
AGAINST_EVERY_CACHE = f'"conflicts": {json.dumps([{"answer": a, "why": "They do not go together."} for a in ("redis", "no-cache", "other-cache")])}'
SOURCES, TREE, GUIDE = "data/sources.json", "data/decision-tree.json", "resources/go-best-practices.md"


@pytest.fixture
def repository(tmp_path):
    shutil.copytree(CASES / "library", tmp_path / "library")
    shutil.copytree(ROOT / "data" / "schema", tmp_path / "library" / "data" / "schema")
    return tmp_path / "library"


def replace(repository, path, old, new):
    text = (repository / path).read_text()
    assert old in text, f"{path} no longer holds {old!r}"
    (repository / path).write_text(text.replace(old, new, 1))


def reported(repository):
    with pytest.raises(InvalidError) as caught:
        load(repository)
    return [str(problem) for problem in caught.value.problems]


def test_the_fixture_library_is_whole(repository):
    library, links = load(repository)
    assert links == []
    assert library.sources["pickwick"].good_for == "How a club keeps its minutes."


CASES_OF_ONE = [
    ("a comma too many", SOURCES, '"consulted": "2026-11-22"\n', '"consulted": "2026-11-22",\n', "is not JSON"),
    (
        "a key that is missing",
        SOURCES,
        '      "publisher": "Chapman & Hall",\n',
        "",
        "'publisher' is a required property",
    ),
    (
        "a key twice",
        SOURCES,
        '      "id": "hunchback",\n',
        '      "id": "hunchback",\n      "id": "quasimodo",\n',
        "KB003 the key `id` stands twice",
    ),
    ("a kind nobody knows", SOURCES, '"kind": "paper"', '"kind": "papers"', "did you mean paper?"),
    ("a key nobody knows", SOURCES, '"topics": ["review"]', '"topic": ["review"]', "did you mean topics?"),
    ("a date that is none", SOURCES, '"2026-11-22"', '"2026-13-40"', "is not a 'date'"),
    ("an id twice", SOURCES, '"id": "hunchback"', '"id": "pickwick"', "KB003 the id `pickwick` is taken by line 5"),
    ("a URL twice", SOURCES, "https://books.example/hunchback", "https://books.example/pickwick/", "KB005"),
    (
        "a source that does not exist",
        TREE,
        '"sources": ["hunchback"]',
        '"sources": ["hunchbak"]',
        "did you mean hunchback?",
    ),
    (
        "an alternative that does not exist",
        TREE,
        '"alternative": "rust"',
        '"alternative": "ruts"',
        "KB004 the alternative `ruts`",
    ),
    (
        "an alternative that is the answer itself",
        TREE,
        '"alternative": "rust"',
        '"alternative": "go"',
        "KB004 the alternative `go`",
    ),
    ("an answer id twice", TREE, '"id": "rust"', '"id": "go"', "KB003 the id `go` is taken"),
    (
        "a page that does not exist",
        TREE,
        "go-best-practices.md",
        "go-best-practice.md",
        "did you mean resources/go-best-practices.md?",
    ),
    (
        "a question about a later one",
        TREE,
        '"asked_when": {}',
        '"asked_when": {"cache": ["redis"]}',
        "KB006 depends on `cache`, which is asked later",
    ),
    (
        "a question about no question",
        TREE,
        '"language": ["go"]',
        '"langauge": ["go"]',
        "did you mean language?",
    ),
    (
        "a condition on no answer",
        TREE,
        '"language": ["go"]',
        '"language": ["goo"]',
        "KB004 waits for `goo`",
    ),
    ("a recommendation of no answer", TREE, '"answer": "redis"', '"answer": "redi"', "KB004 recommends `redi`"),
    ("a question that has an answer to everything", TREE, '"not-needed"', '"choice"', "KB015 has not exactly one"),
    (
        "an answer that needs no answer",
        TREE,
        '"conflicts": []',
        CONFLICT,
        "KB004 speaks of `goo`, which is no answer to",
    ),
    (
        "an answer that stands beside none",
        TREE,
        '"conflicts": []',
        AGAINST_EVERY_CACHE,
        "KB006 no selection that stands",
    ),
    ("a tool that nobody knows", TREE, '"fiber"', '"fibre"', "did you mean fiber?"),
    (
        "a language that nobody offers",
        TREE,
        '"languages": {\n            "go"',
        '"languages": {\n            "node"',
        "KB004",
    ),
    ("a template that is no selection", TREE, '["go", "no-cache"]', '["go"]', "KB015 the answers of the template"),
    ("a successor that is none", TREE, '"successor": "no-cache"', '"successor": "no-cash"', "did you mean no-cache?"),
    ("a tool under another name", TOOL, '"id": "fiber"', '"id": "fibre"', "KB016 has the id `fibre`"),
    ("a tool that rests on nothing", TOOL, '"pickwick"', '"pickwic"', "did you mean pickwick?"),
    ("a tool twice", "data/tools/gorm.json", '"name": "GORM"', '"name": "Fiber"', "KB003 the name `Fiber` is taken"),
    ("a level that is skipped", GUIDE, "## Errors", "### Errors", "KB007 steps from a level-1 heading to level 3"),
    ("two titles", GUIDE, "## Errors", "# Errors", "KB007 has 2 level-one headings"),
    ("no title", GUIDE, "# Go\n", "Go\n", "KB007 has 0 level-one headings"),
    ("a heading twice", GUIDE, "## Errors", "## Errors\n\nFirst.\n\n## Errors", "KB011 has the heading `Errors` twice"),
    ("a fence without end", GUIDE, "## Errors", "```go\n## Errors", "KB012 opens a code fence"),
    ("a view nobody knows", "docs/index.md", "kb:counts", "kb:count", "did you mean counts?"),
    ("no front matter", GUIDE, "---\ndescription:", "description:", "'description' is a required property"),
    ("front matter that is not YAML", GUIDE, "reviewed: 2026", "reviewed: [2026", "KB001 is not YAML"),
    ("front matter with a key nobody knows", GUIDE, "reviewed:", "reviewd:", "did you mean reviewed?"),
    ("a key that agents do not allow", "SKILL.md", "license:", "licence:", "did you mean license?"),
]


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"), [case[1:] for case in CASES_OF_ONE], ids=[case[0] for case in CASES_OF_ONE]
)
def test_one_fault_is_reported_at_its_file_and_line(repository, path, old, new, expected):
    replace(repository, path, old, new)
    reports = reported(repository)
    assert [report for report in reports if expected in report], reports
    assert all(report.startswith(f"{path}:") for report in reports if expected in report)


def test_a_source_that_nothing_rests_on_is_reported_where_it_stands(repository):
    replace(repository, TREE, '"sources": ["hunchback"]', '"sources": ["pickwick"]')
    replace(repository, "resources/rules/ledgers/BK102-keep-the-ledger-in-one-hand.md", "id: hunchback", "id: pickwick")
    replace(repository, "resources/rules/ghosts/BK101-count-every-ghost-once.md", "/hunchback#belfry", "/pickwick")
    assert reported(repository) == [
        f"{SOURCES}:16: KB010 nothing rests on the source `hunchback` (cite it or take it out)"
    ]


def test_an_outline_that_differs_from_the_tree_is_reported_at_its_heading(repository):
    skill = repository / "SKILL.md"
    skill.write_text(skill.read_text() + "\n## Decision tree\n\n```text\n1. Which language?\n```\n")
    (report,) = reported(repository)
    assert report.startswith(
        "SKILL.md:11: KB013 the outline of the decision tree differs from the data (run `make outline`"
    )
    assert kb("outline", root=repository).returncode == 0
    assert "outline" not in kb("check", root=repository).stderr


def test_the_line_is_the_line_of_the_fault(repository):
    replace(repository, SOURCES, '"kind": "paper"', '"kind": "papers"')
    line = (repository / SOURCES).read_text().splitlines().index('      "kind": "papers",') + 1
    assert f"{SOURCES}:{line}: KB002" in reported(repository)[0]


def test_all_problems_are_reported_at_once(repository):
    replace(repository, SOURCES, '"kind": "paper"', '"kind": "papers"')
    replace(repository, TREE, '"alternative": "rust"', '"alternative": "ruts"')
    replace(repository, GUIDE, "## Errors", "### Errors\n\n[dead](nowhere.md)")
    places = {report.split(": ")[0].rsplit(":", 1)[0] for report in reported(repository)}
    codes = {report.split()[1] for report in reported(repository)}
    assert places == {SOURCES, TREE, GUIDE}
    assert codes == {"KB002", "KB004", "KB007", "KB101"}


def test_a_missing_file_and_one_that_is_not_utf8_are_named(repository):
    (repository / TREE).unlink()
    (repository / GUIDE).write_bytes(b"# Caf\xe9\n")
    assert reported(repository) == [
        f"{TREE}:1: KB001 cannot be read: No such file or directory",
        f"{GUIDE}:1: KB001 is not UTF-8 (save the file as UTF-8)",
    ]


def test_two_files_cannot_share_an_address(repository):
    (repository / "docs" / "playbook.md").write_text((repository / "docs" / "index.md").read_text())
    (repository / "resources" / "operational-playbook.md").write_text((repository / GUIDE).read_text())
    assert any("KB009 is served at playbook.md, like docs/playbook.md" in report for report in reported(repository))


def test_the_build_stops_at_broken_data_and_shows_every_problem(tmp_path):
    repository = fixture_repository("library", tmp_path)
    replace(repository, SOURCES, '"kind": "paper"', '"kind": "papers"')
    replace(repository, TREE, '"alternative": "rust"', '"alternative": "ruts"')
    build = build_site(repository, tmp_path / "site")
    assert build.code != 0
    assert "KB002" in build.output
    assert "KB004" in build.output
    assert "the site was not built; mend the problems above first" in build.output
    assert "Traceback" not in build.output


def test_check_reports_what_the_build_reports_and_fails(repository):
    replace(repository, SOURCES, '"kind": "paper"', '"kind": "papers"')
    run = kb("check", root=repository)
    assert run.returncode == 1
    assert "did you mean paper?" in run.stderr
    assert "1 problem; docs/problems.md explains the codes" in run.stderr


def test_every_code_that_can_be_reported_is_documented():
    text = "\n".join(path.read_text() for path in (ROOT / "hooks").rglob("*.py") if path.name != "catalogue.py")
    assert {f"KB{number:03}" for number in range(1000) if f'"KB{number:03}"' in text} == set(KINDS)


def test_problems_are_sorted_by_place():
    first, second = Problem("a.md", 2, "KB101", "x"), Problem("a.md", 10, "KB002", "y")
    assert InvalidError([second, first]).problems == (first, second)


FRONT_MATTER = {
    "a key that is a number": ("1: x", "KB002 every key has to be text"),
    "a list": ("- x", "is not of type 'object'"),
    "nothing but text": ("x", "is not of type 'object'"),
    "a control character": ("description: \x07", "KB001 is not YAML that can be read"),
    "a number that is none": ("description: !!int x", "KB001 is not YAML that can be read"),
    "a date that is none": ("reviewed: !!timestamp x", "KB001 is not YAML"),
    "a value inside itself": ("description: &self [*self]", "KB00"),
    "nesting without end": ("description: " + "[" * 3000, "KB001"),
}


@pytest.mark.parametrize("case", FRONT_MATTER)
def test_front_matter_of_any_kind_gets_a_clear_error(repository, case):
    yaml, expected = FRONT_MATTER[case]
    (repository / GUIDE).write_text(f"---\n{yaml}\n---\n\n# Go\n")
    assert [report for report in reported(repository) if report.startswith(f"{GUIDE}:") and expected in report]


JSON = {
    "a list": "[]",
    "null": "null",
    "nesting without end": "[" * 100_000,
    "a number without end": f'{{"sources": {"9" * 5000}}}',
    "nothing": "",
    "not a number": "NaN",
}


@pytest.mark.parametrize("case", JSON)
def test_json_of_any_kind_gets_a_clear_error(repository, case):
    (repository / SOURCES).write_text(JSON[case])
    assert any(report.startswith(f"{SOURCES}:1: KB00") for report in reported(repository))


def test_escapes_and_a_byte_order_mark_are_no_fault(repository):
    replace(repository, SOURCES, "The Pickwick Papers", r"The Pickwick \ud83d\ude00 Papers")
    (repository / GUIDE).write_bytes(b"\xef\xbb\xbf" + (repository / GUIDE).read_bytes())
    library, _ = load(repository)
    assert library.sources["pickwick"].title == "The Pickwick 😀 Papers"


@pytest.mark.parametrize("schema", ["", "[]", '{"type": "nonsense"}'])
def test_a_broken_schema_is_reported_and_not_passed_over(repository, schema):
    path = "data/schema/page.schema.json"
    (repository / path).write_text(schema)
    assert [report.partition(" ")[0] for report in reported(repository)] == [f"{path}:1:"]


def test_a_page_whose_name_gives_it_no_address_is_reported(repository):
    for path in ("resources/rate-limits.md", "templates/go/notes.md", "templates/go/app/README.md"):
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text("# Page\n")
    codes = [report.partition(" is a page")[0] for report in reported(repository)]
    assert codes == ["resources/rate-limits.md:1: KB014", "templates/go/notes.md:1: KB014"]


def test_half_a_surrogate_pair_is_reported(repository):
    replace(repository, SOURCES, "The Pickwick Papers", r"The \ud800 Papers")
    assert reported(repository)[0].startswith(f"{SOURCES}:1: KB001 cannot be read")


def test_stage_refuses_a_file(repository, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert kb("stage", str(tmp_path / "file"), root=repository).returncode == 2
    assert (tmp_path / "file").read_text() == "mine"


def test_a_link_that_points_nowhere_is_no_file(repository):
    (repository / "docs/assets/gone.svg").symlink_to("nowhere.svg")
    library, _ = load(repository)
    assert "docs/assets/gone.svg" not in library.files


def test_what_can_be_made_again_is_not_read(repository):
    for path in ("site/index.md", "docs/target/page.md", "proofs/target/made.md", "node_modules/x/README.md"):
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text((repository / "docs/related.md").read_text().replace("related", path))
    (repository / "proofs/target/CACHEDIR.TAG").write_text("")
    library, _ = load(repository)
    assert {path for path in library.files if "target" in path or "site/" in path} == {"docs/target/page.md"}
