"""The way to PostgreSQL: one pool for each process, every wait bounded, every transaction repeatable."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import asyncpg
from opentelemetry import trace
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from storefront.metrics import CONNECTION_WAIT
from storefront.settings import DatabaseSettings

ATTEMPTS = 3
REPEATABLE = {"40001", "40P01", "0A000"}
"""Two conflicts; and `cached plan must not change result type`: a migration ran while the connection was open."""
UNAVAILABLE = ("08", "25P03", "25P04", "28", "3D", "40", "53", "55P03", "57014", "57P")
"""SQLSTATEs, or their beginnings, that say: not now."""

T = TypeVar("T")
Work = Callable[[AsyncSession], Awaitable[T]]
tracer = trace.get_tracer("storefront.database")


class DatabaseUnavailableError(Exception):
    """The database cannot be reached, or not in time; its text is for the log."""


class Database:
    """One pool for each process (BK125), and what may be done through it."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.engine = _engine(settings)
        self._reads = async_sessionmaker(self.engine, expire_on_commit=False)
        writing = self.engine.execution_options(isolation_level="READ COMMITTED")
        self._writes = async_sessionmaker(writing, expire_on_commit=False)

    async def read(self, work: Work[T]) -> T:
        """Run queries, each a transaction of its own: no round trip for BEGIN and COMMIT."""
        return await _repeat(self._reads, work, "read")

    async def transaction(self, work: Work[T]) -> T:
        """Run one transaction; what `work` does must be in the session alone, for it may be repeated.

        BK103: `work` gets the session to use. BK102: it makes no network call but to the database.
        """
        return await _repeat(self._writes, work, "transaction")

    async def close(self) -> None:
        """Close the pool."""
        await self.engine.dispose()


def _engine(settings: DatabaseSettings) -> AsyncEngine:
    wait = settings.database_acquire_timeout_ms / 1000
    statement = settings.database_statement_timeout_ms / 1000
    # BK107: limits that the server keeps, whatever becomes of this process.
    limits = {
        "application_name": settings.otel_service_name,
        "statement_timeout": str(settings.database_statement_timeout_ms),
        "lock_timeout": str(settings.database_lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(2 * settings.database_statement_timeout_ms),
    }

    async def connect() -> Any:  # noqa: ANN401 - asyncpg is not typed
        return await asyncpg.connect(
            settings.database_url.get_secret_value(),  # as libpq reads it, `sslmode` included
            timeout=wait,
            command_timeout=statement + 1,  # for a server that answers no more
            server_settings=limits,
        )

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        isolation_level="AUTOCOMMIT",  # a ping costs one round trip then, not three
        hide_parameters=True,  # an error's text must not carry them into the log
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=wait,  # BK126: a fast refusal beats a long queue
        pool_pre_ping=True,  # BK127: connections die while they idle
        pool_recycle=1800,
    )


async def _repeat(sessions: async_sessionmaker[AsyncSession], work: Work[T], name: str) -> T:
    """Run the whole work again where the database asks for it, at most three times (BK104)."""
    attempt = 1
    while True:
        try:
            with _span(name):
                return await _run(sessions, work)
        except DBAPIError as error:
            _forget_row(error)
            state = sqlstate(error)
            if state not in REPEATABLE or attempt == ATTEMPTS:
                if error.connection_invalidated or state.startswith(UNAVAILABLE):
                    raise DatabaseUnavailableError(state or "connection lost") from error
                raise
        except (OSError, PoolTimeoutError) as error:  # a TimeoutError of asyncpg's is an OSError
            raise DatabaseUnavailableError(type(error).__name__) from error
        await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter
        attempt += 1


def _span(name: str) -> AbstractContextManager[trace.Span]:
    """Return a span without the text of errors, which may quote a row."""
    return tracer.start_as_current_span(
        f"database {name}",
        attributes={"db.system.name": "postgresql"},
        record_exception=False,
        set_status_on_exception=False,
    )


async def _run(sessions: async_sessionmaker[AsyncSession], work: Work[T]) -> T:
    async with sessions.begin() as session:
        asked = time.perf_counter()
        try:
            _ = await session.connection()
        finally:
            CONNECTION_WAIT.observe(time.perf_counter() - asked)
        return await work(session)


def sqlstate(error: DBAPIError) -> str:
    """Return PostgreSQL's code for an error; nothing where it never came so far."""
    return getattr(_of_driver(error), "sqlstate", None) or ""


def violated(error: DBAPIError) -> str:
    """Return the name of the constraint that was violated (BK131)."""
    return getattr(_of_driver(error), "constraint_name", None) or ""


def _forget_row(error: DBAPIError) -> None:
    driver_error = _of_driver(error)
    if isinstance(driver_error, asyncpg.PostgresError):
        driver_error.detail = None  # it quotes the row, and would be in the log with the stack


def _of_driver(error: DBAPIError) -> BaseException | None:
    # Not `error.driver_exception`: of a stale plan SQLAlchemy 2.1.9 forgets it, and raises a ValueError there.
    return error.orig.__cause__ if error.orig else None
