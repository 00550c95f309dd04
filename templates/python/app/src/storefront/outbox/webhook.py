"""Delivering one event: by HTTP to one receiver, or into the log where there is none."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import structlog
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind

from storefront.schemas import format_time
from storefront.tables import OutboxEvent

DELIVERY_SECONDS = 5

Publish = Callable[[OutboxEvent], Awaitable[None]]
log = structlog.get_logger()
tracer = trace.get_tracer("storefront.outbox")


class DeliveryError(Exception):
    """The receiver has not taken an event."""


async def log_only(event: OutboxEvent) -> None:
    """Stand in for a receiver."""
    log.info("event", event_id=str(event.id), topic=event.topic)


class Webhook:
    """A receiver of events."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def __call__(self, event: OutboxEvent) -> None:
        """Deliver an event, in the trace of the request that caused it.

        Raises:
            DeliveryError: It has not been taken, or not in time.
        """
        cause = propagate.extract({"traceparent": event.traceparent or ""})
        with tracer.start_as_current_span(f"deliver {event.topic}", cause, SpanKind.CLIENT):
            headers = {"Webhook-Id": str(event.id)}
            propagate.inject(headers)
            body = {
                "id": str(event.id),
                "type": event.topic,
                "occurred_at": format_time(event.created_at),
                "data": event.payload,
            }
            try:
                async with asyncio.timeout(DELIVERY_SECONDS):  # BK134: for all of it; httpx bounds each step only
                    response = await self._client.post(self._url, json=body, headers=headers)
            except (httpx2.HTTPError, TimeoutError) as error:
                raise DeliveryError(type(error).__name__) from None
            if not response.is_success:
                raise DeliveryError(f"status {response.status_code}")
