"""Four queries are blocked, as many as the pool has, and one more caller comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import perf_counter
from typing import Protocol

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rules.bk126 import avoid, prefer
from support import figure, fresh_database, hold, until_blocked

Call = asyncio.Task[list[str]]


class Database(Protocol):
    engine: AsyncEngine

    def __init__(self, url: str) -> None: ...
    def connect(self) -> AbstractAsyncContextManager[AsyncConnection]: ...
    def metrics(self) -> str: ...


async def names(database: Database) -> list[str]:
    async with database.connect() as connection:
        return list(await connection.scalars(text("select name from products")))


@asynccontextmanager
async def saturated(
    database_type: type[Database],
) -> AsyncIterator[tuple[Database, str, Call]]:
    """Block the pool's four connections; yield the metrics then, and a fifth call."""
    async with fresh_database() as url:
        database = database_type(url.replace("postgresql:", "postgresql+asyncpg:", 1))
        async with hold(url, "lock table products") as table:
            four = asyncio.gather(*(names(database) for _ in range(4)))
            await until_blocked(url, 4)
            before = database.metrics()
            fifth = asyncio.create_task(names(database))
            try:
                yield database, before, fifth
            finally:
                await table.release()
                assert await four == [[]] * 4
                await asyncio.wait([fifth])
        await database.engine.dispose()


async def test_avoid_a_caller_waits_past_its_patience_and_no_metric_shows_it() -> None:
    async with saturated(avoid.Database) as (database, before, fifth):
        ended, _ = await asyncio.wait([fifth], timeout=2.5)
        assert not ended
        assert database.metrics() == before
    assert fifth.result() == []


async def test_prefer_a_caller_is_counted_while_it_waits_and_turned_away() -> None:
    async with saturated(prefer.Database) as (database, _, fifth):
        start = perf_counter()
        while "Waiting: 1" not in database.metrics():
            still_waits = not fifth.done() and perf_counter() - start < 10
            assert still_waits, database.metrics()
            await asyncio.sleep(0.002)
        ended, _ = await asyncio.wait([fifth], timeout=10)
        told = perf_counter() - start
        assert ended
        with pytest.raises(PoolTimeoutError, match="QueuePool limit of size 4"):
            fifth.result()
    name = "until the caller was told, of a bound of 1,000 ms"
    figure("BK126", name, round(told * 1000), "ms")
