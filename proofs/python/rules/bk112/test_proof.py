"""Somebody signs up while a new foreign key is held against the old rows."""

import asyncio
from collections.abc import Callable

from alembic.migration import MigrationContext
from alembic.operations import Operations
from psycopg import errors
from sqlalchemy import create_engine

from rules.bk112 import avoid, prefer
from support import fresh_database, hold, scalar, session, until_blocked

OLD_KEY = """
insert into tenants (name) values ('Acme');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into idempotency_keys (user_id, route, key, request_hash)
values (1, 'POST /orders', 'k', 'h');
"""
SIGN_UP = "insert into users (tenant_id, email) values (1, 'grace@example.com')"
INDEX = "alter index idempotency_keys_pkey set tablespace pg_default"
VALIDATED = """
select count(*) from pg_constraint
where conname = 'idempotency_keys_user_id_fkey' and convalidated
"""


def deploy(url: str, upgrade: Callable[[], None]) -> None:
    """Run a revision as `env.py` does."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            upgrade()
    engine.dispose()


async def can_sign_up(url: str) -> bool:
    """Tell whether a new user can sign up within half a second."""
    async with session(url) as connection:
        await connection.execute("set lock_timeout = '500ms'")
        try:
            await connection.execute(SIGN_UP)
        except errors.LockNotAvailable:
            return False
        return True


async def sign_up_meanwhile(upgrade: Callable[[], None]) -> bool:
    """Stop the check of the old rows half-way, and let somebody sign up."""
    async with fresh_database(OLD_KEY) as url:
        async with hold(url, INDEX) as index:
            deployment = asyncio.create_task(asyncio.to_thread(deploy, url, upgrade))
            await until_blocked(url, 1)
            signed_up = await can_sign_up(url)
            await index.release()
            await deployment
        assert await scalar(url, VALIDATED) == 1
        return signed_up


async def test_avoid_nobody_can_sign_up_while_old_keys_are_checked() -> None:
    assert not await sign_up_meanwhile(avoid.upgrade)


async def test_prefer_sign_ups_go_on_while_old_keys_are_checked() -> None:
    assert await sign_up_meanwhile(prefer.upgrade)
