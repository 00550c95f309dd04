"""Data to begin with; writing it again changes nothing."""

import uuid

import structlog
from sqlalchemy.dialects.postgresql import insert

from storefront.identity.passwords import Passwords
from storefront.migrating import owner
from storefront.settings import MigrationSettings
from storefront.tables import Product, User

PRODUCTS = (
    ("01990000-0000-7000-8000-000000000001", "Kettle", 3900, "EUR", 100),
    ("01990000-0000-7000-8000-000000000002", "Teapot", 2450, "EUR", 100),
    ("01990000-0000-7000-8000-000000000003", "Tea, 500 g", 990, "EUR", 500),
    ("01990000-0000-7000-8000-000000000004", "Cup and saucer", 1200, "EUR", 250),
    ("01990000-0000-7000-8000-000000000005", "Biscuits", 450, "USD", 300),
)
DEVELOPMENT_EMAIL = "ada@example.com"
DEVELOPMENT_PASSWORD = "correct horse battery staple"  # noqa: S105 - the README tells it
log = structlog.get_logger()


async def seed(settings: MigrationSettings, *, development: bool) -> int:
    """Write what is missing (BK110); return the exit code."""
    products = [
        {"id": uuid.UUID(number), "name": name, "price_minor": price, "currency": currency, "stock": stock}
        for number, name, price, currency, stock in PRODUCTS
    ]
    async with owner(settings) as engine, engine.begin() as connection:
        await connection.execute(insert(Product).values(products).on_conflict_do_nothing())
        if development:
            account = {"email": DEVELOPMENT_EMAIL, "password_hash": await Passwords(1).hash(DEVELOPMENT_PASSWORD)}
            await connection.execute(insert(User).values(account).on_conflict_do_nothing())
    log.info("seeded", products=len(PRODUCTS), account=development)
    return 0
