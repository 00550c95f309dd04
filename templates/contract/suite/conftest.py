"""The options of the suite, and what its cases share: one application that runs for all of them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harness import apps
from harness.application import JWT_SECRET, Application, complete
from harness.client import COOKIE, open_client, sign_up
from harness.database import APP_PASSWORD, OWNER_PASSWORD, Database, Server
from harness.logs import Traffic
from harness.places import ROOT
from harness.planted import Planted
from harness.receivers import Traces, Webhook
from harness.service import Serve, Service
from harness.toolchain import provide_postgres

from kb.prove.toolchain import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from harness.client import Account

RUNNING = pytest.StashKey[Application]()
SKIPPING_ALLOWED = os.environ.get("CI") != "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the application that is held to the contract")
    group.addoption("--app", help="an entry of apps.toml, which is built and started")
    group.addoption("--folder", type=Path, help="start --app from this folder, such as a changed copy")
    group.addoption("--postgres", default="18", choices=["18", "15"], help="version for --app (default: 18)")
    group.addoption("--base-url", help="of an application that runs already")
    group.addoption("--admin-url", help="of its admin listener")
    group.addoption("--database-url", help="of its database, as somebody who may write all tables")


def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the run in order, as Ctrl-C does
    config.addinivalue_line("markers", "last: looks at what all other cases left behind")
    option = config.option
    if not option.app and not (option.base_url and option.admin_url and option.database_url):
        message = "name an application: --app, or --base-url, --admin-url and --database-url"
        raise pytest.UsageError(message)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if running := item.session.stash.get(RUNNING, None):
        for process in running.processes:
            process.begin_tail()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    running = item.session.stash.get(RUNNING, None)
    if report.failed and running:
        tails = [tail for process in running.processes if (tail := process.tail())]
        report.sections += [("what the processes printed meanwhile", "\n".join(tails))]
    return report


@pytest.fixture(scope="session")
def tell(pytestconfig) -> Callable[[str], None]:
    """Show a line at once, whatever pytest captures."""
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    capture = pytestconfig.pluginmanager.get_plugin("capturemanager")
    begun = time.monotonic()

    def write(words: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"{time.monotonic() - begun:6.1f} s  {words}")

    return write


@pytest.fixture(scope="session")
def traffic() -> Traffic:
    """What the logs have to show, and what they must not."""
    return Traffic("canary-password", COOKIE, JWT_SECRET, APP_PASSWORD, OWNER_PASSWORD)


@pytest.fixture(scope="session")
def started(request, tell) -> Iterator[Service]:
    """The application that all cases share."""
    option = request.config.option
    with ExitStack() as ending:
        if option.app:
            service = _boot_or_exit(option, tell, ending)
            request.session.stash[RUNNING] = service.application
        else:
            database = Database(option.database_url)
            service = Service(option.base_url.rstrip("/"), option.admin_url.rstrip("/"), database)
        ending.callback(service.database.close)
        yield service


def _boot_or_exit(option, tell, ending: ExitStack) -> Service:
    """Boot; where that fails, no case can say anything."""
    try:
        return _boot(option, tell, ending)
    except (apps.BuildError, ToolchainError, AssertionError) as error:
        pytest.exit(f"{option.app} does not start: {error}", returncode=1)


def _boot(option, tell, ending: ExitStack) -> Service:
    app = apps.read(option.app, option.folder)
    tell(f"building {app.name}")
    apps.build(app)
    tell(f"starting PostgreSQL {option.postgres}")
    provide_postgres(option.postgres)
    server = ending.enter_context(Server(option.postgres))
    server.prepare()
    database = server.database("orders")
    webhook, traces = ending.enter_context(Webhook()), ending.enter_context(Traces())
    settings = {
        "OUTBOX_WEBHOOK_URL": webhook.url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": traces.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    application = Application(app, database, settings)
    ending.callback(application.close)
    tell("migrating")
    complete(application.migrate(database))
    planted = Planted(database)
    tell("starting api and worker")
    worker, api = application.worker(), application.api()
    tell(f"serving at {api.base_url}, admin at {api.admin_url}, logs in {application.logs.relative_to(ROOT)}")
    return Service(api.base_url, api.admin_url, database, application, api, worker, server, webhook, traces, planted)


@pytest.fixture(scope="session")
def database(started) -> Database:
    """The database of the shared application."""
    return started.database


@pytest.fixture(scope="session")
def http(started, traffic) -> Iterator[httpx.Client]:
    """A client of the shared application, nobody in particular."""
    with open_client(started.base_url, traffic) as client:
        yield client


@pytest.fixture(scope="session")
def somebody(http) -> Account:
    """Whoever, for cases that do not mind what else was done in the same name."""
    return sign_up(http)


@pytest.fixture
def account(http) -> Account:
    """Somebody who has no orders yet."""
    return sign_up(http)


@pytest.fixture
def other(http) -> Account:
    """Somebody else."""
    return sign_up(http)


@pytest.fixture(scope="session")
def service(started) -> Service:
    """The shared application, with the control over its processes that only --app gives."""
    if started.application is None:
        words = "needs control of the application's processes: --app"
        pytest.skip(words) if SKIPPING_ALLOWED else pytest.fail(words)
    return started


@pytest.fixture
def serve(service, traffic) -> Iterator[Serve]:
    """Start another api process with other settings; it ends with the case."""
    with Serve(service, traffic) as serving:
        yield serving


@pytest.fixture(scope="module")
def serve_for_module(service, traffic) -> Iterator[Serve]:
    """Start another api process with other settings; it ends with the module's cases."""
    with Serve(service, traffic) as serving:
        yield serving
