"""One user as JSON."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from rules.bk130 import avoid, prefer
from support import app_client, fresh_database, sessions

CreateApp = Callable[[async_sessionmaker[AsyncSession]], FastAPI]

SHOP = """
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email, password_hash)
values (1, 'ada@example.com', '$argon2id$...');
"""


async def ask(create_app: CreateApp, path: str) -> tuple[int, dict[str, Any]]:
    """Return the status and the fields of the answer."""
    async with (
        fresh_database(SHOP) as url,
        sessions(url) as new,
        app_client(create_app(new)) as client,
    ):
        answer = await client.get(path)
        return answer.status_code, answer.json()


async def test_avoid_the_hash_that_was_excluded_is_sent() -> None:
    _, user = await ask(avoid.create_app, "/users/1")
    assert user["password_hash"] == "$argon2id$..."


async def test_prefer_the_answer_has_the_documented_fields() -> None:
    documented = {"id": 1, "email": "ada@example.com"}
    assert await ask(prefer.create_app, "/users/1") == (200, documented)
    status, _ = await ask(prefer.create_app, "/users/2")
    assert status == 404
