"""Checks fences with the libraries that the harness does not import itself.

Reads a file of `{"language": …, "fences": [[index, text], …]}` and prints a list of `{"fence", "line", "message"}`; a fence
of OpenAPI is the parsed document, and its findings carry a `pointer` in the place of a line.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from graphql import DocumentNode, GraphQLError

Fault = tuple[int, str]

_PROTO_FAULT = re.compile(r"fence\.proto:(?P<line>\d+):\d+: (?P<message>.*)")
_WHOLE_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html)\b", re.IGNORECASE | re.DOTALL)
_NGINX_AROUND = ("", "http {", "http { server {", "stream {", "events {", "http { server { location / {")
_NGINX_NEWER = ("http2", "http3", "http3_hq", "quic_retry", "quic_gso", "ssl_key_log", "keepalive_min_timeout")
"""What nginx has learned since crossplane's last release, 0.5.8: in servers, one argument each."""
_NGINX_PLACE = re.compile(r" in \S+:\d+$")
_UNTYPED_RULES = {
    "ExecutableDefinitionsRule",
    "KnownFragmentNamesRule",
    "LoneAnonymousOperationRule",
    "NoFragmentCyclesRule",
    "NoUndefinedVariablesRule",
    "NoUnusedFragmentsRule",
    "NoUnusedVariablesRule",
    "UniqueArgumentNamesRule",
    "UniqueFragmentNamesRule",
    "UniqueInputFieldNamesRule",
    "UniqueOperationNamesRule",
    "UniqueVariableNamesRule",
}
"""Rules of GraphQL that hold for operations on any schema."""


def graphql(text: str) -> Iterator[Fault]:
    """Yield what keeps a schema from being built, and operations from being valid on it."""
    import graphql as g  # noqa: PLC0415 - one library per run

    try:
        document = g.parse(text)
    except g.GraphQLError as error:
        yield _graphql_fault(error)
        return
    for error in _graphql_errors(document):
        yield _graphql_fault(error)


def _graphql_fault(error: GraphQLError) -> Fault:
    return (error.locations[0].line if error.locations else 1), error.message


def _graphql_errors(document: DocumentNode) -> Iterable[GraphQLError]:
    """Return the errors of the schema if there is one; operations without a schema are held against no types."""
    import graphql as g  # noqa: PLC0415
    from graphql.validation.validate import validate_sdl  # noqa: PLC0415

    parts = document.definitions
    types = [part for part in parts if not isinstance(part, g.ExecutableDefinitionNode)]
    operations = g.DocumentNode(definitions=tuple(p for p in parts if isinstance(p, g.ExecutableDefinitionNode)))
    schema_part = g.DocumentNode(definitions=tuple(types))
    if types and (errors := validate_sdl(schema_part)):
        return errors
    if not types:
        untyped = [rule for rule in g.specified_rules if rule.__name__ in _UNTYPED_RULES]
        return g.validate(g.build_schema("type Query { any: Int }"), operations, untyped)
    schema = g.build_ast_schema(schema_part)
    asked = bool(operations.definitions)
    errors = [error for error in g.validate_schema(schema) if asked or "Query root type" not in error.message]
    return errors or (g.validate(schema, operations) if asked else [])


def nginx(text: str) -> Iterator[Fault]:
    """Yield the faults of a configuration, in the context that it fits best: a page rarely shows the whole file."""
    import crossplane.analyzer as rules  # noqa: PLC0415

    argument = rules.NGX_HTTP_MAIN_CONF | rules.NGX_HTTP_SRV_CONF | rules.NGX_CONF_TAKE1
    for name in _NGINX_NEWER:
        rules.DIRECTIVES.setdefault(name, [argument])
    yield from min((_nginx_errors(text, around) for around in _NGINX_AROUND), key=len)


def _nginx_errors(text: str, around: str) -> list[Fault]:
    import crossplane  # noqa: PLC0415

    with TemporaryDirectory() as name:
        path = Path(name) / "nginx.conf"
        path.write_text(f"{around}{text}\n{'}' * around.count('{')}", encoding="utf-8")
        parsed = crossplane.parse(str(path), single=True, strict=True)
    return [(item["line"] or 1, _NGINX_PLACE.sub("", item["error"])) for item in parsed["errors"]]


