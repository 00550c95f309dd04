"""A worker runs as soon as a job is enqueued, and again after the request."""

from fastapi import APIRouter, FastAPI

from rules.bk132 import avoid, prefer
from support import app_client, fresh_database, rows, scalar, sessions

SHOP = """
alter table payments
  alter constraint payments_order_id_fkey deferrable initially deferred;
insert into tenants (name) values ('Harbour');
insert into users (tenant_id, email) values (1, 'ada@example.com');
insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
"""
UNKNOWN = 404  # an order that there is not: found out at the commit

TAKE = """
delete from jobs where id in (select id from jobs for update skip locked)
returning (payload ->> 'paymentId')::bigint
"""


async def pay(router: APIRouter, order: int) -> tuple[int, list[str], int]:
    """Return the status, what the job came to, and how many payments there are."""
    done: list[str] = []
    async with fresh_database(SHOP) as url, sessions(url) as new:

        async def work(payment: int) -> None:
            found = await rows(url, "select id from payments where id = %s", payment)
            done.append(f"receipt {payment}" if found else f"no payment {payment}")

        async def enqueue(_kind: str, payment: int) -> None:
            await work(payment)  # a worker was waiting for it

        app = FastAPI()
        app.include_router(router)
        app.state.sessions, app.state.enqueue = new, enqueue
        async with app_client(app) as client:
            payment = {"amount_minor": 1900}
            response = await client.post(f"/orders/{order}/payments", json=payment)
        for (number,) in await rows(url, TAKE):
            await work(number)
        payments = await scalar(url, "select count(*) from payments")
    return response.status_code, done, payments


async def test_avoid_the_worker_finds_no_payment_so_there_is_no_receipt() -> None:
    assert await pay(avoid.router, 1) == (201, ["no payment 1"], 1)


async def test_avoid_the_job_of_a_payment_whose_commit_failed_runs() -> None:
    assert await pay(avoid.router, UNKNOWN) == (201, ["no payment 1"], 0)


async def test_prefer_the_worker_gets_the_job_together_with_the_payment() -> None:
    assert await pay(prefer.router, 1) == (201, ["receipt 1"], 1)


async def test_prefer_a_payment_whose_commit_failed_leaves_no_job() -> None:
    assert await pay(prefer.router, UNKNOWN) == (500, [], 0)
