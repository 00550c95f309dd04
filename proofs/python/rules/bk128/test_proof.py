"""A reader walks the pages of fifty products that have one price; nobody writes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from rules.bk128 import avoid, prefer
from support import figure, fresh_database, sessions

LAMPS = """
insert into products (name, price_minor, stock)
select 'lamp ' || n, 1900, 1 from generate_series(1, 50) n
"""


class HasId(Protocol):
    @property
    def id(self) -> int: ...


Cheapest = Callable[[AsyncSession, int], Awaitable[Sequence[HasId]]]


async def walk(cheapest: Cheapest) -> list[int]:
    """Return the ids of all five pages, in their order."""
    async with fresh_database(LAMPS) as url, sessions(url) as new:
        ids = []
        for page in range(1, 6):
            async with new() as session:
                ids += [product.id for product in await cheapest(session, page)]
    assert len(ids) == 50
    return ids


async def test_avoid_a_product_comes_on_two_pages_and_another_one_on_none() -> None:
    ids = await walk(avoid.cheapest)
    never = set(range(1, 51)) - set(ids)
    assert never
    figure("BK128", "products of 50 that no page showed", len(never), "products")


async def test_prefer_each_product_comes_once() -> None:
    assert await walk(prefer.cheapest) == list(range(1, 51))
