"""Which code fences there are, and which of them is checked how: none is left out in silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.model import Place, Role
from kb.problems import Problem, nearest
from kb.prove.texts import TextFence
from kb.templates.key_files import shown_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from kb.model import Library, Page
    from kb.prove.toolchain import Toolchain
    from kb.rules.model import Rule, RuleId, Sample

MARK = "fragment"
"""Behind a fence's language: this is part of a module, and is shown without being compiled."""
_NOT_CODE = {"text", "console"}
_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Module:
    """A fence as a file of a stack's project."""

    path: str
    """Relative to the project's folder."""
    code: str
    place: Place
    """The first line of the code in its page."""


@dataclass(frozen=True)
class Plan:
    """What becomes of every fence."""

    rules: Mapping[RuleId, Rule]
    fences: Mapping[str, tuple[Module, ...]]
    """By stack: what stands outside the rules' samples."""
    texts: tuple[tuple[TextFence, Place], ...]
    """What no stack compiles, with the first line of its code."""
    marked: tuple[Place, ...]
    """Fences that show output or a fragment."""
    shown: int
    """Fences that show a file of a template, which its own project compiles and tests."""
    count: int
    """All fences, samples included."""
    problems: tuple[Problem, ...]

    def samples(self, stack: str) -> list[Sample]:
        """Return a stack's samples."""
        return [sample for rule in self.rules.values() for sample in rule.samples if sample.stack == stack]


def plan(library: Library, toolchains: Sequence[Toolchain], texts: Collection[str]) -> Plan:
    """Say of every fence of every page what checks it; `texts` are the languages that need no toolchain."""
    samples = {(sample.place.path, sample.place.line) for rule in library.rules.values() for sample in rule.samples}
    owner = {language: toolchain for toolchain in toolchains for language in toolchain.languages}
    fences: dict[str, list[Module]] = {toolchain.stack.value: [] for toolchain in toolchains}
    others: list[tuple[TextFence, Place]] = []
    marked: list[Place] = []
    problems: list[Problem] = []
    count = shown = 0
    for page in library.pages.values():
        for fence in page.outline.fences:
            place = Place(page.path, fence.line + 1)
            language, _, mark = fence.info.partition(" ")
            count += 1
            if shown_file(fence.info):
                shown += 1
            elif mark not in {"", MARK}:
                message = f"`{mark}` is no mark of a fence"
                problems.append(Problem(page.path, fence.line, "KB205", message, f"`{MARK}` is the only one"))
            elif (page.path, place.line) in samples:
                continue
            elif mark or language in _NOT_CODE:
                marked.append(place)
            elif language in owner:
                path = owner[language].fence_path(_name(page, fence.line))
                fences[owner[language].stack.value].append(Module(path, fence.code, place))
            elif language not in texts:
                problems.append(_unreached(page, fence.line, language, {*owner, *texts, *_NOT_CODE}))
            if language in texts and not mark:
                others.append((TextFence(language, fence.code), place))
    by_stack = {stack: tuple(modules) for stack, modules in fences.items()}
    return Plan(library.rules, by_stack, tuple(others), tuple(marked), shown, count, tuple(problems))


def _unreached(page: Page, line: int, language: str, known: Collection[str]) -> Problem:
    message = f"is in `{language}`, which no check reaches" if language else "names no language"
    return Problem(page.path, line, "KB205", f"a fence {message}", nearest(language, known))


def modules(samples: Sequence[Sample], toolchain: Toolchain, *, swapped: bool = False) -> list[Module]:
    """Return samples as files of their project; `swapped` puts each into the place of its counterpart."""
    other = {Role.AVOID: Role.PREFER, Role.PREFER: Role.AVOID}
    return [
        Module(
            toolchain.sample_path(sample.rule, other[sample.role] if swapped else sample.role),
            sample.code,
            sample.place,
        )
        for sample in samples
    ]


def _name(page: Page, line: int) -> str:
    stem = _UNSAFE.sub("_", page.path.removesuffix(".md").lower()).strip("_")
    return f"{stem}_{line}"
