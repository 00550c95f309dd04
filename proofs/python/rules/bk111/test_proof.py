"""An order that is placed while the migration builds its index, and a second try."""

import asyncio
from collections.abc import Callable

from alembic.migration import MigrationContext
from alembic.operations import Operations
from psycopg import errors
from sqlalchemy import create_engine
from sqlalchemy.exc import ProgrammingError

from rules.bk111 import avoid, prefer
from support import fresh_database, hold, scalar, session, until_blocked

SHOP = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
"""
BROKEN = """
create index orders_user_id_idx on orders (user_id);
update pg_index set indisvalid = false
where indexrelid = 'orders_user_id_idx'::regclass;
"""
ORDER = "insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)"
VALID = """
select count(*) from pg_index
where indexrelid = to_regclass('orders_user_id_idx') and indisvalid
"""


def deploy(url: str, upgrade: Callable[[], None]) -> None:
    """Run a revision as `env.py` does."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            upgrade()
    engine.dispose()


async def is_placed(url: str) -> bool:
    """Place an order, unless that waits for half a second."""
    async with session(url) as connection:
        await connection.execute("set lock_timeout = '500ms'")
        try:
            await connection.execute(ORDER)
        except errors.LockNotAvailable:
            return False
        return True


async def placed_while_it_is_built(upgrade: Callable[[], None]) -> bool:
    async with fresh_database(SHOP) as url:
        async with hold(url, "lock table pg_index in share mode") as index_list:
            deployment = asyncio.create_task(asyncio.to_thread(deploy, url, upgrade))
            await until_blocked(url, 1)
            placed = await is_placed(url)
            await index_list.release()
            await deployment
        assert await scalar(url, VALID) == 1
        return placed


async def after_a_failed_run(upgrade: Callable[[], None]) -> tuple[bool, int]:
    """Return whether the migration succeeds, and how many valid indexes there are."""
    async with fresh_database(SHOP + BROKEN) as url:
        try:
            await asyncio.to_thread(deploy, url, upgrade)
        except ProgrammingError as error:
            assert isinstance(error.orig, errors.DuplicateTable)  # noqa: PT017
            return False, await scalar(url, VALID)
        return True, await scalar(url, VALID)


async def test_avoid_orders_wait_while_the_index_is_built() -> None:
    assert not await placed_while_it_is_built(avoid.upgrade)


async def test_avoid_the_broken_index_of_a_failed_run_stays() -> None:
    assert await after_a_failed_run(avoid.upgrade) == (False, 0)


async def test_prefer_orders_go_on_while_the_index_is_built() -> None:
    assert await placed_while_it_is_built(prefer.upgrade)


async def test_prefer_the_broken_index_of_a_failed_run_is_built_anew() -> None:
    assert await after_a_failed_run(prefer.upgrade) == (True, 1)
