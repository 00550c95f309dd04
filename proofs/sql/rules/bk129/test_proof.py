"""Rows 10,001 to 10,010 of 20,000, and how many buffers it takes to find them."""

from pathlib import Path

from support import figure, fresh_database, rows, sample_sql, scalar

HERE = Path(__file__).parent
ORDERS = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
insert into orders (user_id, product_id, total_minor, created_at)
select 1, 1, 1900, timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second'
from generate_series(1, 20000) n;
create index orders_created_at_id_idx on orders (created_at, id);
vacuum analyze orders;
"""


async def deep_page(role: str) -> tuple[list[int], int]:
    """Return the ids of the page, and how many buffers were read for it."""
    sample = sample_sql(HERE, role)
    explain = f"explain (analyze, buffers, costs off, format json) {sample}"
    async with fresh_database(ORDERS) as url:
        ids = [row[0] for row in await rows(url, sample)]
        plan = (await scalar(url, explain))[0]["Plan"]
    return ids, plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


async def test_avoid_a_deep_page_reads_all_that_came_before_it() -> None:
    ids, buffers = await deep_page("avoid")
    assert ids == list(range(10000, 9990, -1))
    assert buffers > 50
    figure("BK129", "read for ten rows behind 10,000 with OFFSET", buffers, "buffers")


async def test_prefer_a_deep_page_reads_its_own_rows() -> None:
    ids, buffers = await deep_page("prefer")
    assert ids == list(range(10000, 9990, -1))
    assert buffers < 20
    figure("BK129", "read for the same rows with a cursor", buffers, "buffers")
