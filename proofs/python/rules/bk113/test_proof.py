"""Somebody reads a table while a report is open and a migration waits for it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from psycopg import errors

from rules.bk113 import avoid, prefer
from support import fresh_database, hold, scalar, session, until_blocked

READ = "select count(*) from orders"
COLUMNS = "select count(*) from information_schema.columns where column_name = 'note'"
ENV = """
from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
"""
REVISION = """
from alembic import op

revision = "1a2b3c"
down_revision = None


def upgrade():
    op.execute("alter table orders add column note text")
"""


def config_in(folder: Path) -> Config:
    (folder / "versions").mkdir()
    (folder / "env.py").write_text(ENV, encoding="utf-8")
    (folder / "versions" / "1a2b3c_note.py").write_text(REVISION, encoding="utf-8")
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    return config


async def can_read(url: str) -> bool:
    """Tell whether somebody can read the table within three seconds."""
    async with session(url) as connection:
        await connection.execute("set lock_timeout = '3s'")
        try:
            await connection.execute(READ)
        except errors.LockNotAvailable:
            return False
        return True


async def read_behind(migrate: Callable[[Config, str], None], folder: Path) -> bool:
    async with fresh_database() as url:
        driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        async with hold(url, READ) as report:
            migration = asyncio.create_task(
                asyncio.to_thread(migrate, config_in(folder), driver_url)
            )
            await until_blocked(url, 1)
            readable = await can_read(url)
            await report.release()
            await migration
        assert await scalar(url, COLUMNS) == 1
        return readable


async def test_avoid_nobody_can_read_the_table_while_the_migration_waits_for_a_report(
    tmp_path: Path,
) -> None:
    assert not await read_behind(avoid.migrate, tmp_path)


async def test_prefer_reads_go_on_and_the_migration_is_done_after_the_report(
    tmp_path: Path,
) -> None:
    assert await read_behind(prefer.migrate, tmp_path)
