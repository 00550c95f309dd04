"""The database goes away and comes back: 503 meanwhile, and not one failure after."""

from __future__ import annotations

import pytest
from harness.crowd import at_once
from harness.operations import one_of_each
from harness.processes import wait_until
from harness.proxy import Proxy

DEADLINE = 5.0
SLACK = 2.0


@pytest.fixture
def warm(service, account):
    """Every connection of the pool is open, so that each may be stale later."""
    at_once([lambda: account.get("/v1/products", limit=1)] * 20)
    return service


def test_after_a_quick_restart_the_first_requests_succeed(warm, account, database):
    product = database.add_product(stock=100)
    warm.server.stop()
    warm.server.start()
    database.reconnect()
    answers = [account.place((product, 1)), *(account.get("/v1/products", limit=1) for _ in range(15))]
    assert [answer.status_code for answer in answers] == [201] + [200] * 15
    assert {answer.status_code for answer in at_once([lambda: account.get("/v1/me")] * 15)} == {200}


def test_while_the_database_is_away_nothing_hangs_and_nothing_dies(warm, account, http, database):
    product = database.add_product()
    warm.server.stop()
    try:
        wait_until(lambda: warm.api.status("/readyz") == 503, "/readyz says 503", within=2)
        assert warm.api.status("/healthz") == 200
        asked = [lambda each=each: each.send(account) for each in one_of_each(product, product).values()]
        asked += [lambda: http.post("/v1/auth/refresh", json={"refresh_token": account.refresh_token})]
        for answer in at_once(asked * 3):
            assert answer.status_code == 503, f"{answer.request.url.path}: {answer.text}"
            assert answer.elapsed.total_seconds() < DEADLINE + SLACK
        assert account.get("/nowhere").status_code == 404
        assert warm.api.process.code is None
    finally:
        warm.server.start()
        database.reconnect()
    first = account.get("/v1/me")
    assert first.status_code == 200, first.text
    wait_until(lambda: warm.api.status("/readyz") == 200, "/readyz says 200", within=2)
    assert refresh_works(http, account), "a token that got 503 was used up"
    order = account.place((product, 1)).json()["id"]
    wait_until(lambda: warm.webhook.about(order), "the worker delivers again")
    assert (warm.api.process.code, warm.worker.code) == (None, None)


def refresh_works(http, account):
    return http.post("/v1/auth/refresh", json={"refresh_token": account.refresh_token}).status_code == 200


def test_a_database_that_no_packet_reaches_costs_a_503_within_the_deadline(serve, account, database):
    with Proxy(database.app_url) as proxy:
        process = serve(DATABASE_URL=proxy.url, REQUEST_TIMEOUT_MS="1500")
        account.http = process.http
        assert account.get("/v1/me").status_code == 200
        proxy.hold()
        wait_until(lambda: process.api.status("/readyz") == 503, "/readyz says 503", within=3)
        assert process.api.status("/healthz") == 200
        for answer in at_once([lambda: account.get("/v1/me")] * 15):
            assert answer.status_code == 503
            assert answer.elapsed.total_seconds() < 1.5 + SLACK
        proxy.release()
        wait_until(lambda: account.get("/v1/me").status_code == 200, "served again", within=5)
        wait_until(lambda: process.api.status("/readyz") == 200, "/readyz says 200", within=5)
