"""A charge is cancelled while it waits, as by a timeout, and is tried again."""

import asyncio
from types import ModuleType

import pytest

from rules.bk122 import avoid, prefer
from support import fresh_database, hold, scalar, sessions, until_blocked

ORDER = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
"""
CLAIM = {
    "user_id": 1,
    "route": "POST /orders/{id}/payments",
    "key": "8e03978e",
    "request_hash": "1",
}


async def retry(sample: ModuleType) -> tuple[bool, int]:
    """Return what the retry answers, and how many payments there are."""
    async with fresh_database(ORDER) as url, sessions(url) as new:
        async with hold(url, "select from orders where id = 1 for update") as order:
            first = asyncio.create_task(sample.charge(new, CLAIM, 1))
            await until_blocked(url, 1)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            await order.release()
        charged = await sample.charge(new, CLAIM, 1)
        return charged, await scalar(url, "select count(*) from payments")


async def test_avoid_a_cancelled_charge_keeps_its_key_and_is_never_made() -> None:
    assert await retry(avoid) == (False, 0)


async def test_prefer_a_cancelled_charge_is_made_by_the_retry() -> None:
    assert await retry(prefer) == (True, 1)
