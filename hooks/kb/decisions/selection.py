"""What somebody chose: which questions that leaves, what stands against what, and how a URL says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, urlencode

from kb.decisions.model import LANGUAGE, AnswerId, QuestionId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from kb.decisions.model import Answer, DecisionTree, Question, Starter

Selection: TypeAlias = "Mapping[QuestionId, AnswerId]"
"""An answer to some questions, in the order in which these are asked."""

Allowed: TypeAlias = "Mapping[QuestionId, Collection[AnswerId]]"
"""By question, the answers that may be given; a question that is not in it may have any."""

LONGEST_QUERY = 500
"""Characters of a query that is read; no selection needs as many."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things that were chosen, or one that lacks another, and what goes wrong."""

    answer: AnswerId
    against: tuple[AnswerId, ...]
    """The answer that it cannot stand beside; or those of which it needs one."""
    why: str


def asked(question: Question, selection: Selection) -> bool:
    """Whether a question applies after what was chosen before it."""
    return all(selection.get(earlier) in answers for earlier, answers in question.asked_when.items())


def offered(answer: Answer, selection: Selection) -> bool:
    """Whether an answer exists in the language that was chosen; before a language was chosen, all do."""
    language = selection.get(LANGUAGE)
    return not answer.variants or language is None or language in {str(each) for each in answer.variants}


def contradictions(tree: DecisionTree, selection: Selection) -> tuple[Contradiction, ...]:
    """Return what a selection holds that cannot stand together."""
    return tuple(
        contradiction
        for question in tree.questions
        if (chosen := selection.get(question.id))
        for contradiction in _against(tree, tree.answers[chosen][1], selection)
    )


def _against(tree: DecisionTree, answer: Answer, selection: Selection) -> Iterator[Contradiction]:
    chosen = set(selection.values())
    for conflict in answer.conflicts:
        if conflict.answer in chosen:
            yield Contradiction(answer.id, (conflict.answer,), conflict.why)
    for requirement in answer.requires:
        decided = any(tree.answers[needed][0].id in selection for needed in requirement.answers)
        if decided and not chosen & set(requirement.answers):
            yield Contradiction(answer.id, requirement.answers, requirement.why)


def every_selection(tree: DecisionTree, among: Allowed | None = None) -> Iterator[Selection]:
    """Yield every complete selection: one answer to each question that applies; `among` narrows some questions."""
    yield from _completed(tree.questions, {}, among or {})


def _completed(questions: tuple[Question, ...], selection: Selection, among: Allowed) -> Iterator[Selection]:
    if not questions:
        yield selection
        return
    question, *later = questions
    if not asked(question, selection):
        yield from _completed(tuple(later), selection, among)
        return
    allowed = among.get(question.id)
    for answer in question.answers:
        if offered(answer, selection) and (allowed is None or answer.id in allowed):
            yield from _completed(tuple(later), {**selection, question.id: answer.id}, among)


def leading_to(tree: DecisionTree, answer: AnswerId) -> Allowed:
    """Return which answers to other questions let this one be given."""
    question, wanted = tree.answers[answer]
    allowed: dict[QuestionId, set[AnswerId]] = {question.id: {answer}}
    if wanted.variants:
        allowed[LANGUAGE] = {AnswerId(language) for language in wanted.variants}
    for later in reversed(tree.questions):
        if later.id in allowed:
            for earlier, answers in later.asked_when.items():
                allowed[earlier] = allowed.get(earlier, set(answers)) & set(answers)
    return allowed


def written(selection: Selection) -> str:
    """Return a selection as a query, its keys in alphabetical order."""
    return urlencode(sorted(selection.items()))


def parsed(tree: DecisionTree, query: str) -> tuple[Selection, bool]:
    """Return what a query selects, and whether all of it counted.

    Old ids stand for their successors. What is unknown, said twice, or does not apply after the rest is left out.
    """
    pairs = parse_qsl(query[:LONGEST_QUERY], keep_blank_values=True)
    successors = {(each.kind, each.id): each.successor for each in tree.retired}
    wanted: dict[str, str | None] = {}
    for key, value in pairs:
        name = successors.get(("question", key), key)
        if name is not None and name not in wanted:
            wanted[name] = successors.get(("answer", value), value)
    selection: dict[QuestionId, AnswerId] = {}
    for question in tree.questions:
        belongs_to, answer = tree.answers.get(AnswerId(wanted.get(question.id) or ""), (None, None))
        if answer and belongs_to is question and asked(question, selection) and offered(answer, selection):
            selection[question.id] = answer.id
    return selection, len(selection) == len(pairs) and len(query) <= LONGEST_QUERY


def nearest_starter(tree: DecisionTree, selection: Selection) -> tuple[Starter, Selection]:
    """Return the template that differs in the fewest answers, and what it answers where it differs."""
    ranked = [(starter, _differing(tree, starter, selection)) for starter in tree.starters]
    return min(ranked, key=lambda pair: (LANGUAGE in pair[1], len(pair[1])))


def _differing(tree: DecisionTree, starter: Starter, selection: Selection) -> Selection:
    own = {tree.answers[answer][0].id: answer for answer in starter.answers}
    return {question: answer for question, answer in own.items() if selection.get(question, answer) != answer}
