"""What is said of a link, and which answers and errors it follows from."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

import httpx

from kb.links.external.guard import RefusedError, broken_certificate


class Verdict(StrEnum):
    """What becomes of a link; in the order in which a person wants to read of it."""

    DEAD = "dead"
    """Nobody can open it."""
    NO_FRAGMENT = "missing fragment"
    """The page opens and has no such element."""
    REDIRECTED = "redirected"
    """It moved for good."""
    REFUSED = "refused"
    """It leads, or redirects, to a host that is not on the public internet, and was not asked."""
    UNKNOWN = "unknown"
    """A machine cannot tell; a person may be able to open it."""
    ALIVE = "alive"

    @property
    def is_fault(self) -> bool:
        """Whether the link has to be mended."""
        return self in {Verdict.DEAD, Verdict.NO_FRAGMENT}

    @property
    def is_open(self) -> bool:
        """Whether the page was there."""
        return self in {Verdict.ALIVE, Verdict.REDIRECTED}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and what it rests on."""

    verdict: Verdict
    reason: str
    suggestion: str = ""
    """The address to write instead; empty where none is known."""


def of_status(status: int) -> Judgement:
    """Judge the last answer of a walk along redirects."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        verdict = Verdict.ALIVE
    elif status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        verdict = Verdict.DEAD
    else:
        verdict = Verdict.UNKNOWN
    return Judgement(verdict, _phrase(status))


def is_passing(status: int) -> bool:
    """Whether the same request may be answered otherwise in a while."""
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}:
        return True
    lasting = {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED}
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in lasting


def of_error(error: Exception) -> tuple[Judgement, bool]:
    """Judge a request that got no answer; the second value says whether the error may pass."""
    if isinstance(error, RefusedError):
        return Judgement(Verdict.REFUSED, str(error)), False
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_NONAME:
            return Judgement(Verdict.DEAD, "the host name does not exist"), False
        return Judgement(Verdict.UNKNOWN, f"the host name cannot be looked up: {error.strerror}"), True
    if fault := broken_certificate(error):
        return Judgement(Verdict.DEAD, f"broken certificate: {fault.verify_message}"), False
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return Judgement(Verdict.UNKNOWN, "timed out"), True
    may_pass = not isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol))
    return Judgement(Verdict.UNKNOWN, ": ".join(filter(None, (type(error).__name__, str(error))))), may_pass


def _phrase(status: int) -> str:
    """Return the status as people know it; the server's own words could be anything."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
