"""Databases of a proof's own, and sessions that get in each other's way on purpose."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pglast
from psycopg import AsyncConnection, sql

CLONING = 7_104_201  # key of the advisory lock: a template is cloned by one at a time
PATIENCE = 10.0  # seconds

BLOCKED = """
select pid, state, wait_event_type, wait_event, left(query, 100)
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


def _cluster() -> str:
    try:
        return os.environ["DATABASE_URL"]
    except KeyError:
        message = "DATABASE_URL names no cluster: run proofs with `python -m kb prove`"
        raise RuntimeError(message) from None


@asynccontextmanager
async def session(url: str) -> AsyncIterator[AsyncConnection]:
    """Open a session in which each statement commits by itself."""
    connection = await AsyncConnection.connect(url, autocommit=True)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def fresh_database(extra_sql: str = "") -> AsyncIterator[str]:
    """Create a database with the shop's tables and `extra_sql`; yield its URL.

    It is dropped at the end, whoever is still connected.
    """
    name = f"proof_{secrets.token_hex(6)}"
    url = urlunsplit(urlsplit(_cluster())._replace(path=f"/{name}"))
    create = sql.SQL("create database {} template shop").format(sql.Identifier(name))
    drop = sql.SQL("drop database if exists {} with (force)")
    async with session(_cluster()) as admin:
        try:
            await admin.execute("select pg_advisory_lock(%s)", [CLONING])
            await admin.execute(create)
            await admin.execute("select pg_advisory_unlock(%s)", [CLONING])
            await run_sql(url, extra_sql)
            yield url
        finally:
            await admin.execute(drop.format(sql.Identifier(name)))


class Holder:
    """A session that keeps what it locked until it is released."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take over a session that is in a transaction."""
        self._connection = connection

    async def release(self) -> None:
        """Commit, so that those who wait go on; a second call does nothing."""
        if not self._connection.closed:
            await self._connection.commit()
            await self._connection.close()


@asynccontextmanager
async def hold(url: str, statement: str) -> AsyncIterator[Holder]:
    """Run a statement in a transaction of its own that stays open until released."""
    connection = await AsyncConnection.connect(url)
    holder = Holder(connection)
    try:
        await connection.execute(statement)
        yield holder
    finally:
        await holder.release()


async def until_blocked(url: str, count: int) -> None:
    """Return once `count` sessions of that database wait for a lock.

    Raises:
        AssertionError: They do not within ten seconds; says what the sessions did.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with session(url) as watcher:
        while True:
            seen = await (await watcher.execute(BLOCKED)).fetchall()
            waiting = sum(row[2] == "Lock" for row in seen)
            if waiting >= count:
                return
            if asyncio.get_running_loop().time() > deadline:
                activity = "\n".join(str(row) for row in seen) or "no session at all"
                message = f"{waiting} of {count} wait for a lock:\n{activity}"
                raise AssertionError(message)
            await asyncio.sleep(0.02)


async def race(url: str, lock: str, *calls: Awaitable[object]) -> list[Any]:
    """Start the calls while `lock` is held, and release it once all wait for it.

    Returns what each call returned or raised, in order.
    """
    async with hold(url, lock) as holder, AsyncExitStack() as stack:
        tasks = [asyncio.ensure_future(call) for call in calls]
        for task in tasks:
            stack.callback(task.cancel)
        await until_blocked(url, len(tasks))
        await holder.release()
        return await asyncio.gather(*tasks, return_exceptions=True)


async def rows(url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Run a query with `%s` placeholders on a connection of its own."""
    async with session(url) as connection:
        cursor = await connection.execute(query, values or None)
        return await cursor.fetchall()


async def scalar(url: str, query: str, *values: object) -> Any:  # noqa: ANN401 - as SQL has it
    """Return the first column of a query's only row."""
    [row] = await rows(url, query, *values)
    return row[0]


async def run_sql(where: str | AsyncConnection, text: str) -> None:
    """Run a script statement by statement, as psql does: each commits by itself."""
    if isinstance(where, str):
        async with session(where) as connection:
            await run_sql(connection, text)
        return
    statements: Sequence[str] = pglast.split(text)
    for statement in statements:
        await where.execute(statement)


def sample_sql(rule_folder: Path, role: str) -> str:
    """Return the SQL of a sample: `sample_sql(Path(__file__).parent, "avoid")`."""
    return (rule_folder / f"{role}.sql").read_text(encoding="utf-8")
