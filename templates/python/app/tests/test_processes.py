"""The commands as an operator sees them: their output, their exit codes, and their sockets."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from sqlalchemy import insert
from support import SECRET

from storefront.database import Database
from storefront.tables import OutboxEvent

PATIENCE = 50


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def start(command: str, **settings: str) -> Process:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "storefront", command, env={**kept, **settings}, stdout=PIPE, stderr=PIPE
    )


@asynccontextmanager
async def serving(database_url: str, **settings: str) -> AsyncIterator[tuple[Process, int]]:
    port, admin = free_port(), free_port()
    known = {
        "DATABASE_URL": database_url,
        "JWT_SECRET": SECRET,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "ADMIN_PORT": str(admin),
        "SHUTDOWN_DELAY_MS": "0",
        "READ_TIMEOUT_MS": "300",
    }
    process = await start("api", **known, **settings)
    try:
        await ready(admin)
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(admin: int) -> None:
    async with asyncio.timeout(PATIENCE), httpx2.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(f"http://127.0.0.1:{admin}/readyz")).is_success:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)


async def ask(port: int, sent: bytes) -> bytes:
    """Send bytes, and return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("command", ["api", "worker", "migrate", "seed"])
async def test_faults_of_the_configuration_end_the_process(command: str) -> None:
    process = await start(command, LOG_LEVEL="loud")
    out, err = await process.communicate()
    assert (process.returncode, out) == (78, b"")
    assert b"LOG_LEVEL: " in err
    assert b"DATABASE_URL: is required" in err


async def test_slow_and_malformed_requests_are_let_go(database_url: str) -> None:
    async with serving(database_url) as (_, port):
        assert await ask(port, b"") == b""
        assert (await ask(port, b"GET /v1/me HTTP/1.1\r\nHost: x\r\n")).startswith(b"HTTP/1.1 408")
        head = b"POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
        assert (await ask(port, head)).startswith(b"HTTP/1.1 408")
        for malformed in (b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000):
            refused = await ask(port, malformed)
            assert refused.startswith(b"HTTP/1.1 400")
            assert b"application/problem+json" in refused
            assert b"x-content-type-options" in refused.lower()


async def test_sigterm_ends_it_in_order_and_every_line_is_json(database_url: str) -> None:
    async with serving(database_url) as (process, port):
        async with httpx2.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://127.0.0.1:{port}/v1/me")).status_code == 401
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, err) == (0, b"")
    lines = [json.loads(line) for line in out.splitlines()]
    assert all({"time", "level", "msg"} <= line.keys() for line in lines)
    (request,) = [line for line in lines if line["msg"] == "request"]
    assert (request["method"], request["route"], request["status"]) == ("GET", "/v1/me", 401)


async def test_the_worker_ends_on_sigterm(database_url: str) -> None:
    process = await start("worker", DATABASE_URL=database_url, OUTBOX_POLL_MS="50")
    assert process.stdout
    assert json.loads(await process.stdout.readline())["msg"] == "working"
    process.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, err) == (0, b""), out


async def test_the_worker_keeps_the_address_of_its_receiver_to_itself(database: Database, database_url: str) -> None:
    async def take(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    event = insert(OutboxEvent).values(topic="order.placed", payload={})
    await database.transaction(lambda session: session.execute(event))
    async with await asyncio.start_server(take, "127.0.0.1", 0) as receiver:
        url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/a-secret"
        process = await start("worker", DATABASE_URL=database_url, OUTBOX_WEBHOOK_URL=url, LOG_LEVEL="debug")
        assert process.stdout
        lines: list[bytes] = []
        while not lines or b'"delivered"' not in lines[-1]:
            lines.append(await asyncio.wait_for(process.stdout.readline(), PATIENCE))
        process.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert b"a-secret" not in b"".join(lines) + out
