"""A reader walks the pages of 25 orders; after the first one, the table changes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from rules.bk129 import avoid, prefer
from support import figure, fresh_database, run_sql, sessions

ORDERS = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
insert into orders (user_id, product_id, total_minor)
select 1, 1, 1900 from generate_series(1, 25);
"""
ARRIVE = """
insert into orders (user_id, product_id, total_minor)
select 1, 1, 1900 from generate_series(1, 3)
"""
DELETE = "delete from orders where id in (20, 21, 22)"
ALL = list(range(25, 0, -1))


class HasId(Protocol):
    @property
    def id(self) -> int: ...


Page = tuple[Sequence[HasId], int | None]
Newest = Callable[[AsyncSession, int, int | None], Awaitable[Page]]


async def walk(newest: Newest, change: str) -> list[int]:
    """Return the ids of all pages, in their order."""
    ids: list[int] = []
    cursor: int | None = None
    async with fresh_database(ORDERS) as url, sessions(url) as new:
        while True:
            async with new() as session:
                orders, cursor = await newest(session, 1, cursor)
            if not ids:
                await run_sql(url, change)
            ids += [order.id for order in orders]
            if cursor is None:
                return ids


async def test_avoid_orders_that_arrive_push_three_others_onto_the_next_page() -> None:
    ids = await walk(avoid.newest, ARRIVE)
    assert len(ids) - len(set(ids)) == 3
    figure("BK129", "orders shown twice after three arrived", 3, "orders")


async def test_avoid_orders_that_are_deleted_pull_three_others_past_the_reader() -> (
    None
):
    ids = await walk(avoid.newest, DELETE)
    assert {13, 14, 15}.isdisjoint(ids)


async def test_prefer_each_order_comes_once_while_others_arrive() -> None:
    assert await walk(prefer.newest, ARRIVE) == ALL


async def test_prefer_each_order_comes_once_while_others_are_deleted() -> None:
    assert await walk(prefer.newest, DELETE) == ALL
