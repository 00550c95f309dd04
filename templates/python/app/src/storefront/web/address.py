"""Where a request came from."""

import contextlib
from ipaddress import ip_address

from fastapi import Request


def client_address(request: Request, trusted_hops: int) -> str:
    """Return the client's address, as the outermost of one's own proxies saw it.

    What stands further left in `X-Forwarded-For` was written by the client.
    """
    if trusted_hops:
        values = ",".join(request.headers.getlist("x-forwarded-for"))
        hops = [hop.strip() for hop in values.split(",") if hop.strip()]
        with contextlib.suppress(IndexError, ValueError):
            return str(ip_address(hops[-trusted_hops]))
    return request.client.host if request.client else ""
