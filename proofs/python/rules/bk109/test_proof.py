"""A title is changed while the standby's replay is paused, and read again."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from psycopg import Error
from sqlalchemy import column, select, table, update
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from rules.bk109 import avoid, prefer
from support import fresh_database, scalar

Sessions = Callable[[AsyncEngine, AsyncEngine], async_sessionmaker[AsyncSession]]

PROJECT = """
insert into tenants (name) values ('Harbour');
insert into projects (tenant_id, name) values (1, 'Bridge');
insert into documents (project_id, title) values (1, 'Plan');
"""
DOCUMENTS = table("documents", column("title"))
RENAME = update(DOCUMENTS).values(title="Budget")
TITLE = select(DOCUMENTS.c.title)
MAY_LAG = TITLE.execution_options(may_lag=True)


async def until(url: str, query: str, expected: str) -> None:
    """Wait until a query of the standby gives the value."""
    seen: object = None
    try:
        async with asyncio.timeout(30):
            while seen != expected:
                await asyncio.sleep(0.02)
                try:
                    seen = await scalar(url, query)
                except Error as error:
                    seen = error
    except TimeoutError:
        message = f"the standby says {seen} to {query}"
        raise AssertionError(message) from None


@asynccontextmanager
async def paused(sessions: Sessions) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Make sessions on a database whose copy on the standby stands still."""
    standby = os.environ["REPLICA_URL"]
    await scalar(standby, "select pg_wal_replay_resume()::text")
    async with fresh_database(PROJECT) as url, AsyncExitStack() as closing:
        closing.push_async_callback(
            scalar, standby, "select pg_wal_replay_resume()::text"
        )
        copy = urlunsplit(urlsplit(standby)._replace(path=urlsplit(url).path))
        await until(copy, "select max(title) from documents", "Plan")
        await scalar(standby, "select pg_wal_replay_pause()::text")
        await until(standby, "select pg_get_wal_replay_pause_state()", "paused")
        engines = [
            create_async_engine(each.replace("postgresql:", "postgresql+asyncpg:", 1))
            for each in (url, copy)
        ]
        for engine in engines:
            closing.push_async_callback(engine.dispose)
        primary, replica = engines
        yield sessions(primary, replica)


async def test_avoid_a_title_that_was_just_saved_is_the_old_one() -> None:
    async with paused(avoid.sessions) as new:
        async with new.begin() as session:
            await session.execute(RENAME)
            assert await session.scalar(TITLE) == "Plan"  # the same transaction
        async with new() as session:
            assert await session.scalar(TITLE) == "Plan"


async def test_prefer_a_title_that_was_just_saved_is_the_new_one() -> None:
    async with paused(prefer.sessions) as new:
        async with new.begin() as session:
            await session.execute(RENAME)
            assert await session.scalar(TITLE) == "Budget"
        async with new() as session:
            assert await session.scalar(TITLE) == "Budget"


async def test_prefer_a_read_that_may_lag_comes_from_the_replica() -> None:
    async with paused(prefer.sessions) as new:
        async with new.begin() as session:
            await session.execute(RENAME)
        async with new() as session:
            assert await session.scalar(TITLE) == "Budget"
            assert await session.scalar(MAY_LAG) == "Plan"
