"""A module that is added later, and a walk through all routes without a session."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute, iter_route_contexts
from httpx import AsyncClient

from rules.bk118 import avoid, prefer
from support import app_client, fresh_database, scalar

CreateApp = Callable[[avoid.Authenticate, APIRouter], FastAPI]

SHOP = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
create table sessions (token_hash bytea primary key, user_id bigint references users);
insert into sessions values (sha256('ada''s session'), 1);
"""
SESSION = {"x-session": "ada's session"}
KNOWN = "select exists (select from sessions where token_hash = sha256(%s))"


@asynccontextmanager
async def shop(create_app: CreateApp) -> AsyncIterator[tuple[FastAPI, AsyncClient]]:
    """Build the shop and add the module that somebody writes next."""
    async with fresh_database(SHOP) as url:

        async def authenticate(connection: HTTPConnection) -> None:
            token = connection.headers.get("x-session", "")
            if not await scalar(url, KNOWN, token.encode()):
                raise HTTPException(401)

        orders = APIRouter()

        @orders.get("/{order_id}")
        async def order(order_id: int) -> int:
            query = "select total_minor from orders where id = %s"
            return int(await scalar(url, query, order_id))

        app = create_app(authenticate, orders)
        reports = APIRouter()

        @reports.get("/revenue")
        async def revenue() -> int:
            return int(await scalar(url, "select sum(total_minor) from orders"))

        app.include_router(reports, prefix="/reports")
        async with app_client(app) as client:
            yield app, client


async def unguarded(app: FastAPI, client: AsyncClient) -> set[str]:
    """Return the registered routes that serve somebody without a session."""
    found = set()
    for route in iter_route_contexts(app.routes):
        path = (route.path or "").replace("{order_id}", "1")
        for method in (route.methods or {"GET"}) - {"HEAD"}:
            if (await client.request(method, path)).status_code != 401:
                found.add(f"{method} {path}")
    return found


async def test_avoid_a_new_module_shows_the_revenue_to_strangers() -> None:
    async with shop(avoid.create_app) as (_, client):
        assert (await client.get("/orders/1")).status_code == 401
        answer = await client.get("/reports/revenue")
        assert (answer.status_code, answer.json()) == (200, 1900)


async def test_avoid_the_walk_finds_what_nobody_listed() -> None:
    async with shop(avoid.create_app) as (app, client):
        found = await unguarded(app, client)
        assert {"GET /reports/revenue", "GET /openapi.json"} <= found


async def test_prefer_the_walk_finds_the_listed_route_only() -> None:
    async with shop(prefer.create_app) as (app, client):
        paths = {route.path for route in iter_route_contexts(app.routes)}
        plain = {route.path for route in app.routes if isinstance(route, APIRoute)}
        assert paths - plain == {"/orders/{order_id}", "/reports/revenue"}
        assert await unguarded(app, client) == {"GET /health"}


async def test_prefer_a_new_module_is_for_those_who_are_signed_in() -> None:
    async with shop(prefer.create_app) as (_, client):
        assert (await client.get("/reports/revenue")).status_code == 401
        answer = await client.get("/reports/revenue", headers=SESSION)
        assert (answer.status_code, answer.json()) == (200, 1900)
