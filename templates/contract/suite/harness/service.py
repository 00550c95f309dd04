"""What runs for the cases."""

from __future__ import annotations

import contextlib
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.client import open_client

if TYPE_CHECKING:
    import httpx

    from harness.application import Api, Application
    from harness.database import Database, Server
    from harness.logs import Traffic
    from harness.planted import Planted
    from harness.processes import Process
    from harness.receivers import Traces, Webhook


@dataclass(frozen=True)
class Service:
    """The shared application; where it was started elsewhere, its addresses and its database are all that is known."""

    base_url: str
    admin_url: str
    database: Database
    application: Application | None = None
    api: Api | None = None
    worker: Process | None = None
    server: Server | None = None
    webhook: Webhook | None = None
    traces: Traces | None = None
    planted: Planted | None = None


@dataclass(frozen=True)
class Served:
    """Another api process and its client."""

    api: Api
    http: httpx.Client


class Serve:
    """Starts api processes with settings of their own, on the shared database; use it in a `with`."""

    def __init__(self, service: Service, traffic: Traffic) -> None:
        self._application = service.application
        self._traffic = traffic
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.close()

    def __call__(self, **settings: str) -> Served:
        """Start one and wait until it is ready."""
        api = self._application.api(settings, ready=False)
        self._ending.callback(_end, api.process)
        api.wait_until_ready()
        return Served(api, self._ending.enter_context(open_client(api.base_url, self._traffic)))


def _end(process: Process) -> None:
    """Let a process write its last lines; how well it ends, other cases say."""
    with contextlib.suppress(AssertionError):
        process.send(signal.SIGTERM)
        process.wait(within=10)
    process.kill()
