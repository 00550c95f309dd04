"""Speaks HTTP byte by byte, as clients do that are slow or wish no good."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable


def connect(base_url: str) -> socket.socket:
    """Open a connection."""
    address = urlsplit(base_url)
    return socket.create_connection((address.hostname, address.port), timeout=10)


def refuses(base_url: str) -> bool:
    """Tell whether nobody listens there."""
    try:
        connect(base_url).close()
    except ConnectionRefusedError:
        return True
    return False


def seconds_until_closed(connection: socket.socket, drops: Iterable[bytes], every: float) -> float:
    """Send drop after drop; return when the server had enough, whether it said so before or not."""
    started = time.monotonic()
    connection.settimeout(every)
    for drop in drops:
        with contextlib.suppress(TimeoutError):
            try:
                connection.sendall(drop)
                while connection.recv(4096):
                    pass
            except (ConnectionError, BrokenPipeError):
                pass
            return time.monotonic() - started
    message = "the server listens to all of it"
    raise AssertionError(message)
