"""Cancelling: only the version that was last seen, only once, and the stock comes back once."""

from __future__ import annotations

import pytest
from harness.crowd import Crowd


@pytest.fixture
def lamp(database):
    return database.add_product(stock=10)


@pytest.fixture
def order(somebody, lamp):
    placed = somebody.place((lamp, 3))
    assert placed.status_code == 201, placed.text
    return placed.json()["id"]


def test_without_if_match_nothing_is_cancelled(somebody, order, database, lamp):
    refused = somebody.cancel(order, None)
    assert refused.status_code == 428
    assert database.stock(lamp) == 7


@pytest.mark.parametrize(
    "etag",
    [
        'W/"1"',
        '"2"',
        '"0"',
        '"01"',
        "1",
        '"1',
        'garbage"',
        '"9999999999999999999999"',
        '"-1"',
        '"1.0"',
        '"1" "1"',
        '"2", W/"1"',
        "**",
    ],
)
def test_what_is_not_the_version_at_hand_does_not_match(somebody, order, database, lamp, etag):
    refused = somebody.cancel(order, etag)
    assert refused.status_code == 412, refused.text
    assert database.stock(lamp) == 7
    assert somebody.get(f"/v1/orders/{order}").json()["version"] == 1


@pytest.mark.parametrize(
    "etag", ['"1"', "*", '"7", "1"', '"1","2"', ', "1" ,', ", ".join(f'"{each}"' for each in range(30, 0, -1))]
)
def test_a_list_that_has_the_version_at_hand_matches(somebody, order, database, lamp, etag):
    cancelled = somebody.cancel(order, etag)
    assert cancelled.status_code == 200, cancelled.text
    assert database.stock(lamp) == 10


def test_an_order_is_cancelled_once(somebody, order, database, lamp):
    assert somebody.cancel(order, '"1"').status_code == 200
    for current in ('"2"', "*"):
        refused = somebody.cancel(order, current)
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:problem:order-not-cancellable"
    assert somebody.cancel(order, '"1"').status_code == 412
    assert database.stock(lamp) == 10


@pytest.mark.parametrize("etag", ['"1"', "*"])
def test_of_parallel_cancellations_one_wins_and_the_stock_comes_back_once(somebody, order, database, lamp, etag):
    with Crowd() as crowd, database.locked("orders", order) as lock:
        attempts = crowd.start([lambda: somebody.cancel(order, etag)] * 5)
        database.until_waiting(5)
        lock.rollback()
        answers = sorted(attempt.result().status_code for attempt in attempts)
    lost = 409 if etag == "*" else 412
    assert answers == [200, lost, lost, lost, lost]
    assert database.stock(lamp) == 10
    assert somebody.get(f"/v1/orders/{order}").json()["version"] == 2
    events = "select count(*) from outbox where topic = 'order.cancelled' and payload::text like %s"
    assert database.value(events, f"%{order}%") == 1


def test_all_lines_of_an_order_come_back(somebody, database):
    products = [database.add_product(stock=quantity) for quantity in range(1, 6)]
    placed = somebody.place(*((product, quantity) for quantity, product in enumerate(products, start=1)))
    assert [database.stock(product) for product in products] == [0] * 5
    assert somebody.cancel(placed.json()["id"], placed.headers["etag"]).status_code == 200
    assert [database.stock(product) for product in products] == [1, 2, 3, 4, 5]
