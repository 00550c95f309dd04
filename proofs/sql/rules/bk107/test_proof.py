"""The role of the web service logs in, locks a product, and does nothing more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from psycopg import AsyncConnection, Error

from support import fresh_database, rows, run_sql, sample_sql, scalar

HERE = Path(__file__).parent
SHOP = """
insert into products (name, price_minor, stock) values ('lamp', 4900, 10);
grant select, update on products to orders_web;
"""
ROLE = "drop role if exists orders_web; create role orders_web login;"
RENAME = "update products set name = 'desk lamp' where id = 1"
TAKE = "update products set stock = stock - 1 where id = 1"


@asynccontextmanager
async def shop(role: str) -> AsyncIterator[tuple[str, str]]:
    """Yield the URLs of a database, as its owner and as the web service's role."""
    async with fresh_database() as outer:  # roles outlive databases: this one goes last
        await run_sql(outer, ROLE)
        try:
            await run_sql(outer, sample_sql(HERE, role))
            async with fresh_database(SHOP) as url:
                yield url, url.replace("//app@", "//orders_web@")
        finally:
            await run_sql(outer, "drop role orders_web")


async def is_sold(web: str, patience: float = 10) -> bool:
    """Say whether the product can be sold within some seconds of a session's rest."""
    async with await AsyncConnection.connect(web) as stuck:
        await stuck.execute(RENAME)
        end = asyncio.get_running_loop().time() + patience
        sold = False
        while not sold and asyncio.get_running_loop().time() < end:
            try:
                await rows(web, f"{TAKE} returning id")
                sold = True
            except Error:
                await asyncio.sleep(0.02)
        await stuck.close()
        return sold


async def is_ended(web: str, patience: float = 4) -> bool:
    """Say whether a transaction of short statements is ended within that time."""
    async with await AsyncConnection.connect(web) as busy:
        await busy.execute(RENAME)
        end = asyncio.get_running_loop().time() + patience
        while asyncio.get_running_loop().time() < end:
            try:
                await busy.execute("select 1")
            except Error:
                return True
            await asyncio.sleep(0.1)
        await busy.rollback()
        return False


async def test_avoid_the_row_stays_locked_as_long_as_the_session_that_hangs_lives() -> (
    None
):
    async with shop("avoid") as (url, web):
        assert not await is_sold(web, 4)
        assert await rows(url, "select name, stock from products") == [("lamp", 10)]


async def test_avoid_a_transaction_of_short_statements_is_never_ended() -> None:
    async with shop("avoid") as (_, web):
        assert not await is_ended(web)


async def test_prefer_the_session_that_hangs_is_ended_and_the_row_is_free() -> None:
    async with shop("prefer") as (url, web):
        assert await is_sold(web)
        assert await rows(url, "select name, stock from products") == [("lamp", 9)]


async def test_prefer_a_transaction_of_short_statements_is_ended_from_17() -> None:
    async with shop("prefer") as (url, web):
        version = int(await scalar(url, "show server_version_num"))
        if version >= 170000:
            assert await is_ended(web, 10)
        else:
            assert not await is_ended(web)
