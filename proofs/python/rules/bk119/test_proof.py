"""Ada of the first tenant asks for the projects of the second."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, HTTPException, Request

from rules.bk119 import avoid, prefer
from support import app_client, fresh_database, rows, sessions

SHOP = """
insert into tenants (name) values ('Harbour'), ('Quay');
insert into users (tenant_id, email)
values (1, 'ada@example.com'), (2, 'bob@example.com');
insert into projects (tenant_id, name) values (1, 'Crane'), (2, 'Merger');
create table sessions (token_hash bytea primary key, user_id bigint references users);
insert into sessions values (sha256('ada''s session'), 1);
"""
VERIFY = """select users.id, tenant_id from sessions join users on users.id = user_id
where token_hash = sha256(%s)"""


async def names(
    create_app: Callable[..., FastAPI], user: Callable[..., Any], query: str
) -> list[str]:
    """Return the projects that Ada, who is signed in, is shown."""
    async with fresh_database(SHOP) as url, sessions(url) as new:

        async def current_user(request: Request) -> object:
            token = request.headers.get("x-session", "")
            found = await rows(url, VERIFY, token.encode())
            if not found:
                raise HTTPException(401)
            return user(id=found[0][0], tenant_id=found[0][1])

        async with app_client(create_app(current_user, new)) as client:
            session = {"x-session": "ada's session"}
            answer = await client.get(f"/projects{query}", headers=session)
            assert answer.status_code == 200
            return list(answer.json())


async def test_avoid_a_query_parameter_shows_the_projects_of_another_tenant() -> None:
    assert await names(avoid.create_app, avoid.User, "?tenant_id=2") == ["Merger"]


async def test_prefer_whatever_the_query_says_ada_sees_what_is_hers() -> None:
    assert await names(prefer.create_app, prefer.User, "") == ["Crane"]
    assert await names(prefer.create_app, prefer.User, "?tenant_id=2") == ["Crane"]
