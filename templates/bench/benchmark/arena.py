"""The PostgreSQL that all are measured on, with a database of the same rows for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.application import complete
from harness.database import Server, execute
from harness.places import CONTRACT
from harness.toolchain import provide_postgres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.application import Application
    from harness.database import Database

    from benchmark.plan import Settings

MAJOR = "18"
_LINES = 2
"""How many products an order has."""
_PRODUCT_ID = "overlay(overlay(md5({number}::text) placing '4' from 13) placing '8' from 17)::uuid"
"""The id of the product with a number: as well-formed as a random UUID, and the same in each database."""
_PRODUCTS = f"""
insert into products (id, name, price_minor, currency, stock)
select {_PRODUCT_ID.format(number="n")}, 'Product ' || n, 100 + n, 'EUR', 1000000000 from generate_series(1, %s) as n
"""
_ORDERS = f"""
with placed as (
  insert into orders (user_id, total_minor, currency, created_at)
  select %s::uuid, {_LINES} * 1000, 'EUR', now() - n * interval '1 minute' from generate_series(1, %s) as n
  returning id
)
insert into order_lines (order_id, product_id, quantity, unit_price_minor)
select id, {_PRODUCT_ID.format(number="line")}, 1, 1000 from placed, generate_series(1, {_LINES}) as line
"""
_TOLD = ("fsync", "synchronous_commit", "shared_buffers", "max_connections")


class Arena:
    """A server and the databases on it; use it in a `with`."""

    def __init__(self, settings: Settings) -> None:
        provide_postgres(MAJOR)
        self._server = Server(MAJOR)
        self._settings = settings

    def __enter__(self) -> Self:
        """Start the server."""
        self._server.__enter__()
        self._server.prepare()
        self._admin = self._server.database("postgres")
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the server and remove its files."""
        self._admin.close()
        self._server.__exit__(None, None, None)

    @property
    def pid(self) -> int:
        """The process that all others of the server descend from."""
        session = self._admin.value("select pg_backend_pid()")
        status = Path(f"/proc/{session}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:"))

    @property
    def told(self) -> Mapping[str, str]:
        """The version, and the settings that matter to a measurement."""
        shown = {name: str(self._admin.value(f"show {name}")) for name in _TOLD}
        return {"version": self._server.version, **shown}

    def database(self, name: str) -> Database:
        """Return a new database without tables."""
        return self._server.create(f"bench_{name.replace('-', '_')}")

    def fill(self, database: Database, migrating: Application | None) -> None:
        """Add the tables, by an application's migrations or by the contract's schema, and the products."""
        if migrating:
            complete(migrating.migrate(database))
        else:
            execute(database.owner_url, (CONTRACT / "schema.sql").read_text(encoding="utf-8"))
        database.execute(_PRODUCTS, self._settings.products)

    def add_orders(self, database: Database, user: str) -> None:
        """Give somebody orders."""
        database.execute(_ORDERS, user, self._settings.orders)

    def settle(self, database: Database) -> None:
        """Let no housekeeping of the seeding fall into the measurement."""
        database.execute("vacuum analyze")
        database.execute("checkpoint")
