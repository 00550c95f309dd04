"""Taking events from the outbox and having them delivered, at least once."""

import asyncio
import datetime as dt
from collections.abc import Sequence

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.database import Database, DatabaseUnavailableError
from storefront.outbox.webhook import DeliveryError, Publish
from storefront.tables import OutboxEvent

BATCH = 10
LEASE = dt.timedelta(seconds=30)
LONGEST_PAUSE_SECONDS = 300
log = structlog.get_logger()


async def deliver_due(database: Database, publish: Publish) -> int:
    """Deliver a batch of events, side by side; return how many there were."""
    events = await database.transaction(_claim)
    # BK102: no transaction is open here; BK103: each delivery has a session of its own.
    async with asyncio.TaskGroup() as deliveries:
        for event in events:
            deliveries.create_task(_deliver(database, publish, event))
    return len(events)


async def _claim(session: AsyncSession) -> Sequence[OutboxEvent]:
    """Lease due events to this process; another one skips them, and gets them if this one dies."""
    due = (
        select(OutboxEvent.id)
        .where(OutboxEvent.published_at.is_(None), OutboxEvent.next_attempt_at <= func.now())
        .order_by(OutboxEvent.next_attempt_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("due")  # a subquery could run more than once, and lock more than a batch
    )
    leased = (
        update(OutboxEvent)
        .where(OutboxEvent.id.in_(select(due.c.id)))
        .values(next_attempt_at=func.now() + LEASE, attempts=OutboxEvent.attempts + 1)
        .returning(OutboxEvent)
    )
    return (await session.scalars(leased)).all()


async def _deliver(database: Database, publish: Publish, event: OutboxEvent) -> None:
    told = log.bind(event_id=str(event.id), topic=event.topic, attempts=event.attempts)
    later = func.now() + dt.timedelta(seconds=pause_after(event.attempts))
    try:
        await publish(event)
    except DeliveryError as error:
        told.warning("not delivered", reason=str(error))
        outcome = {"next_attempt_at": later}
    except Exception:  # noqa: BLE001 - no event may hold up the others
        told.exception("not delivered")
        outcome = {"next_attempt_at": later}
    else:
        told.info("delivered")
        outcome = {"published_at": func.now()}
    done = update(OutboxEvent).where(OutboxEvent.id == event.id).values(outcome)
    try:
        await database.transaction(lambda session: session.execute(done))
    except DatabaseUnavailableError as error:  # raised, it would cancel the other deliveries
        told.warning("the outcome is not kept; tried again after the lease", reason=str(error))


def pause_after(attempts: int) -> int:
    """Return how many seconds to wait after so many failures: 1, 2, 4 … 300."""
    return int(min(2.0 ** min(attempts - 1, 30), LONGEST_PAUSE_SECONDS))
