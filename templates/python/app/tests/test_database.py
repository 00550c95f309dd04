import traceback

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from support import AddProduct

from storefront.database import ATTEMPTS, Database, DatabaseUnavailableError
from storefront.settings import DatabaseSettings
from storefront.tables import Product

FAIL = "do $$ begin raise exception 'no' using errcode = '{}'; end $$"


@pytest.mark.parametrize("state", ["40001", "40P01", "0A000"])
async def test_the_whole_transaction_is_repeated_where_postgresql_asks_for_it(
    database: Database, add_product: AddProduct, state: str
) -> None:
    lamp = await add_product(stock=10)
    attempts = 0

    async def work(session: AsyncSession) -> None:
        nonlocal attempts
        attempts += 1
        await session.execute(update(Product).values(stock=Product.stock - 1))
        if attempts < ATTEMPTS:
            await session.execute(text(FAIL.format(state)))

    await database.transaction(work)
    assert attempts == ATTEMPTS
    assert await database.read(lambda session: session.scalar(select(Product.stock).where(Product.id == lamp))) == 9


async def test_a_conflict_that_stays_is_not_available(database: Database) -> None:
    with pytest.raises(DatabaseUnavailableError):
        await database.transaction(lambda session: session.execute(text(FAIL.format("40001"))))


async def test_a_fault_of_ones_own_is_neither_repeated_nor_hidden(database: Database) -> None:
    attempts = 0

    async def work(session: AsyncSession) -> None:
        nonlocal attempts
        attempts += 1
        await session.execute(text("select 1 / 0"))

    with pytest.raises(DBAPIError):
        await database.transaction(work)
    assert attempts == 1


async def test_the_stack_of_a_fault_quotes_no_row(database: Database, add_product: AddProduct) -> None:
    await add_product(stock=10)
    with pytest.raises(IntegrityError) as failed:
        await database.transaction(lambda session: session.execute(update(Product).values(stock=-1)))
    stack = "".join(traceback.format_exception(failed.value))
    assert "products_stock_check" in stack
    assert "Lamp" not in stack


async def test_a_migration_while_serving_costs_no_error(database: Database, add_product: AddProduct) -> None:
    await add_product()
    query = text("select * from products")
    await database.read(lambda session: session.execute(query))
    await database.transaction(lambda session: session.execute(text("alter table products add column colour text")))
    found = await database.read(lambda session: session.execute(query))
    assert "colour" in found.mappings().one()


async def test_a_connection_that_died_while_idle_is_replaced(database: Database, database_url: str) -> None:
    mine = text("select pg_backend_pid()")
    first = await database.read(lambda session: session.scalar(mine))
    other = Database(DatabaseSettings(database_url=SecretStr(database_url)))
    await other.read(lambda session: session.execute(select(func.pg_terminate_backend(first))))
    await other.close()
    assert await database.read(lambda session: session.scalar(mine)) != first


async def test_no_connection_in_time_is_not_available(database_url: str) -> None:
    small = Database(
        DatabaseSettings(database_url=SecretStr(database_url), database_pool_size=1, database_acquire_timeout_ms=100)
    )

    async def nested(_: AsyncSession) -> None:
        await small.read(lambda session: session.execute(text("select 1")))

    with pytest.raises(DatabaseUnavailableError):
        await small.read(nested)
    await small.close()


async def test_nobody_there_is_not_available() -> None:
    nobody = Database(DatabaseSettings(database_url=SecretStr("postgresql://app@127.0.0.1:1/orders")))
    with pytest.raises(DatabaseUnavailableError):
        await nobody.read(lambda session: session.execute(text("select 1")))
