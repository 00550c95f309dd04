"""Somebody reads a document while a new CHECK is held against the old ones."""

import asyncio
from pathlib import Path

from psycopg import errors

from support import (
    fresh_database,
    hold,
    run_sql,
    sample_sql,
    scalar,
    session,
    until_blocked,
)

RULE = Path(__file__).parent
# The database's own `char_length` stands before PostgreSQL's, and waits at one row.
OLD_DOCUMENT = """
insert into tenants (name) values ('Acme');
insert into projects (tenant_id, name) values (1, 'Harbour');
insert into documents (project_id, title) values (1, 'old');
create function public.char_length(value text) returns integer
language plpgsql immutable as $$
begin
  if value = 'old' then
    perform pg_advisory_xact_lock_shared(112);
  end if;
  return pg_catalog.char_length(value);
end
$$;
do $$
begin
  execute format(
    'alter database %I set search_path = public, pg_catalog', current_database()
  );
end
$$;
"""
VALIDATED = """
select count(*) from pg_constraint
where conname = 'documents_title_short' and convalidated
"""


async def can_read_and_write(url: str) -> bool:
    """Tell whether documents can be read and written within half a second each."""
    async with session(url) as connection:
        await connection.execute("set lock_timeout = '500ms'")
        try:
            await connection.execute("select title from documents")
            await connection.execute(
                "insert into documents (project_id, title) values (1, 'new')"
            )
        except errors.LockNotAvailable:
            return False
        return True


async def use_meanwhile(role: str) -> bool:
    """Stop the check of the old rows half-way, and let somebody use the table."""
    async with fresh_database(OLD_DOCUMENT) as url:
        async with hold(url, "select pg_advisory_xact_lock(112)") as scan:
            script = asyncio.create_task(run_sql(url, sample_sql(RULE, role)))
            await until_blocked(url, 1)
            usable = await can_read_and_write(url)
            await scan.release()
            await script
        assert await scalar(url, VALIDATED) == 1
        return usable


async def test_avoid_nobody_reads_a_document_while_old_ones_are_checked() -> None:
    assert not await use_meanwhile("avoid")


async def test_prefer_documents_are_read_and_written_while_old_ones_are_checked() -> (
    None
):
    assert await use_meanwhile("prefer")
