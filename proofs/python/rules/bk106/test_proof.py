"""Two transfers in opposite directions meet at the accounts that both need."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from rules.bk106 import avoid, prefer
from support import figure, fresh_database, hold, rows, sessions, until_blocked

Transfer = Callable[[AsyncSession, int, int, int], Awaitable[bool]]

ACCOUNTS = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into accounts (user_id, balance_minor) values (1, 100), (1, 100);
"""


async def crossing(transfer: Transfer) -> tuple[list[Any], list[int], float]:
    """Move 30 from account 2 to 1 and 10 from 1 to 2.

    Return what each answered or raised, the balances, and for how long they waited.
    """
    loop = asyncio.get_running_loop()
    async with (
        fresh_database(ACCOUNTS) as url,
        sessions(url) as new,
        hold(url, "select from accounts where id = 2 for update") as holder,
        asyncio.TaskGroup() as tasks,
    ):

        async def call(source: int, target: int, amount: int) -> bool | DBAPIError:
            async with new() as session:
                try:
                    return await transfer(session, source, target, amount)
                except DBAPIError as error:
                    return error

        calls = [tasks.create_task(call(2, 1, 30))]
        await until_blocked(url, 1)
        calls.append(tasks.create_task(call(1, 2, 10)))
        await until_blocked(url, 2)
        await holder.release()
        released = loop.time()
        answers = [await each for each in calls]
        waited = loop.time() - released
        found = await rows(url, "select balance_minor from accounts order by id")
        return answers, [balance for (balance,) in found], waited


async def test_avoid_two_transfers_in_opposite_directions_deadlock_and_one_fails() -> (
    None
):
    answers, balances, waited = await crossing(avoid.transfer)
    [failure] = [each for each in answers if isinstance(each, DBAPIError)]
    assert getattr(failure.orig, "sqlstate", "") == "40P01"
    assert balances in ([130, 70], [90, 110])
    figure("BK106", "both stood still for", round(waited, 1), "s")


async def test_prefer_two_transfers_in_opposite_directions_both_succeed() -> None:
    answers, balances, _ = await crossing(prefer.transfer)
    assert answers == [True, True]
    assert balances == [120, 80]
