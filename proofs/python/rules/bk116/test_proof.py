"""The start-up of a release on the database of the release before."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from psycopg.errors import UndefinedColumn
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from rules.bk116 import avoid, prefer
from support import fresh_database, run_sql

HISTORY = "create table alembic_version (version_num varchar(32) primary key);"
DEPLOY = """
alter table products add column note text not null default '';
insert into alembic_version values ('5d20c1e4f7a9');
"""
REQUEST = """
insert into products (name, price_minor, stock, note)
values ('lamp', 4900, 1, 'fragile');
"""
Prepare = Callable[[AsyncEngine], Awaitable[None]]


@asynccontextmanager
async def release(
    prepare: Prepare,
) -> AsyncIterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """Yield the database, and the start-up of the new release."""
    async with fresh_database(HISTORY) as url:
        address = url.replace("postgresql://", "postgresql+asyncpg://", 1)
        engine = create_async_engine(address)
        try:
            yield url, lambda: prepare(engine)
        finally:
            await engine.dispose()


async def test_avoid_the_process_starts_and_the_first_request_fails() -> None:
    async with release(avoid.prepare) as (url, start):
        await start()
        with pytest.raises(UndefinedColumn):
            await run_sql(url, REQUEST)


async def test_prefer_the_process_refuses_to_start_until_the_migration_has_run() -> (
    None
):
    async with release(prefer.prepare) as (url, start):
        with pytest.raises(RuntimeError, match="5d20c1e4f7a9"):
            await start()
        await run_sql(url, DEPLOY)
        await start()
        await run_sql(url, REQUEST)
