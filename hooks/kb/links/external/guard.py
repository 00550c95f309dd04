"""Which addresses of the network a check may reach, and the transport that reaches no others."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Awaitable[Sequence[Address]]]
"""Returns the addresses of a host, named or literal, best first; raises socket.gaierror where it has none."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_LAST_PORT = 65535
_NAT64 = IPv6Network("64:ff9b::/96")


class RefusedError(Exception):
    """The host has an address that is not on the public internet."""


async def look_up(host: str) -> Sequence[Address]:
    """Ask the system for the addresses of a host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    return [ip_address(str(sockaddr[0])) for *_, sockaddr in found]


async def is_online(hosts: Collection[str], resolve: Resolve) -> bool:
    """Whether any of the hosts has an address; without hosts there is nothing to doubt."""
    answers = await asyncio.gather(*map(resolve, hosts), return_exceptions=True)
    return not hosts or any(not isinstance(answer, BaseException) for answer in answers)


def is_public(address: Address) -> bool:
    """Whether an address, and the IPv4 address it may wrap, is on the public internet."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not address.is_reserved
    if wrapped := _wrapped(address):
        return is_public(wrapped)
    return address in _GLOBAL_UNICAST and address.is_global


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def broken_certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the certificate's fault that an error comes from, if it does."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__  # httpcore hides the cause and leaves the context
    return cause


class GuardedTransport(httpx.AsyncBaseTransport):
    """Looks a host up once per request, refuses it or connects to that very answer.

    A name that is public when it is checked and private when it is connected to (DNS rebinding) finds no second look-up.
    """

    def __init__(self, resolve: Resolve, admits: Callable[[Address], bool], trust: ssl.SSLContext) -> None:
        self._resolve = resolve
        self._admits = admits
        # Connections are pooled by address, and hosts share addresses: one that was verified for a host must not serve
        # another, so none is kept.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(verify=trust, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first address of its host that accepts a connection.

        Raises:
            RefusedError: The host is not on the public internet.
            httpx.InvalidURL: The port is none.
            socket.gaierror: The host has no address.
        """
        if request.url.scheme not in {"http", "https"}:
            message = f"leads to {request.url}, which is no web address"
            raise httpx.UnsupportedProtocol(message)
        if (request.url.port or 0) > _LAST_PORT:
            message = f"{request.url.port} is no port"
            raise httpx.InvalidURL(message)
        host = request.url.raw_host.decode("ascii")
        *others, last = await self._addresses(host)
        for address in others:
            try:
                return await self._inner.handle_async_request(_aimed(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if broken_certificate(error):
                    raise
        return await self._inner.handle_async_request(_aimed(request, host, last))

    async def aclose(self) -> None:
        """Close what is still open."""
        await self._inner.aclose()

    async def _addresses(self, host: str) -> Sequence[Address]:
        addresses = await self._resolve(host)
        for address in addresses:
            if not self._admits(address):
                message = f"{host} is {address}, which is not on the public internet"
                raise RefusedError(message)
        return addresses


def _aimed(request: httpx.Request, host: str, address: Address) -> httpx.Request:
    """Return the request for one address; its Host header, and the name that TLS asks for and verifies, stay."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
