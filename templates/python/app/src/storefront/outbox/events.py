"""Recording an event in the transaction that causes it."""

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tables import OutboxEvent
from storefront.telemetry import current_traceparent


def record(session: AsyncSession, topic: str, payload: BaseModel) -> None:
    """Have an event delivered if, and only if, the transaction commits."""
    session.add(
        OutboxEvent(
            topic=topic,
            payload=payload.model_dump(mode="json"),
            traceparent=current_traceparent(),
        )
    )
