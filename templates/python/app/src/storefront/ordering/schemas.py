"""What is said about orders."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from storefront.schemas import Cursor, Id, Money, Schema, Time
from storefront.tables import Order, OrderLine

OrderStatus = Literal["placed", "cancelled"]


class NewOrderLine(Schema):
    """How many of a product are wanted."""

    product_id: Id
    quantity: Annotated[int, Field(strict=True, ge=1, le=1000)]


def _each_product_once(lines: Sequence[NewOrderLine]) -> Sequence[NewOrderLine]:
    if len({line.product_id for line in lines}) < len(lines):
        raise PydanticCustomError("duplicate_product", "should have at most one line for each product")
    return lines


class NewOrder(Schema):
    """What is wanted."""

    lines: Annotated[
        list[NewOrderLine],
        Field(description="At most one line for each product, all in one currency.", min_length=1, max_length=50),
        AfterValidator(_each_product_once),
    ]

    def quantities(self) -> dict[uuid.UUID, int]:
        """Return how many of each product are wanted."""
        return {line.product_id: line.quantity for line in self.lines}


class OrderLineView(Schema):
    """How many of a product were ordered, at the price of that moment."""

    product_id: Id
    quantity: Annotated[int, Field(ge=1)]
    unit_price: Money

    @classmethod
    def of(cls, line: OrderLine, currency: str) -> Self:
        """Return the view of a row."""
        unit_price = Money(amount_minor=line.unit_price_minor, currency=currency)
        return cls(product_id=line.product_id, quantity=line.quantity, unit_price=unit_price)


class OrderLines(Schema):
    """All lines of an order."""

    items: list[OrderLineView]


class OrderView(Schema):
    """An order, as its owner and the receivers of its events see it."""

    id: Id
    status: OrderStatus
    total: Money
    lines: list[OrderLineView]
    version: Annotated[int, Field(ge=1)]
    created_at: Time

    @classmethod
    def of(cls, order: Order) -> Self:
        """Return the view of a row and its lines."""
        return cls(
            id=order.id,
            status="cancelled" if order.status == "cancelled" else "placed",
            total=Money(amount_minor=order.total_minor, currency=order.currency),
            lines=[OrderLineView.of(line, order.currency) for line in order.lines],
            version=order.version,
            created_at=order.created_at,
        )


class OrderPage(Schema):
    """A part of one's orders."""

    items: list[OrderView]
    next_cursor: Cursor
