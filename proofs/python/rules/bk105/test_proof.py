"""Two workers, one job: both have seen it ready before either claims it."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from rules.bk105 import avoid, prefer
from support import figure, fresh_database, race, scalar, sessions

Run = Callable[[int], Awaitable[None]]
RunNext = Callable[[async_sessionmaker[AsyncSession], Run], Awaitable[bool]]

JOB = "insert into jobs (kind, payload) values ('send-invoice', '{}')"


async def two_workers(run_next: RunNext) -> tuple[list[int], list[bool]]:
    """Return the jobs that were run, and what the workers said."""
    ran: list[int] = []

    async def run(job_id: int) -> None:
        ran.append(job_id)

    async with fresh_database(JOB) as url, sessions(url) as new:
        row = "select * from jobs where id = 1 for update"
        answers = await race(url, row, run_next(new, run), run_next(new, run))
        assert await scalar(url, "select state from jobs") == "running"
    return ran, sorted(answers)


async def test_avoid_two_workers_run_the_same_job() -> None:
    ran, answers = await two_workers(avoid.run_next)
    assert ran == [1, 1]
    assert answers == [True, True]
    figure("BK105", "runs of one job", len(ran))


async def test_prefer_one_worker_runs_the_job_and_the_other_leaves_it() -> None:
    ran, answers = await two_workers(prefer.run_next)
    assert ran == [1]
    assert answers == [False, True]
