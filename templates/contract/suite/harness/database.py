"""The suite's PostgreSQL: a cluster that can be stopped and started again, and what the cases see in it."""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from harness.places import CONTRACT, ROOT
from harness.processes import wait_until
from kb.prove.installations import find_binaries
from kb.prove.postgres import PATIENCE, Cluster, _ready, _stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP_PASSWORD = "canary-app-database-password"
OWNER_PASSWORD = "canary-owner-database-password"
EMPTY = "orders_empty"
"""The database `orders` as roles.sql leaves it; others are copies of it."""


class Server(Cluster):
    """A throwaway cluster on a port that it keeps when it is stopped and started again."""

    def __init__(self, major: str) -> None:
        super().__init__(ROOT, major)
        self._arguments: tuple[Path, int, Path] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def _spawn(self, data: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
        self._arguments = (data, port, log)
        self._server = super()._spawn(data, port, log)
        return self._server

    def prepare(self) -> None:
        """Make the roles and the database that roles.sql speaks of."""
        roles = (CONTRACT / "roles.sql").read_text(encoding="utf-8")
        roles = roles.replace("'owner'", f"'{OWNER_PASSWORD}'").replace("'app'", f"'{APP_PASSWORD}'")
        execute(self.url, "create database orders")
        execute(self.superuser_url("orders"), roles)
        execute(self.url, f"create database {EMPTY} template orders owner orders_owner")

    def create(self, name: str) -> Database:
        """Create a database that is ready for migrations."""
        execute(self.url, f"create database {name} template {EMPTY} owner orders_owner")
        return self.database(name)

    def database(self, name: str) -> Database:
        """Return a database by its name."""
        place = urlsplit(self.url).netloc.rpartition("@")[2]
        return Database(
            self.superuser_url(name),
            f"postgresql://orders_owner:{OWNER_PASSWORD}@{place}/{name}",
            f"postgresql://orders_app:{APP_PASSWORD}@{place}/{name}",
        )

    def superuser_url(self, name: str) -> str:
        """Return the superuser's way into a database."""
        return f"{self.url.rpartition('/')[0]}/{name}"

    def stop(self) -> None:
        """Stop the server as an administrator does: connections are ended, and new ones refused."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(PATIENCE)

    def start(self) -> None:
        """Start the server again, at the same address."""
        data, port, log = self._arguments
        server = self._spawn(data, port, log)
        self._closing.callback(_stop, server)
        assert _ready(server, data), log.read_text(encoding="utf-8", errors="replace")

    def dump_schema(self, name: str) -> str:
        """Return pg_dump's account of a database's schema, without the tables in which tools keep their history."""
        command = [find_binaries(ROOT, self.major) / "pg_dump", "--schema-only", "--no-owner", "--no-privileges"]
        command += ["--exclude-table=*migration*", "--exclude-table=*version*"]
        done = subprocess.run(
            [*command, "--dbname", self.superuser_url(name)], capture_output=True, text=True, check=True
        )
        return done.stdout


def execute(url: str, script: str) -> None:
    """Run a script, each statement by itself."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script)


class Database:
    """One database, seen by the suite; what it does there, no application can."""

    def __init__(self, url: str, owner_url: str = "", app_url: str = "") -> None:
        self.url = url
        """Of somebody who may do everything in it."""
        self.owner_url = owner_url
        self.app_url = app_url
        self._session = self.connect(autocommit=True)

    def connect(self, **options: Any) -> psycopg.Connection[dict[str, Any]]:
        """Open a session of one's own, such as to hold a lock in."""
        return psycopg.connect(self.url, row_factory=dict_row, **options)

    def reconnect(self) -> None:
        """Open the session anew, after the server was away."""
        self._session.close()
        self._session = self.connect(autocommit=True)

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Return what a query finds."""
        return self._session.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        """Return the first column of the first row."""
        return next(iter(self.rows(query, *parameters)[0].values()))

    def execute(self, statement: str, *parameters: Any) -> int:
        """Run a statement, or several without parameters; return how many rows it changed."""
        return self._session.execute(statement, parameters or None).rowcount

    def add_product(self, *, stock: int = 10, price: int = 1250, currency: str = "EUR") -> str:
        """Return the id of a new product."""
        insert = "insert into products (name, price_minor, currency, stock) values ('Lamp', %s, %s, %s) returning id"
        return str(self.value(insert, price, currency, stock))

    def stock(self, product: str) -> int:
        """Return how many of a product are left."""
        return int(self.value("select stock from products where id = %s", product))

    @contextmanager
    def locked(self, table: str, *ids: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """Hold the rows of a table, so that whoever wants to write them waits; rolling back lets go."""
        with self.connect() as holder:
            query = SQL("select 1 from {} where id = any(%s) order by id for update").format(Identifier(table))
            held = holder.execute(query, [list(ids)]).fetchall()
            assert len(held) == len(ids)
            yield holder
            holder.rollback()

    def is_free(self, table: str, row: str) -> bool:
        """Tell whether nobody holds a row."""
        query = SQL("select 1 from {} where id = %s for update skip locked").format(Identifier(table))
        return bool(self.rows(query, row))

    def waiting(self) -> int:
        """Return how many sessions wait for a lock."""
        return int(
            self.value(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
        )

    def until_waiting(self, sessions: int) -> None:
        """Return when at least that many sessions wait for a lock."""
        wait_until(lambda: self.waiting() >= sessions, f"{sessions} sessions wait for a lock")

    def busy(self) -> int:
        """Return how many of the application's sessions are in a transaction."""
        return int(
            self.value(
                "select count(*) from pg_stat_activity where datname = current_database() and usename = 'orders_app'"
                " and state <> 'idle'"
            )
        )

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    @contextmanager
    def failing(self, code: str, times: int, table: str = "orders") -> Iterator[None]:
        """Make that many insertions into a table fail with an SQLSTATE, as conflicts and faults do."""
        self.execute(
            "create sequence suite_failures;"  # survives rollbacks
            "grant usage on suite_failures to public;"
            "create function suite_fail() returns trigger language plpgsql as $$ begin"
            f" if nextval('suite_failures') <= {times} then"
            f" raise 'canary-internal %', current_user using errcode = '{code}'; end if; return new; end $$;"
            f"create trigger suite_fail before insert on {table} for each row execute function suite_fail()"
        )
        try:
            yield
        finally:
            self.execute(f"drop trigger suite_fail on {table}; drop function suite_fail; drop sequence suite_failures")
