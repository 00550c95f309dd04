"""Clients and servers for proofs: an application's client, a server that is late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


@asynccontextmanager
async def sessions(
    url: str, pool_size: int = 10, max_overflow: int = 10
) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Make SQLAlchemy sessions on asyncpg for that database; closed at the end."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=max_overflow,
    )
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        await engine.dispose()


@asynccontextmanager
async def app_client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Start an application in this process; what it fails to handle becomes a 500."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://app") as client,
    ):
        yield client


@asynccontextmanager
async def slow_server(seconds: float | None = None) -> AsyncIterator[str]:
    """Serve HTTP that answers `ok` after so many seconds, or never; yield its URL."""
    open_connections: set[asyncio.StreamWriter] = set()

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        open_connections.add(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            if seconds is None:
                await reader.read()  # until the client gives up
            else:
                await asyncio.sleep(seconds)
                writer.write(ANSWER)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            open_connections.discard(writer)
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        _host, port = server.sockets[0].getsockname()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for writer in open_connections:
            writer.close()
