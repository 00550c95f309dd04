"""A request looks up an order and asks a carrier, who keeps silent until told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient, MockTransport, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.types import Receive, Scope, Send

from rules.bk102 import avoid, prefer
from support import fresh_database, run_sql, scalar

Sessions = async_sessionmaker[AsyncSession]

ORDER = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 7);
insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
"""
IDLE = """
select count(*) from pg_stat_activity
where datname = current_database() and state = 'idle in transaction'
"""
CHANGE = "set lock_timeout = '300ms'; alter table orders add column note text"


@asynccontextmanager
async def one_connection(url: str) -> AsyncIterator[Sessions]:
    """Make sessions that share one connection, and wait for it briefly."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.7,
    )
    try:
        yield async_sessionmaker(engine)
    finally:
        await engine.dispose()


class Stateful(ASGITransport):
    """Hands on what the lifespan would have yielded, as a server does."""

    def __init__(self, app: FastAPI, **state: object) -> None:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": state}, receive, send)

        super().__init__(served)


async def during(
    router: APIRouter, something_else: Callable[[str, Sessions], Awaitable[None]]
) -> None:
    """Do something else between the carrier's being asked and its answer."""
    asked, told = asyncio.Event(), asyncio.Event()

    async def carrier(_request: Request) -> Response:
        asked.set()
        await told.wait()
        return Response(200, text="at the door")

    app = FastAPI()
    app.include_router(router)

    async with (
        fresh_database(ORDER) as url,
        one_connection(url) as new,
        AsyncClient(
            transport=MockTransport(carrier), base_url="http://carrier"
        ) as http,
        AsyncClient(
            transport=Stateful(app, sessions=new, carrier=http), base_url="http://app"
        ) as browser,
        asyncio.TaskGroup() as group,
    ):
        request = group.create_task(browser.get("/orders/1/parcel"))
        ready = group.create_task(asked.wait())
        try:
            await asyncio.wait((request, ready), return_when=asyncio.FIRST_COMPLETED)
            assert asked.is_set(), request.result().text
            await something_else(url, new)
        finally:
            asked.set()
            told.set()
    assert request.result().json() == {"order": "open", "parcel": "at the door"}


async def count(new: Sessions) -> object:
    """Count the orders through the pool of the application."""
    async with new() as session:
        return await session.scalar(text("select count(*) from orders"))


async def test_avoid_the_table_is_locked_while_the_carrier_is_silent() -> None:
    async def change(url: str, _new: Sessions) -> None:
        assert await scalar(url, IDLE) == 1
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await run_sql(url, CHANGE)

    await during(avoid.router, change)


async def test_avoid_a_request_that_asks_no_carrier_gets_no_connection() -> None:
    async def ask(_url: str, new: Sessions) -> None:
        with pytest.raises(PoolTimeoutError, match="QueuePool limit of size 1"):
            await count(new)

    await during(avoid.router, ask)


async def test_prefer_the_table_can_be_changed_while_the_carrier_is_silent() -> None:
    async def change(url: str, _new: Sessions) -> None:
        assert await scalar(url, IDLE) == 0
        await run_sql(url, CHANGE)

    await during(prefer.router, change)


async def test_prefer_the_connection_is_free_while_the_carrier_is_silent() -> None:
    async def ask(_url: str, new: Sessions) -> None:
        assert await count(new) == 1

    await during(prefer.router, ask)
