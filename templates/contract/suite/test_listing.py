"""Listings: every row once, in order, whatever happens meanwhile."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def time(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def add_orders(database, account, moments, status="placed"):
    insert = (
        "insert into orders (user_id, status, total_minor, currency, created_at) values (%s, %s, 0, 'EUR', %s)"
        " returning id, created_at"
    )
    return [database.rows(insert, account.id, status, moment)[0] for moment in moments]


def newest_first(rows):
    ordered = sorted(rows, key=lambda row: (row["created_at"], row["id"]), reverse=True)
    return [str(row["id"]) for row in ordered]


def ids(pages):
    return [order["id"] for page in pages for order in page]


@pytest.fixture
def orders(database, account):
    """Twelve orders, with ties, milliseconds apart, and times that microseconds would tell apart."""
    moments = [NOON] * 5 + [NOON + MILLISECOND] * 3 + [NOON - MILLISECOND] * 2
    moments += [NOON + timedelta(microseconds=400), NOON + timedelta(microseconds=600)]
    return add_orders(database, account, moments)


@pytest.mark.parametrize("limit", [1, 2, 5, 12, 100])
def test_pages_of_any_size_have_every_order_once_newest_first(account, orders, limit):
    pages = list(account.pages("/v1/orders", limit=limit))
    assert ids(pages) == newest_first(orders)
    assert len(pages) == -(-len(orders) // limit), "the last page says that it is the last"
    assert {len(page) for page in pages[:-1]} <= {limit}


def test_a_page_has_twenty_orders_unless_told_otherwise(account, database):
    add_orders(database, account, [NOON] * 21)
    assert [len(page) for page in account.pages("/v1/orders")] == [20, 1]


def test_orders_that_are_placed_meanwhile_move_nothing(account, database, orders):
    first = account.get("/v1/orders", limit=4).json()
    shown = {order["id"] for order in first["items"]}
    add_orders(database, account, [NOON + timedelta(days=1)] * 3)
    rest = ids(account.pages("/v1/orders", limit=4, cursor=first["next_cursor"]))
    assert not shown & set(rest)
    assert [order["id"] for order in first["items"]] + rest == newest_first(orders)


def test_a_filter_by_status_goes_through_all_pages(account, database, orders):
    cancelled = add_orders(database, account, [NOON] * 3, "cancelled")
    assert ids(account.pages("/v1/orders", limit=2, status="cancelled")) == newest_first(cancelled)
    assert ids(account.pages("/v1/orders", limit=5, status="placed")) == newest_first(orders)


def test_filters_by_time_include_their_beginning_and_exclude_their_end(account, orders):
    def between(start, end):
        return newest_first([row for row in orders if start <= row["created_at"] < end])

    for start, end in [
        (NOON, NOON + MILLISECOND),
        (NOON - MILLISECOND, NOON),
        (NOON + MILLISECOND, NOON + 9 * MILLISECOND),
    ]:
        found = ids(account.pages("/v1/orders", limit=2, placed_from=time(start), placed_before=time(end)))
        assert found == between(start, end)
    assert ids(account.pages("/v1/orders", placed_from=time(NOON), status="placed")) == between(
        NOON, NOON + timedelta(1)
    )
    assert ids(account.pages("/v1/orders", placed_before=time(NOON), limit=1)) == between(NOON - timedelta(1), NOON)
    assert ids(account.pages("/v1/orders", placed_from="2026-03-01T12:00:00Z", placed_before="2026-03-01T12:00:00.1Z"))


@pytest.mark.usefixtures("orders")
def test_the_time_that_an_order_shows_finds_it(account):
    newest = account.get("/v1/orders", limit=1).json()["items"][0]
    found = account.get("/v1/orders", placed_from=newest["created_at"], limit=100).json()["items"]
    assert newest in found
    assert {order["created_at"] for order in found} == {newest["created_at"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "101", "-1", "1.5", "ten", "", "9" * 30, "0x10", "null")),
        *(("status", value) for value in ("", "PLACED", "lost", "placed,cancelled", "\0")),
        *(
            ("placed_from", value)
            for value in ("", "yesterday", "2026-03-01", "2026-03-01T12:00:00", "2026-13-01T00:00:00Z")
        ),
        *(("placed_before", value) for value in ("2026-02-30T00:00:00Z", "2026-03-01T12:00:00+01:00", "1772366400")),
        *(("placed_from", value) for value in ("2026-03-01T12:00:00.0001Z", "infinity", "2026-03-01T25:00:00Z")),
        ("page", "2"),
        ("order_by", "id"),
    ],
)
def test_a_parameter_that_is_unknown_or_out_of_bounds_is_named(somebody, name, value):
    refused = somebody.get("/v1/orders", **{name: value})
    assert refused.status_code == 422, refused.text
    assert {error.get("parameter") for error in refused.json()["errors"]} == {name}


def test_all_faulty_parameters_are_named_at_once(somebody):
    refused = somebody.get("/v1/orders", limit="0", status="lost", sort="id")
    assert {error.get("parameter") for error in refused.json()["errors"]} == {"limit", "status", "sort"}


@pytest.mark.usefixtures("orders")
def test_a_cursor_continues_only_the_listing_that_it_came_from(account, database):
    database.add_product(), database.add_product()
    plain = account.get("/v1/orders", limit=1).json()["next_cursor"]
    filtered = account.get("/v1/orders", limit=1, status="placed").json()["next_cursor"]
    products = account.get("/v1/products", limit=1).json()["next_cursor"]
    mixed = [
        {"cursor": filtered},
        {"cursor": filtered, "status": "cancelled"},
        {"cursor": plain, "status": "placed"},
        {"cursor": plain, "placed_from": time(NOON)},
        {"cursor": plain, "placed_before": time(NOON)},
        {"cursor": products},
    ]
    for parameters in mixed:
        refused = account.get("/v1/orders", **parameters)
        assert refused.status_code == 422, f"{parameters} -> {refused.text}"
        assert {error.get("parameter") for error in refused.json()["errors"]} == {"cursor"}
    assert account.get("/v1/products", cursor=plain).status_code == 422
    assert account.get("/v1/orders", limit=3, cursor=plain).status_code == 200


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


GARBAGE = [
    *("A", "AAAA", "_" * 512, "0", "null", "undefined", "..", "A" * 513, "MQ==", "a b", "\N{SNOWMAN}"),
    *(encoded(value) for value in ([], {}, None, 1, "", [None, None], ["2026-03-01T12:00:00.000Z"], [[[[[[]]]]]])),
    encoded(b"\xff\xfe\x00"),
    encoded(b"[" * 300),
    encoded(b'{"created_at":1e999,"id":null}'),
    encoded(b'{"createdAt":"infinity","id":"\\u0000","filters":{}}'),
    encoded({"__proto__": {"admin": True}, "constructor": {"prototype": {}}}),
    encoded(["2026-03-01T12:00:00.000Z", "' or 1=1 --"]),
]


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/products"])
@pytest.mark.parametrize("cursor", GARBAGE)
def test_what_is_no_cursor_is_invalid(somebody, path, cursor):
    assert somebody.get(path, cursor=cursor).status_code == 422


def hostile_versions(value):
    """Return a decoded cursor with each of its leaves replaced by something hostile."""
    values = [
        None,
        True,
        -1,
        1e308,
        10**30,
        "",
        "infinity",
        "-infinity",
        "0001-01-01T00:00:00.000Z",
        "\0",
        {},
        [],
        "' or 1=1 --",
    ]
    values += ["99999-01-01T00:00:00Z", "2026-02-30T00:00:00.000Z", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
    if isinstance(value, dict):
        for name, part in value.items():
            yield from ({**value, name: changed} for changed in hostile_versions(part))
            yield {other: part for other, part in value.items() if other != name}
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from ([*value[:index], changed, *value[index + 1 :]] for changed in hostile_versions(part))
            yield value[:index] + value[index + 1 :]
    else:
        yield from values


def test_a_forged_cursor_shows_nothing_but_ones_own_orders(account, other, database, orders):
    add_orders(database, other, [NOON - timedelta(hours=1)] * 3)
    own = {str(row["id"]) for row in orders}
    cursor = account.get("/v1/orders", limit=1, status="placed").json()["next_cursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    forged = [raw[:index] + bytes([byte ^ 1]) + raw[index + 1 :] for index, byte in enumerate(raw)]
    forged += [raw[:length] for length in range(1, len(raw), 7)]
    with contextlib.suppress(ValueError):  # its form is the application's own matter
        forged += [json.dumps(version).encode() for version in hostile_versions(json.loads(raw))]
    forged += [raw.replace(account.id.encode(), other.id.encode()), raw.replace(b"placed", b"cancelled"), raw + b" "]
    for each in forged:
        answer = account.get("/v1/orders", limit=100, status="placed", cursor=encoded(each))
        assert answer.status_code in {200, 422}, f"{each!r} -> {answer.text}"
        assert {order["id"] for order in answer.json().get("items", [])} <= own, each


def test_products_are_paged_without_gap_or_repetition(somebody, database):
    for _ in range(5):
        database.add_product()
    every = [str(row["id"]) for row in database.rows("select id from products order by id")]
    assert ids(somebody.pages("/v1/products", limit=100)) == every
    page = somebody.get("/v1/products", limit=1).json()
    assert [
        page["items"][0]["id"],
        *ids(somebody.pages("/v1/products", limit=100, cursor=page["next_cursor"])),
    ] == every
