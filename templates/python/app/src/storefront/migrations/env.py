"""Runs migrations on a connection that `storefront migrate` opened, or on one of its own for Alembic's command line."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from storefront.migrating import owner
from storefront.settings import MigrationSettings, load
from storefront.tables import Base


def run(connection: Connection) -> None:
    """Run the migrations that Alembic was asked for."""
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def run_from_command_line() -> None:
    """Open a connection as the settings say."""
    async with owner(load(MigrationSettings)) as engine, engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()


if given := context.config.attributes.get("connection"):
    run(given)
else:
    asyncio.run(run_from_command_line())
