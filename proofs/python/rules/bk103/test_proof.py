"""A change of address that fails at commit, and one over a pool of one connection."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from rules.bk103 import avoid, prefer
from support import fresh_database, rows, scalar, sessions

ChangeEmail = Callable[[async_sessionmaker[AsyncSession], int, str], Awaitable[None]]

USERS = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into users (tenant_id, email) values (1, 'bob@example.com');
"""


@asynccontextmanager
async def one_connection(
    url: str,
) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Make sessions that share one connection, and wait for it briefly."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.7,
    )
    try:
        yield async_sessionmaker(engine)
    finally:
        await engine.dispose()


async def messages_of_a_refused_change(change_email: ChangeEmail) -> list[str]:
    """Give Ada the address of Bob, and return where messages say she moved to."""
    async with fresh_database(USERS) as url, sessions(url) as new:
        with pytest.raises(IntegrityError, match="users_email_key"):
            await change_email(new, 1, "bob@example.com")
        ada = await scalar(url, "select email from users where id = 1")
        assert ada == "ada@example.com"
        found = await rows(url, "select payload ->> 'to' from outbox")
    return [to for (to,) in found]


async def test_avoid_a_change_that_was_rolled_back_is_announced() -> None:
    found = await messages_of_a_refused_change(avoid.change_email)
    assert found == ["bob@example.com"]


async def test_avoid_on_a_pool_of_one_the_transaction_waits_for_itself() -> None:
    async with fresh_database(USERS) as url, one_connection(url) as new:
        with pytest.raises(PoolTimeoutError, match="QueuePool limit of size 1"):
            await avoid.change_email(new, 1, "ada@example.org")
        ada = await scalar(url, "select email from users where id = 1")
    assert ada == "ada@example.com"


async def test_prefer_a_change_that_was_rolled_back_is_not_announced() -> None:
    assert await messages_of_a_refused_change(prefer.change_email) == []


async def test_prefer_one_connection_is_enough_for_a_change_and_its_message() -> None:
    async with fresh_database(USERS) as url, one_connection(url) as new:
        await prefer.change_email(new, 1, "ada@example.org")
        changed = "select email, payload ->> 'to' from users, outbox where users.id = 1"
        found = await rows(url, changed)
    assert found == [("ada@example.org", "ada@example.org")]
