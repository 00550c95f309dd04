"""SIGTERM: what has begun is finished, nothing is begun after, and the process ends in time."""

from __future__ import annotations

import signal
import time

import httpx
from harness.client import sign_up
from harness.crowd import Crowd
from harness.processes import wait_until
from harness.sockets import connect, refuses

PATIENT = {"DATABASE_LOCK_TIMEOUT_MS": "9000", "DATABASE_STATEMENT_TIMEOUT_MS": "9000", "REQUEST_TIMEOUT_MS": "10000"}
SLACK = 3.0


def test_requests_in_flight_finish_and_none_is_accepted_after(serve, http, database):
    delay = 0.8
    process = serve(SHUTDOWN_DELAY_MS="800", SHUTDOWN_GRACE_MS="15000", **PATIENT)
    account, product = sign_up(http), database.add_product()
    account.http = process.http
    idle = connect(process.api.base_url)
    with Crowd() as crowd, database.locked("products", product) as lock, idle, httpx.Client(trust_env=False) as kept:
        assert kept.get(process.api.base_url + "/openapi.json").status_code == 200
        flying = crowd.start([lambda: account.place((product, 1))] * 5)
        database.until_waiting(5)
        process.api.process.send(signal.SIGTERM)
        sent = time.monotonic()
        wait_until(lambda: process.api.status("/readyz") == 503, "/readyz says 503", within=0.5)
        assert account.get("/v1/me").status_code == 200, "still served within the delay"
        assert process.api.status("/healthz") == 200
        wait_until(lambda: refuses(process.api.base_url), "the listener is closed", within=delay + SLACK)
        assert time.monotonic() - sent > delay * 0.9
        assert process.api.process.code is None, "gone with requests in flight"
        lock.rollback()
        released = time.monotonic()
        assert [each.result().status_code for each in flying] == [201] * 5
        assert process.api.process.wait(within=15 + SLACK) == 0, process.api.process.tail()
        assert time.monotonic() - released < 6, "an idle connection holds up the end"
    assert database.stock(product) == 5


def test_what_outlasts_the_grace_time_is_cut_and_the_exit_code_says_so(serve, http, database):
    process = serve(SHUTDOWN_DELAY_MS="0", SHUTDOWN_GRACE_MS="500", **PATIENT)
    account, product = sign_up(http), database.add_product()
    account.http = process.http
    with Crowd() as crowd, database.locked("products", product):
        flying = crowd.start([lambda: account.place((product, 1))])[0]
        database.until_waiting(1)
        process.api.process.send(signal.SIGTERM)
        assert process.api.process.wait(within=0.5 + SLACK) == 1, process.api.process.tail()
        assert flying.exception() is not None or flying.result().status_code == 503
    wait_until(lambda: database.busy() == 0, "the abandoned transaction has ended")
    assert database.stock(product) == 10


def test_without_requests_the_process_ends_at_once(serve):
    process = serve()
    assert process.http.get("/openapi.json").status_code == 200
    process.api.process.send(signal.SIGTERM)
    assert process.api.process.wait(within=SLACK) == 0


def test_a_process_that_is_told_to_stop_while_it_starts_stops(service):
    api = service.application.api(ready=False)
    wait_until(lambda: api.status("/healthz") == 200 or api.process.code is not None, "it answers")
    assert api.stop() == 0
