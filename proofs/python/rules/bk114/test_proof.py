"""A backfill that stops at the last order, is killed there, and runs again."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rules.bk114 import avoid, prefer
from support import fresh_database, hold, rows, scalar, session, until_blocked

ORDERS = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
alter table orders add column currency text;
insert into orders (user_id, product_id, total_minor)
select 1, 1, 1900 from generate_series(1, 2500);
"""
FILLED = "select count(*) from orders where currency = 'EUR'"
LAST = "select from orders where id = 2500 for update"
KILL = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


async def can_pay(url: str) -> bool:
    """Tell whether the first order can be paid within half a second."""
    async with session(url) as connection:
        await connection.execute("set lock_timeout = '500ms'")
        try:
            await connection.execute("update orders set status = 'paid' where id = 1")
        except errors.LockNotAvailable:
            return False
        return True


async def killed_at_the_last(
    backfill: Callable[[AsyncEngine], Awaitable[None]],
) -> tuple[bool, int]:
    """Return whether an order could be paid meanwhile, and how many were filled."""
    async with fresh_database(ORDERS) as url:
        engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1)
        )
        async with hold(url, LAST):
            job = asyncio.ensure_future(backfill(engine))
            await until_blocked(url, 1)
            paid = await can_pay(url)
            await rows(url, KILL)
            with pytest.raises(DBAPIError):
                await job
            kept = await scalar(url, FILLED)
        await backfill(engine)
        await engine.dispose()
        assert await scalar(url, FILLED) == 2500
        return paid, kept


async def test_avoid_an_order_waits_and_a_killed_backfill_loses_all() -> None:
    assert await killed_at_the_last(avoid.backfill) == (False, 0)


async def test_prefer_an_order_is_paid_and_a_killed_backfill_keeps_its_batches() -> (
    None
):
    assert await killed_at_the_last(prefer.backfill) == (True, 2000)
