"""Where in a JSON or YAML file each value stands, and whether the file fits its schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import jsonschema
import yaml

from kb.problems import InvalidError, Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Pointer: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys and indices from the top."""


class _Loader(yaml.SafeLoader):
    """Reads dates as the text they are, so that JSON and YAML give the same values."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Document:
    """A parsed file whose values know their lines."""

    path: str
    value: Any
    lines: Mapping[Pointer, int]

    def line(self, *pointer: str | int) -> int:
        """Return the line of the value there, or of the nearest value around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer[:-1]
        return self.lines.get(pointer, 1)

    def problem(self, code: str, message: str, *pointer: str | int, hint: str = "") -> Problem:
        """Return a problem at the value there."""
        return Problem(self.path, self.line(*pointer), code, message, hint)


def read_text(root: Path, path: str) -> str:
    """Return the UTF-8 text of a file, every line end a line feed.

    Raises:
        InvalidError: The file is missing or is not UTF-8.
    """
    try:
        return (root / path).read_text(encoding="utf-8")
    except OSError as error:
        problem = Problem(path, 1, "KB001", f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem(path, line, "KB001", "is not UTF-8", "save the file as UTF-8")
    raise InvalidError([problem])


def parse_json(text: str, path: str) -> Document:
    """Parse JSON.

    Raises:
        InvalidError: The text is not JSON, or a mapping holds a key twice.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at column {error.colno}"
        raise InvalidError([Problem(path, error.lineno, "KB001", message)]) from error
    return _located(value, text, path, first_line=1)


def parse_yaml(text: str, path: str, first_line: int = 1) -> Document:
    """Parse YAML that begins at `first_line` of its file.

    Raises:
        InvalidError: The text is not YAML, or a mapping holds a key twice.
    """
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        message = f"is not YAML: {error.problem or error.context}"
        raise InvalidError([Problem(path, line, "KB001", message)]) from error
    return _located(value, text, path, first_line=first_line)


def _located(value: object, text: str, path: str, *, first_line: int) -> Document:
    """Compose the text once more for its marks: JSON is read as YAML, which it is but for its line numbers."""
    lines: dict[Pointer, int] = {}
    problems: list[Problem] = []
    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for pointer, line, repeated in _marks(node, ()):
        if repeated:
            message = f"the key `{pointer[-1]}` stands twice"
            problems.append(Problem(path, first_line + line, "KB003", message, "remove one"))
        lines.setdefault(pointer, first_line + line)
    if problems:
        raise InvalidError(problems)
    return Document(path, value, lines)


def _marks(node: yaml.Node | None, at: Pointer) -> Iterator[tuple[Pointer, int, bool]]:
    """Yield each value's pointer, its line counted from 0, and whether its key was there before."""
    if node is None:
        return
    if not at:
        yield at, node.start_mark.line, False
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            name = str(key.value)
            yield (*at, name), key.start_mark.line, name in seen
            seen.add(name)
            yield from _marks(child, (*at, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield (*at, index), child.start_mark.line, False
            yield from _marks(child, (*at, index))


def violations(document: Document, schema: Mapping[str, Any]) -> list[Problem]:
    """Return what in the document does not fit the JSON Schema, each at its line."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return [
        document.problem("KB002", f"{_where(error)}{error.message}", *error.absolute_path, hint=_hint(error))
        for error in validator.iter_errors(document.value)
    ]


def _where(error: jsonschema.ValidationError) -> str:
    pointer = ".".join(map(str, error.absolute_path))
    return f"{pointer}: " if pointer else ""


def _hint(error: jsonschema.ValidationError) -> str:
    """Return the nearest allowed word for a value out of its list or a key that no schema knows."""
    schema = cast("dict[str, Any]", error.schema)
    if error.validator == "enum" and isinstance(error.instance, str):
        return nearest(error.instance, map(str, cast("list[object]", error.validator_value)))
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        unknown = [key for key in cast("dict[str, object]", error.instance) if key not in known]
        return nearest(unknown[0], known) if unknown else ""
    return str(schema.get("description", ""))
