"""The process that delivers what the outbox holds, and deletes what nobody needs any more."""

import asyncio
import contextlib
import signal
import time

import httpx2
import structlog

from storefront.database import Database, DatabaseUnavailableError
from storefront.outbox import cleaning, relay
from storefront.outbox.webhook import DELIVERY_SECONDS, Publish, Webhook, log_only
from storefront.settings import WorkerSettings
from storefront.telemetry import Telemetry

CLEANING_SECONDS = 60
log = structlog.get_logger()


async def work(settings: WorkerSettings) -> int:
    """Work until SIGTERM, finish what is at hand, and return the exit code."""
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    telemetry = Telemetry(settings)
    database = Database(settings)
    async with httpx2.AsyncClient(timeout=DELIVERY_SECONDS, trust_env=False) as client:
        url = settings.outbox_webhook_url
        publish: Publish = Webhook(client, url) if url else log_only
        log.info("working")
        await _loop(database, publish, settings.outbox_poll_ms / 1000, told_to_end)
    await database.close()
    await telemetry.close()
    return 0


async def _loop(database: Database, publish: Publish, pause: float, told_to_end: asyncio.Event) -> None:
    cleaned = float("-inf")
    while not told_to_end.is_set():
        busy = False
        try:
            busy = await relay.deliver_due(database, publish) == relay.BATCH
            if time.monotonic() - cleaned > CLEANING_SECONDS:
                cleaned = time.monotonic()
                await cleaning.delete_expired(database)
        except* DatabaseUnavailableError as errors:
            log.warning("the database is not available", reason=str(errors.exceptions[0]))
        if not busy:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told_to_end.wait(), pause)
