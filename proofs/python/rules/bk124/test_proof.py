"""The first attempt ends with 503 in the middle of its work, the next one does not."""

from types import ModuleType
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from rules.bk124 import avoid, prefer
from support import fresh_database, scalar, sessions

SHOP = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
"""
CLAIM = {
    "user_id": 1,
    "route": "POST /orders",
    "key": "8e03978e",
    "request_hash": "a lamp",
}
ORDER = text(
    "insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)"
)
PAY = text(
    "insert into payments (order_id, amount_minor) select max(id), 1900 from orders"
)


async def attempts(sample: ModuleType) -> tuple[list[int], int, int]:
    """Return the statuses of three attempts, and how many orders and payments exist."""
    outages = [True]

    async def work(session: AsyncSession) -> tuple[int, dict[str, Any]]:
        await session.execute(ORDER)
        if outages and outages.pop():
            return 503, {"title": "payments are down"}
        await session.execute(PAY)
        return 201, {"title": "paid"}

    async with fresh_database(SHOP) as url, sessions(url) as new:
        statuses = [(await sample.once(new, CLAIM, work))[0] for _ in range(3)]
        orders = await scalar(url, "select count(*) from orders")
        return statuses, orders, await scalar(url, "select count(*) from payments")


async def test_avoid_an_outage_is_replayed_after_it_is_over() -> None:
    assert await attempts(avoid) == ([503, 503, 503], 1, 0)


async def test_prefer_an_outage_leaves_nothing_and_the_next_attempt_is_replayed() -> (
    None
):
    assert await attempts(prefer) == ([503, 201, 201], 1, 1)
