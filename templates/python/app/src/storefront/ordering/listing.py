"""Reading orders: each query is bound to their owner."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from storefront.database import Database
from storefront.tables import Order


@dataclass(frozen=True)
class Filters:
    """Which of one's orders are wanted."""

    status: str | None = None
    placed_from: dt.datetime | None = None
    placed_before: dt.datetime | None = None


@dataclass(frozen=True)
class Position:
    """Where a page ended."""

    created_at: dt.datetime
    id: uuid.UUID


async def load(session: AsyncSession, user_id: uuid.UUID, order_id: uuid.UUID) -> Order | None:
    """Return one of somebody's orders with its lines (BK117: the owner is part of the question)."""
    return await session.scalar(
        select(Order).where(Order.id == order_id, Order.user_id == user_id).options(selectinload(Order.lines))
    )


async def find(database: Database, user_id: uuid.UUID, order_id: uuid.UUID) -> Order | None:
    """Return one of somebody's orders with its lines, which are reached through it only (BK120)."""
    return await database.read(lambda session: load(session, user_id, order_id))


async def page(
    database: Database, user_id: uuid.UUID, filters: Filters, limit: int, after: Position | None
) -> Sequence[Order]:
    """Return somebody's orders that follow a position, the newest first (BK128, BK129)."""
    query = (
        select(Order)
        .where(Order.user_id == user_id)
        .order_by(Order.created_at.desc(), Order.id.desc())
        .limit(limit)
        .options(selectinload(Order.lines))
    )
    if filters.status:
        query = query.where(Order.status == filters.status)
    if filters.placed_from:
        query = query.where(Order.created_at >= filters.placed_from)
    if filters.placed_before:
        query = query.where(Order.created_at < filters.placed_before)
    if after:
        query = query.where(tuple_(Order.created_at, Order.id) < tuple_(after.created_at, after.id))
    return (await database.read(lambda session: session.scalars(query))).all()
