"""A client that gave up on an answer sends its request again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType

from fastapi import FastAPI, Request
from httpx import AsyncClient, Response
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response as Answer

from rules.bk121 import avoid, prefer
from support import (
    app_client,
    figure,
    fresh_database,
    hold,
    scalar,
    sessions,
    until_blocked,
)

SHOP = """
alter table outbox add column order_id bigint, add column idempotency_key text,
  add unique (order_id, idempotency_key);
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
"""
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


async def sign_in(request: Request, call_next: RequestResponseEndpoint) -> Answer:
    request.state.user_id = 1
    return await call_next(request)


@asynccontextmanager
async def shop(sample: ModuleType) -> AsyncIterator[tuple[str, AsyncClient]]:
    async with fresh_database(SHOP) as url, sessions(url) as new:
        app = FastAPI()
        app.middleware("http")(sign_in)
        app.include_router(sample.reminder_routes(new))
        async with app_client(app) as client:
            yield url, client


async def send_again(sample: ModuleType) -> tuple[Response, Response, int]:
    async with shop(sample) as (url, client):
        path = "/orders/1/reminders"
        async with hold(url, "lock table outbox in exclusive mode") as table:
            unread = asyncio.ensure_future(client.post(path, headers=KEY))
            await until_blocked(url, 1)
            await table.release()
            first = await unread
        second = await client.post(path, headers=KEY)
        return first, second, await scalar(url, "select count(*) from outbox")


async def test_avoid_a_retry_after_a_lost_answer_sends_a_second_reminder() -> None:
    first, second, reminders = await send_again(avoid)
    assert [first.status_code, second.status_code] == [202, 202]
    assert reminders == 2
    figure("BK121", "reminders of one request, sent twice", reminders)


async def test_prefer_a_retry_after_a_lost_answer_finds_the_first_reminder() -> None:
    first, second, reminders = await send_again(prefer)
    assert [first.status_code, second.status_code] == [202, 202]
    assert first.json() == second.json() == {"id": 1}
    assert reminders == 1


async def test_prefer_a_reminder_without_a_key_is_refused() -> None:
    async with shop(prefer) as (url, client):
        answer = await client.post("/orders/1/reminders")
        assert answer.status_code == 400
        assert await scalar(url, "select count(*) from outbox") == 0
