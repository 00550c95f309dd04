"""An application in the arena: its database, its account, its process, and the requests that are sent to it."""

from __future__ import annotations

import http.client
import random
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
from harness.application import Application

from benchmark.load import LoadError, Request
from benchmark.plan import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.application import Api

    from benchmark.arena import Arena
    from benchmark.contestants import Contestant
    from benchmark.plan import Settings

_UNLIMITED = "1000000"
_VARIANTS = 1000
"""How many different requests of a kind are sent."""
_CREDENTIALS = {"email": "ada@example.com", "password": "correct horse battery staple"}
_LOOK_AGAIN = 0.002
"""Seconds between two looks at whether a process is ready."""
_START_PATIENCE = 30.0
_LIST = {"limit": 20}


class Contender:
    """One application of a contestant: the template, or the minimal one."""

    def __init__(self, contestant: Contestant, arena: Arena, settings: Settings, *, minimal: bool) -> None:
        self.contestant = contestant
        self.minimal = minimal
        self.operations = [each for each in OPERATIONS if each.minimal or not minimal]
        app = contestant.minimal if minimal else contestant.full
        self.database = arena.database(app.name.removeprefix("bench/"))
        environment = {
            "NODE_ENV": "production",
            "LOG_LEVEL": "info",
            "DATABASE_POOL_SIZE": str(settings.pool),
            "RATE_LIMIT_PER_MINUTE": _UNLIMITED,
            "RATE_LIMIT_AUTH_PER_MINUTE": _UNLIMITED,
            "ACCESS_TOKEN_SECONDS": "86400",
        }
        self._application = Application(app, self.database, environment)
        arena.fill(self.database, None if minimal else self._application)
        self._headers: dict[str, str] = {}
        self.starts: list[float] = []
        """Seconds from starting its process to its being ready."""
        with self.running() as api:
            if not minimal:
                arena.add_orders(self.database, self._sign_up(api))
            self._check_answers(api)
        self.starts.clear()  # the first one read its files from the disk
        arena.settle(self.database)

    @property
    def name(self) -> str:
        """What it is called in the terminal."""
        return f"{self.contestant.id}{' minimal' if self.minimal else ''}"

    @contextmanager
    def running(self) -> Iterator[Api]:
        """Run its process; it is ready to answer."""
        begun = time.perf_counter()
        api = self._application.api(ready=False)
        try:
            self._wait(api)
            self.starts.append(time.perf_counter() - begun)
            yield api
        finally:
            api.process.kill()

    def requests(self, api: Api) -> Mapping[str, Request]:
        """Return what is sent, by operation."""
        everything = [str(row["id"]) for row in self.database.rows("select id from products order by id")]
        chosen = random.Random(0).choices(everything, k=_VARIANTS)
        pairs = [dict.fromkeys(pair) for pair in zip(chosen, reversed(chosen), strict=True)]
        orders = [{"lines": [{"product_id": each, "quantity": 1} for each in pair]} for pair in pairs]
        address = f"{api.base_url}/v1"
        return {
            "healthz": Request("GET", [f"{self._admin(api)}/healthz"], 200, {}),
            "product": Request("GET", [f"{address}/products/{each}" for each in chosen], 200, self._headers),
            "products": Request("GET", [f"{address}/products?limit=20"], 200, self._headers),
            "orders": Request("GET", [f"{address}/orders?limit=20"], 200, self._headers),
            "place": Request("POST", [f"{address}/orders"], 201, self._headers, orders, has_key=True),
            "sign-in": Request("POST", [f"{address}/auth/sign-in"], 200, {}, [_CREDENTIALS]),
        }

    def _admin(self, api: Api) -> str:
        return api.base_url if self.minimal else api.admin_url

    def _wait(self, api: Api) -> None:
        """Return as soon as the process is ready: when it says so, or, minimal, when it answers at all."""
        address = self._admin(api).removeprefix("http://")
        path = "/healthz" if self.minimal else "/readyz"
        deadline = time.monotonic() + _START_PATIENCE
        while time.monotonic() < deadline and api.process.code is None:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection(address, timeout=1)
                connection.request("GET", path)
                if connection.getresponse().status == http.client.OK:
                    return
            time.sleep(_LOOK_AGAIN)
        message = f"{self.name} does not start:\n{api.process.tail()}"
        raise LoadError(message)

    def _sign_up(self, api: Api) -> str:
        """Make the account that places orders; return its id."""
        with httpx.Client(base_url=api.base_url, timeout=10, trust_env=False) as client:
            account = client.post("/v1/users", json=_CREDENTIALS).raise_for_status().json()
            tokens = client.post("/v1/auth/sign-in", json=_CREDENTIALS).raise_for_status().json()
        self._headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return str(account["id"])

    def _check_answers(self, api: Api) -> None:
        """Make sure that the products are shown as the contract says, by minimal applications, too."""
        wanted = [_shown(row) for row in self.database.rows("select * from products order by id limit 20")]
        with httpx.Client(base_url=api.base_url, headers=self._headers, timeout=10, trust_env=False) as client:
            page = client.get("/v1/products", params=_LIST).raise_for_status().json()
            one = client.get(f"/v1/products/{wanted[0]['id']}").raise_for_status().json()
        if (page["items"], one) != (wanted, wanted[0]) or not page["next_cursor"]:
            message = f"{self.name} does not show the products as the contract says: {one} instead of {wanted[0]}"
            raise LoadError(message)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    price = {"amount_minor": row["price_minor"], "currency": row["currency"]}
    return {"id": str(row["id"]), "name": row["name"], "price": price, "stock": row["stock"]}
