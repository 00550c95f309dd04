"""Reading products."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from storefront.database import Database
from storefront.tables import Product


async def find(database: Database, product_id: uuid.UUID) -> Product | None:
    """Return a product."""
    return await database.read(lambda session: session.get(Product, product_id))


async def page(database: Database, limit: int, after: uuid.UUID | None) -> Sequence[Product]:
    """Return the products that follow one, in the order of their ids (BK129)."""
    query = select(Product).order_by(Product.id).limit(limit)
    if after:
        query = query.where(Product.id > after)
    return (await database.read(lambda session: session.scalars(query))).all()
