"""Whether a text is well-formed JSON, YAML, TOML, INI or a file of environment variables."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import yaml

from kb.documents import parse_json, parse_yaml
from kb.problems import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.documents import Document
    from kb.prove.texts.fences import Fault

_STRING = r'"(?:\\.|[^"\\\n])*"'
_NO_NUMBER = re.compile(rf"{_STRING}|(?P<word>NaN|-?Infinity)")
_COMMENT = re.compile(rf"{_STRING}|(?P<comment>//[^\n]*|/\*.*?\*/)", re.DOTALL)
_LAST_COMMA = re.compile(rf"{_STRING}|(?P<comma>,)(?=\s*[}}\]])")
_TOML_PLACE = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL)
_VARIABLE = re.compile(
    r"""(?:export[ ]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=
    (?:"(?:\\.|[^"\\])*"|'[^']*'|(?!["'\s])[^\n]*|)[ \t]*(?:\#[^\n]*)?(?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_OPENAPI = re.compile(r"""^(?:openapi|\{?[ \t]*"openapi")[ \t]*:""", re.MULTILINE)
_NO_VARIABLE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")


def json_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps a text from being JSON.

    Raises:
        InvalidError: It cannot be parsed, or an object holds a key twice.
    """
    parse_json(text, "")
    for match in _NO_NUMBER.finditer(text):
        if match["word"]:
            yield text.count("\n", 0, match.start()) + 1, f"JSON has no {match['word']}"


def json_fence_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps a text from being JSON, and say so where the info string `jsonc` would be the true one.

    Raises:
        InvalidError: It cannot be parsed, or an object holds a key twice.
    """
    try:
        yield from json_faults(text)
    except InvalidError as error:
        try:
            parse_json(_plain_json(text), "")
        except InvalidError:
            raise error from None
        yield error.problems[0].line, f"{error.problems[0].message}; with comments or last commas it is `jsonc`"


def json_lines_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps the lines of a text from being JSON each."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield from ((number, message) for _, message in json_faults(line) if line.strip())
        except InvalidError as error:
            if line.strip():
                yield number, error.problems[0].message


def jsonc_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps a text from being JSON once its comments and last commas are gone."""
    return json_faults(_plain_json(text))


def _plain_json(text: str) -> str:
    """Return the text with comments and last commas blanked out, every line where it was."""
    bare = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]) if match["comment"] else match[0], text)
    return _LAST_COMMA.sub(lambda match: " " if match["comma"] else match[0], bare)


def yaml_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps a text from being YAML documents; tags may be anybody's, keys must not repeat."""
    try:
        for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
            yield from _doubles(document, set())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        yield (mark.line if mark else 0) + 1, f"is not YAML: {error.problem or error.context}"
    # PyYAML's reader knows an offset only, and the nesting may be too deep for it.
    except (yaml.reader.ReaderError, RecursionError) as error:
        yield 1, f"is not YAML that can be read: {' '.join(str(error).split())}"


def _doubles(node: yaml.Node | None, seen: set[int]) -> Iterator[Fault]:
    """Yield the keys that stand twice in a mapping; an alias can lead back to where it stands."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _doubles(child, seen)
    elif isinstance(node, yaml.MappingNode):
        known: set[tuple[str, str]] = set()
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in known:
                    yield key.start_mark.line + 1, f"the key `{key.value}` stands twice"
                known.add((key.tag, key.value))
            else:
                yield key.start_mark.line + 1, "a mapping or a list is a key: few readers take it; quote a `{{ … }}`"
            yield from _doubles(child, seen)


def names_openapi(text: str) -> bool:
    """Whether a line of the text looks like the key that marks the description of an API."""
    return _OPENAPI.search(text) is not None


def openapi_document(text: str) -> Document | None:
    """Return the JSON or YAML text as a document where it describes an API, by its key `openapi`."""
    try:
        document = parse_yaml(text, "")
        json.dumps(document.value)
    except (InvalidError, TypeError, ValueError):
        return None
    return document if isinstance(document.value, dict) and "openapi" in document.value else None


def toml_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps a text from being TOML."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.fullmatch(str(error))
        line = int(place["line"]) if place and place["line"] else len(text.splitlines())
        yield line, f"is not TOML: {place['what'] if place else error}"
    # Python's limits: the digits of a number, the depth of a nesting.
    except (ValueError, RecursionError) as error:
        yield 1, f"is not TOML that can be read: {error}"


def ini_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps a text from being INI, in which keys may stand before the first section."""
    yield from _configuration(text, strict=True)


def unit_faults(text: str) -> Iterator[Fault]:
    """Yield what keeps a text from being a systemd unit, in which a key may stand many times."""
    yield from _configuration(text, strict=False)


def _configuration(text: str, *, strict: bool) -> Iterator[Fault]:
    parser: Any = configparser.RawConfigParser(strict=strict, comment_prefixes=("#", ";"), default_section="")
    parser.optionxform = str
    try:
        parser.read_string(f"[before the first section]\n{text}")
    except configparser.ParsingError as error:
        for number, _ in error.errors:
            yield number - 1, "is neither a [section] nor a `key = value`"
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        what = getattr(error, "option", None) or f"[{error.section}]"
        yield (error.lineno or 2) - 1, f"`{what}` stands twice"


def variable_faults(text: str) -> Iterator[Fault]:
    """Yield the lines of a file of environment variables that no reader of such files agrees on."""
    at = 0
    names: set[str] = set()
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        match = _NO_VARIABLE.match(text, at) or _VARIABLE.match(text, at)
        name = match.groupdict().get("name") if match else None
        if match is None:
            yield line, "is no `NAME=value`: no blanks around `=`, and quotation marks come in pairs"
        elif name in names:
            yield line, f"`{name}` stands twice"
        if name:
            names.add(name)
        at = match.end() if match else text.find("\n", at) + 1 or len(text)
