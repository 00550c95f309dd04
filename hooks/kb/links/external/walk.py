"""Where an address leads: one walk along its redirects."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import takewhile
from typing import TYPE_CHECKING

import httpx

from kb.links.external.content import UNREAD, Content, read_content
from kb.links.external.guard import GuardedTransport, RefusedError
from kb.links.external.verdicts import Judgement, Verdict, is_passing, of_error, of_status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kb.links.external.pace import Pace
    from kb.links.external.settings import Settings, World

_PERMANENT = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, OSError, RefusedError)


@dataclass(frozen=True, slots=True)
class Visit:
    """How a walk ended."""

    url: str
    """The last address that was asked."""
    judgement: Judgement
    answered: bool = False
    """Whether that address answered at all; if it did, it may answer another method otherwise."""
    may_pass: bool = False
    """Whether the same walk may end otherwise in a while."""
    retry_after: float | None = None
    """The seconds that the host asks to be left alone."""
    content: Content = UNREAD


@dataclass(frozen=True, slots=True)
class _Hop:
    status: int
    target: str


def open_client(settings: Settings, world: World) -> httpx.AsyncClient:
    """Return a client that reaches public addresses only and carries neither cookies nor credentials."""
    admits = (lambda _: True) if settings.allow_private else world.is_public
    return httpx.AsyncClient(
        transport=GuardedTransport(world.resolve, admits, world.trust()),
        headers={"User-Agent": settings.user_agent, "Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip"},
        timeout=httpx.Timeout(settings.timeout, connect=settings.timeout / 2),  # leaves time for a second address
        auth=httpx.Auth(),  # adds nothing, and so outranks a password in a URL
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
    )


class Walker:
    """Follows redirects hop by hop, so that each hop is made at its own host's pace."""

    def __init__(self, client: httpx.AsyncClient, pace: Pace, settings: Settings, world: World) -> None:
        self._client = client
        self._pace = pace
        self._settings = settings
        self._world = world

    async def walk(self, method: str, url: str, *, read: bool) -> Visit:
        """Return where an address leads, with what could be read there if `read`; no error of the network is raised."""
        hops: list[_Hop] = []
        try:
            request = self._client.build_request(method, url)
            while True:
                response, content = await self._ask(request, read=read)
                if response.next_request is None:
                    return self._arrived(response, content, hops)
                request = response.next_request
                hops.append(_Hop(response.status_code, str(request.url)))
                if fault := self._astray(url, hops):
                    return Visit(str(response.url), Judgement(Verdict.UNKNOWN, fault), answered=True)
        except _FAILURES as error:
            judgement, may_pass = of_error(error)
            return Visit(hops[-1].target if hops else url, _told(judgement, hops), may_pass=may_pass)

    async def _ask(self, request: httpx.Request, *, read: bool) -> tuple[httpx.Response, Content]:
        async with self._pace.turn(request.url.host):
            async with asyncio.timeout(self._settings.timeout):
                response = await self._client.send(request, stream=True)
            try:
                content = await read_content(response, self._settings) if read and response.is_success else UNREAD
            finally:
                await response.aclose()
        return response, content

    def _astray(self, url: str, hops: Sequence[_Hop]) -> str:
        """Return why the last hop is not worth making, or an empty string."""
        pages = [url, *(hop.target.partition("#")[0] for hop in hops)]
        if pages[-1] in pages[:-1]:
            return f"redirects in a circle, to {pages[-1]}"
        return f"more than {self._settings.hops} redirects" if len(hops) > self._settings.hops else ""

    def _arrived(self, response: httpx.Response, content: Content, hops: Sequence[_Hop]) -> Visit:
        judgement = of_status(response.status_code)
        if judgement.verdict is Verdict.ALIVE:
            forever = [hop.target for hop in takewhile(lambda hop: hop.status in _PERMANENT, hops)]
            if forever:
                judgement = Judgement(Verdict.REDIRECTED, "moved for good", forever[-1])
        else:
            judgement = _told(judgement, hops)
        return Visit(
            hops[-1].target if hops else str(response.url),
            judgement,
            answered=True,
            may_pass=is_passing(response.status_code) or content.broke_off,
            retry_after=seconds_to_wait(response.headers.get("retry-after", ""), self._world.now()),
            content=content,
        )


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """Return what a Retry-After header asks for, as seconds or as a date; None where it is neither."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now.timestamp())
    except (ValueError, OverflowError):
        return None


def _told(judgement: Judgement, hops: Sequence[_Hop]) -> Judgement:
    """Return the judgement with the address that it is about, where that is not the link's own."""
    if not hops:
        return judgement
    return replace(judgement, reason=f"{judgement.reason} (after a redirect to {hops[-1].target})")
