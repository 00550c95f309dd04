"""Bringing the schema up to date: one process at a time, never in the way of others for long, and by nobody else.

BK116: neither the API nor the worker changes the schema, and their role may not.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storefront.database import sqlstate
from storefront.settings import MigrationSettings

LOCK_TIMEOUT = "2s"
LOCK_NOT_AVAILABLE = "55P03"
PAUSES = (1, 2, 3, 5, 10, 10, 10)
"""Seconds between attempts, where others held a table."""
log = structlog.get_logger()


def config() -> Config:
    """Return Alembic's configuration."""
    made = Config()
    made.set_main_option("script_location", "storefront:migrations")
    return made


async def migrate(settings: MigrationSettings) -> int:
    """Run the migrations that are missing; return the exit code."""
    lock = select(func.pg_try_advisory_lock(func.hashtextextended("storefront: migrations", 0)))
    async with owner(settings) as engine, engine.execution_options(isolation_level="AUTOCOMMIT").connect() as guard:
        # Not `pg_advisory_lock`: CREATE INDEX CONCURRENTLY would wait for the snapshot of whoever waits in there.
        while not await guard.scalar(lock):
            log.info("others are migrating; waiting")
            await asyncio.sleep(1)
        for pause in PAUSES:
            if await _upgraded(engine):
                return 0
            log.warning("a table is locked; trying again", seconds=pause)
            await asyncio.sleep(pause)
        if await _upgraded(engine):
            return 0
    log.error("a table stayed locked")
    return 1


async def _upgraded(engine: AsyncEngine) -> bool:
    """Run the migrations, each in its transaction; tell whether it got the locks."""
    async with engine.connect() as connection:
        try:
            await connection.run_sync(_upgrade)
        except DBAPIError as error:
            if sqlstate(error) == LOCK_NOT_AVAILABLE:
                return False
            raise
    return True


def _upgrade(connection: Connection) -> None:
    alembic = config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, "head")


@asynccontextmanager
async def owner(settings: MigrationSettings) -> AsyncIterator[AsyncEngine]:
    """Give connections of the role that owns the schema; on Alembic's command line, too, none waits long (BK113)."""

    async def connect() -> Any:  # noqa: ANN401 - asyncpg is not typed
        url = settings.migration_database_url.get_secret_value()
        return await asyncpg.connect(url, timeout=10, server_settings={"lock_timeout": LOCK_TIMEOUT})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        yield engine
    finally:
        await engine.dispose()
