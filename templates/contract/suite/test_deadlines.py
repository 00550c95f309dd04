"""Nothing waits for ever: slow clients, slow rows, and more requests than connections."""

from __future__ import annotations

import time

import pytest
from harness.client import sign_up
from harness.crowd import Crowd, at_once
from harness.processes import wait_until
from harness.sockets import connect, seconds_until_closed

READ_TIMEOUT = 0.6
DEADLINE = 2.0
SLACK = 2.5
"""What a busy machine may add."""


@pytest.fixture(scope="module")
def strained(serve_for_module):
    """A process with little patience and two connections."""
    return serve_for_module(
        READ_TIMEOUT_MS=str(int(READ_TIMEOUT * 1000)),
        REQUEST_TIMEOUT_MS=str(int(DEADLINE * 1000)),
        DATABASE_POOL_SIZE="2",
        DATABASE_ACQUIRE_TIMEOUT_MS="300",
        DATABASE_LOCK_TIMEOUT_MS="20000",
        DATABASE_STATEMENT_TIMEOUT_MS="20000",
        BODY_LIMIT_BYTES="1000000",
    )


@pytest.fixture
def buyer(http, strained):
    """Somebody whose requests the strained process serves."""
    account = sign_up(http)
    account.http = strained.http
    return account


HEAD = b"POST /v1/auth/sign-in HTTP/1.1\r\nHost: localhost\r\n"
WHOLE_HEAD = HEAD + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize("opening", [pytest.param(HEAD + b"X-Slow: ", id="head"), pytest.param(WHOLE_HEAD, id="body")])
def test_a_slow_client_is_let_go_and_others_are_served_meanwhile(strained, buyer, opening):
    def drip():
        with connect(strained.api.base_url) as connection:
            connection.sendall(opening)
            return seconds_until_closed(connection, [b" "] * 200, every=0.1)

    with Crowd() as crowd:
        slow = crowd.start([drip] * 30)
        while not all(each.done() for each in slow):
            assert buyer.get("/v1/me").elapsed.total_seconds() < 2
            time.sleep(0.05)
    times = [each.result() for each in slow]
    assert max(times) < READ_TIMEOUT + SLACK, times
    assert min(times) > READ_TIMEOUT / 2, times


def test_a_request_that_waits_for_a_row_ends_by_its_deadline_and_writes_nothing(buyer, database):
    product = database.add_product()
    with Crowd() as crowd, database.locked("products", product):
        attempt = crowd.start([lambda: buyer.place((product, 1))])[0]
        database.until_waiting(1)
        answer = attempt.result()
    assert answer.status_code == 503, answer.text
    assert DEADLINE - 0.5 < answer.elapsed.total_seconds() < DEADLINE + SLACK
    wait_until(lambda: database.busy() == 0, "the abandoned transaction has ended")
    assert database.stock(product) == 10
    assert database.value("select count(*) from orders where user_id = %s", buyer.id) == 0
    assert buyer.get("/v1/me").status_code == 200


def test_a_statement_that_waits_for_a_row_ends_by_its_lock_timeout(serve, database, account):
    impatient = serve(DATABASE_LOCK_TIMEOUT_MS="300", DATABASE_STATEMENT_TIMEOUT_MS="20000")
    account.http = impatient.http
    product = database.add_product()
    with database.locked("products", product):
        answer = account.place((product, 1))
    assert answer.status_code == 503, answer.text
    assert answer.elapsed.total_seconds() < 0.3 * 3 + SLACK
    assert database.stock(product) == 10


def test_without_a_free_connection_the_answer_comes_soon_and_service_recovers(buyer, database):
    product = database.add_product()
    with Crowd() as crowd, database.locked("products", product) as lock:
        holding = crowd.start([lambda: buyer.place_patiently((product, 1))] * 2)
        database.until_waiting(2)
        refused = buyer.get("/v1/products")
        assert refused.status_code == 503, refused.text
        assert refused.elapsed.total_seconds() < 0.3 + 1
        lock.rollback()
        assert [each.result().status_code for each in holding] == [201, 201]
    assert buyer.get("/v1/products").status_code == 200
    assert database.stock(product) == 8


def test_a_burst_of_requests_beyond_the_pool_is_answered(buyer):
    answers = at_once([lambda: buyer.get("/v1/products", limit=1)] * 60)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert buyer.get("/v1/products").status_code == 200


def test_tens_of_thousands_of_keys_are_refused_in_time_where_the_limit_lets_them_in(buyer):
    body = {f"key-{number}": number for number in range(30_000)}
    refused = buyer.request("POST", "/v1/orders", json=body, headers={"Idempotency-Key": "many"})
    assert refused.status_code in {422, 503}
    assert refused.elapsed.total_seconds() < 15, "the time grows faster than the number of keys"
