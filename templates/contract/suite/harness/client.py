"""Asks an application what the cases want to know; no answer passes that the contract does not allow."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from harness.contract import violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.logs import Traffic

COOKIE = "canary-cookie"
PASSWORD = "canary-password of a lamp"
TIMEOUT = httpx.Timeout(20)
_numbers = itertools.count(1)


def open_client(base_url: str, traffic: Traffic, **options: Any) -> httpx.Client:
    """Return a client for one application."""

    def check(response: httpx.Response) -> None:
        response.read()
        traffic.collect(response)
        found = list(violations(response.request, response))
        asked = f"{response.request.method} {response.request.url.raw_path.decode()[:200]}"
        assert not found, f"{asked} -> {response.status_code} {response.text[:500]}\n" + "\n".join(found)

    headers = {"Cookie": f"session={COOKIE}", **options.pop("headers", {})}
    limits = httpx.Limits(max_connections=200)
    hooks = {"response": [check]}
    return httpx.Client(
        base_url=base_url,
        timeout=TIMEOUT,
        event_hooks=hooks,
        headers=headers,
        limits=limits,
        trust_env=False,
        **options,
    )


def unique_email() -> str:
    """Return an address that nobody has."""
    return f"ada-{next(_numbers)}-{secrets.token_hex(4)}@example.com"


@dataclass
class Account:
    """Somebody who is signed in."""

    http: httpx.Client
    id: str
    email: str
    password: str
    access_token: str
    refresh_token: str

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask with the access token."""
        headers = {"Authorization": f"Bearer {self.access_token}", **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Read."""
        return self.request("GET", path, params=parameters)

    def place(self, *lines: tuple[str, int], key: str | None = None) -> httpx.Response:
        """Place an order for products and quantities."""
        body = {"lines": [{"product_id": product, "quantity": quantity} for product, quantity in lines]}
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return self.request("POST", "/v1/orders", json=body, headers=headers)

    def place_patiently(self, *lines: tuple[str, int], key: str | None = None) -> httpx.Response:
        """Place an order as the contract tells clients to: again with the same key, while the answer says so."""
        key = key or secrets.token_hex(16)
        while True:
            answer = self.place(*lines, key=key)
            if "retry-after" not in answer.headers:
                return answer
            time.sleep(min(int(answer.headers["retry-after"]), 1) / 4)

    def cancel(self, order: str, etag: str | None) -> httpx.Response:
        """Cancel an order as it was last seen."""
        headers = {"If-Match": etag} if etag is not None else {}
        return self.request("POST", f"/v1/orders/{order}/cancel", headers=headers)

    def pages(self, path: str, **parameters: Any) -> Iterator[Sequence[dict[str, Any]]]:
        """Read a listing to its end."""
        while True:
            page = self.get(path, **parameters)
            assert page.status_code == 200, page.text
            yield page.json()["items"]
            cursor = page.json()["next_cursor"]
            if cursor is None:
                return
            parameters["cursor"] = cursor


def sign_up(http: httpx.Client, password: str = PASSWORD) -> Account:
    """Make an account and sign in."""
    email = unique_email()
    credentials = {"email": email, "password": password}
    made = http.post("/v1/users", json=credentials)
    assert made.status_code == 201, made.text
    tokens = http.post("/v1/auth/sign-in", json=credentials)
    assert tokens.status_code == 200, tokens.text
    given = tokens.json()
    return Account(http, made.json()["id"], email, password, given["access_token"], given["refresh_token"])