def html(text: str) -> Iterator[Fault]:
    """Yield the parse errors of the HTML standard, in a page or in a part of one."""
    import html5lib  # noqa: PLC0415
    from html5lib.constants import E  # noqa: PLC0415

    parser = html5lib.HTMLParser()
    if _WHOLE_PAGE.match(text):
        parser.parse(text)
    else:
        parser.parseFragment(text)
    for (line, _), code, values in parser.errors:
        yield line, E[code] % values if values else E[code]


def css(text: str) -> Iterator[Fault]:
    """Yield the parse errors of a style sheet."""
    import tinycss2  # noqa: PLC0415

    # The standard closes what is open at the end. Then one brace more is no error, and that gives it away.
    last = text.count("\n") + 2
    values = tinycss2.parse_component_value_list(f"{text}\n}}", skip_comments=True)
    errors = [(value.source_line, value.message) for value in values if value.type == "error"]
    if last not in {line for line, _ in errors}:
        errors.append((last - 1, "a block is opened and never closed"))
    errors = [error for error in errors if error[0] != last]
    yield from errors or _css_errors(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))


def _css_errors(nodes: Iterable[Any]) -> Iterator[Fault]:
    """Yield the errors in rules; the parser takes for the head of a rule whatever is no declaration."""
    import tinycss2  # noqa: PLC0415

    for node in nodes:
        if node.type == "error":
            yield (
                node.source_line,
                "is neither a rule nor a `name: value`" if "{} block" in node.message else node.message,
            )
        elif node.type in {"qualified-rule", "at-rule"} and node.content:
            yield from _css_errors(
                tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
            )


def proto(text: str) -> Iterator[Fault]:
    """Yield the errors of the protocol buffer compiler; Google's common imports resolve."""
    with TemporaryDirectory() as name:
        (Path(name) / "fence.proto").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"-I{sysconfig.get_path('purelib')}"]
        done = subprocess.run(  # noqa: S603 - the compiler in this environment
            [*command, f"--descriptor_set_out={Path(name) / 'out'}", "fence.proto"],
            cwd=name,
            capture_output=True,
            text=True,
            check=False,
        )
    faults = [(int(m["line"]), m["message"]) for m in map(_PROTO_FAULT.fullmatch, done.stderr.splitlines()) if m]
    yield from faults if faults or not done.returncode else [(1, done.stderr.strip())]


def openapi(document: dict[str, Any]) -> Iterator[tuple[list[str | int], str]]:
    """Yield the pointer and the message of each fault of an OpenAPI 3.1 description; nothing is fetched."""
    if not str(document["openapi"]).startswith("3.1."):
        yield ["openapi"], f"is OpenAPI {document['openapi']}, and this house writes 3.1"
        return
    if dangling := [(at, ref) for at, ref in _references(document, ()) if not _resolves(document, ref)]:
        yield from ((list(at), f"{ref} is not in this description") for at, ref in dangling)
        return
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415

    for error in OpenAPIV31SpecValidator(document).iter_errors():
        inner = error
        while inner.context:
            inner = max(inner.context, key=lambda part: len(part.absolute_path))
        yield list(inner.absolute_path), inner.message[:300]


def _references(value: object, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each `$ref` with its pointer; what stands in an example is data."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in entries:
        if key == "$ref" and isinstance(child, str):
            yield (*at, key), child
        elif key not in {"example", "examples", "default", "const", "enum"}:
            yield from _references(child, (*at, key))


def _resolves(document: object, reference: str) -> bool:
    """Whether a JSON Pointer of a reference leads anywhere; other anchors are the validator's."""
    if not reference.startswith("#"):
        return False
    for part in unquote(reference[1:]).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return False
    return True


LIBRARIES: dict[str, Callable[[str], Iterator[Fault]]] = {
    "css": css,
    "graphql": graphql,
    "html": html,
    "nginx": nginx,
    "proto": proto,
}


def main(path: str) -> None:
    """Answer the questions in the file."""
    questions = json.loads(Path(path).read_text(encoding="utf-8"))
    findings: list[dict[str, object]] = []
    for fence, content in questions["fences"]:
        if questions["language"] == "openapi":
            findings += ({"fence": fence, "pointer": at, "message": said} for at, said in openapi(content))
        else:
            faults = LIBRARIES[questions["language"]](content)
            findings += ({"fence": fence, "line": line, "message": said} for line, said in faults)
    print(json.dumps(findings))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1])
