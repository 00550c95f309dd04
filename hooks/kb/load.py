"""What stands in the files: parse them all, collect every problem, and make a library if there is none."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kb.addresses import address
from kb.citations import cited_in
from kb.documents import Document, parse_json, parse_yaml, read_text, schema_fault, violations
from kb.markdown import scan
from kb.model import (
    Answer,
    AnswerId,
    Condition,
    Correction,
    DecisionTree,
    Page,
    Place,
    Question,
    QuestionId,
    Source,
    SourceId,
    Stack,
)
from kb.problems import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.model import Citation

Schemas: TypeAlias = "dict[str, dict[str, Any]]"
"""JSON Schemas by name."""

_SCHEMAS = ("sources", "decision-tree", "page", "skill")
_INSTALLED = {".git", ".venv", "node_modules", "__pycache__"}
_BUILT = {"site", ".cache"}
"""At the root only; further down, a folder may have such a name of its own."""
_CACHE_MARK = "CACHEDIR.TAG"
"""Marks a folder that a tool can make again: https://bford.info/cachedir/"""
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)", re.DOTALL)
_PASSED_ON = ("hide", "status")


@dataclass
class Draft:
    """What could be read, before anyone knows whether it is consistent."""

    files: frozenset[str]
    pages: list[Page] = field(default_factory=list)
    sources: list[Source] | None = None
    """None where the register has faults of its own."""
    tree: DecisionTree | None = None
    """None where the tree's file has faults of its own."""
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def citations(self) -> Mapping[SourceId, tuple[Citation, ...]]:
        """What rests on which source; nothing while the register or the tree has faults of its own."""
        if self.sources is None or self.tree is None:
            return {}
        return cited_in(self.sources, self.pages, self.tree)


def read(root: Path) -> Draft:
    """Parse every file that the site is made of; a file with faults is reported and left out.

    Raises:
        InvalidError: A schema is missing or broken, so that nothing can be held against it.
    """
    schemas = _schemas(root)
    draft = Draft(frozenset(repository_files(root)))
    for path in sorted(draft.files):
        if uri := address(path):
            try:
                draft.pages.append(_page(root, path, uri, schemas))
            except InvalidError as error:
                draft.problems += error.problems
    try:
        draft.sources = _sources(_data(root, "sources", schemas))
    except InvalidError as error:
        draft.problems += error.problems
    try:
        draft.tree = _tree(_data(root, "decision-tree", schemas))
    except InvalidError as error:
        draft.problems += error.problems
    return draft


def repository_files(root: Path) -> Iterator[str]:
    """Yield every file below the root, without what was installed, built or cached there."""
    for folder, folders, names in os.walk(root):
        unwanted = _INSTALLED | _BUILT if Path(folder) == root else _INSTALLED
        folders[:] = sorted(set(folders) - unwanted)
        if _CACHE_MARK in names:
            folders.clear()
            continue
        for name in names:
            file = Path(folder, name)
            if file.is_file():
                yield file.relative_to(root).as_posix()


def _schemas(root: Path) -> Schemas:
    schemas: Schemas = {}
    problems: list[Problem] = []
    for name in _SCHEMAS:
        path = f"data/schema/{name}.schema.json"
        try:
            schema = parse_json(read_text(root, path), path).value
        except InvalidError as error:
            problems += error.problems
            continue
        if fault := schema_fault(schema):
            problems.append(Problem(path, 1, "KB001", fault))
        schemas[name] = schema
    if problems:
        raise InvalidError(problems)
    return schemas


def _data(root: Path, name: str, schemas: Schemas) -> Document:
    path = f"data/{name}.json"
    return _fitting(parse_json(read_text(root, path), path), schemas[name])


def _fitting(document: Document, schema: dict[str, Any]) -> Document:
    if problems := violations(document, schema):
        raise InvalidError(problems)
    return document


def _page(root: Path, path: str, uri: str, schemas: Schemas) -> Page:
    text = read_text(root, path)
    head = _FRONT_MATTER.match(text)
    body = text[head.end() :] if head else text
    first_line = text[: head.end()].count("\n") + 1 if head else 1
    settings = _settings(path, head["yaml"] if head else "", schemas)
    outline = scan(body, first_line)
    title = next((heading.text for heading in outline.headings if heading.level == 1), "")
    return Page(
        path=path,
        uri=uri,
        title=title,
        description=_first_sentence(settings.get("description") or _opening(body)),
        settings={key: settings[key] for key in _PASSED_ON if key in settings},
        body=body,
        first_line=first_line,
        outline=outline,
    )


def _settings(path: str, front_matter: str, schemas: Schemas) -> dict[str, Any]:
    """Return the front matter; only the README, whose top is the code host's front page, has none."""
    if path == "README.md" and not front_matter:
        return {}
    schema = schemas["skill" if path == "SKILL.md" else "page"]
    document = parse_yaml(front_matter or "{}", path, first_line=2 if front_matter else 1)
    settings: dict[str, Any] = _fitting(document, schema).value
    return settings


def _opening(body: str) -> str:
    """Return the first paragraph below the title."""
    paragraphs = (part.strip() for part in body.split("\n\n"))
    return next((part for part in paragraphs if part and not part.startswith("#")), "")


def _first_sentence(text: str) -> str:
    flat = " ".join(text.replace("**", "").split())
    sentence = _SENTENCE.match(flat)
    return sentence[1] if sentence else flat


def _sources(document: Document) -> list[Source]:
    return [
        Source(
            id=SourceId(entry["id"]),
            title=entry["title"],
            url=entry["url"],
            publisher=entry["publisher"],
            kind=entry["kind"],
            stacks=tuple(map(Stack, entry["stacks"])),
            topics=tuple(entry["topics"]),
            good_for=entry["good_for"],
            consulted=date.fromisoformat(entry["consulted"]),
            place=Place(document.path, document.line("sources", index, "id")),
        )
        for index, entry in enumerate(document.value["sources"])
    ]


def _tree(document: Document) -> DecisionTree:
    return DecisionTree(
        questions=tuple(_question(document, index, entry) for index, entry in enumerate(document.value["questions"])),
        changed_since_seed=tuple(
            Correction(
                seed=entry["seed"],
                now=AnswerId(entry["now"]),
                reason=entry["reason"],
                sources=tuple(map(SourceId, entry["sources"])),
                place=Place(document.path, document.line("changed_since_seed", index)),
            )
            for index, entry in enumerate(document.value["changed_since_seed"])
        ),
    )


def _question(document: Document, index: int, entry: dict[str, Any]) -> Question:
    return Question(
        id=QuestionId(entry["id"]),
        title=entry["title"],
        help=entry["help"],
        asked_when=tuple(
            Condition(QuestionId(condition["question"]), tuple(map(AnswerId, condition["answers"])))
            for condition in entry["asked_when"]
        ),
        answers=tuple(
            _answer(answer, Place(document.path, document.line("questions", index, "answers", number, "id")))
            for number, answer in enumerate(entry["answers"])
        ),
        place=Place(document.path, document.line("questions", index, "id")),
    )


def _answer(entry: dict[str, Any], place: Place) -> Answer:
    return Answer(
        id=AnswerId(entry["id"]),
        label=entry["label"],
        tools=tuple(entry["tools"]),
        choose_when=entry["choose_when"],
        avoid_when=entry["avoid_when"],
        alternative=AnswerId(entry["alternative"]),
        would_change=entry["would_change"],
        sources=tuple(map(SourceId, entry["sources"])),
        leads_to=tuple(entry["leads_to"]),
        seed=entry["seed"],
        place=place,
    )
