from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection

from storefront.database import Database
from storefront.migrating import config, migrate, owner
from storefront.settings import MigrationSettings
from storefront.tables import Base


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    found: list[object] = compare_metadata(context, Base.metadata)
    return found


def to(connection: Connection, revision: str) -> None:
    alembic = config()
    alembic.attributes["connection"] = connection
    (command.downgrade if revision == "base" else command.upgrade)(alembic, revision)


def test_history_has_one_head() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


async def test_migrations_make_what_the_tables_say(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_go_down_and_up_again(database_url: str) -> None:
    settings = MigrationSettings(migration_database_url=SecretStr(database_url))
    async with owner(settings) as engine:
        for revision in ("base", "head"):
            async with engine.begin() as connection:
                await connection.run_sync(to, revision)
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    assert await migrate(MigrationSettings(migration_database_url=SecretStr(database_url))) == 0
