"""The broker fails after the commit, or the commit fails after the publish."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.exc import IntegrityError

from rules.bk108 import avoid, prefer
from support import fresh_database, rows, sessions

SHOP = """
alter table orders
  alter constraint orders_product_id_fkey deferrable initially deferred;
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
"""
UNKNOWN = 404  # a product that there is not: found out at the commit

Publish = Callable[[str, dict[str, int]], Awaitable[None]]


class Broker:
    def __init__(self) -> None:
        self.down = False
        self.heard: list[tuple[str, dict[str, int]]] = []

    async def publish(self, topic: str, payload: dict[str, int]) -> None:
        if self.down:
            raise ConnectionRefusedError
        self.heard.append((topic, payload))


async def relay(url: str, publish: Publish) -> None:
    """Publish what waits in the outbox."""
    pending = "select id, topic, payload from outbox where published_at is null"
    published = "update outbox set published_at = now() where id = %s returning id"
    for number, topic, payload in await rows(url, f"{pending} order by id"):
        await publish(topic, payload)
        await rows(url, published, number)


async def test_avoid_an_event_speaks_of_an_order_whose_commit_failed() -> None:
    broker = Broker()
    async with fresh_database(SHOP) as url, sessions(url) as new:
        with pytest.raises(IntegrityError, match="orders_product_id_fkey"):
            await avoid.Shop(new, broker).place(1, UNKNOWN, 1900)
        assert await rows(url, "select id from orders") == []
    assert broker.heard == [("order.placed", {"orderId": 1})]


async def test_prefer_what_was_committed_is_announced_once_whichever_side_fails() -> (
    None
):
    broker = Broker()
    async with fresh_database(SHOP) as url, sessions(url) as new:
        shop = prefer.Shop(new, broker)
        with pytest.raises(IntegrityError, match="orders_product_id_fkey"):
            await shop.place(1, UNKNOWN, 1900)
        broker.down = True
        order = await shop.place(1, 1, 1900)
        with pytest.raises(ConnectionRefusedError):
            await relay(url, broker.publish)
        broker.down = False
        await relay(url, broker.publish)
        assert await rows(url, "select id from orders") == [(order,)]
    assert broker.heard == [("order.placed", {"orderId": order})]
