"""What the orchestrator and Prometheus ask, on a listener that is never published."""

import asyncio
from dataclasses import dataclass

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storefront.database import Database
from storefront.metrics import PoolCollector

READY_SECONDS = 1
log = structlog.get_logger()


@dataclass
class Health:
    """Whether this process should get requests."""

    database: Database
    leaving: bool = False
    """It was told to end."""

    async def ready(self) -> bool:
        """Ask the database, as long as a probe may take."""
        if self.leaving:
            return False
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.database.read(lambda session: session.execute(text("select 1")))
        except Exception as error:  # noqa: BLE001 - whatever it is, this process cannot serve
            log.warning("not ready", reason=repr(error))
            return False
        return True


def create_admin_app(health: Health) -> Starlette:
    """Return the application of the admin listener."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        ready = await health.ready()
        return JSONResponse({"status": "ok" if ready else "unavailable"}, 200 if ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    REGISTRY.register(PoolCollector(health.database.engine))
    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])
