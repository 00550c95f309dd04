"""A request for each operation of the contract, for cases that hold for all of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.client import PASSWORD, unique_email

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from harness.client import Account

BY_ADDRESS = frozenset({"signUp", "signIn", "refresh", "signOut"})
"""The operations that need no token."""


@dataclass(frozen=True)
class Asked:
    """What to ask of an operation."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, account: Account, **options: Any) -> httpx.Response:
        """Ask in somebody's name; options replace what would be sent."""
        headers = {**self.headers, **options.pop("headers", {})}
        sent = {"json": self.body} if self.body is not None and "content" not in options else {}
        return account.request(self.method, self.path, headers=headers, **sent, **options)


def one_of_each(product: str, order: str) -> Mapping[str, Asked]:
    """Return a request for each operation, by its id."""
    credentials = {"email": unique_email(), "password": PASSWORD}
    token = {"refresh_token": "A" * 43}
    new = {"lines": [{"product_id": product, "quantity": 1}]}
    return {
        "signUp": Asked("POST", "/v1/users", credentials),
        "signIn": Asked("POST", "/v1/auth/sign-in", credentials),
        "refresh": Asked("POST", "/v1/auth/refresh", token),
        "signOut": Asked("POST", "/v1/auth/sign-out", token),
        "getMe": Asked("GET", "/v1/me"),
        "listProducts": Asked("GET", "/v1/products"),
        "getProduct": Asked("GET", f"/v1/products/{product}"),
        "placeOrder": Asked("POST", "/v1/orders", new, {"Idempotency-Key": uuid.uuid4().hex}),
        "listOrders": Asked("GET", "/v1/orders"),
        "getOrder": Asked("GET", f"/v1/orders/{order}"),
        "listOrderLines": Asked("GET", f"/v1/orders/{order}/lines"),
        "cancelOrder": Asked("POST", f"/v1/orders/{order}/cancel", headers={"If-Match": "*"}),
    }
