"""The process that serves: two listeners, and an end in which no request is lost."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

from storefront.database import Database
from storefront.settings import ApiSettings
from storefront.telemetry import Telemetry
from storefront.web.admin import Health, create_admin_app
from storefront.web.app import create_app
from storefront.web.protocol import bounded
from storefront.web.services import Services

KEEP_ALIVE_SECONDS = 75
"""Longer than the balancer keeps an idle connection (nginx and AWS: 60, Google: 600), or it sends into a closed one."""
log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn without its signals: it would raise SIGTERM again at the end, and the process exit with 143."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to `serve`."""
        yield


async def serve(settings: ApiSettings) -> int:
    """Serve until SIGTERM; return the exit code."""
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    telemetry = Telemetry(settings)
    database = Database(settings)
    health = Health(database)
    admin = _server(settings, create_admin_app(health), settings.admin_port)
    public = _server(settings, create_app(Services.create(settings, database)), settings.port)
    watching, serving = asyncio.create_task(admin.serve()), asyncio.create_task(public.serve())

    await told_to_end.wait()
    # BK133: fail readiness, wait for the balancer, drain with a deadline, close, exit.
    log.info("leaving")
    health.leaving = True
    await asyncio.sleep(settings.shutdown_delay_ms / 1000)
    drained = await _drain(public, serving, settings.shutdown_grace_ms / 1000)
    admin.should_exit = True
    await watching
    await database.close()
    await telemetry.close()
    return 0 if drained else 1


async def _drain(server: Server, serving: asyncio.Task[None], seconds: float) -> bool:
    """Close the listener and wait for the requests in flight; tell whether all of them ended."""
    server.should_exit = True
    await asyncio.wait({serving}, timeout=seconds)
    if serving.done():
        return True
    log.error("requests are cut off", count=len(server.server_state.tasks))
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    return False


def _server(settings: ApiSettings, app: ASGIApp, port: int) -> Server:
    return Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=port,
            http=bounded(settings.read_timeout_ms / 1000),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
    )
