"""Which sections a rule's page has, and which code fence of a stack's section is which sample."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.model import Place, Role, Stack
from kb.problems import Problem, nearest
from kb.rules.model import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.markdown import Fence
    from kb.model import Page
    from kb.rules.model import RuleId

WHY, EXCEPTIONS, PROOF = "Why it bites", "When it is fine", "What the proof shows"
LANGUAGES: Mapping[Stack, tuple[str, ...]] = {
    Stack.NODE: ("ts",),
    Stack.GO: ("go",),
    Stack.RUST: ("rust",),
    Stack.PYTHON: ("python",),
    Stack.SQL: ("sql",),
}
"""The info string that a stack's samples have."""
_ROLE = re.compile(r"\*\*(?P<role>Avoid|Prefer)\b")


@dataclass(frozen=True, slots=True)
class Section:
    """A level-two section of a rule's page."""

    title: str
    line: int
    end: int
    """The line after its last one."""


def sections(page: Page) -> list[Section]:
    """Return the level-two sections of a page."""
    found = [heading for heading in page.outline.headings if heading.level == 2]  # noqa: PLR2004 - `## `
    ends = [heading.line for heading in found[1:]] + [page.first_line + page.body.count("\n") + 1]
    return [Section(heading.text, heading.line, end) for heading, end in zip(found, ends[: len(found)], strict=True)]


def section_faults(page: Page, stacks: Mapping[Stack, str]) -> Iterator[Problem]:
    """Yield what is wrong with the order and the names of a rule's sections, given what it says of each stack."""
    wanted = [WHY, EXCEPTIONS, *(stack.label for stack in Stack if stacks.get(stack) == "sample"), PROOF]
    present = sections(page)
    titles = [section.title for section in present]
    for title in wanted:
        if title not in titles:
            yield Problem(page.path, page.first_line, "KB201", f"has no section `{title}`", f"write `## {title}`")
    for section in present:
        if section.title not in wanted:
            hint = nearest(section.title, wanted)
            if any(section.title == stack.label for stack in Stack):
                hint = "its front matter says that this stack has no samples"
            yield Problem(page.path, section.line, "KB201", f"has an unknown section `{section.title}`", hint)
    known = [section for section in present if section.title in wanted]
    order = sorted(known, key=lambda section: wanted.index(section.title))
    for section, expected in zip(known, order, strict=True):
        if section != expected:
            message = f"has the section `{section.title}` where `{expected.title}` belongs"
            yield Problem(page.path, section.line, "KB201", message, f"the order is: {', '.join(wanted)}")
            break


def samples(page: Page, rule: RuleId) -> Iterator[Sample | Problem]:
    """Yield the samples of every stack's section, and what keeps a fence from being one."""
    roles = _roles(page)
    for section in sections(page):
        stack = next((stack for stack in Stack if stack.label == section.title), None)
        if stack is None:
            continue
        fences = [fence for fence in page.outline.fences if section.line < fence.line < section.end]
        own = [fence for fence in fences if fence.info in LANGUAGES[stack]]
        held = {role: [fence for fence in own if _role_at(roles, section, fence) is role] for role in Role}
        for role, found in held.items():
            if len(found) == 1:
                place = Place(page.path, found[0].line + 1)
                yield Sample(rule, stack, role, found[0].info, found[0].code, place)
            else:
                yield _miscount(page, section, stack, role, found)
        for fence in own:
            if _role_at(roles, section, fence) is None:
                message = "stands before any paragraph that begins with **Avoid** or **Prefer**"
                yield Problem(page.path, fence.line, "KB202", f"a sample {message}")


def _miscount(page: Page, section: Section, stack: Stack, role: Role, found: list[Fence]) -> Problem:
    language = LANGUAGES[stack][0]
    name = role.value.capitalize()
    if found:
        message = f"has {len(found)} {role} samples for {stack.label}; the second is here"
        return Problem(page.path, found[1].line, "KB202", message, "a sample is one fence that compiles as it stands")
    hint = f"begin a paragraph with **{name}** and put a fence with `{language}` below it"
    return Problem(page.path, section.line, "KB202", f"has no {role} sample for {stack.label}", hint)


def _roles(page: Page) -> list[tuple[int, Role]]:
    """Return the lines on which a paragraph begins with a role."""
    code = {
        line for fence in page.outline.fences for line in range(fence.line, fence.line + fence.code.count("\n") + 2)
    }
    return [
        (number, Role(match["role"].lower()))
        for number, line in enumerate(page.body.split("\n"), start=page.first_line)
        if number not in code and (match := _ROLE.match(line))
    ]


def _role_at(roles: list[tuple[int, Role]], section: Section, fence: Fence) -> Role | None:
    before = bisect_right([line for line, _ in roles], fence.line) - 1
    return roles[before][1] if before >= 0 and roles[before][0] > section.line else None
