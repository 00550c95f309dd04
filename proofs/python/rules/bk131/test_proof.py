"""Users that the database refuses, each for another reason."""

from collections.abc import Callable

from fastapi import FastAPI
from sqlalchemy import text

from rules.bk131 import avoid, prefer
from support import app_client, fresh_database, sessions

SHOP = """
insert into tenants (name) values ('Harbour');
create unique index users_one_owner on users (tenant_id) where role = 'owner';
alter table users add constraint users_role_check check (role in ('owner', 'member'));
insert into users (tenant_id, email, role) values (1, 'ada@example.com', 'owner');
"""
INSERT = text(
    "insert into users (tenant_id, email, role) values (:tenant, :email, :role)"
)

SECOND_OWNER = {"tenant": 1, "email": "bob@example.com", "role": "owner"}
SAME_EMAIL = {"tenant": 1, "email": "ada@example.com", "role": "member"}
NO_TENANT = {"tenant": 9, "email": "bob@example.com", "role": "member"}
ODD_ROLE = {"tenant": 1, "email": "bob@example.com", "role": "king"}


async def create(translate: Callable[[FastAPI], None], user: dict[str, object]) -> str:
    """Create a user and return the status and the title of the answer."""
    async with fresh_database(SHOP) as url, sessions(url) as new:
        app = FastAPI()
        translate(app)

        @app.post("/users", status_code=201)
        async def create_user() -> None:
            async with new.begin() as session:
                await session.execute(INSERT, user)

        async with app_client(app) as client:
            answer = await client.post("/users")
            if answer.status_code == 500:
                return "500"
            return f"{answer.status_code} {answer.json()['title']}"


async def test_avoid_a_second_owner_is_told_that_a_fresh_address_is_taken() -> None:
    told = await create(avoid.translate_violations, SECOND_OWNER)
    assert told == "409 E-mail address is taken"


async def test_avoid_a_tenant_that_does_not_exist_is_told_the_same() -> None:
    told = await create(avoid.translate_violations, NO_TENANT)
    assert told == "409 E-mail address is taken"


async def test_prefer_each_violation_is_told_as_what_it_is() -> None:
    translate = prefer.translate_violations
    assert await create(translate, SECOND_OWNER) == "409 The tenant has an owner"
    assert await create(translate, SAME_EMAIL) == "409 E-mail address is taken"
    assert await create(translate, NO_TENANT) == "422 There is no such tenant"
    assert await create(translate, ODD_ROLE) == "500"
