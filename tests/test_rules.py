"""Rules that are not as they should be are reported at their lines, all together; and no sample is overlooked.

Each case breaks the small fixture library by replacing one text, and says everything that is reported.
"""

from __future__ import annotations

import json
import shutil
from itertools import pairwise

import pytest
from conftest import CASES, ROOT
from hypothesis import given
from hypothesis import strategies as st

from kb.assembly import load
from kb.markdown import scan
from kb.model import Page, Stack
from kb.problems import InvalidError
from kb.render.verification import evidence
from kb.rules.model import Sample
from kb.rules.sections import LANGUAGES, samples, sections

GHOSTS = "resources/rules/ghosts/BK101-count-every-ghost-once.md"
LEDGER = "resources/rules/ledgers/BK102-keep-the-ledger-in-one-hand.md"
IDS, RUN = "data/rule-ids.json", "data/verification.json"


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
    """Return what is reported, whether it keeps the library from existing or not."""
    try:
        _, problems = load(repository)
    except InvalidError as error:
        problems = error.problems
    return [str(problem) for problem in problems]


def test_the_fixture_rules_are_whole(repository):
    library, problems = load(repository)
    assert problems == []
    assert [*library.rules] == ["BK101", "BK102"]
    assert library.rules["BK101"].stacks == (Stack.NODE, Stack.GO)
    assert [sample.place.line for sample in library.rules["BK102"].samples] == [44, 50]


