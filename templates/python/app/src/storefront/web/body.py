"""Reading a request's body: JSON in UTF-8, so much of it and no more, in so much time and no more."""

import asyncio
from email.message import Message
from typing import Any

from fastapi import Request
from pydantic_core import from_json
from starlette import types

from storefront.web.problems import Kind, Problem

MOST_VALUES = 1000
"""More than any body of the contract has. Pydantic reports each unknown member, and the event loop waits for it."""


class ParsedRequest(Request):
    """A request whose body was read and parsed before FastAPI asks for it."""

    def __init__(self, scope: types.Scope, content: bytes, value: Any) -> None:  # noqa: ANN401 - any JSON
        async def receive() -> types.Message:
            return {"type": "http.request", "body": content, "more_body": False}

        super().__init__(scope, receive)
        self._value = value

    async def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the body's value."""
        return self._value


async def read(request: Request, limit: int, seconds: float) -> bytes:
    """Return the bytes of a body that says it is JSON.

    Raises:
        Problem: It is of another media type, too large or too slow.
    """
    _require_json(request)
    if int(request.headers.get("content-length", "0")) > limit:
        raise Problem(Kind.TOO_LARGE)
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limit:
                    raise Problem(Kind.TOO_LARGE)
    except TimeoutError:
        raise Problem(Kind.REQUEST_TIMEOUT) from None
    return bytes(content)


def parsed(request: Request, content: bytes) -> Request:
    """Return the request with its body's value.

    Raises:
        Problem: It has none, or too large a one.
    """
    try:
        # Starlette's own parser also takes UTF-16, lone surrogates, NaN and Infinity.
        value = from_json(content, allow_inf_nan=False)
    except ValueError:
        raise Problem(Kind.MALFORMED_REQUEST, "The body is no JSON in UTF-8.") from None
    _refuse_many(value)
    return ParsedRequest(request.scope, content, value)


def _require_json(request: Request) -> None:
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    if header.get_content_type() != "application/json" or header.get_content_charset("utf-8") != "utf-8":
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE)
    if "content-encoding" in request.headers:
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed.")


def _refuse_many(value: object) -> None:
    waiting, seen = [value], 0
    while waiting:
        seen += 1
        if seen > MOST_VALUES:
            raise Problem(Kind.INVALID, errors=[{"pointer": "", "detail": "has too many values"}])
        match waiting.pop():
            case dict() as members:
                waiting += members.values()
            case list() as items:
                waiting += items
