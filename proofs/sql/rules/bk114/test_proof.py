"""A backfill that stops at the last order, is killed there, and runs again."""

import asyncio
from pathlib import Path

import pytest
from psycopg import OperationalError, errors

from support import (
    fresh_database,
    hold,
    rows,
    run_sql,
    sample_sql,
    scalar,
    session,
    until_blocked,
)

RULE = Path(__file__).parent
ORDERS = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
insert into orders (user_id, product_id, total_minor)
select 1, 1, 1900 from generate_series(1, 2500);
"""
# Without naming the column, which is not there when the script was rolled back.
FILLED = "select count(*) from orders where to_jsonb(orders) ->> 'currency' = 'EUR'"
# Stops a backfill at the last order, and no reader.
GATE = """
create function gate() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(114);
  return new;
end
$$;
create trigger gate before update on orders
for each row when (new.id = 2500) execute function gate();
"""
KILL = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


async def can_read(url: str) -> bool:
    """Tell whether the first order can be read within half a second."""
    async with session(url) as connection:
        await connection.execute("set lock_timeout = '500ms'")
        try:
            await connection.execute("select status from orders where id = 1")
        except errors.LockNotAvailable:
            return False
        return True


async def killed_at_the_last(role: str) -> tuple[bool, int]:
    """Return whether an order could be read meanwhile, and how many were filled."""
    async with fresh_database(ORDERS + GATE) as url:
        script = sample_sql(RULE, role)
        async with hold(url, "select pg_advisory_xact_lock(114)"):
            job = asyncio.create_task(run_sql(url, script))
            await until_blocked(url, 1)
            readable = await can_read(url)
            await rows(url, KILL)
            with pytest.raises(OperationalError):
                await job
            kept = await scalar(url, FILLED)
        await run_sql(url, script)
        assert await scalar(url, FILLED) == 2500
        return readable, kept


async def test_avoid_nobody_reads_an_order_and_all_is_lost_when_it_is_killed() -> None:
    assert await killed_at_the_last("avoid") == (False, 0)


async def test_prefer_orders_are_read_and_a_killed_script_keeps_its_batches() -> None:
    assert await killed_at_the_last("prefer") == (True, 2000)