SECTIONS = {
    "a section that is missing": (
        GHOSTS,
        "## When it is fine\n",
        "",
        [f"{GHOSTS}:35: KB201 has no section `When it is fine` (write `## When it is fine`)"],
    ),
    "sections in another order": (
        LEDGER,
        "## Why it bites",
        "## When it is fine\n\nNever.\n\n## Why it bites",
        [
            (
                f"{LEDGER}:31: KB201 has the section `When it is fine` where `Why it bites` belongs (the order is: "
                "Why it bites, When it is fine, SQL, What the proof shows)"
            ),
            f"{LEDGER}:39: KB011 has the heading `When it is fine` twice; the first is in line 31 (reword one of them)",
        ],
    ),
    "a section that no rule has": (
        GHOSTS,
        "## What the proof shows",
        "## See also\n\nNothing.\n\n## What the proof shows",
        [f"{GHOSTS}:95: KB201 has an unknown section `See also`"],
    ),
    "a section for a stack without samples": (
        GHOSTS,
        "## What the proof shows",
        "## Rust\n\n## What the proof shows",
        [
            f"{GHOSTS}:95: KB201 has an unknown section `Rust` (its front matter says that this stack has no samples)",
            (
                f"{GHOSTS}:95: KB202 has no avoid sample for Rust"
                " (begin a paragraph with **Avoid** and put a fence with `rust` below it)"
            ),
            (
                f"{GHOSTS}:95: KB202 has no prefer sample for Rust"
                " (begin a paragraph with **Prefer** and put a fence with `rust` below it)"
            ),
        ],
    ),
    "a heading that is not the title": (
        GHOSTS,
        "# Count every ghost `once`",
        "# Count every ghost twice",
        [
            (
                f"{GHOSTS}:3: KB201 the heading is `Count every ghost twice`, "
                "and the front matter's title is `Count every ghost once` (let both say the same)"
            )
        ],
    ),
}
FENCES = {
    "no avoid sample, for its fence stands before any role": (
        LEDGER,
        "**Avoid.** Writes",
        "Writes",
        [
            (
                f"{LEDGER}:39: KB202 has no avoid sample for SQL"
                " (begin a paragraph with **Avoid** and put a fence with `sql` below it)"
            ),
            f"{LEDGER}:43: KB202 a sample stands before any paragraph that begins with **Avoid** or **Prefer**",
        ],
    ),
    "no prefer sample, for its fence is a second avoid sample": (
        LEDGER,
        "**Prefer.** Counts",
        "Counts",
        [
            (
                f"{LEDGER}:39: KB202 has no prefer sample for SQL"
                " (begin a paragraph with **Prefer** and put a fence with `sql` below it)"
            ),
            (
                f"{LEDGER}:49: KB202 has 2 avoid samples for SQL; the second is here"
                " (a sample is one fence that compiles as it stands)"
            ),
        ],
    ),
    "two prefer samples": (
        GHOSTS,
        "## Go",
        "```ts\nexport {};\n```\n\n## Go",
        [
            (
                f"{GHOSTS}:69: KB202 has 2 prefer samples for Node.js; the second is here"
                " (a sample is one fence that compiles as it stands)"
            )
        ],
    ),
    "a fence without end": (
        LEDGER,
        "served + 1;\n```",
        "served + 1;",
        [
            f"{LEDGER}:28: KB201 has no section `What the proof shows` (write `## What the proof shows`)",
            f"{LEDGER}:49: KB012 opens a code fence that is never closed",
        ],
    ),
    "a sample that has changed": (
        LEDGER,
        "set served = 7",
        "set served = 8",
        [
            (
                f"{LEDGER}:44: KB206 the avoid sample for SQL has changed since the last run"
                " (run `make prove RULE=BK102 STACK=sql`)"
            )
        ],
    ),
}
NO_RULE = f"{IDS}:5: KB203 no rule has the id `BK102` (say why under `retired`; ids are never removed)"
FRONT = {
    "a pattern for every stack": (
        LEDGER,
        "  - by: review-only\n    how: Ask whose hand it is.\n",
        "  - by: ast-grep\n    how: write($HAND)\n",
        [f"{LEDGER}:19: KB002 checks.0: 'stack' is a required property"],
    ),
    "a stack nobody knows": (
        GHOSTS,
        '  rust: "O',
        '  perl: sample\n  rust: "O',
        [f"{GHOSTS}:7: KB002 stacks: Additional properties are not allowed ('perl' was unexpected)"],
    ),
    "a fourth level": (
        LEDGER,
        "level: consider",
        "level: may",
        [f"{LEDGER}:4: KB002 level: 'may' is not one of ['must', 'should', 'consider']"],
    ),
    "an id that another rule has": (
        LEDGER,
        "id: BK102",
        "id: BK101",
        [
            NO_RULE,
            f"{GHOSTS}:31: KB004 is related to `BK102`, which is no other rule",
            f"{LEDGER}:2: KB003 the id `BK101` is taken by {GHOSTS} (run `kb new rule` for another)",
            f"{LEDGER}:2: KB203 has the id `BK101`, and its file's name says otherwise",
        ],
    ),
    "an id that is retired": (
        LEDGER,
        "id: BK102",
        "id: BK103",
        [
            NO_RULE,
            f"{GHOSTS}:31: KB004 is related to `BK102`, which is no other rule (did you mean BK103?)",
            f"{LEDGER}:2: KB203 has the id `BK103`, and its file's name says otherwise",
            (
                f"{LEDGER}:2: KB203 the id `BK103` is retired: Marley was dead: to begin with."
                " (`kb new rule` gives another)"
            ),
        ],
    ),
    "an id that was never given": (
        LEDGER,
        "id: BK102",
        "id: BK104",
        [
            NO_RULE,
            f"{GHOSTS}:31: KB004 is related to `BK102`, which is no other rule (did you mean BK104?)",
            f"{LEDGER}:2: KB203 has the id `BK104`, and its file's name says otherwise",
            f"{LEDGER}:2: KB203 the id `BK104` is not in data/rule-ids.json (`kb new rule` gives ids)",
        ],
    ),
    "an area nobody knows": (
        LEDGER,
        "area: ledgers",
        "area: ledger",
        [f"{LEDGER}:5: KB004 `ledger` is no area (did you mean ledgers?)"],
    ),
    "the area of another folder": (
        LEDGER,
        "area: ledgers",
        "area: ghosts",
        [f"{LEDGER}:5: KB004 belongs to `ghosts`, and lies elsewhere (move the file)"],
    ),
    "a source that does not exist": (
        LEDGER,
        "id: hunchback",
        "id: hunchbak",
        [f"{LEDGER}:22: KB004 rests on `hunchbak`, which is no source (did you mean hunchback?)"],
    ),
    "a related rule that does not exist": (
        GHOSTS,
        "related: [BK102]",
        "related: [BK120]",
        [f"{GHOSTS}:31: KB004 is related to `BK120`, which is no other rule (did you mean BK102?)"],
    ),
    "a rule that is related to itself": (
        GHOSTS,
        "related: [BK102]",
        "related: [BK101]",
        [f"{GHOSTS}:31: KB004 is related to `BK101`, which is no other rule (did you mean BK102?)"],
    ),
}
LISTS = {
    "an id that is given twice": (
        IDS,
        '"id": "BK103"',
        '"id": "BK102"',
        [
            f"{IDS}:6: KB003 the id `BK102` is taken by line 5",
        ],
    ),
    "a successor that is no rule": (
        IDS,
        '"successor": "BK101"',
        '"successor": "BK111"',
        [f"{IDS}:6: KB004 the successor `BK111` of `BK103` is no rule (did you mean BK101?)"],
    ),
    "a run of a sample that is gone": (
        RUN,
        '"rule": "BK102", "stack": "sql", "role": "avoid"',
        '"rule": "BK102", "stack": "rust", "role": "avoid"',
        [
            f"{RUN}:9: KB206 speaks of the avoid sample of BK102 for Rust, which is gone (run `make prove`)",
            (
                f"{LEDGER}:44: KB206 the avoid sample for SQL was not in the last run"
                " (run `make prove RULE=BK102 STACK=sql`)"
            ),
        ],
    ),
}
ONE_BY_ONE = SECTIONS | FENCES | FRONT | LISTS


@pytest.mark.parametrize("case", ONE_BY_ONE)
def test_a_fault_of_a_rule_is_reported_where_it_stands(repository, case):
    path, old, new, expected = ONE_BY_ONE[case]
    replace(repository, path, old, new)
    assert reported(repository) == expected


