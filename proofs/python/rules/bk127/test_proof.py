"""Three idle connections are terminated, as a failover would, and reads follow."""

import asyncio
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from rules.bk127 import avoid, prefer
from support import figure, fresh_database, hold, scalar, until_blocked

TERMINATE = """
select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


async def read(engine: AsyncEngine) -> bool:
    """Tell whether a read is answered."""
    try:
        async with engine.connect() as connection:
            await connection.execute(text("select price_minor from products"))
    except DBAPIError:
        return False
    return True


async def failed_after_failover(open_engine: Callable[[str], AsyncEngine]) -> int:
    """Return how many of three reads fail."""
    async with fresh_database() as url:
        engine = open_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        try:
            async with hold(url, "lock table products") as table:
                reads = asyncio.gather(*(read(engine) for _ in range(3)))
                await until_blocked(url, 3)
                await table.release()
                assert await reads == [True, True, True]
            assert await scalar(url, TERMINATE) >= 3
            return [await read(engine) for _ in range(3)].count(False)
        finally:
            await engine.dispose()


async def test_avoid_a_read_after_a_failover_fails() -> None:
    failed = await failed_after_failover(avoid.open_engine)
    assert failed > 0
    figure("BK127", "reads of three that failed after the failover", failed, "reads")


async def test_prefer_reads_after_a_failover_are_answered() -> None:
    assert await failed_after_failover(prefer.open_engine) == 0
