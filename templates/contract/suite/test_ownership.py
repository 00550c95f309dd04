"""What belongs to somebody else is not there."""

from __future__ import annotations

import uuid

import pytest


@pytest.fixture
def theirs(other, database):
    """Somebody else's order, and its product."""
    product = database.add_product(stock=5)
    placed = other.place((product, 2))
    assert placed.status_code == 201, placed.text
    return placed.json()["id"], product


def same_as_if_there_were_none(answer, absent):
    assert answer.status_code == 404
    ignored = {"request_id": ""}
    assert {**answer.json(), **ignored} == {**absent.json(), **ignored}


@pytest.mark.parametrize("path", ["", "/lines"])
def test_somebody_elses_order_is_not_found(account, theirs, path):
    order, _ = theirs
    absent = account.get(f"/v1/orders/{uuid.uuid4()}{path}")
    same_as_if_there_were_none(account.get(f"/v1/orders/{order}{path}"), absent)


@pytest.mark.parametrize("etag", ['"1"', "*", '"2"'])
def test_somebody_elses_order_cannot_be_cancelled(account, other, database, theirs, etag):
    order, product = theirs
    absent = account.cancel(str(uuid.uuid4()), etag)
    same_as_if_there_were_none(account.cancel(order, etag), absent)
    assert other.get(f"/v1/orders/{order}").json()["status"] == "placed"
    assert database.stock(product) == 3


@pytest.mark.usefixtures("theirs")
def test_somebody_elses_orders_are_not_listed(account):
    assert account.get("/v1/orders").json()["items"] == []
    assert account.get("/v1/orders", status="placed", placed_from="2020-01-01T00:00:00Z").json()["items"] == []


def test_somebody_elses_cursor_shows_nothing_of_theirs(account, other, theirs):
    order, product = theirs
    mine = {account.place((product, 1)).json()["id"]}
    other.place((product, 1))
    cursor = other.get("/v1/orders", limit=1).json()["next_cursor"]
    answer = account.get("/v1/orders", limit=100, cursor=cursor)
    assert answer.status_code in {200, 422}
    shown = {each["id"] for each in answer.json().get("items", [])}
    assert shown <= mine
    assert order not in answer.text


@pytest.mark.parametrize(
    "identifier", ["1", "not-a-uuid", "%00", "00000000-0000-0000-0000-00000000000g", "..%2Fme", "é"]
)
def test_what_is_no_id_is_not_found(somebody, identifier):
    for path in (f"/v1/orders/{identifier}", f"/v1/orders/{identifier}/lines", f"/v1/products/{identifier}"):
        assert somebody.get(path).status_code == 404
    assert somebody.cancel(identifier, "*").status_code == 404
