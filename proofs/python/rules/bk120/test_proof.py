"""The second of two tenants reads along paths that mix projects and documents."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from rules.bk120 import avoid, prefer
from support import fresh_database, sessions

TWO_TENANTS = """
insert into tenants (name) values ('Harbour'), ('Quay');
insert into projects (tenant_id, name) values (1, 'Harbour''s'), (2, 'Quay''s');
insert into documents (project_id, title, body)
values (1, 'Plan', 'secret'), (2, 'Plan', 'own');
"""
QUAY = 2
Read = Callable[[AsyncSession, int, int, int], Awaitable[str | None]]


@asynccontextmanager
async def reader(
    read: Read,
) -> AsyncIterator[Callable[[int, int], Awaitable[str | None]]]:
    """Yield what the second tenant reads at a path."""
    async with (
        fresh_database(TWO_TENANTS) as url,
        sessions(url) as new,
        new() as session,
    ):
        yield lambda project, document: read(session, QUAY, project, document)


async def test_avoid_a_path_through_ones_own_project_opens_anybodys() -> None:
    async with reader(avoid.read_document) as read:
        assert await read(2, 1) == "secret"


async def test_prefer_a_path_opens_only_what_is_in_its_project_and_ones_own() -> None:
    async with reader(prefer.read_document) as read:
        assert await read(2, 2) == "own"
        assert await read(2, 1) is None
        assert await read(1, 1) is None
