"""Placing an order: stock is taken, and the order, its event and its answer are written, or nothing is."""

import uuid
from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.ordering.errors import (
    InsufficientStockError,
    MixedCurrenciesError,
    TotalTooLargeError,
    UnknownProductError,
)
from storefront.ordering.schemas import OrderView
from storefront.outbox import events
from storefront.schemas import MAX_AMOUNT
from storefront.tables import Order, OrderLine, Product


async def place(session: AsyncSession, user_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> OrderView:
    """Place an order for so many of each product.

    Raises:
        RefusedError: It cannot be placed; the transaction has to be rolled back.
    """
    # BK106: all orders take products in one order, so that no two wait for each other.
    taken = [await _take(session, product_id, quantities[product_id]) for product_id in sorted(quantities)]
    currencies = {product.currency for product in taken}
    if len(currencies) > 1:
        raise MixedCurrenciesError
    total = sum(product.price_minor * quantities[product.id] for product in taken)
    if total > MAX_AMOUNT:
        raise TotalTooLargeError
    order = Order(user_id=user_id, total_minor=total, currency=currencies.pop())
    order.lines = [
        OrderLine(product_id=product.id, quantity=quantities[product.id], unit_price_minor=product.price_minor)
        for product in taken
    ]
    session.add(order)
    await session.flush()
    view = OrderView.of(order)
    events.record(session, "order.placed", view)  # BK108, BK132: in the transaction that did it
    return view


async def _take(session: AsyncSession, product_id: uuid.UUID, quantity: int) -> Product:
    """Take stock in one statement (BK101), and look whether there was enough (BK105)."""
    product: Product | None = await session.scalar(
        update(Product)
        .where(Product.id == product_id, Product.stock >= quantity)
        .values(stock=Product.stock - quantity)
        .returning(Product)
    )
    if product:
        return product
    if await session.scalar(select(Product.id).where(Product.id == product_id)):
        raise InsufficientStockError(product_id)
    raise UnknownProductError(product_id)
