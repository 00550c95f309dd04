"""The schema, and the ways in which migrations come to it."""

from __future__ import annotations

import re
import threading

import psycopg
import pytest
from harness.application import complete
from harness.crowd import at_once
from harness.database import execute
from harness.places import CONTRACT

NOISE = re.compile(r"^(--|SET |SELECT pg_catalog\.|\\|$)")


def schema_of(server, name):
    """Return the dump of a database's schema without what says nothing about it."""
    return [line for line in server.dump_schema(name).splitlines() if not NOISE.match(line)]


@pytest.fixture
def empty(service, request):
    """A database that nobody has migrated."""
    made = service.server.create(re.sub(r"\W", "_", request.node.name)[5:50])
    yield made
    made.close()


def name_of(database):
    return database.url.rpartition("/")[2]


def test_migrations_end_in_the_schema_of_the_contract(service, empty):
    execute(empty.url, (CONTRACT / "schema.sql").read_text(encoding="utf-8"))
    wanted, found = schema_of(service.server, name_of(empty)), schema_of(service.server, "orders")
    differences = [f"- {line}" for line in wanted if line not in found]
    differences += [f"+ {line}" for line in found if line not in wanted]
    assert not differences, "\n".join(["-: schema.sql, +: the migrations", *differences])
    assert found == wanted


def test_migrating_again_changes_nothing(service, empty):
    complete(service.application.migrate(empty))
    before = schema_of(service.server, name_of(empty))
    complete(service.application.migrate(empty))
    assert schema_of(service.server, name_of(empty)) == before


def test_two_releases_may_migrate_at_once(service, empty):
    for process in [service.application.migrate(empty) for _ in range(3)]:
        complete(process)
    assert schema_of(service.server, name_of(empty)) == schema_of(service.server, "orders")


def test_seeding_twice_makes_the_products_once(service, empty):
    complete(service.application.migrate(empty))
    complete(service.application.seed(empty))
    products = empty.rows("select * from products order by id")
    assert len(products) >= 3
    complete(service.application.seed(empty))
    assert empty.rows("select * from products order by id") == products


def test_the_role_that_serves_may_not_change_the_schema(service, database):
    forbidden = [
        "create table t (i int)",
        "alter table orders add column i int",
        "drop table orders",
        "truncate orders",
    ]
    with psycopg.connect(service.database.app_url, autocommit=True) as session:
        for statement in forbidden:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement)
    owners = database.rows("select distinct tableowner from pg_tables where schemaname = 'public'")
    assert owners == [{"tableowner": "orders_owner"}]


class Load:
    """Requests, one after the other in a few threads, until the `with` ends; keeps what went wrong."""

    def __init__(self, *calls):
        self.failures = []
        self.answered = 0
        self._calls = calls
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._ending.is_set():
            for call in self._calls:
                try:
                    answer = call()
                except Exception as error:  # noqa: BLE001 - every failure of the client is one of the service
                    self.failures.append(repr(error))
                else:
                    self.answered += 1
                    if answer.status_code not in {200, 201}:
                        self.failures.append(answer.text)


def test_a_migration_while_serving_fails_no_request(service, account, database):
    product = database.add_product(stock=100_000)
    order = account.place((product, 1)).json()["id"]
    calls = [
        lambda: account.get("/v1/orders", limit=5),
        lambda: account.get(f"/v1/orders/{order}"),
        lambda: account.get(f"/v1/products/{product}"),
        lambda: account.place((product, 1)),
        lambda: account.get("/v1/me"),
    ]
    changes = [
        "set lock_timeout = '2s'; alter table {table} add column note text not null default ''",
        "create index concurrently suite_{table}_note_idx on {table} (note)",
        "set lock_timeout = '2s'; alter table {table} drop column note",
    ]
    at_once(calls * 4)
    with Load(*calls) as load:
        for change in changes:
            for table in ("orders", "order_lines", "products", "users", "idempotency_keys", "outbox"):
                execute(database.url, change.format(table=table))
            complete(service.application.migrate(database))
    assert load.failures == []
    assert load.answered > 50
