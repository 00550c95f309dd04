"""A partner answers at once, then sends one space at a time before the document."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from rules.bk134 import avoid, prefer
from support import figure

BUDGET = 0.3
DRIBBLE = 3.0
HEAD = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def partner(seconds: float) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Serve a document after so many seconds of spaces; tell when the caller left."""
    caller_left = asyncio.Event()

    async def dribble(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD)
            end = now() + seconds
            while now() < end:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
            writer.write(b'{"totalMinor": 1900}')
            await writer.drain()
        except ConnectionError:
            caller_left.set()
        finally:
            writer.close()

    server = await asyncio.start_server(dribble, "127.0.0.1", 0)
    _host, port = server.sockets[0].getsockname()
    try:
        yield f"http://127.0.0.1:{port}", caller_left
    finally:
        server.close()


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_avoid_a_partner_that_dribbles_holds_the_call_many_times_its_budget() -> (
    None
):
    elapsed = 0.0
    # On a machine that stood still for the budget, one read was too late: then again.
    for _ in range(5):
        async with httpx.AsyncClient() as client, partner(DRIBBLE) as (url, _left):
            begun = now()
            with suppress(httpx.ReadTimeout):
                quote = await avoid.quote(client, url, BUDGET)
                assert quote.total_minor == 1900
                elapsed = now() - begun
                break
    assert elapsed > 5 * BUDGET
    milliseconds = round(elapsed * 1000)
    figure("BK134", "a call with a budget of 300 ms took", milliseconds, "ms")


async def test_prefer_a_partner_that_dribbles_is_given_up_in_time() -> None:
    async with httpx.AsyncClient() as client:
        async with partner(DRIBBLE) as (url, caller_left):
            begun = now()
            with pytest.raises(TimeoutError):
                await prefer.quote(client, url, BUDGET)
            assert now() - begun < DRIBBLE
            await asyncio.wait_for(caller_left.wait(), 10)
        async with partner(0) as (url, _):
            assert (await prefer.quote(client, url, 10)).total_minor == 1900
