"""What /openapi.json says beyond what FastAPI reads from the routes: problems, headers, and who needs a token."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

DESCRIPTION = """\
Money is in minor units (cents), times are UTC with milliseconds, text is UTF-8 without U+0000. Every failure is a
problem by RFC 9457; a client decides by `type`, a person reads `detail`. Members and parameters that are not described
here are refused.
"""
INFO: Mapping[str, Any] = {
    "title": "Orders",
    "version": "1.0.0",
    "summary": "Accounts, products with stock, and orders that can be sent twice without harm.",
    "description": DESCRIPTION,
    "license_info": {"name": "MIT", "identifier": "MIT"},
    "servers": [{"url": "/"}],
    "openapi_tags": [
        {"name": "accounts", "description": "Sign up, sign in, stay signed in, sign out."},
        {"name": "products", "description": "What can be ordered."},
        {
            "name": "orders",
            "description": "Placed once, whatever the network does; visible to their owner only.",
        },
    ],
}
SCHEMAS = "#/components/schemas/"

Document = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(extra="forbid")

    pointer: Annotated[
        str | SkipJsonSchema[None], Field(description="Where in the body, as a JSON pointer (RFC 6901).")
    ] = None
    parameter: Annotated[str | SkipJsonSchema[None], Field(description="Which query parameter or header.")] = None
    detail: str


class ProblemView(BaseModel):
    """By RFC 9457."""

    model_config = ConfigDict(extra="forbid", title="Problem")

    type: Annotated[str, Field(description="What a client decides by.", pattern="^urn:problem:[a-z-]+$")]
    title: Annotated[str, Field(description="The same for every problem of a type.")]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str | SkipJsonSchema[None], Field(description="What happened this time, for a person.")] = None
    request_id: str
    errors: list[FieldError] | SkipJsonSchema[None] = None


def header(description: str, pattern: str, *, required: bool = True) -> Document:
    """Return the description of a response's header."""
    described: Document = {"description": description, "schema": {"type": "string", "pattern": pattern}}
    return {**described, "required": True} if required else described


REQUEST_ID = header("The id that the logs carry; a client may send its own.", "^[A-Za-z0-9._-]{1,128}$")
RETRY_AFTER = header("Seconds to wait before the next attempt.", "^[1-9][0-9]*$")
PROBLEMS: Mapping[int, tuple[str, Mapping[str, Document]]] = {
    400: ("The body is no JSON in UTF-8, or the idempotency key is missing or malformed.", {}),
    401: (
        "No token, or one that does not count (any more).",
        {"WWW-Authenticate": header("By RFC 6750.", "^Bearer")},
    ),
    404: ("There is no such thing, or it is somebody else's.", {}),
    409: (
        "It cannot be done as things are; with `Retry-After`, the first attempt is still running.",
        {"Retry-After": header("Seconds to wait.", "^[1-9][0-9]*$", required=False)},
    ),
    412: ("The order has changed since.", {}),
    413: ("The body is longer than the server reads.", {}),
    415: ("The body has to be application/json.", {}),
    422: ("Something is missing, unknown or out of bounds; or the key belongs to another request.", {}),
    428: ("`If-Match` is missing.", {}),
    429: ("Too many requests.", {"Retry-After": RETRY_AFTER}),
    500: ("The server's fault; the log has the request id.", {}),
    503: ("No database, or not in time; a retry with the same key tells.", {"Retry-After": RETRY_AFTER}),
}
ALWAYS = (422, 429, 500, 503)
WITH_BODY = (400, 413, 415)


def problems(*statuses: int) -> Responses:
    """Return the `responses` of a route that has problems of its own."""
    return {status: {"$ref": f"#/components/responses/{_name(status)}"} for status in statuses}


class DocumentedAPI(FastAPI):
    """A FastAPI application whose document says all that a client has to know."""

    def openapi(self) -> Document:
        """Return the document."""
        if not self.openapi_schema:
            document = super().openapi()
            _complete(document)
            self.openapi_schema = document | {part: _without_noise(document[part]) for part in ("paths", "components")}
        return self.openapi_schema


def _complete(document: Document) -> None:
    components = document["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    problem = ProblemView.model_json_schema(ref_template=f"{SCHEMAS}{{model}}")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["responses"] = {_name(status): _problem(status) for status in PROBLEMS}
    components["securitySchemes"] = {"access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"access_token": []}]
    for operation in _operations(document):
        _complete_operation(operation)


def _complete_operation(operation: Document) -> None:
    responses = operation["responses"]
    for response in responses.values():
        if "$ref" not in response:
            response.setdefault("headers", {})["X-Request-Id"] = REQUEST_ID
    common = ALWAYS + (WITH_BODY if "requestBody" in operation else ()) + (() if "security" in operation else (401,))
    responses |= {str(status): response for status, response in problems(*common).items()}


def _operations(document: Document) -> Iterator[Document]:
    for methods in document["paths"].values():
        yield from methods.values()


def _problem(status: int) -> Document:
    description, headers = PROBLEMS[status]
    return {
        "description": description,
        "headers": {"X-Request-Id": REQUEST_ID, **headers},
        "content": {"application/problem+json": {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
    }


def _name(status: int) -> str:
    return HTTPStatus(status).name.title().replace("_", "")


def _without_noise(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Drop the titles that Pydantic makes of names, defaults that say nothing, and the `.0` of whole bounds."""
    if isinstance(node, dict):
        return {key: _without_noise(value) for key, value in node.items() if not _is_noise(key, value)}
    if isinstance(node, float) and node.is_integer():
        return int(node)
    return [_without_noise(item) for item in node] if isinstance(node, list) else node


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)
