"""What several tests need."""

import uuid
from collections.abc import Awaitable, Callable

import httpx2

from storefront.outbox.webhook import Publish
from storefront.tables import OutboxEvent

PASSWORD = "correct horse battery staple"
SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

AddProduct = Callable[..., Awaitable[uuid.UUID]]


async def sign_in(http: httpx2.AsyncClient, email: str) -> httpx2.AsyncClient:
    """Make an account and let the client be it."""
    credentials = {"email": email, "password": PASSWORD}
    await http.post("/v1/users", json=credentials)
    tokens = (await http.post("/v1/auth/sign-in", json=credentials)).json()
    http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return http


async def place(http: httpx2.AsyncClient, *lines: tuple[uuid.UUID, int], key: str | None = None) -> httpx2.Response:
    """Ask for so many of each product."""
    body = {"lines": [{"product_id": str(product), "quantity": quantity} for product, quantity in lines]}
    return await http.post("/v1/orders", json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})


class Receiver:
    """Takes events, or refuses to."""

    def __init__(self) -> None:
        self.taken: list[OutboxEvent] = []
        self.refusal: Exception | None = None

    def publish(self) -> Publish:
        async def take(event: OutboxEvent) -> None:
            if self.refusal:
                raise self.refusal
            self.taken.append(event)

        return take
