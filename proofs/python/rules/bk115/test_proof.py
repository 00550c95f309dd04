"""A product's name, before and after the column is renamed."""

import asyncio
from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, MetaData, Table, Text, create_engine

from rules.bk115 import avoid, prefer
from support import fresh_database, scalar

LAMP = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)"
RENAMED = Table("products", MetaData(), Column("title", Text, nullable=False))


def deploy(url: str, upgrade: Callable[[], None]) -> list[str]:
    """Run a revision as `env.py` does; return what autogenerate proposed before."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        found = compare_metadata(context, RENAMED.metadata)
        with Operations.context(context):
            upgrade()
    engine.dispose()
    columns = {"add_column", "remove_column"}
    proposed = [each for each in found if each[0] in columns]
    return [
        f"{kind} {column.name}"
        for kind, _schema, _table, column in proposed
        if column.name in {"name", "title"}
    ]


async def title(upgrade: Callable[[], None]) -> tuple[str, list[str]]:
    """Return the title of the one product after the migration, and the proposals."""
    async with fresh_database(LAMP) as url:
        proposed = await asyncio.to_thread(deploy, url, upgrade)
        return await scalar(url, "select title from products"), proposed


async def test_avoid_autogenerate_proposes_it_and_the_values_are_gone() -> None:
    value, proposed = await title(avoid.upgrade)
    assert sorted(proposed) == ["add_column title", "remove_column name"]
    assert value == ""


async def test_prefer_the_values_stand_under_the_new_name() -> None:
    assert (await title(prefer.upgrade))[0] == "lamp"
