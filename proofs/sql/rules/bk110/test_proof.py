"""A customer is inserted by somebody else while the function waits for the address."""

from pathlib import Path

from support import fresh_database, race, rows, run_sql, sample_sql, scalar

HERE = Path(__file__).parent
TENANT = "insert into tenants (name) values ('Harbour')"
SOMEBODY = "insert into users (tenant_id, email) values (1, 'ada@example.com')"
CUSTOMER = "select customer(1, 'ada@example.com')"


async def waits(role: str) -> tuple[object, object, list[tuple[int]]]:
    """Return the answer, that of a call afterwards, and the ids of all customers."""
    async with fresh_database(TENANT) as url:
        await run_sql(url, sample_sql(HERE, role))
        [answer] = await race(url, SOMEBODY, scalar(url, CUSTOMER))
        again = await scalar(url, CUSTOMER)
        return answer, again, await rows(url, "select id from users")


async def test_avoid_a_customer_committed_meanwhile_is_answered_with_null() -> None:
    answer, again, [(stored,)] = await waits("avoid")
    assert answer is None
    assert again == stored


async def test_prefer_a_customer_committed_meanwhile_is_found() -> None:
    answer, again, [(stored,)] = await waits("prefer")
    assert answer == stored
    assert again == stored
