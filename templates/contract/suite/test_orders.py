"""Placing orders: what is refused, and what holds when many do it at once."""

from __future__ import annotations

import secrets
import uuid

import pytest
from harness.client import sign_up
from harness.crowd import Crowd, at_once


@pytest.fixture
def lamp(database):
    return database.add_product(stock=10)


def orders_of(database, account):
    return database.rows("select * from orders where user_id = %s", account.id)


def assert_nothing_was_written(database, account, product):
    assert orders_of(database, account) == []
    assert database.rows("select 1 from idempotency_keys where user_id = %s", account.id) == []
    assert database.rows("select 1 from outbox where payload::text like %s", f"%{product}%") == []


def test_more_than_there_is_cannot_be_ordered(account, database, lamp):
    desk = database.add_product(stock=1)
    refused = account.place((lamp, 2), (desk, 2))
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:problem:insufficient-stock"
    assert (database.stock(lamp), database.stock(desk)) == (10, 1)
    assert_nothing_was_written(database, account, lamp)


def test_a_product_that_does_not_exist_cannot_be_ordered(account, database, lamp):
    refused = account.place((lamp, 1), (str(uuid.uuid4()), 1))
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:problem:invalid"
    assert database.stock(lamp) == 10
    assert_nothing_was_written(database, account, lamp)


def test_two_currencies_do_not_mix(account, database, lamp):
    desk = database.add_product(currency="CHF")
    refused = account.place((lamp, 1), (desk, 1))
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:problem:mixed-currencies"
    assert (database.stock(lamp), database.stock(desk)) == (10, 10)
    assert_nothing_was_written(database, account, lamp)


def test_a_product_cannot_be_named_twice_in_an_order(somebody, database, lamp):
    refused = somebody.place((lamp, 1), (lamp, 2))
    assert refused.status_code == 422
    twice_in_other_letters = somebody.place((lamp, 1), (lamp.upper(), 2))
    assert twice_in_other_letters.status_code == 422
    assert database.stock(lamp) == 10


@pytest.mark.parametrize("quantity", [0, -1, 1001, 2**31, 2**63, 10**30, 1.5, "1", True, None, [1], {}])
def test_a_quantity_out_of_bounds_is_refused(somebody, database, lamp, quantity):
    refused = somebody.place((lamp, quantity))
    assert refused.status_code == 422, refused.text
    assert "quantity" in refused.text
    assert database.stock(lamp) == 10


@pytest.mark.parametrize("lines", [0, 51])
def test_an_order_has_one_to_fifty_lines(somebody, lines):
    assert somebody.place(*[(str(uuid.uuid4()), 1)] * lines).status_code == 422


def test_an_order_of_fifty_lines_is_placed(somebody, database):
    lines = [(database.add_product(price=price), 2) for price in range(50)]
    placed = somebody.place(*lines)
    assert placed.status_code == 201, placed.text
    assert placed.json()["total"]["amount_minor"] == 2 * sum(range(50))


def test_money_beyond_32_bits_is_added_up_exactly(somebody, database):
    dear = database.add_product(price=9_007_199_254, stock=1000)
    placed = somebody.place((dear, 1000))
    assert placed.status_code == 201, placed.text
    assert placed.json()["total"]["amount_minor"] == 9_007_199_254_000


@pytest.mark.parametrize("lines", [1, 2])
def test_a_total_that_json_cannot_carry_exactly_is_refused(account, database, lines):
    """One line of these is more than 2^53, two are more than 2^63."""
    dear = [database.add_product(price=9_007_199_254_740_991, stock=1000) for _ in range(lines)]
    refused = account.place(*((product, 1000) for product in dear))
    assert refused.status_code == 422, refused.text
    assert database.stock(dear[0]) == 1000
    assert_nothing_was_written(database, account, dear[0])


