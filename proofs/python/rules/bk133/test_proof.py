"""A process gets SIGTERM while one of its requests waits for a row lock."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from support import figure, fresh_database, hold, until_blocked
from support.databases import Holder

LAME_DUCK = 2.0
IGNORED = 8.0  # by the avoid sample; a slow machine is not taken for a wait
PRODUCT = "insert into products (name, price_minor, stock) values ('lamp', 1900, 10)"


async def ask(url: str) -> int | str:
    """Return the status, from a connection of its own, or why there is none."""
    try:
        async with httpx.AsyncClient(timeout=30, verify=False) as client:
            return (await client.get(url)).status_code
    except httpx.ConnectError:
        return "refused"
    except httpx.HTTPError as error:
        return type(error).__name__


@dataclass
class Busy:
    """A process that was told to stop in the middle of a request."""

    url: str
    process: asyncio.subprocess.Process
    row: Holder
    work: asyncio.Task[int | str]
    told: float

    async def until_refused(self) -> set[int | str]:
        """Return what other requests got while readiness said 503."""
        seen = set()
        async with asyncio.timeout(40):
            while (ready := await ask(f"{self.url}/readyz")) != "refused":
                if ready == 503:
                    seen.add(await ask(f"{self.url}/hello"))
                await asyncio.sleep(0.02)
        return seen

    async def exit_code(self, seconds: float) -> int | str:
        """Return the exit code, or that the process is still there."""
        try:
            return await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            return "still there"

    def elapsed(self) -> float:
        return asyncio.get_running_loop().time() - self.told


@asynccontextmanager
async def stop_while_busy(
    role: str, lame_duck: float, drain: int
) -> AsyncIterator[Busy]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with (
        fresh_database(PRODUCT) as database,
        hold(database, "select from products for update") as row,
    ):
        arguments = [role, database, str(lame_duck), str(drain), str(port)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "rules.bk133.server", *arguments
        )
        try:
            async with asyncio.timeout(40):
                ready: int | str = "refused"
                while ready != 200:
                    await asyncio.sleep(0.05)
                    ready = await ask(f"{url}/readyz")
            work = asyncio.create_task(ask(f"{url}/work"))
            await until_blocked(database, 1)
            process.send_signal(signal.SIGTERM)
            told = asyncio.get_running_loop().time()
            yield Busy(url, process, row, work, told)
            work.cancel()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def test_avoid_new_requests_are_refused_before_a_balancer_can_know() -> None:
    async with stop_while_busy("avoid", IGNORED, 20) as busy:
        await busy.until_refused()
        assert busy.elapsed() < IGNORED


async def test_avoid_a_request_that_never_ends_holds_the_process() -> None:
    async with stop_while_busy("avoid", 0, 1) as busy:
        assert await busy.exit_code(4) == "still there"


async def test_prefer_readiness_fails_first_and_every_request_is_answered() -> None:
    async with stop_while_busy("prefer", LAME_DUCK, 20) as busy:
        assert 200 in await busy.until_refused()
        await busy.row.release()
        assert await busy.work == 200
        assert await busy.exit_code(30) == 0
        milliseconds = round(busy.elapsed() * 1000)
        figure(
            "BK133", "from SIGTERM to exit, with a lame duck of 2 s", milliseconds, "ms"
        )


async def test_prefer_a_request_that_never_ends_is_cancelled_at_the_deadline() -> None:
    async with stop_while_busy("prefer", 0, 1) as busy:
        assert await busy.exit_code(30) == 0
