"""A reader walks the pages of fifty products that have one price; nobody writes."""

from pathlib import Path

from support import figure, fresh_database, rows, sample_sql

LAMPS = """
insert into products (name, price_minor, stock)
select 'lamp ' || n, 1900, 1 from generate_series(1, 50) n;
"""


async def walk(role: str) -> list[int]:
    """Return the ids of all five pages, in their order."""
    sample = sample_sql(Path(__file__).parent, role)
    async with fresh_database(LAMPS + sample) as url:
        ids = []
        for page in range(1, 6):
            found = await rows(url, "select id from cheapest(%s)", page)
            ids += [row[0] for row in found]
    assert len(ids) == 50
    return ids


async def test_avoid_a_product_comes_on_two_pages_and_another_one_on_none() -> None:
    ids = await walk("avoid")
    never = set(range(1, 51)) - set(ids)
    assert never
    figure("BK128", "products of 50 that no page showed", len(never), "products")


async def test_prefer_each_product_comes_once() -> None:
    assert await walk("prefer") == list(range(1, 51))
