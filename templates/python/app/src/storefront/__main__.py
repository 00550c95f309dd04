"""The commands: api, worker, migrate, seed."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any

import structlog
import uvloop

from storefront import logs, settings


def main() -> None:
    """Run one command, and exit as it says."""
    parser = argparse.ArgumentParser(prog="storefront")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("api", help="serve HTTP").set_defaults(run=api)
    commands.add_parser("worker", help="deliver events").set_defaults(run=worker)
    commands.add_parser("migrate", help="bring the schema up to date").set_defaults(run=migrate)
    seeding = commands.add_parser("seed", help="write a few products")
    seeding.add_argument("--development", action="store_true", help="and an account")
    seeding.set_defaults(run=seed)
    given = parser.parse_args()
    sys.exit(given.run(given))


def api(_: argparse.Namespace) -> int:
    """Serve HTTP."""
    read = _settings(settings.ApiSettings)
    from storefront.web.server import serve

    return _finish(serve(read))


def worker(_: argparse.Namespace) -> int:
    """Deliver events."""
    read = _settings(settings.WorkerSettings)
    from storefront.outbox.worker import work

    return _finish(work(read))


def migrate(_: argparse.Namespace) -> int:
    """Bring the schema up to date."""
    read = _settings(settings.MigrationSettings)
    from storefront import migrating

    return _finish(migrating.migrate(read))


def seed(given: argparse.Namespace) -> int:
    """Write data to begin with."""
    read = _settings(settings.MigrationSettings)
    from storefront import seeding

    return _finish(seeding.seed(read, development=given.development))


def _settings(kind: type[settings.SettingsT]) -> settings.SettingsT:
    read = settings.load(kind)
    logs.configure(read.log_level)
    return read


def _finish(command: Coroutine[Any, Any, int]) -> int:
    gc.freeze()  # what was imported stays: no collection, the last one included, has to look at it
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(command)
        except Exception:  # noqa: BLE001 - told as JSON, as everything else
            structlog.get_logger().exception("the process cannot go on")
            return 1


if __name__ == "__main__":
    main()
