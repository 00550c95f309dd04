"""Two withdrawals at once, from an account that holds enough for both or for one."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from rules.bk101 import avoid, prefer
from support import figure, fresh_database, race, scalar, sessions

Withdraw = Callable[[AsyncSession, int, int], Awaitable[bool]]

ACCOUNT = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into accounts (user_id, balance_minor) values (1, 100);
"""


async def twice_at_once(withdraw: Withdraw, amount: int) -> tuple[int, list[bool]]:
    """Return the balance after two withdrawals at once, and what they answered."""
    async with fresh_database(ACCOUNT) as url, sessions(url) as new:

        async def call() -> bool:
            async with new() as session:
                return await withdraw(session, 1, amount)

        row = "select * from accounts where id = 1 for update"
        answers = await race(url, row, call(), call())
        return await scalar(url, "select balance_minor from accounts"), answers


async def test_avoid_two_withdrawals_at_once_lose_one() -> None:
    balance, answers = await twice_at_once(avoid.withdraw, 30)
    assert answers == [True, True]
    assert balance == 70
    figure("BK101", "withdrawals lost of two", 1)


async def test_avoid_two_withdrawals_at_once_pay_out_more_than_there_was() -> None:
    balance, answers = await twice_at_once(avoid.withdraw, 80)
    assert answers == [True, True]
    assert balance == 20


async def test_prefer_two_withdrawals_at_once_both_count() -> None:
    balance, answers = await twice_at_once(prefer.withdraw, 30)
    assert answers == [True, True]
    assert balance == 40


async def test_prefer_two_withdrawals_at_once_pay_out_no_more_than_there_was() -> None:
    balance, answers = await twice_at_once(prefer.withdraw, 80)
    assert sorted(answers) == [False, True]
    assert balance == 20
