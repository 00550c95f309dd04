"""What becomes of each outside link: asked with care, asked again where that may help, and judged."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from kb.links.external.collect import join
from kb.links.external.content import beyond_reading
from kb.links.external.pace import Pace
from kb.links.external.verdicts import Judgement, Verdict
from kb.links.external.walk import Walker, open_client
from kb.problems import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from kb.links.external.settings import Settings, World
    from kb.links.external.walk import Visit

_LONGEST_BACKOFF = 30.0


async def check_all(
    wanted: Mapping[str, Collection[str]],
    settings: Settings,
    world: World,
    done: Callable[[Mapping[str, Judgement]], None],
) -> None:
    """Check the wanted fragments of each URL, and hand over the judgements by address, a page at a time."""
    pace = Pace(settings, world)
    async with open_client(settings, world) as client, asyncio.TaskGroup() as group:
        checker = _Checker(Walker(client, pace, settings, world), pace, settings, world)

        async def check(url: str, fragments: Collection[str]) -> None:
            done(await checker.check(url, fragments))

        for url, fragments in wanted.items():
            group.create_task(check(url, fragments))


class _Checker:
    def __init__(self, walker: Walker, pace: Pace, settings: Settings, world: World) -> None:
        self._walker = walker
        self._pace = pace
        self._settings = settings
        self._world = world

    async def check(self, url: str, fragments: Collection[str]) -> dict[str, Judgement]:
        sought = {fragment for fragment in fragments if fragment and not beyond_reading(fragment)}
        visit = await self._visit(url, sought)
        return {join(url, fragment): judge(url, fragment, visit) for fragment in fragments}

    async def _visit(self, url: str, sought: Collection[str]) -> Visit:
        """Walk until an answer lasts; by HEAD once where that is enough, by GET when HEAD got no good answer."""
        method, retries = "GET" if sought else "HEAD", 0
        while True:
            visit = await self._walker.walk(method, url, read=bool(sought))
            if _satisfies(visit, sought):
                return visit
            if method == "GET" or visit.may_pass or not visit.answered:
                delay = self._delay(visit, retries)
                if delay is None:
                    return visit
                retries += 1
                self._pace.hold(httpx.URL(visit.url).host, delay)
            method = "GET"

    def _delay(self, visit: Visit, retries: int) -> float | None:
        """Return the seconds until another try, or None where there is to be none."""
        if not visit.may_pass or retries == self._settings.retries:
            return None
        if visit.retry_after is not None:
            return visit.retry_after if visit.retry_after <= self._settings.patience else None
        return self._world.random() * min(_LONGEST_BACKOFF, 2.0**retries)


def judge(url: str, fragment: str, visit: Visit) -> Judgement:
    """Return what a visit to a page says of one of its fragments; of the page itself if that is empty."""
    page = visit.judgement
    if not fragment or not page.verdict.is_open or "#" in visit.url:  # a redirect's fragment replaces the wanted one
        return page
    if why := beyond_reading(fragment):
        return Judgement(Verdict.UNKNOWN, why)
    if visit.content.has(fragment):
        takes_it = page.suggestion and "#" not in page.suggestion
        return replace(page, suggestion=join(page.suggestion, fragment)) if takes_it else page
    if visit.content.gap:
        return Judgement(Verdict.UNKNOWN, f"#{fragment}: {visit.content.gap}")
    near = closest(fragment, visit.content.ids)
    return Judgement(Verdict.NO_FRAGMENT, f"the page has no element `#{fragment}`", join(url, near) if near else "")


def _satisfies(visit: Visit, sought: Collection[str]) -> bool:
    """Whether nothing better can come of another walk."""
    return visit.judgement.verdict.is_open and (not visit.content.broke_off or all(map(visit.content.has, sought)))
