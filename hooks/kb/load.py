"""What stands in the files: parse them all, collect every problem, and make a library if there is none."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kb.addresses import address, is_rule
from kb.benchmarks.read import benchmarks
from kb.citations import cited_in
from kb.decisions.read import tree
from kb.decisions.tables import DecisionTable, decision_tables
from kb.documents import Document, parse_json, parse_yaml, read_text, schema_fault, violations
from kb.markdown import scan
from kb.model import Page
from kb.problems import InvalidError, Problem
from kb.registers import sources
from kb.rules.read import areas, given_ids, last_run, rule
from kb.templates.key_files import KeyFile, key_files
from kb.templates.project import FOLDERS
from kb.tools.locks import locked
from kb.tools.read import tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kb.benchmarks.model import Benchmarks
    from kb.decisions.model import DecisionTree
    from kb.model import Citation, Source, SourceId
    from kb.rules.model import Area, GivenId, Rule, Run
    from kb.tools.model import Package, Tool

Schemas: TypeAlias = "dict[str, dict[str, Any]]"
"""JSON Schemas by name."""

_DATA = ("sources", "decision-tree", "decision-tables", "areas", "rule-ids", "verification", "benchmarks")
_MEASURED = "data/benchmarks.json"
_TABLES = "data/decision-tables.json"
_FRONT = ("page", "skill", "rule")
_EACH = ("tool",)
_TOOL = re.compile(r"data/tools/[^/]+\.json")
_LOCKED = (*FOLDERS.values(), *(f"proofs/{stack}" for stack in FOLDERS))
"""Folders with lock files; a template's comes before that of the proofs."""
_INSTALLED = {".git", ".venv", "node_modules", "__pycache__"}
_BUILT = {"site", ".cache"}
"""At the root only; further down, a folder may have such a name of its own."""
_CACHE_MARK = "CACHEDIR.TAG"
"""Marks a folder that a tool can make again: https://bford.info/cachedir/"""
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)", re.DOTALL)
_PASSED_ON = ("hide",)


@dataclass
class Draft:
    """What could be read, before anyone knows whether it is consistent."""

    files: frozenset[str]
    pages: list[Page] = field(default_factory=list)
    sources: list[Source] | None = None
    """None where the register has faults of its own."""
    tree: DecisionTree | None = None
    """None where the tree's file has faults of its own."""
    tables: list[DecisionTable] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    versions: Mapping[Package, str] = field(default_factory=dict)
    areas: list[Area] | None = None
    rules: list[Rule] = field(default_factory=list)
    ids: list[GivenId] | None = None
    run: Run | None = None
    benchmarks: Benchmarks | None = None
    """None where nothing was measured, or the file has faults of its own."""
    key_files: list[KeyFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def citations(self) -> Mapping[SourceId, tuple[Citation, ...]]:
        """What rests on which source; nothing while the register or the tree has faults of its own."""
        if self.sources is None or self.tree is None:
            return {}
        return cited_in(self.sources, self.pages, self.tree, self.rules, self.tools)


def read(root: Path) -> Draft:
    """Parse every file that the site is made of; a file with faults is reported and left out.

    Raises:
        InvalidError: A schema is missing or broken, so that nothing can be held against it.
    """
    schemas = _schemas(root)
    draft = Draft(frozenset(repository_files(root)))
    for path in sorted(draft.files):
        with _collecting(draft.problems):
            if uri := address(path):
                _add_page(draft, root, path, uri, schemas)
            elif _TOOL.fullmatch(path):
                draft.tools.append(tool(_fitting(parse_json(read_text(root, path), path), schemas["tool"])))
    _add_registers(draft, lambda name: _data(root, name, schemas))
    draft.versions = locked(root, _LOCKED)
    draft.key_files += key_files(root, draft.pages)
    draft.rules.sort(key=lambda rule: int(rule.id[2:]))
    return draft


def _add_registers(draft: Draft, data: Callable[[str], Document]) -> None:
    with _collecting(draft.problems):
        draft.sources = sources(data("sources"))
    with _collecting(draft.problems):
        draft.tree = tree(data("decision-tree"))
    with _collecting(draft.problems):
        draft.areas = areas(data("areas"))
    with _collecting(draft.problems):
        draft.ids = given_ids(data("rule-ids"))
    with _collecting(draft.problems):
        draft.run = last_run(data("verification"))
    with _collecting(draft.problems):
        if _TABLES in draft.files:
            draft.tables = decision_tables(data("decision-tables"))
    with _collecting(draft.problems):
        if _MEASURED in draft.files:
            draft.benchmarks = benchmarks(data("benchmarks"))


@contextmanager
def _collecting(problems: list[Problem]) -> Iterator[None]:
    """Put the problems of a file that cannot be read to the others, and go on with the next file."""
    try:
        yield
    except InvalidError as error:
        problems += error.problems


def _add_page(draft: Draft, root: Path, path: str, uri: str, schemas: Schemas) -> None:
    page, head = _page(root, path, uri, schemas)
    draft.pages.append(page)
    if is_rule(path):
        draft.rules.append(rule(page, head))


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
    for name in (*_DATA, *_FRONT, *_EACH):
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


def _page(root: Path, path: str, uri: str, schemas: Schemas) -> tuple[Page, Document]:
    text = read_text(root, path)
    head = _FRONT_MATTER.match(text)
    body = text[head.end() :] if head else text
    first_line = text[: head.end()].count("\n") + 1 if head else 1
    front = _front(path, head["yaml"] if head else "", schemas)
    settings = front.value
    outline = scan(body, first_line)
    title = next((heading.text for heading in outline.headings if heading.level == 1), "")
    page = Page(
        path=path,
        uri=uri,
        title=title,
        description=_first_sentence(settings.get("description") or settings.get("failure") or _opening(body)),
        settings={key: settings[key] for key in _PASSED_ON if key in settings},
        body=body,
        first_line=first_line,
        outline=outline,
    )
    return page, front


def _front(path: str, front_matter: str, schemas: Schemas) -> Document:
    """Return the front matter; only the README, whose top is the code host's front page, has none."""
    document = parse_yaml(front_matter or "{}", path, first_line=2 if front_matter else 1)
    if path == "README.md" and not front_matter:
        return document
    return _fitting(document, schemas["skill" if path == "SKILL.md" else "rule" if is_rule(path) else "page"])


def _opening(body: str) -> str:
    """Return the first paragraph below the title."""
    paragraphs = (part.strip() for part in body.split("\n\n"))
    return next((part for part in paragraphs if part and not part.startswith("#")), "")


def _first_sentence(text: str) -> str:
    flat = " ".join(text.replace("**", "").split())
    sentence = _SENTENCE.match(flat)
    return sentence[1] if sentence else flat
