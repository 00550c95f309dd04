"""Cancelling an order as it was last seen: the stock goes back."""

import uuid
from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from storefront.ordering import listing
from storefront.ordering.errors import NotCancellableError, OrderChangedError, UnknownOrderError
from storefront.ordering.schemas import OrderView
from storefront.outbox import events
from storefront.tables import Order, Product


async def cancel(
    session: AsyncSession, user_id: uuid.UUID, order_id: uuid.UUID, versions: Collection[int] | None
) -> OrderView:
    """Cancel an order that has one of these versions; None stands for any.

    Raises:
        RefusedError: It cannot be cancelled; nothing was changed.
    """
    guarded = update(Order).where(Order.id == order_id, Order.user_id == user_id, Order.status == "placed")
    if versions is not None:
        guarded = guarded.where(Order.version.in_(versions))
    order = await session.scalar(
        guarded.values(status="cancelled", version=Order.version + 1)
        .returning(Order)
        .options(selectinload(Order.lines))
    )
    if not order:  # BK105: no row changed; a second look tells why
        raise await _reason(session, user_id, order_id, versions)
    for line in order.lines:  # BK106: by product id, as placing takes them
        await session.execute(
            update(Product).where(Product.id == line.product_id).values(stock=Product.stock + line.quantity)
        )
    view = OrderView.of(order)
    events.record(session, "order.cancelled", view)
    return view


async def _reason(
    session: AsyncSession, user_id: uuid.UUID, order_id: uuid.UUID, versions: Collection[int] | None
) -> Exception:
    order = await listing.load(session, user_id, order_id)
    if not order:
        return UnknownOrderError()
    if versions is not None and order.version not in versions:
        return OrderChangedError()
    return NotCancellableError()
