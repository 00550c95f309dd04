"""Ada's order, asked for by her and by Brian."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from httpx import Response as Answer

from rules.bk117 import avoid, prefer
from support import app_client, fresh_database, sessions

ADA, BRIAN = 1, 2
SHOP = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email)
values (1, 'ada@example.com'), (1, 'brian@example.com');
insert into products (name, price_minor, stock) values ('lamp', 4900, 10);
insert into orders (user_id, product_id, total_minor, status)
values (1, 1, 4900, 'paid');
"""
OWN = {"id": "1", "status": "paid"}


@asynccontextmanager
async def orders(
    router: APIRouter,
) -> AsyncIterator[Callable[[int, int], Awaitable[Answer]]]:
    """Serve the routes to signed-in users; yield what asks for an order as one."""
    async with fresh_database(SHOP) as url, sessions(url) as new:
        app = FastAPI()
        app.include_router(router)

        @app.middleware("http")
        async def signed_in(
            request: Request, answer: Callable[[Request], Awaitable[Response]]
        ) -> Response:
            request.state.user_id = request.headers["user"]
            request.state.sessions = new
            return await answer(request)

        async with app_client(app) as client:

            async def get(user: int, order: int) -> Answer:
                return await client.get(f"/orders/{order}", headers={"user": str(user)})

            yield get


async def test_avoid_another_users_order_is_answered_with_200() -> None:
    async with orders(avoid.router) as get:
        stolen = await get(BRIAN, 1)
        assert (stolen.status_code, stolen.json()) == (200, OWN)


async def test_prefer_the_owner_gets_it_and_anybody_else_the_answer_for_none() -> None:
    async with orders(prefer.router) as get:
        assert (await get(ADA, 1)).json() == OWN
        stolen, missing = await get(BRIAN, 1), await get(BRIAN, 999)
        assert stolen.status_code == 404
        assert (stolen.status_code, stolen.text) == (missing.status_code, missing.text)
