"""The decision tree: every selection that can be made, and the forms in which the tree leaves the house. See DT05 to DT24."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import jsonschema
from conftest import CASES, ROOT
from hypothesis import given
from hypothesis import strategies as st

from kb.decisions.exports import as_data, as_mermaid
from kb.decisions.model import Kind
from kb.decisions.selection import (
    asked,
    contradictions,
    every_selection,
    nearest_starter,
    offered,
    parsed,
    written,
)
from kb.render.diagram import WIDTH, layout
from kb.render.outline import outline
from kb.render.statics import statics

SEED = json.loads((CASES / "seed.json").read_text())


def test_dt05_dt08_every_selection_has_an_address_and_stands_together_or_names_what_does_not(tree):
    found = Counter()
    against = set()
    for selection in every_selection(tree):
        query = written(selection)
        assert len(query) < 500
        assert parsed(tree, query) == (selection, True)
        conflicts = contradictions(tree, selection)
        found["valid" if not conflicts else "contradictory"] += 1
        against.update((each.answer, each.against) for each in conflicts)
        assert all(each.why for each in conflicts)
    expected = json.loads((CASES / "decisions" / "selections.json").read_text())
    assert dict(found) == expected["selections"]
    assert sorted([answer, *others] for answer, others in against) == expected["contradictions"]


def test_dt06_an_old_id_selects_its_successor(tree):
    answers = {answer: question.id for answer, (question, _) in tree.answers.items()}
    assert tree.retired
    for each in tree.retired:
        if each.kind == "answer":
            question = answers[each.successor]
            way = next(way for way in every_selection(tree) if way.get(question) == each.successor)
            selection, _ = parsed(tree, written({**way, question: each.id}))
            assert selection == way
        else:
            way = next(way for way in every_selection(tree) if each.successor in way)
            old = {each.id if key == each.successor else key: value for key, value in way.items()}
            assert parsed(tree, written(old))[0] == way


KEYS = st.sampled_from(["language", "cache", "a", "<b>", "", "__proto__", "api-style"])
VALUES = st.one_of(st.sampled_from(["node", "go", "rest", "no-cache", "<script>", "%00", ""]), st.text(max_size=20))


@given(pairs=st.lists(st.tuples(KEYS, VALUES), max_size=12))
def test_dt05_whatever_a_url_holds_what_it_selects_can_be_selected(tree, pairs):
    selection, whole = parsed(tree, urlencode(pairs))
    assert parsed(tree, written(selection)) == (selection, True)
    assert whole is (len(pairs) == len(selection))
    for question in tree.questions:
        if question.id in selection:
            assert asked(question, selection)
            assert offered(tree.answers[selection[question.id]][1], selection)


def test_a_query_of_ten_kilobytes_is_cut(tree):
    selection, whole = parsed(tree, "language=go&x=" + "y" * 10_000)
    assert (selection, whole) == ({"language": "go"}, False)


def test_the_nearest_template_is_that_of_the_language_and_says_where_it_differs(tree):
    starters = {starter.stack: starter for starter in tree.starters}
    for selection in islice(every_selection(tree), 0, None, 9973):
        starter, differing = nearest_starter(tree, selection)
        if selection["language"] in starters:
            assert starter.stack == selection["language"]
        assert all(selection.get(question, answer) != answer for question, answer in differing.items())


def test_dt09_every_answer_keeps_its_contract(library):
    for question, answer in library.tree.answers.values():
        assert answer.choose_when
        assert answer.avoid_when
        assert answer.would_change
        assert answer.sources
        assert answer.alternative != answer.id
        assert answer.alternative in {other.id for other in question.answers}
        if answer.kind == Kind.CHOICE:
            assert answer.all_tools or answer.variants, answer.id
    for tool in library.tools.values():
        assert tool.status in {"adopt", "trial", "hold"}


def test_dt12_all_forms_hold_the_same_ids(library):
    tree = library.tree
    ids = set(tree.answers)
    files = dict(statics(library))
    drawn = ET.fromstring(files["decide/tree.svg"])
    assert {link.get("data-answer") for link in drawn.iter("{http://www.w3.org/2000/svg}a")} == ids
    data = json.loads(files["decide/tree.json"])
    assert {answer["id"] for question in data["questions"] for answer in question["answers"]} == ids
    assert data == json.loads(json.dumps(as_data(tree, library.sources, library.tools)))
    jsonschema.validate(data, json.loads((ROOT / "data" / "schema" / "tree-export.schema.json").read_text()))
    text = outline(tree, library.tools.values())
    assert text in files["decide/tree.md"]
    assert set(re.findall(r"[├└]─ .*?\(([a-z0-9-]+)\)(?: →| \[|$)", text, re.MULTILINE)) == ids
    nodes = re.findall(r'--> ([a-z0-9-]+)\("', as_mermaid(tree))
    assert set(nodes) == ids


def test_dt12_nothing_in_the_drawing_overlaps_or_leaves_it(tree):
    rows, height = layout(tree)
    boxes = [box for row in rows for box in row.boxes]
    for box in boxes:
        assert box.x >= 0
        assert box.x + box.width <= WIDTH
        assert box.y + 30 <= height
    for one in boxes:
        for other in boxes:
            apart = one is other or one.y != other.y or one.x + one.width < other.x or other.x + other.width < one.x
            assert apart, (one.answer.id, other.answer.id)


def test_dt22_every_line_of_the_original_tree_is_an_answer_or_a_named_change(tree):
    said = {answer.seed for _, answer in tree.answers.values() if answer.seed}
    said |= {correction.seed for correction in tree.changed_since_seed}
    branches = [each["seed"] for each in SEED if each["kind"] == "branch"]
    assert len(branches) > 20
    assert [line for line in branches if line not in said] == []


def test_dt23_each_question_offers_a_way_for_what_is_not_needed_and_what_does_not_fit(tree):
    for question in tree.questions:
        kinds = Counter(answer.kind for answer in question.answers)
        assert (kinds[Kind.NOT_NEEDED], kinds[Kind.NONE_FITS]) == (1, 1)


def test_each_language_has_choices_wherever_it_is_asked(tree):
    for language in ("node", "go", "rust", "python"):
        for question in tree.questions[1:]:
            choices = [
                answer
                for answer in question.answers
                if answer.kind == Kind.CHOICE and offered(answer, {"language": language})
            ]
            assert len(choices) >= 2, (language, question.id)


def test_what_is_recommended_is_offered(tree):
    for question in tree.questions:
        for each in question.recommended:
            answer = tree.answers[each.answer][1]
            for language in each.languages:
                assert offered(answer, {"language": language})


def test_a_question_is_asked_only_after_what_it_waits_for(tree):
    graphql = next(question for question in tree.questions if question.id == "graphql-server")
    assert asked(graphql, {"language": "go", "api-style": "graphql"})
    assert not asked(graphql, {"language": "go", "api-style": "rest"})
    assert not asked(graphql, {})
