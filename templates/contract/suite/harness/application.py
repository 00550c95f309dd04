"""Runs an application: its migrations, and as many of its processes as a case wants."""

from __future__ import annotations

import base64
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from harness.processes import Process, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.apps import App
    from harness.database import Database

JWT_SECRET = base64.b64encode(b"canary-jwt-secret-that-nobody-guesses").decode()
JWT_ISSUER = "https://orders.example"
JWT_AUDIENCE = "orders-suite"
SETTINGS = {
    "HOST": "127.0.0.1",
    "JWT_SECRET": JWT_SECRET,
    "JWT_ISSUER": JWT_ISSUER,
    "JWT_AUDIENCE": JWT_AUDIENCE,
    "ACCESS_TOKEN_SECONDS": "600",
    "REFRESH_TOKEN_SECONDS": "7200",
    "RATE_LIMIT_AUTH_PER_MINUTE": "100000",
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "DATABASE_LOCK_TIMEOUT_MS": "4000",
    "DATABASE_STATEMENT_TIMEOUT_MS": "4500",
    "SHUTDOWN_DELAY_MS": "0",
    "SHUTDOWN_GRACE_MS": "8000",
    "OUTBOX_POLL_MS": "50",
}
"""What every process of a run is started with; a case adds its own."""
KEPT_SECONDS = 3600
"""For which the logs of a run stay."""


@dataclass(frozen=True)
class Api:
    """A running api process and its addresses."""

    process: Process
    base_url: str
    admin_url: str

    def status(self, path: str) -> int:
        """Return the status of an address of the admin listener; 0 where nobody listens."""
        try:
            return httpx.get(self.admin_url + path, timeout=5, trust_env=False).status_code
        except httpx.TransportError:
            return 0

    def wait_until_ready(self) -> None:
        """Return as soon as it can serve.

        Raises:
            AssertionError: It ended, or is not ready in time.
        """
        wait_until(lambda: self.process.code is not None or self.status("/readyz") == 200, f"{self.process.name} ready")
        assert self.process.code is None, f"{self.process.name} exits with {self.process.code}\n{self.process.tail()}"

    def stop(self) -> int:
        """End it with SIGTERM; return its exit code."""
        self.process.send(signal.SIGTERM)
        return self.process.wait()


class Application:
    """One application, with the database that its processes use unless told otherwise."""

    def __init__(self, app: App, database: Database, settings: Mapping[str, str]) -> None:
        self.app = app
        self.database = database
        self.processes: list[Process] = []
        """All that were started, in order."""
        self._settings = {**SETTINGS, **settings}
        self.logs = _new_folder(app.cache / "logs")

    def api(self, settings: Mapping[str, str] | None = None, *, ready: bool = True) -> Api:
        """Start an api process on free ports."""
        port, admin = free_port(), free_port()
        addresses = {"PORT": str(port), "ADMIN_PORT": str(admin), "DATABASE_URL": self.database.app_url}
        process = self.start("api", {**addresses, **(settings or {})})
        api = Api(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin}")
        if ready:
            api.wait_until_ready()
        return api

    def worker(self, settings: Mapping[str, str] | None = None) -> Process:
        """Start a worker process."""
        return self.start("worker", {"DATABASE_URL": self.database.app_url, **(settings or {})})

    def migrate(self, database: Database) -> Process:
        """Start to bring a database's schema up to date."""
        return self.start("migrate", {"MIGRATION_DATABASE_URL": database.owner_url})

    def seed(self, database: Database) -> Process:
        """Start to write the seed data."""
        return self.start("seed", {"MIGRATION_DATABASE_URL": database.owner_url})

    def start(self, command: str, settings: Mapping[str, str]) -> Process:
        """Start one of the application's commands."""
        name = f"{len(self.processes) + 1:02}-{command}"
        environment = {**self.app.environment, **self._settings, **settings}
        environment = {key: value for key, value in environment.items() if value is not None}
        process = Process(name, getattr(self.app, command), self.app.folder, environment, self.logs)
        self.processes.append(process)
        return process

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            process.kill()


def _new_folder(parent: Path) -> Path:
    """Return a folder for the logs of this run, beside those of runs at the same time; older ones go."""
    parent.mkdir(parents=True, exist_ok=True)
    for earlier in parent.iterdir():
        if time.time() - earlier.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(earlier, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=time.strftime("%H.%M.%S-"), dir=parent))


def complete(process: Process, within: float = 60) -> None:
    """Wait for a command that has to succeed."""
    code = process.wait(within)
    assert code == 0, f"{process.name} exits with {code}\n{process.tail(60)}"
