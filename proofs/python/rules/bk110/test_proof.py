"""Two calls for one new address meet at a table that a third session holds."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from rules.bk110 import avoid, prefer
from support import fresh_database, race, scalar, sessions

Customer = Callable[[AsyncSession, int, str], Awaitable[int]]

TENANT = "insert into tenants (name) values ('Harbour')"
READERS_ONLY = "lock table users in share mode"


async def two_at_once(customer: Customer) -> tuple[list[Any], int, int]:
    """Return both answers, that of a call afterwards, and the id of the one row."""
    async with fresh_database(TENANT) as url, sessions(url) as new:

        async def call() -> int:
            async with new() as session:
                return await customer(session, 1, "ada@example.com")

        answers = await race(url, READERS_ONLY, call(), call())
        return answers, await call(), await scalar(url, "select id from users")


async def test_avoid_of_two_first_requests_one_fails_with_the_duplicate_key() -> None:
    answers, again, stored = await two_at_once(avoid.customer)
    [failure] = [each for each in answers if isinstance(each, IntegrityError)]
    assert getattr(failure.orig, "sqlstate", "") == "23505"
    assert stored in answers
    assert again == stored


async def test_prefer_both_first_requests_and_the_next_one_get_the_same_id() -> None:
    answers, again, stored = await two_at_once(prefer.customer)
    assert [*answers, again] == [stored] * 3
