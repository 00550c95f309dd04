"""Which problem each exception becomes: those of the framework, of validation, of the domain and of the database."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from storefront.database import DatabaseUnavailableError, violated
from storefront.identity.errors import NotAuthenticatedError
from storefront.ordering import errors as ordering
from storefront.web.problems import Kind, Problem, answer_problem

REFUSALS: Mapping[type[Exception], Kind] = {
    DatabaseUnavailableError: Kind.UNAVAILABLE,
    NotAuthenticatedError: Kind.UNAUTHORIZED,
    ordering.InsufficientStockError: Kind.INSUFFICIENT_STOCK,
    ordering.MixedCurrenciesError: Kind.MIXED_CURRENCIES,
    ordering.UnknownOrderError: Kind.NOT_FOUND,
    ordering.OrderChangedError: Kind.STALE,
    ordering.NotCancellableError: Kind.ORDER_NOT_CANCELLABLE,
    ordering.KeyReusedError: Kind.KEY_REUSED,
    ordering.RequestInProgressError: Kind.REQUEST_IN_PROGRESS,
}
CONSTRAINTS: Mapping[str, Kind] = {
    "users_email_key": Kind.EMAIL_TAKEN,
    # The account was deleted while its token was still valid.
    "orders_user_id_fkey": Kind.UNAUTHORIZED,
    "refresh_tokens_user_id_fkey": Kind.UNAUTHORIZED,
}
STATUSES: Mapping[int, Kind] = {
    HTTPStatus.BAD_REQUEST: Kind.MALFORMED_REQUEST,
    HTTPStatus.NOT_FOUND: Kind.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Kind.METHOD_NOT_ALLOWED,
}
HEADERS: Mapping[str, tuple[Kind, Kind]] = {
    "Idempotency-Key": (Kind.MALFORMED_REQUEST, Kind.MALFORMED_REQUEST),
    "If-Match": (Kind.PRECONDITION_REQUIRED, Kind.STALE),
}
"""For each header: the problem where it is missing, and where it is malformed."""
log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Let an application answer every exception with a problem."""
    app.add_exception_handler(Problem, answer_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(IntegrityError, _violation)
    for refusal in REFUSALS:
        app.add_exception_handler(refusal, _refusal)


async def _refusal(request: Request, error: Exception) -> Response:
    if isinstance(error, DatabaseUnavailableError):
        log.warning("the database is not available", reason=str(error))
    return await answer_problem(request, Problem(REFUSALS[type(error)]))


async def _violation(request: Request, error: Exception) -> Response:
    """BK131: the constraint's name tells what is wrong; any other is a fault of this service."""
    assert isinstance(error, IntegrityError)  # noqa: S101 - narrows what Starlette leaves wide
    kind = CONSTRAINTS.get(violated(error))
    if not kind:
        raise error
    return await answer_problem(request, Problem(kind))


async def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows what Starlette leaves wide
    kind = STATUSES.get(error.status_code)
    if not kind:
        raise error
    headers = dict(error.headers or {})
    if kind is Kind.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
    return await answer_problem(request, Problem(kind, headers=headers))


def _methods(request: Request) -> Sequence[str]:
    """Return all methods of a path; Starlette knows those of the first route only."""
    documented = request.app.openapi()["paths"].get(request.scope["route"].path, {"get": None})
    return [method.upper() for method in documented]


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows what Starlette leaves wide
    return await answer_problem(request, problem_of(error.errors()))


def problem_of(faults: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the one problem that tells what Pydantic found."""
    for fault in faults:
        place, *names = fault["loc"]
        if place == "path":
            return Problem(Kind.NOT_FOUND)
        if place == "header":
            missing, malformed = HEADERS[names[0]]
            return Problem(missing if fault["type"] == "missing" else malformed, errors=[_told(fault)])
    return Problem(Kind.INVALID, errors=[_told(fault) for fault in faults])


def _told(fault: Mapping[str, Any]) -> Mapping[str, str]:
    """Return where a fault is and what it is, without the value that was sent."""
    place, *names = fault["loc"]
    if place == "body":
        return {"pointer": pointer(names), "detail": fault["msg"]}
    return {"parameter": str(names[0]), "detail": fault["msg"]}


def pointer(names: Sequence[str | int]) -> str:
    """Return a JSON pointer (RFC 6901)."""
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)
