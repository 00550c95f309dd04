"""Somebody reads a table while a report is open and a migration waits for it."""

import asyncio
from pathlib import Path

from psycopg import errors

from support import (
    fresh_database,
    hold,
    run_sql,
    sample_sql,
    scalar,
    session,
    until_blocked,
)

RULE = Path(__file__).parent
READ = "select count(*) from orders"
COLUMNS = "select count(*) from information_schema.columns where column_name = 'note'"


async def can_read(url: str) -> bool:
    """Tell whether somebody can read the table within four seconds."""
    async with session(url) as connection:
        await connection.execute("set lock_timeout = '4s'")
        try:
            await connection.execute(READ)
        except errors.LockNotAvailable:
            return False
        return True


async def read_behind(role: str) -> bool:
    """Run the script while a report is open, and once more if it gave up."""
    async with fresh_database() as url:
        script = sample_sql(RULE, role)
        async with hold(url, READ) as report:
            migration = asyncio.create_task(run_sql(url, script))
            await until_blocked(url, 1)
            readable = await can_read(url)
            await report.release()
            [end] = await asyncio.gather(migration, return_exceptions=True)
        if end is not None:
            assert isinstance(end, errors.LockNotAvailable)
            await run_sql(url, script)
        assert await scalar(url, COLUMNS) == 1
        return readable


async def test_avoid_nobody_can_read_the_table_while_the_script_waits() -> None:
    assert not await read_behind("avoid")


async def test_prefer_reads_go_on_and_a_second_run_adds_the_column() -> None:
    assert await read_behind("prefer")
