"""Whether the decision tree holds together: its ids, the ways through it, and what it names elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.decisions.model import LANGUAGE, Kind
from kb.decisions.selection import contradictions, every_selection, leading_to
from kb.problems import Problem, nearest, repeated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kb.decisions.model import AnswerId, DecisionTree, Question, QuestionId
    from kb.model import Place


def check_tree(tree: DecisionTree) -> list[Problem]:
    """Return what is wrong within the tree; the ways through it are walked only if every name in it is right."""
    problems = [*_ids(tree), *_questions(tree), *_answers(tree), *_starters(tree), *_retired(tree), *_corrections(tree)]
    return problems or list(_unreachable(tree))


def check_names(
    tree: DecisionTree,
    *,
    sources: Collection[str],
    tools: Collection[str],
    rules: Collection[str],
    pages: Collection[str],
) -> Iterator[Problem]:
    """Yield every source, tool, rule and page that the tree names and that does not exist."""
    for _, answer in tree.answers.values():
        for name, known, what in (
            *((source, sources, "rests on `{}`, which is no source") for source in answer.sources),
            *((tool, tools, "names `{}`, which is no tool") for tool in answer.all_tools),
            *((rule, rules, "names `{}`, which is no rule") for rule in answer.rules),
            *((path, pages, "leads to {}, which is no page") for path in answer.leads_to),
        ):
            yield from _unknown(name, known, answer.place, what)
    for correction in tree.changed_since_seed:
        for source in correction.sources:
            yield from _unknown(source, sources, correction.place, "rests on `{}`, which is no source")


def _unknown(name: str, known: Collection[str], place: Place, message: str) -> Iterator[Problem]:
    if name not in known:
        yield Problem(place.path, place.line, "KB004", message.format(name), nearest(name, known))


def _ids(tree: DecisionTree) -> Iterator[Problem]:
    ids: list[tuple[str, Place]] = [(question.id, question.place) for question in tree.questions]
    ids += [(answer.id, answer.place) for question in tree.questions for answer in question.answers]
    yield from repeated([*ids, *((each.id, each.place) for each in tree.retired)], "KB003", "the id")
    yield from repeated(((question.title, question.place) for question in tree.questions), "KB003", "the title")


def _questions(tree: DecisionTree) -> Iterator[Problem]:
    earlier: dict[QuestionId, set[AnswerId]] = {}
    for question in tree.questions:
        own = {answer.id for answer in question.answers}
        yield from _conditions(question, earlier, tree)
        for each in question.recommended:
            yield from _unknown(each.answer, own, question.place, "recommends `{}`, which is no answer to it")
        for kind in (Kind.NOT_NEEDED, Kind.NONE_FITS):
            if sum(answer.kind == kind for answer in question.answers) != 1:
                message = f"has not exactly one answer of the kind `{kind}`"
                yield Problem(question.place.path, question.place.line, "KB015", message, "say what to do then")
        earlier[question.id] = own


def _conditions(question: Question, earlier: dict[QuestionId, set[AnswerId]], tree: DecisionTree) -> Iterator[Problem]:
    """Check that a question can be asked: its conditions name earlier questions, and answers of theirs."""
    place = question.place
    for name, answers in question.asked_when.items():
        if name not in earlier:
            later = any(other.id == name for other in tree.questions)
            message = f"depends on `{name}`, which is {'asked later' if later else 'no question'}"
            yield Problem(
                place.path, place.line, "KB006" if later else "KB004", message, "" if later else nearest(name, earlier)
            )
            continue
        for answer in answers:
            yield from _unknown(answer, earlier[name], place, f"waits for `{{}}`, which is no answer to `{name}`")


def _answers(tree: DecisionTree) -> Iterator[Problem]:
    languages = {answer.id for question in tree.questions if question.id == LANGUAGE for answer in question.answers}
    for question, answer in tree.answers.values():
        others = {other.id for other in question.answers} - {answer.id}
        yield from _unknown(
            answer.alternative, others, answer.place, "the alternative `{}` is no other answer to this question"
        )
        for language in answer.variants:
            yield from _unknown(language, languages, answer.place, "is offered for `{}`, which is no language")
        elsewhere = tree.answers.keys() - others - {answer.id}
        needed = [each for requirement in answer.requires for each in requirement.answers]
        for name in (*(conflict.answer for conflict in answer.conflicts), *needed):
            yield from _unknown(name, elsewhere, answer.place, "speaks of `{}`, which is no answer to another question")


def _starters(tree: DecisionTree) -> Iterator[Problem]:
    for starter in tree.starters:
        for answer in starter.answers:
            yield from _unknown(answer, tree.answers, starter.place, "takes `{}`, which is no answer")


def _retired(tree: DecisionTree) -> Iterator[Problem]:
    known: dict[str, set[str]] = {
        "question": {str(each.id) for each in tree.questions},
        "answer": {*map(str, tree.answers)},
    }
    for each in tree.retired:
        if each.successor is not None:
            yield from _unknown(
                each.successor, known[each.kind], each.place, f"is succeeded by `{{}}`, which is no {each.kind}"
            )


def _corrections(tree: DecisionTree) -> Iterator[Problem]:
    for correction in tree.changed_since_seed:
        yield from _unknown(correction.now, tree.answers, correction.place, "`{}` is no answer")


def _unreachable(tree: DecisionTree) -> Iterator[Problem]:
    """Yield each answer that no selection without a contradiction has, and each template that is no such selection."""
    for _, answer in tree.answers.values():
        ways = every_selection(tree, leading_to(tree, answer.id))
        if not any(answer.id in way.values() and not contradictions(tree, way) for way in ways):
            message = f"no selection that stands together holds `{answer.id}`"
            yield Problem(
                answer.place.path, answer.place.line, "KB006", message, "look at its conditions and conflicts"
            )
    for starter in tree.starters:
        own = {tree.answers[answer][0].id: (answer,) for answer in starter.answers}
        whole = [way for way in every_selection(tree, own) if set(way.values()) == set(starter.answers)]
        if not whole or contradictions(tree, whole[0]):
            message = f"the answers of the template `{starter.stack}` are no selection that stands together"
            yield Problem(starter.place.path, starter.place.line, "KB015", message, "give one answer to each question")