def test_fifty_parallel_orders_on_a_stock_of_ten_leave_ten_orders_and_no_stock(http, database, lamp):
    buyers = [sign_up(http) for _ in range(5)]
    with Crowd() as crowd, database.locked("products", lamp) as lock:
        calls = [lambda buyer=buyer: buyer.place_patiently((lamp, 1)) for buyer in buyers * 10]
        answers = crowd.start(calls)
        database.until_waiting(5)
        lock.rollback()
        answers = [answer.result() for answer in answers]
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(409)) == (10, 40)
    kinds = {answer.json()["type"] for answer in answers if answer.status_code == 409}
    assert kinds == {"urn:problem:insufficient-stock"}
    assert database.stock(lamp) == 0
    ids = [buyer.id for buyer in buyers]
    written = database.rows(
        "select o.id, o.total_minor, l.quantity from orders o left join order_lines l on l.order_id = o.id"
        " where o.user_id = any(%s)",
        ids,
    )
    assert {str(row["id"]) for row in written} == {each.json()["id"] for each in answers if each.status_code == 201}
    assert [(row["total_minor"], row["quantity"]) for row in written] == [(1250, 1)] * 10
    assert database.value("select count(*) from idempotency_keys where user_id = any(%s)", ids) == 10


def test_orders_and_cancellations_lock_their_products_in_one_order(account, other, database):
    low, high = sorted(database.add_product(stock=10) for _ in range(2))
    with Crowd() as crowd, database.locked("products", low) as lock:
        answers = crowd.start(
            [lambda: account.place((low, 1), (high, 1)), lambda: other.place((high, 1), (low, 1))],
        )
        database.until_waiting(2)
        assert database.is_free("products", high), "an order holds the higher product while it waits for the lower"
        lock.rollback()
        placed = [answer.result() for answer in answers]
    assert [answer.status_code for answer in placed] == [201, 201]

    with Crowd() as crowd, database.locked("products", low) as lock:
        owners = zip((account, other), placed, strict=True)
        calls = [lambda who=who, what=what: who.cancel(what.json()["id"], "*") for who, what in owners]
        answers = crowd.start(calls)
        database.until_waiting(2)
        assert database.is_free("products", high), "a cancellation holds the higher product while it waits"
        lock.rollback()
        assert [answer.result().status_code for answer in answers] == [200, 200]
    assert (database.stock(low), database.stock(high)) == (10, 10)


def test_two_orders_of_the_same_products_in_opposite_order_both_succeed(account, other, database):
    low, high = (database.add_product(stock=100) for _ in range(2))
    with Crowd() as crowd, database.locked("products", low, high) as lock:
        answers = crowd.start(
            [lambda: account.place((low, 1), (high, 1)), lambda: other.place((high, 1), (low, 1))],
        )
        database.until_waiting(2)
        lock.rollback()
        assert [answer.result().status_code for answer in answers] == [201, 201]
    assert (database.stock(low), database.stock(high)) == (98, 98)


def test_many_orders_at_once_of_one_account_are_all_placed(account, database):
    product = database.add_product(stock=100)
    answers = at_once([lambda: account.place_patiently((product, 1))] * 20)
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.json()["id"] for answer in answers}) == 20
    assert database.stock(product) == 80


def test_an_order_that_the_database_refuses_to_finish_is_tried_again(account, database, lamp):
    """A serialisation failure is not the client's matter: the whole transaction is tried three times."""
    with database.failing("40001", times=2):
        placed = account.place((lamp, 1))
    assert placed.status_code == 201, placed.text
    assert database.stock(lamp) == 9
    assert len(orders_of(database, account)) == 1


def test_an_order_that_deadlocks_is_tried_again(account, database, lamp):
    with database.failing("40P01", times=2):
        placed = account.place((lamp, 1))
    assert placed.status_code == 201, placed.text
    assert database.stock(lamp) == 9


@pytest.mark.parametrize("table", ["orders", "order_lines", "outbox", "idempotency_keys"])
def test_a_fault_of_the_server_leaves_nothing_behind_and_keeps_its_words_to_itself(account, database, lamp, table):
    key = secrets.token_hex(16)
    with database.failing("P0001", 1, table):
        failed = account.place((lamp, 1), key=key)
    assert failed.status_code == 500
    assert failed.json()["type"] == "urn:problem:internal-error"
    for word in ("canary", "suite_fail", "insert", "orders_app", "p0001"):
        assert word not in failed.text.lower(), failed.text
    assert database.stock(lamp) == 10
    assert_nothing_was_written(database, account, lamp)
    assert account.place((lamp, 1), key=key).status_code == 201
