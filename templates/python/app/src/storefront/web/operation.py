"""What happens before FastAPI looks at a request, in the order of the contract."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from storefront.web import body
from storefront.web.address import client_address
from storefront.web.authentication import authenticate
from storefront.web.problems import Kind, Problem
from storefront.web.services import Services, services_of

PUBLIC: dict[str, Any] = {"security": []}
"""The `openapi_extra` of an operation that needs no token. BK118: every other one does."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Operation(APIRoute):
    """A route that refuses before it reads, and has a deadline.

    FastAPI by itself reads and parses the body first, before any dependency is asked.
    """

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler with what comes before it."""
        handle = super().get_route_handler()
        public = self.openapi_extra == PUBLIC
        takes_body = self.body_field is not None
        takes_query = bool(self.dependant.query_params)

        async def guarded(request: Request) -> Response:
            services = await services_of(request)
            settings = services.settings
            _admit(request, services, public=public)
            content = b""
            if takes_body:
                content = await body.read(request, settings.body_limit_bytes, settings.read_timeout_ms / 1000)
            if not takes_query:
                _refuse_query(request)
            if takes_body:
                request = body.parsed(request, content)
            try:
                async with asyncio.timeout(settings.request_timeout_ms / 1000):
                    return await handle(request)
            except TimeoutError:
                raise Problem(Kind.UNAVAILABLE, "The deadline passed.") from None

        return guarded


def _admit(request: Request, services: Services, *, public: bool) -> None:
    if public:
        services.by_address.take(client_address(request, services.settings.trust_proxy_hops))
    else:
        services.by_account.take(str(authenticate(request, services.access_tokens)))


def _refuse_query(request: Request) -> None:
    if unknown := set(request.query_params):
        errors = [{"parameter": name, "detail": "is not known here"} for name in sorted(unknown)]
        raise Problem(Kind.INVALID, errors=errors)
