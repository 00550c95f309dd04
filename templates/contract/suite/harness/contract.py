"""Holds every answer that the suite sees against openapi.yaml and the rules of the contract's README."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from harness.places import OPENAPI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

PROBLEMS = {
    "malformed-request": 400,
    "unauthorized": 401,
    "not-found": 404,
    "method-not-allowed": 405,
    "request-timeout": 408,
    "email-taken": 409,
    "insufficient-stock": 409,
    "mixed-currencies": 409,
    "order-not-cancellable": 409,
    "request-in-progress": 409,
    "stale": 412,
    "too-large": 413,
    "unsupported-media-type": 415,
    "invalid": 422,
    "key-reused": 422,
    "precondition-required": 428,
    "too-many-requests": 429,
    "internal-error": 500,
    "unavailable": 503,
}
"""The status of each type of problem."""
ANYWHERE = {400, 404, 405, 408}
"""What a request that is no operation of the contract may get."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000",
    "cache-control": "no-store",
}
"""What every answer carries."""


@cache
def document() -> Mapping[str, Any]:
    """Return openapi.yaml with its references resolved."""
    raw = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    return resolved(raw, raw)


def resolved(node: Any, root: Mapping[str, Any]) -> Any:
    """Return a part of a document, each `$ref` replaced by what it means."""
    if isinstance(node, dict):
        if "$ref" in node:
            target: Any = root
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            return resolved(target, root)
        return {key: resolved(value, root) for key, value in node.items()}
    return [resolved(item, root) for item in node] if isinstance(node, list) else node


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Return each operation with its path and its method, in capitals."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def violations(request: httpx.Request, response: httpx.Response) -> Iterator[str]:
    """Tell what the contract does not allow in an answer; the body has to be read."""
    yield from _headers(response)
    if response.status_code >= 400 and request.method != "HEAD":
        yield from _problem(response)
    if request.url.path != "/openapi.json" and request.method != "HEAD":
        yield from _operation(request, response)


def _headers(response: httpx.Response) -> Iterator[str]:
    for name, wanted in HEADERS.items():
        if response.headers.get(name) != wanted:
            yield f"{name} is {response.headers.get(name)!r}, not {wanted!r}"
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,128}", response.headers.get("x-request-id", "")):
        yield f"X-Request-Id is {response.headers.get('x-request-id')!r}"


def _problem(response: httpx.Response) -> Iterator[str]:
    if media_type(response) != "application/problem+json":
        yield f"a failure has the content type {response.headers.get('content-type')!r}"
        return
    problem = json.loads(response.content)
    yield from _invalid(document()["components"]["schemas"]["Problem"], problem)
    kind = problem.get("type", "").removeprefix("urn:problem:")
    if PROBLEMS.get(kind) != response.status_code or problem.get("status") != response.status_code:
        yield f"{response.status_code} with the problem {problem.get('type')}, status {problem.get('status')}"
    if problem.get("request_id") != response.headers.get("x-request-id"):
        yield f"request_id {problem.get('request_id')!r} is not X-Request-Id {response.headers.get('x-request-id')!r}"
    if kind == "invalid" and not problem.get("errors"):
        yield "`invalid` names no errors"
    if response.status_code in {429, 503} or kind == "request-in-progress":
        if not re.fullmatch("[1-9][0-9]*", response.headers.get("retry-after", "")):
            yield f"{kind} has Retry-After {response.headers.get('retry-after')!r}"
    elif "retry-after" in response.headers:
        yield f"{kind} has Retry-After"
    if response.status_code == 405 and not response.headers.get("allow"):
        yield "405 without Allow"


def _operation(request: httpx.Request, response: httpx.Response) -> Iterator[str]:
    operation = find_operation(request)
    status = response.status_code
    if operation is None:
        if status not in ANYWHERE:
            yield f"{status} for {request.method} {request.url.path}, which is no operation"
    elif str(status) in operation["responses"]:
        declared = operation["responses"][str(status)]
        yield from _declared_headers(declared, response)
        yield from _declared_body(declared, response)
    elif status not in {400, 408}:
        yield f"{operation['operationId']} declares no {status}"


def _declared_headers(declared: Mapping[str, Any], response: httpx.Response) -> Iterator[str]:
    for name, header in declared.get("headers", {}).items():
        value = response.headers.get(name)
        if value is not None:
            yield from _invalid(header["schema"], value)
        elif header.get("required"):
            yield f"{response.status_code} lacks {name}"


def _declared_body(declared: Mapping[str, Any], response: httpx.Response) -> Iterator[str]:
    contents = declared.get("content", {})
    if not contents and response.content:
        yield f"{response.status_code} has a body"
    for media, content in contents.items():
        if media_type(response) == media:
            yield from _invalid(content["schema"], json.loads(response.content))
        else:
            yield f"content type {response.headers.get('content-type')!r}, not {media}"


def media_type(response: httpx.Response) -> str:
    """Return the content type of an answer, without the charset that goes without saying."""
    kind, _, parameters = response.headers.get("content-type", "").partition(";")
    return kind if parameters.strip().lower() in {"", "charset=utf-8"} else f"{kind};{parameters}"


def find_operation(request: httpx.Request) -> Mapping[str, Any] | None:
    """Return the operation that a request is for."""
    for path, method, operation in operations():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]*", re.escape(path))
        if method == request.method and re.fullmatch(pattern, request.url.raw_path.decode("ascii").partition("?")[0]):
            return operation
    return None


def _invalid(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value):
        yield f"{error.json_path}: {error.message}"
