"""What surrounds every request: its id, its trace, its log line, its duration, and the headers of its answer."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storefront.metrics import REQUEST_DURATION
from storefront.web.problems import Kind, Problem

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
STANDARD_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}
UNANSWERED = 499
"""For the log and the metrics only: the client has gone, or the process is being cut off."""
log = structlog.get_logger()


def new_request_id() -> str:
    """Return an id that nobody can guess."""
    return secrets.token_hex(16)


class RequestContext:
    """Middleware around everything else, so that no answer and no exception gets past it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        status = UNANSWERED
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update({**STANDARD_HEADERS, "X-Request-Id": request_id})
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id), _trace_of_caller(headers):
            try:
                await self._app(scope, receive, send_with_headers)
            except ClientDisconnect:
                log.debug("the client has gone")
            except Exception:
                log.exception("unhandled exception")
                if status != UNANSWERED:
                    raise
                answer = Problem(Kind.INTERNAL_ERROR).response(request_id)
                await answer(scope, receive, send_with_headers)
            finally:
                _record(scope, status, time.perf_counter() - began)


def _record(scope: Scope, status: int, seconds: float) -> None:
    # The pattern, not the path: a path may hold anything, and has no end of values.
    route = scope["route"].path if "route" in scope else ""
    REQUEST_DURATION.labels(scope["method"], route, status).observe(seconds)
    log.info("request", method=scope["method"], route=route, status=status, duration_ms=round(seconds * 1000, 1))


@contextmanager
def _trace_of_caller(headers: Headers) -> Iterator[None]:
    """Where this process makes no traces of its own, pass the caller's on to logs and events."""
    if trace.get_current_span().get_span_context().is_valid:
        yield
        return
    token = otel_context.attach(propagate.extract(headers))
    try:
        yield
    finally:
        otel_context.detach(token)
