"""Two transactions that conflict, at a statement or at their commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from rules.bk104 import avoid, prefer
from support import fresh_database, race, scalar, sessions

T = TypeVar("T")
Sessions = async_sessionmaker[AsyncSession]


class Serializable(Protocol):
    async def __call__(
        self, sessions: Sessions, work: Callable[[AsyncSession], Awaitable[T]], /
    ) -> T: ...


ACCOUNTS = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into accounts (user_id, balance_minor) values (1, 100), (1, 100);
"""
ROW = "select * from accounts where id = 1 for update"


@asynccontextmanager
async def psycopg_sessions(url: str) -> AsyncIterator[Sessions]:
    """Make sessions on the other driver."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1)
    )
    try:
        yield async_sessionmaker(engine)
    finally:
        await engine.dispose()


def sql_state(answer: object) -> object:
    """Return the code of an error of the server, or the answer as it is."""
    if isinstance(answer, DBAPIError):
        return getattr(answer.orig, "sqlstate", None)
    return answer


async def one_row(
    serializable: Serializable, open_sessions: Callable[..., object] = sessions
) -> tuple[int, set[object]]:
    """Let two payments of 30 out of one account meet; return what is left of 100."""

    async def pay(session: AsyncSession) -> str:
        await session.execute(
            text("update accounts set balance_minor = balance_minor - 30 where id = 1")
        )
        return "paid"

    async with fresh_database(ACCOUNTS) as url, open_sessions(url) as new:  # type: ignore[attr-defined]
        answers = await race(url, ROW, serializable(new, pay), serializable(new, pay))
        left = await scalar(url, "select balance_minor from accounts where id = 1")
    return left, {sql_state(answer) for answer in answers}


async def two_rows(serializable: Serializable) -> tuple[int, set[object]]:
    """Take 150 from either account if their sum covers it.

    Both have written before either commits, so that only a commit can fail.
    """
    arrived: set[int] = set()
    both = asyncio.Event()

    async def withdraw(new: Sessions, account_id: int) -> str:
        async def work(session: AsyncSession) -> str:
            total = await session.scalar(
                text("select sum(balance_minor) from accounts")
            )
            if total < 150:
                return "refused"
            take = (
                "update accounts set balance_minor = balance_minor - 150 where id = :id"
            )
            await session.execute(text(take), {"id": account_id})
            arrived.add(account_id)
            if len(arrived) == 2:
                both.set()
            await both.wait()
            return "paid"

        return await serializable(new, work)

    async with fresh_database(ACCOUNTS) as url, sessions(url) as new:
        answers = await asyncio.gather(
            withdraw(new, 1), withdraw(new, 2), return_exceptions=True
        )
        left = await scalar(url, "select sum(balance_minor)::bigint from accounts")
    return left, {sql_state(answer) for answer in answers}


async def test_avoid_on_asyncpg_a_conflict_reaches_the_caller() -> None:
    assert await one_row(avoid.serializable) == (70, {"paid", "40001"})


async def test_avoid_on_asyncpg_a_conflict_at_commit_reaches_the_caller() -> None:
    assert await two_rows(avoid.serializable) == (50, {"paid", "40001"})


async def test_prefer_the_payment_that_lost_runs_again() -> None:
    assert await one_row(prefer.serializable) == (40, {"paid"})


async def test_prefer_who_loses_at_commit_decides_anew() -> None:
    assert await two_rows(prefer.serializable) == (50, {"paid", "refused"})


async def test_prefer_only_conflicts_are_repeated_and_five_times_at_most() -> None:
    async with (
        fresh_database() as url,
        sessions(url) as new,
        psycopg_sessions(url) as other,
    ):
        for state, expected in ("40001", 5), ("40P01", 5), ("23505", 1):
            for driver in new, other:
                attempts = 0

                async def work(session: AsyncSession, state: str = state) -> None:
                    nonlocal attempts
                    attempts += 1
                    block = f"begin raise exception using errcode = '{state}'; end"
                    await session.execute(text(f"do $$ {block} $$"))

                with pytest.raises(DBAPIError) as failure:
                    await prefer.serializable(driver, work)
                assert sql_state(failure.value) == state
                assert attempts == expected
