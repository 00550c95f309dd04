"""Rows that the worker has to delete, and rows beside them that it must not; planted before it starts."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.database import Database

EXPIRED = 2500
"""More than two batches."""


class Planted:
    """One account's keys, refresh tokens and events."""

    def __init__(self, database: Database) -> None:
        """Plant them."""
        self._database = database
        insert = "insert into users (email, password_hash) values (%s, 'none') returning id"
        self._user = database.value(insert, f"{secrets.token_hex(8)}@example.com")
        self._topic = f"planted.{secrets.token_hex(4)}"
        for age, count in (("1 day", EXPIRED), ("-1 day", 2)):
            database.execute(
                "insert into idempotency_keys (user_id, operation, key, request_hash, response_status, response_headers,"
                " response_body, expires_at) select %s, 'planted', %s || number, '', 201, '{}', '', now() - %s::interval"
                " from generate_series(1, %s) as number",
                *(self._user, age, age, count),
            )
            database.execute(
                "insert into refresh_tokens (family_id, user_id, token_hash, expires_at) select gen_random_uuid(), %s,"
                " sha256((%s || number)::bytea), now() - %s::interval from generate_series(1, %s) as number",
                *(self._user, age, age, count),
            )
        for age, count in (("8 days", EXPIRED), ("6 days", 2)):
            database.execute(
                "insert into outbox (topic, payload, created_at, published_at) select %s, '{}', now() - %s::interval,"
                " now() - %s::interval from generate_series(1, %s)",
                *(self._topic, age, age, count),
            )

    def expired(self) -> int:
        """Return how many rows are left that ought to be gone."""
        return self._count("expires_at < now()", "published_at < now() - interval '7 days'")

    def kept(self) -> int:
        """Return how many are left that ought to stay: two of each kind."""
        return self._count("expires_at > now()", "published_at > now() - interval '7 days'")

    def _count(self, of_account: str, of_outbox: str) -> int:
        counted = (
            f"select (select count(*) from idempotency_keys where user_id = %s and {of_account})"
            f" + (select count(*) from refresh_tokens where user_id = %s and {of_account})"
            f" + (select count(*) from outbox where topic = %s and {of_outbox})"
        )
        return int(self._database.value(counted, self._user, self._user, self._topic))
