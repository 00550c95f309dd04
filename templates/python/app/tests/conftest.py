"""A database for each test, copied from one that the migrations made."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import insert
from support import SECRET, AddProduct, sign_in

from storefront.database import Database
from storefront.migrating import migrate
from storefront.settings import ApiSettings, DatabaseSettings, MigrationSettings
from storefront.tables import Product
from storefront.web.app import create_app
from storefront.web.services import Services


def server() -> str:
    """Return the URL of a role that may create databases."""
    return os.environ["DATABASE_URL"]


def url_of(name: str) -> str:
    return urlunsplit(urlsplit(server())._replace(path=f"/{name}"))


async def administer(statement: str) -> None:
    connection = await asyncpg.connect(server())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """The name of a migrated database that is only copied."""
    name = f"template_{uuid.uuid4().hex}"
    asyncio.run(administer(f"create database {name}"))
    assert asyncio.run(migrate(MigrationSettings(migration_database_url=SecretStr(url_of(name))))) == 0
    yield name
    asyncio.run(administer(f"drop database {name} with (force)"))


@pytest.fixture
async def database_url(template: str) -> AsyncIterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    await administer(f"create database {name} template {template}")
    yield url_of(name)
    await administer(f"drop database {name} with (force)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    # Patient: opening a connection takes longer than a second where the machine is busy.
    opened = Database(DatabaseSettings(database_url=SecretStr(database_url), database_acquire_timeout_ms=10_000))
    yield opened
    await opened.close()


@pytest.fixture
def settings(database_url: str) -> ApiSettings:
    return ApiSettings.model_validate(
        {"database_url": database_url, "jwt_secret": SECRET, "rate_limit_auth_per_minute": 1000}
    )


@pytest.fixture
async def http(settings: ApiSettings, database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application, nobody in particular."""
    transport = httpx2.ASGITransport(create_app(Services.create(settings, database)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def ada(http: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The same client, signed in."""
    return await sign_in(http, "ada@example.com")


@pytest.fixture
def add_product(database: Database) -> AddProduct:
    async def add(*, stock: int = 10, price: int = 1250, currency: str = "EUR") -> uuid.UUID:
        values = {"name": "Lamp", "stock": stock, "price_minor": price, "currency": currency}
        statement = insert(Product).values(values).returning(Product.id)
        product_id = await database.transaction(lambda session: session.scalar(statement))
        assert product_id
        return product_id

    return add
