"""Requests meet a server that grants the application's role four connections."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import FastAPI
from httpx import AsyncClient

from rules.bk125 import avoid, prefer
from support import (
    app_client,
    figure,
    fresh_database,
    hold,
    run_sql,
    scalar,
    until_blocked,
)

BuildApp = Callable[[str], FastAPI]

LAMP = """
insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
do $$ begin execute format(
  'create role %I login connection limit 4 in role pg_read_all_data',
  current_database()
); end $$;
"""
SESSIONS = "select count(*) from pg_stat_activity where usename = current_database()"


@asynccontextmanager
async def start(build_app: BuildApp) -> AsyncIterator[tuple[str, AsyncClient]]:
    """Start the application as a role that may have four connections."""
    async with fresh_database(LAMP) as url:
        role = urlsplit(url).path.removeprefix("/")
        host = f"{urlsplit(url).hostname}:{urlsplit(url).port}"
        app = build_app(f"postgresql+asyncpg://{role}@{host}/{role}")
        try:
            async with app_client(app) as client:
                yield url, client
        finally:
            await run_sql(url, f"drop role {role}")


async def get(client: AsyncClient) -> int:
    return (await client.get("/products/1", timeout=30)).status_code


async def sessions_after_four(build_app: BuildApp) -> int:
    """Send four requests, one after the other, and count the sessions left."""
    gc.disable()  # or it closes some of them, at some time
    try:
        async with start(build_app) as (url, client):
            assert [await get(client) for _ in range(4)] == [200] * 4
            return int(await scalar(url, SESSIONS))
    finally:
        gc.enable()


async def eight_at_once(build_app: BuildApp, patience: float) -> list[int]:
    """Send eight requests while nobody can read the table; return status codes.

    The last four begin when the first four wait: sessions that begin at once
    count each other, and the server may refuse them all.
    """
    async with (
        start(build_app) as (url, client),
        hold(url, "lock table products") as table,
    ):
        calls = [asyncio.ensure_future(get(client)) for _ in range(4)]
        await until_blocked(url, 4)
        calls += [asyncio.ensure_future(get(client)) for _ in range(4)]
        end = asyncio.get_running_loop().time() + patience
        while asyncio.get_running_loop().time() < end:
            if sum(call.done() for call in calls) >= 4:
                break
            await asyncio.sleep(0.02)
        await table.release()
        return sorted(await asyncio.gather(*calls))


async def test_avoid_each_request_leaves_a_session_behind() -> None:
    assert await sessions_after_four(avoid.build_app) == 4


async def test_avoid_the_server_refuses_half_of_eight_requests_at_once() -> None:
    codes = await eight_at_once(avoid.build_app, 10)
    assert codes == [200] * 4 + [500] * 4
    figure("BK125", "requests refused of eight at once", 4, "requests")


async def test_prefer_all_requests_share_a_session() -> None:
    assert await sessions_after_four(prefer.build_app) == 1


async def test_prefer_eight_requests_at_once_wait_for_each_other() -> None:
    assert await eight_at_once(prefer.build_app, 0.5) == [200] * 8
