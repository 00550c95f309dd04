"""What is said about products."""

from typing import Annotated, Self

from pydantic import Field

from storefront.schemas import Cursor, Id, Money, Schema
from storefront.tables import Product


class ProductView(Schema):
    """A product."""

    id: Id
    name: str
    price: Money
    stock: Annotated[int, Field(ge=0)]

    @classmethod
    def of(cls, product: Product) -> Self:
        """Return the view of a row."""
        price = Money(amount_minor=product.price_minor, currency=product.currency)
        return cls(id=product.id, name=product.name, price=price, stock=product.stock)


class ProductPage(Schema):
    """A part of all products."""

    items: list[ProductView]
    next_cursor: Cursor
