"""One key, one order: whatever the network, the process or the client does."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager

import pytest
from harness.client import open_client
from harness.crowd import Crowd
from harness.processes import wait_until
from harness.proxy import Proxy


@pytest.fixture
def lamp(database):
    return database.add_product(stock=10)


@pytest.fixture
def key():
    return secrets.token_hex(16)


def orders_of(database, account):
    return database.value("select count(*) from orders where user_id = %s", account.id)


def assert_same_answer(first, second):
    assert (second.status_code, second.content) == (first.status_code, first.content)
    for name in ("location", "etag", "content-type"):
        assert second.headers[name] == first.headers[name]
    assert second.headers["idempotency-replayed"] == "true"


def test_the_same_request_again_gets_the_first_answer(account, database, lamp, key):
    first, second = (account.place((lamp, 1), key=key) for _ in range(2))
    assert first.status_code == 201, first.text
    assert "idempotency-replayed" not in first.headers
    assert_same_answer(first, second)
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert (orders_of(database, account), database.stock(lamp)) == (1, 9)


def test_one_key_twenty_times_in_parallel_places_one_order(account, database, lamp, key):
    with Crowd() as crowd, database.locked("products", lamp) as lock:
        attempts = crowd.start([lambda: account.place((lamp, 1), key=key)] * 20)
        database.until_waiting(1)
        wait_until(lambda: sum(attempt.done() for attempt in attempts) >= 19, "all attempts but one are answered")
        lock.rollback()
        answers = [attempt.result() for attempt in attempts]
    early = [answer for answer in answers if answer.status_code != 201]
    assert len(early) == 19, [answer.status_code for answer in answers]
    running = [answer.json()["type"] for answer in early if answer.status_code == 409]
    assert set(running) == {"urn:problem:request-in-progress"}
    assert {answer.status_code for answer in early} <= {409, 503}
    first = next(answer for answer in answers if answer.status_code == 201)
    for _ in range(3):
        assert_same_answer(first, account.place((lamp, 1), key=key))
    assert (orders_of(database, account), database.stock(lamp)) == (1, 9)
    events = "select count(*) from outbox where payload::text like %s"
    assert database.value(events, f"%{first.json()['id']}%") == 1


def test_clients_that_try_again_as_told_all_get_the_one_answer(account, database, lamp, key):
    with Crowd() as crowd:
        attempts = crowd.start([lambda: account.place_patiently((lamp, 1), key=key)] * 20)
    answers = [attempt.result() for attempt in attempts]
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.content, answer.headers["location"], answer.headers["etag"]) for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert (orders_of(database, account), database.stock(lamp)) == (1, 9)


def test_a_key_with_another_body_is_refused(account, database, lamp, key):
    assert account.place((lamp, 1), key=key).status_code == 201
    refused = account.place((lamp, 2), key=key)
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:problem:key-reused"
    assert (orders_of(database, account), database.stock(lamp)) == (1, 9)


def test_spaces_and_the_order_of_members_make_no_other_body(somebody, lamp, key):
    headers = {"Idempotency-Key": key, "Content-Type": "application/json; charset=utf-8"}
    spaced = json.dumps({"lines": [{"quantity": 1, "product_id": lamp}]}, indent=4)
    first = somebody.place((lamp, 1), key=key)
    assert_same_answer(first, somebody.request("POST", "/v1/orders", content=spaced, headers=headers))


def test_somebody_elses_key_is_another_key(account, other, database, lamp, key):
    mine, theirs = account.place((lamp, 1), key=key), other.place((lamp, 2), key=key)
    assert (mine.status_code, theirs.status_code) == (201, 201), theirs.text
    assert mine.json()["id"] != theirs.json()["id"]
    again = other.place((lamp, 2), key=key)
    assert_same_answer(theirs, again)
    assert database.stock(lamp) == 7


def test_accounts_do_not_wait_for_each_others_keys(account, other, database, lamp, key):
    desk = database.add_product()
    with Crowd() as crowd, database.locked("products", lamp):
        crowd.start([lambda: account.place((lamp, 1), key=key)])
        database.until_waiting(1)
        assert other.place((desk, 1), key=key).status_code == 201


def test_a_key_that_has_expired_is_free_again(account, database, lamp, key):
    first = account.place((lamp, 1), key=key)
    database.execute("update idempotency_keys set expires_at = now() - interval '1 s' where user_id = %s", account.id)
    second = account.place((lamp, 2), key=key)
    assert second.status_code == 201, second.text
    assert second.json()["id"] != first.json()["id"]
    assert_same_answer(second, account.place((lamp, 2), key=key))


def test_a_key_is_kept_for_a_day(account, database, lamp):
    account.place((lamp, 1))
    kept = "select extract(epoch from expires_at - created_at)::int from idempotency_keys where user_id = %s"
    assert abs(database.value(kept, account.id) - 86_400) <= 2


def test_an_order_refused_for_want_of_stock_may_succeed_later_with_the_same_key(somebody, database, key):
    product = database.add_product(stock=0)
    assert somebody.place((product, 1), key=key).status_code == 409
    database.execute("update products set stock = 1 where id = %s", product)
    assert somebody.place((product, 1), key=key).status_code == 201
    assert database.stock(product) == 0


def test_an_invalid_request_leaves_the_key_free(somebody, lamp, key):
    assert somebody.place((lamp, 0), key=key).status_code == 422
    unknown = "00000000-0000-4000-8000-000000000000"
    assert somebody.place((unknown, 1), key=key).status_code == 422
    assert somebody.place((lamp, 1), key=key).status_code == 201


def test_the_first_answer_is_replayed_after_the_order_was_cancelled(somebody, lamp, key):
    first = somebody.place((lamp, 1), key=key)
    assert somebody.cancel(first.json()["id"], "*").status_code == 200
    assert_same_answer(first, somebody.place((lamp, 1), key=key))


@pytest.mark.parametrize("key", ["", "a" * 256, "a b", "a/b", "a,b", '"a"', "käse".encode(), None])
def test_a_missing_or_malformed_key_is_a_bad_request(somebody, lamp, key):
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"lines": [{"product_id": lamp, "quantity": 1}]}
    refused = somebody.request("POST", "/v1/orders", json=body, headers=headers)
    assert refused.status_code == 400, refused.text


@pytest.mark.parametrize("key", ["a" * 255, "AZaz09_.:-"])
def test_every_well_formed_key_is_taken(somebody, lamp, key):
    assert somebody.place((lamp, 1), key=key).status_code == 201


@contextmanager
def commits_waiting(database):
    """Make transactions that insert an order wait in their COMMIT, until the lock that this yields is rolled back."""
    database.execute(
        "create function suite_wait() returns trigger language plpgsql as"
        " $$ begin perform pg_advisory_xact_lock(7, 7); return null; end $$;"
        "create constraint trigger suite_wait after insert on orders deferrable initially deferred"
        " for each row execute function suite_wait()"
    )
    try:
        with database.connect() as holder:
            holder.execute("select pg_advisory_xact_lock(7, 7)")
            yield holder
            holder.rollback()
    finally:
        database.execute("drop trigger suite_wait on orders; drop function suite_wait")


def test_a_crash_between_commit_and_answer_does_not_place_the_order_again(
    account, database, lamp, key, service, serve, traffic
):
    """The commit reaches the database, its confirmation never the process, which is then killed."""
    with Proxy(database.app_url) as proxy:
        doomed = serve(DATABASE_URL=proxy.url)
        account.http = doomed.http
        with Crowd() as crowd:
            with commits_waiting(database) as lock:
                attempt = crowd.start([lambda: account.place((lamp, 1), key=key)])[0]
                database.until_waiting(1)
                proxy.hold()
                lock.rollback()
                wait_until(lambda: orders_of(database, account) == 1, "the order is committed")
            doomed.api.process.kill()
            assert attempt.exception() is not None, "the process answered after its death"
    with open_client(service.base_url, traffic) as account.http:
        again = account.place_patiently((lamp, 1), key=key)
        assert again.status_code == 201, again.text
        assert again.headers["idempotency-replayed"] == "true"
        placed = database.rows("select id from orders where user_id = %s", account.id)
        assert [str(row["id"]) for row in placed] == [again.json()["id"]]
        assert database.stock(lamp) == 9