def test_a_rule_whose_file_has_another_id_in_its_name_is_reported(repository):
    (repository / LEDGER).rename(repository / LEDGER.replace("BK102", "BK103"))
    path = LEDGER.replace("BK102", "BK103")
    assert f"{path}:2: KB203 has the id `BK102`, and its file's name says otherwise" in reported(repository)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("proofs/go/rules/bk101/proof_test.go", []),
        ("proofs/go/rules/bk101/avoid/sample.go", []),
        ("proofs/node/rules/bk190/proof.test.ts", ["is the proof of `BK190`, which is no rule (did you mean bk102?)"]),
        ("proofs/rust/src/rules/bk190/avoid.rs", []),
        ("proofs/sql/rules/bk101/test_proof.py", ["proves BK101 in sql, for which the rule has no samples"]),
    ],
)
def test_a_proof_belongs_to_a_rule_with_samples_in_its_stack(repository, path, expected):
    (repository / path).parent.mkdir(parents=True)
    (repository / path).write_text("")
    assert reported(repository) == [f"{path}:1: KB204 {message}" for message in expected]


def test_a_rule_without_any_section_is_reported(repository):
    text = (repository / LEDGER).read_text()
    (repository / LEDGER).write_text(text[: text.index("## Why")])
    assert [report.partition(" (")[0] for report in reported(repository)] == [
        f"{LEDGER}:28: KB201 has no section `{title}`"
        for title in ("SQL", "What the proof shows", "When it is fine", "Why it bites")
    ]


def test_a_rule_that_cannot_be_read_is_not_missed_by_others(repository):
    """BK101 is related to BK102: what is wrong there is said once, there."""
    replace(repository, LEDGER, "level: consider", "level: perhaps")
    assert [report.partition(" ")[0] for report in reported(repository)] == [f"{LEDGER}:4:"]


def test_the_faults_of_all_rules_are_reported_together(repository):
    for path, old, new, _ in (*SECTIONS.values(), FENCES["two prefer samples"], FRONT["a source that does not exist"]):
        replace(repository, path, old, new)
    reports = reported(repository)
    assert {report.partition(":")[0] for report in reports} == {GHOSTS, LEDGER}
    assert {report.split()[1] for report in reports} >= {"KB011", "KB201", "KB202"}
    assert len(reports) >= 8


def test_a_sample_that_has_changed_loses_its_badge(repository):
    replace(repository, LEDGER, "set served = 7", "set served = 8")
    library, _ = load(repository)
    changed, other = library.rules["BK102"].samples
    assert evidence(library, changed, "r/BK102.md").startswith(
        "[not verified yet](../verification.md#not-verified-yet)"
    )
    assert evidence(library, other, "r/BK102.md").startswith("[compiled](../verification.md#compiled)")


def test_every_kind_of_verification_is_explained_on_the_site():
    levels = json.loads((ROOT / "data/schema/verification.schema.json").read_text())["properties"]["samples"]["items"]
    page = scan((ROOT / "docs" / "verification.md").read_text())
    explained = {heading.slug for heading in page.headings}
    assert {*levels["properties"]["level"]["enum"], "not-verified-yet"} <= explained


HEADING = st.sampled_from([f"## {stack.label}" for stack in Stack] + ["## Why it bites", "### Deeper", "## Go"])
ROLE = st.sampled_from(["**Avoid.** One.", "**Prefer.** Two.", "Neither.", "- **Avoid** in a list"])
CODE = st.sampled_from(["", "x", "## Go", "**Avoid.**", "", "    y", "~~~", "- z"])
MARKS = st.sampled_from(["```", "~~~~", "`````"])
INFO = st.sampled_from(["ts", "go", "rust", "python", "sql", "sql fragment", "text", ""])
FENCE = st.builds(lambda marks, info, code: "\n".join([marks + info, *code, marks]), MARKS, INFO, st.lists(CODE))


@given(st.lists(HEADING | ROLE | FENCE, max_size=30), st.integers(1, 60))
def test_no_fence_of_a_stack_is_overlooked(blocks, first_line):
    body = "\n\n".join(["# Title", *blocks, ""])
    page = Page("r.md", "r/BK101.md", "Title", "", {}, body, first_line, scan(body, first_line))
    assert sum(block.startswith(("`", "~")) for block in blocks) == len(page.outline.fences)
    parts = sections(page)
    assert all(one.end == next_.line for one, next_ in pairwise(parts))
    found = list(samples(page, "BK101"))
    held = {sample.place.line - 1: sample for sample in found if isinstance(sample, Sample)}
    faults = [problem.line for problem in found if not isinstance(problem, Sample)]
    stacks = {stack.label: stack for stack in Stack}
    for fence in page.outline.fences:
        section = next((part for part in parts if part.line < fence.line < part.end), None)
        stack = stacks.get(section.title) if section else None
        if stack is None or fence.info not in LANGUAGES[stack]:
            assert fence.line not in held
        elif fence.line in held:
            assert (held[fence.line].code, held[fence.line].stack) == (fence.code, stack)
        else:
            assert [line for line in faults if section.line <= line < section.end]
