"""Two tenants send one key, and one tenant sends its key with another body."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType

from fastapi import FastAPI, Request
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from rules.bk123 import avoid, prefer
from support import app_client, fresh_database, rows, sessions

# Each sample has a column of its own for the key, with its own constraint.
SHOP = """
alter table projects add column request_id text unique,
  add column idempotency_key text, add column request_hash text,
  add unique (tenant_id, idempotency_key);
insert into tenants (name) values ('Acme'), ('Globex');
"""
PROJECTS = "select tenant_id, name from projects order by 1, 2"
Create = Callable[[int, str], Awaitable[tuple[int, str | None]]]


async def sign_in(request: Request, call_next: RequestResponseEndpoint) -> Response:
    request.state.tenant_id = int(request.headers["x-signed-in"])
    return await call_next(request)


@asynccontextmanager
async def shop(sample: ModuleType) -> AsyncIterator[tuple[str, Create]]:
    async with fresh_database(SHOP) as url, sessions(url) as new:
        app = FastAPI()
        app.middleware("http")(sign_in)
        app.include_router(sample.project_routes(new))
        async with app_client(app) as client:

            async def create(tenant: int, name: str) -> tuple[int, str | None]:
                headers = {"x-signed-in": str(tenant), "idempotency-key": "8e03978e"}
                answer = await client.post(
                    "/projects", json={"name": name}, headers=headers
                )
                return answer.status_code, answer.json().get("name")

            yield url, create


async def test_avoid_another_tenant_with_the_same_key_reads_the_first_project() -> None:
    async with shop(avoid) as (url, create):
        await create(1, "Merger")
        assert await create(2, "Website") == (201, "Merger")
        assert await rows(url, PROJECTS) == [(1, "Merger")]


async def test_avoid_another_body_is_answered_as_if_it_had_been_done() -> None:
    async with shop(avoid) as (url, create):
        await create(1, "Website")
        assert await create(1, "Shop") == (201, "Website")
        assert await rows(url, PROJECTS) == [(1, "Website")]


async def test_prefer_each_tenant_has_its_own_keys() -> None:
    async with shop(prefer) as (url, create):
        await create(1, "Merger")
        assert await create(2, "Website") == (201, "Website")
        assert await rows(url, PROJECTS) == [(1, "Merger"), (2, "Website")]


async def test_prefer_another_body_is_refused_and_the_same_body_is_not() -> None:
    async with shop(prefer) as (url, create):
        await create(1, "Website")
        assert await create(1, "Website") == (201, "Website")
        assert await create(1, "Shop") == (422, None)
        assert await rows(url, PROJECTS) == [(1, "Website")]
