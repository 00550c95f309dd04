"""A transaction locks a product and is left alone, as by a handler that hangs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

from rules.bk107 import avoid, prefer
from support import fresh_database, rows, until_blocked

CreateEngine = Callable[[str], AsyncEngine]

PRODUCT = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)"
RENAME = text("update products set name = 'desk lamp' where id = 1")
TAKE = text("update products set stock = stock - 1 where id = 1")


@asynccontextmanager
async def stuck(create_engine: CreateEngine) -> AsyncIterator[tuple[str, AsyncEngine]]:
    """Leave a transaction alone that has locked the product."""
    async with fresh_database(PRODUCT) as url, AsyncExitStack() as closing:
        engine = create_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1))
        closing.push_async_callback(engine.dispose)
        connection = await engine.connect()
        closing.push_async_callback(connection.invalidate)
        await connection.execute(RENAME)
        yield url, engine


async def take(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(TAKE)


async def is_sold(engine: AsyncEngine, patience: float = 10) -> bool:
    """Say whether the product can be sold within that many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while True:
                with suppress(DBAPIError):
                    await take(engine)
                    return True
    return False


async def is_answered(engine: AsyncEngine) -> bool:
    """Say whether a query that needs no lock gets a connection."""
    try:
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))
    except NoConnectionError:
        return False
    return True


async def answered_behind_three(url: str, engine: AsyncEngine) -> bool:
    """Say so when three buyers wait for the product on connections of the pool."""
    buyers = [asyncio.create_task(take(engine)) for _ in range(3)]
    watching = asyncio.create_task(until_blocked(url, 3))
    try:
        await asyncio.wait(
            [watching, *buyers], return_when=asyncio.FIRST_COMPLETED, timeout=10
        )
        return await is_answered(engine)
    finally:
        for task in (watching, *buyers):
            task.cancel()
        await asyncio.gather(watching, *buyers, return_exceptions=True)


async def test_avoid_the_row_stays_locked_as_long_as_the_session_that_hangs_lives() -> (
    None
):
    async with stuck(avoid.create_engine) as (url, engine):
        assert not await is_sold(engine, 4)
        assert await rows(url, "select name, stock from products") == [("lamp", 10)]


async def test_avoid_one_session_that_hangs_empties_the_pool_for_everybody() -> None:
    async with stuck(avoid.create_engine) as (url, engine):
        assert not await answered_behind_three(url, engine)


async def test_prefer_the_session_that_hangs_is_ended_and_the_row_is_free() -> None:
    async with stuck(prefer.create_engine) as (url, engine):
        assert await is_sold(engine)
        assert await rows(url, "select name, stock from products") == [("lamp", 9)]


async def test_prefer_a_query_that_needs_no_lock_is_answered() -> None:
    async with stuck(prefer.create_engine) as (url, engine):
        assert await answered_behind_three(url, engine)
