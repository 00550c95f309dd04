"""Every failure as `application/problem+json` (RFC 9457), with the members of the contract and no others."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import structlog
from fastapi import Request, Response

MAX_ERRORS = 100
"""A body of a thousand unknown members is not answered with as many errors."""
RETRY_SECONDS = "1"


class Kind(Enum):
    """What a client decides by: the type's last word, its status and its title."""

    MALFORMED_REQUEST = ("malformed-request", 400, "The request cannot be read")
    UNAUTHORIZED = ("unauthorized", 401, "A valid token is needed")
    NOT_FOUND = ("not-found", 404, "There is no such thing")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This resource does not know the method")
    REQUEST_TIMEOUT = ("request-timeout", 408, "The request did not arrive in time")
    EMAIL_TAKEN = ("email-taken", 409, "There is an account with this email")
    INSUFFICIENT_STOCK = ("insufficient-stock", 409, "Not enough in stock")
    MIXED_CURRENCIES = ("mixed-currencies", 409, "The products have different currencies")
    ORDER_NOT_CANCELLABLE = ("order-not-cancellable", 409, "The order cannot be cancelled any more")
    REQUEST_IN_PROGRESS = ("request-in-progress", 409, "The first attempt is still running")
    STALE = ("stale", 412, "The resource has changed since")
    TOO_LARGE = ("too-large", 413, "The body is too large")
    UNSUPPORTED_MEDIA_TYPE = ("unsupported-media-type", 415, "The body has to be application/json")
    INVALID = ("invalid", 422, "The request is not valid")
    KEY_REUSED = ("key-reused", 422, "The idempotency key belongs to another request")
    PRECONDITION_REQUIRED = ("precondition-required", 428, "If-Match is missing")
    TOO_MANY_REQUESTS = ("too-many-requests", 429, "Too many requests")
    INTERNAL_ERROR = ("internal-error", 500, "The server failed")
    UNAVAILABLE = ("unavailable", 503, "Not available at the moment")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title


HEADERS: Mapping[Kind, Mapping[str, str]] = {
    Kind.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    Kind.REQUEST_TIMEOUT: {"Connection": "close"},
    Kind.REQUEST_IN_PROGRESS: {"Retry-After": RETRY_SECONDS},
    Kind.UNAVAILABLE: {"Retry-After": RETRY_SECONDS},
}
"""What a kind always carries."""


class Problem(Exception):  # noqa: N818 - RFC 9457 names it
    """Raise it, and it is the answer."""

    def __init__(
        self,
        kind: Kind,
        detail: str | None = None,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = {**HEADERS.get(kind, {}), **(headers or {})}

    def response(self, request_id: str) -> Response:
        """Return the answer."""
        return Response(
            render(self.kind, request_id, self.detail, self.errors),
            status_code=self.kind.status,
            headers=self.headers,
            media_type="application/problem+json",
        )


def render(kind: Kind, request_id: str, detail: str | None = None, errors: Sequence[Mapping[str, str]] = ()) -> bytes:
    """Return a problem's JSON; in ASCII, since a caller's member names may be no UTF-8."""
    members: dict[str, Any] = {
        "type": f"urn:problem:{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "request_id": request_id,
    }
    if detail:
        members["detail"] = detail
    if errors:
        members["errors"] = errors[:MAX_ERRORS]
    return json.dumps(members).encode()


async def answer_problem(request: Request, problem: Exception) -> Response:
    """Turn a problem that was raised into the answer."""
    assert isinstance(problem, Problem)  # noqa: S101 - narrows what Starlette leaves wide
    structlog.get_logger().debug("refused", problem=problem.kind.slug)
    return problem.response(request.state.request_id)
