"""Where in a JSON or YAML file each value stands, and whether the file fits its schema."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import jsonschema
import yaml

from kb.problems import InvalidError, Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Pointer: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys and indices from the top."""


_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]')


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
        return (root / path).read_text(encoding="utf-8-sig")
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
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is JSON, and no text
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at column {error.colno}"
        raise InvalidError([Problem(path, error.lineno, "KB001", message)]) from error
    except (ValueError, RecursionError) as error:
        raise InvalidError([Problem(path, 1, "KB001", f"cannot be read: {error}")]) from error
    return _located(value, path, ((pointer, line + 1) for pointer, line in _json_places(text)))


def parse_yaml(text: str, path: str, first_line: int = 1) -> Document:
    """Parse YAML that begins at `first_line` of its file.

    Raises:
        InvalidError: The text is not YAML, or a mapping holds a key twice.
    """
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
        places = list(_yaml_places(yaml.compose(text, Loader=_Loader), ()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        message = f"is not YAML: {error.problem or error.context}"
        raise InvalidError([Problem(path, line, "KB001", message)]) from error
    # PyYAML lets these through for characters, numbers and nesting that it cannot handle.
    except (yaml.YAMLError, ValueError, AttributeError, TypeError, RecursionError) as error:
        message = f"is not YAML that can be read: {' '.join(str(error).split())}"
        raise InvalidError([Problem(path, first_line, "KB001", message)]) from error
    return _located(value, path, ((pointer, first_line + line) for pointer, line in places))


def _located(value: object, path: str, places: Iterable[tuple[Pointer, int]]) -> Document:
    lines: dict[Pointer, int] = {}
    problems = []
    for pointer, line in places:
        if pointer in lines and isinstance(pointer[-1], str):
            problems.append(Problem(path, line, "KB003", f"the key `{pointer[-1]}` stands twice", "remove one"))
        lines.setdefault(pointer, line)
    if problems:
        raise InvalidError(problems)
    return Document(path, value, lines)


def _json_places(text: str) -> Iterator[tuple[Pointer, int]]:
    """Yield the pointers of keys, objects, arrays and strings of valid JSON, with their lines counted from 0."""
    pointer: list[str | int] = []
    is_key = False
    line, at = 0, 0
    for token in _JSON_TOKEN.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        mark = token[0][0]
        if mark == '"' and is_key:
            pointer[-1] = json.loads(token[0])
            is_key = False
            yield tuple(pointer), line
            continue
        if mark in '"{[' and pointer and isinstance(pointer[-1], int):
            yield tuple(pointer), line
        if mark in "{[":
            pointer.append("" if mark == "{" else 0)
            is_key = mark == "{"
        elif mark in "}]":
            pointer.pop()
            is_key = False
        elif mark == ",":
            is_key = isinstance(pointer[-1], str)
            if isinstance(index := pointer[-1], int):
                pointer[-1] = index + 1


def _yaml_places(node: yaml.Node | None, at: Pointer) -> Iterator[tuple[Pointer, int]]:
    """Yield each value's pointer, and its line counted from 0."""
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield (*at, str(key.value)), key.start_mark.line
            yield from _yaml_places(child, (*at, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield (*at, index), child.start_mark.line
            yield from _yaml_places(child, (*at, index))


def violations(document: Document, schema: Mapping[str, Any]) -> list[Problem]:
    """Return what in the document does not fit the JSON Schema, each at its line."""
    if isinstance(document.value, dict) and not all(isinstance(key, str) for key in document.value):
        return [document.problem("KB002", "every key has to be text", hint="put the key into quotation marks")]
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return [
        document.problem("KB002", f"{_where(error)}{error.message}", *error.absolute_path, hint=_hint(error))
        for error in validator.iter_errors(document.value)
    ]


def schema_fault(schema: object) -> str:
    """Return what makes this no JSON Schema, or an empty string."""
    if not isinstance(schema, dict):
        return "is no JSON Schema: it is not an object"
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return f"is no JSON Schema: {error.message}"
    return ""


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
        unknown = [str(key) for key in cast("dict[object, object]", error.instance) if key not in known]
        return nearest(unknown[0], known) if unknown else ""
    return str(schema.get("description", ""))
