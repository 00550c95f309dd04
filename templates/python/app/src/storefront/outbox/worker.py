"""The process that delivers what the outbox holds, and deletes what nobody needs any more."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

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

        async def deliver() -> bool:
            return await relay.deliver_due(database, publish) == relay.BATCH

        log.info("working")
        async with asyncio.TaskGroup() as loops:
            loops.create_task(_loop(deliver, settings.outbox_poll_ms / 1000, told_to_end))
            loops.create_task(_loop(lambda: cleaning.delete_expired(database), CLEANING_SECONDS, told_to_end))
    await database.close()
    await telemetry.close()
    return 0


async def _loop(work: Callable[[], Awaitable[bool]], pause: float, told_to_end: asyncio.Event) -> None:
    """Work as long as there is more to do, then once a pause."""
    while not told_to_end.is_set():
        more = False
        try:
            more = await work()
        except DatabaseUnavailableError as error:
            log.warning("the database is not available", reason=str(error))
        if not more:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told_to_end.wait(), pause)
