"""Deleting what has expired, so little at a time that nobody waits for it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from storefront.database import Database
from storefront.tables import IdempotencyKey, OutboxEvent, RefreshToken

BATCH = 1000
PUBLISHED_KEPT = dt.timedelta(days=7)
EXPIRED: Sequence[tuple[type[DeclarativeBase], ColumnElement[bool]]] = (
    (IdempotencyKey, IdempotencyKey.expires_at < func.now()),
    (RefreshToken, RefreshToken.expires_at < func.now()),
    (OutboxEvent, OutboxEvent.published_at < func.now() - PUBLISHED_KEPT),
)


async def delete_expired(database: Database) -> bool:
    """Delete a batch of each table, in one short transaction a batch (BK114); tell whether there may be more."""
    counts = [await _delete_batch(database, table, expired) for table, expired in EXPIRED]
    return BATCH in counts


async def _delete_batch(database: Database, table: type[DeclarativeBase], expired: ColumnElement[bool]) -> int:
    key = table.__mapper__.primary_key
    some = select(*key).where(expired).limit(BATCH).with_for_update(skip_locked=True).cte("some")
    chosen = tuple_(*key).in_(select(some))
    statement = delete(table).where(chosen).execution_options(synchronize_session=False)

    async def work(session: AsyncSession) -> int:
        result: Any = await session.execute(statement)
        return int(result.rowcount)

    return await database.transaction(work)
