"""Events: none is lost, whatever happens to whom."""

from __future__ import annotations

import json
import signal
import time
import uuid
from datetime import UTC, datetime

import pytest
from harness.application import complete
from harness.processes import wait_until
from harness.receivers import Webhook

LEASE = 30
"""Seconds for which a worker claims an event."""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_an_order_is_announced_with_the_trace_that_caused_it(service, somebody, database):
    product = database.add_product()
    parent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "Idempotency-Key": uuid.uuid4().hex}
    body = {"lines": [{"product_id": product, "quantity": 2}]}
    order = somebody.request("POST", "/v1/orders", json=body, headers=parent).json()
    placed = wait_until(lambda: service.webhook.about(order["id"]), "order.placed arrives")[0]
    assert set(placed.event) == {"id", "type", "occurred_at", "data"}
    assert placed.event["data"] == order
    assert placed.headers["webhook-id"] == placed.event["id"]
    assert placed.headers["content-type"].partition(";")[0] == "application/json"
    assert placed.headers["traceparent"].split("-")[1] == TRACE
    assert placed.event["occurred_at"][-1] == "Z"
    occurred = datetime.fromisoformat(placed.event["occurred_at"])
    assert abs((datetime.now(UTC) - occurred).total_seconds()) < 60
    row = database.rows("select * from outbox where id = %s", placed.event["id"])[0]
    assert row["topic"] == "order.placed"

    assert somebody.cancel(order["id"], "*").status_code == 200
    told = wait_until(lambda: service.webhook.about(order["id"], "order.cancelled"), "order.cancelled arrives")[0]
    assert told.event["data"] == {**order, "status": "cancelled", "version": 2}
    wait_until(
        lambda: database.value("select published_at from outbox where id = %s", told.event["id"]), "published_at is set"
    )


def test_a_delivery_that_fails_is_tried_again_a_second_later(service, somebody, database, monkeypatch):
    product = database.add_product()
    monkeypatch.setattr(service.webhook, "fail_for", product)
    order = somebody.place((product, 1)).json()["id"]
    wait_until(lambda: service.webhook.about(order), "the first attempt")
    monkeypatch.setattr(service.webhook, "fail_for", None)
    wait_until(lambda: len(service.webhook.about(order)) == 2, "the second attempt")
    first, second = service.webhook.about(order)
    assert second.arrived - first.arrived > 0.7
    assert second.event == first.event
    wait_until(
        lambda: database.value("select published_at from outbox where id = %s", first.event["id"]),
        "published_at is set",
    )


def test_an_order_that_is_refused_is_not_announced(service, somebody, database):
    product = database.add_product(stock=1)
    assert somebody.place((product, 2)).status_code == 409
    order = somebody.place((product, 1)).json()["id"]
    wait_until(lambda: service.webhook.about(order), "the order that was placed is announced")
    told = [each for each in service.webhook.deliveries if product in json.dumps(each.event)]
    assert [each.order for each in told] == [order]


@pytest.fixture(scope="module")
def own(service):
    """A database of which only the workers of a case know."""
    made = service.server.create("orders_outbox")
    complete(service.application.migrate(made))
    yield made
    made.close()


@pytest.fixture
def event(somebody, database):
    """An event as the application writes it."""
    order = somebody.place((database.add_product(), 1)).json()["id"]
    return database.rows("select * from outbox where payload::text like %s", f"%{order}%")[0]


@pytest.fixture
def workers(service, own):
    """Start workers of that database, which deliver to a receiver of their own."""
    own.execute("delete from outbox")
    started = []
    with Webhook() as webhook:

        def start():
            started.append(service.application.worker({"DATABASE_URL": own.app_url, "OUTBOX_WEBHOOK_URL": webhook.url}))
            return started[-1]

        start.webhook = webhook
        yield start
        for worker in started:
            worker.kill()


def add_events(own, event, count):
    payload = json.dumps(event["payload"])
    added = []
    for _ in range(count):
        identifier = str(uuid.uuid4())
        changed = payload.replace(str(event["id"]), identifier)
        insert = "insert into outbox (id, topic, payload) values (%s, %s, %s::jsonb)"
        own.execute(insert, identifier, event["topic"], changed)
        added.append(identifier)
    return sorted(added)


def delivered(webhook):
    return sorted(each.headers["webhook-id"] for each in webhook.deliveries)


def published(own):
    return sorted(str(row["id"]) for row in own.rows("select id from outbox where published_at is not null"))


def make_due(own):
    own.execute("update outbox set next_attempt_at = now() where published_at is null")


def test_two_workers_deliver_each_event_once(own, event, workers):
    workers.webhook.delay = 0.02
    added = add_events(own, event, 60)
    workers(), workers()
    wait_until(lambda: len(published(own)) == 60, "all events are published")
    assert delivered(workers.webhook) == added


def test_a_worker_that_is_told_to_stop_finishes_the_delivery_at_hand(own, event, workers):
    workers.webhook.delay = 0.5
    added = add_events(own, event, 20)
    worker = workers()
    wait_until(lambda: workers.webhook.deliveries, "a delivery has begun")
    worker.send(signal.SIGTERM)
    assert worker.wait(within=5) == 0, worker.tail()
    assert delivered(workers.webhook) == published(own), "what was delivered is marked so, and nothing else"
    workers.webhook.delay = 0
    make_due(own)
    workers()
    wait_until(lambda: len(published(own)) == 20, "the next worker delivers the rest")
    assert delivered(workers.webhook) == added


def test_what_a_killed_worker_had_at_hand_is_delivered_after_its_lease(own, event, workers):
    workers.webhook.delay = 0.3
    added = add_events(own, event, 5)
    worker = workers()
    wait_until(lambda: workers.webhook.deliveries, "a delivery has begun")
    worker.kill()
    claimed = own.value(
        "select extract(epoch from max(next_attempt_at) - now()) from outbox where published_at is null"
    )
    assert LEASE - 10 < claimed <= LEASE + 1, "a claim is a lease of 30 s"
    workers.webhook.delay = 0
    workers()
    time.sleep(0.3)
    assert str(own.value("select id from outbox where next_attempt_at > now() order by id limit 1")) in added
    make_due(own)
    wait_until(lambda: len(published(own)) == 5, "all events are published")
    assert sorted(set(delivered(workers.webhook))) == added


def test_a_receiver_that_does_not_answer_is_tried_again(own, event, workers):
    workers.webhook.delay = 7
    add_events(own, event, 1)
    workers()
    wait_until(lambda: len(workers.webhook.deliveries) == 2, "the second attempt")
    first, second = workers.webhook.deliveries
    assert second.arrived - first.arrived + 0.5 >= 5, "it was given up before its deadline of 5 s"
    assert second.event == first.event


def test_attempts_become_rarer_up_to_five_minutes(own, event, workers):
    workers.webhook.fail_for = "-"  # part of every id
    young, old = add_events(own, event, 2)
    own.execute("update outbox set attempts = 6 where id = %s", young)
    own.execute("update outbox set attempts = 40 where id = %s", old)
    workers()
    left = "select extract(epoch from next_attempt_at - now())::int from outbox where id = %s"
    wait_until(lambda: own.value(left, old) > LEASE, "the old event waits for longer than a lease")
    wait_until(lambda: own.value(left, young) > LEASE, "the younger one, too")
    assert 280 <= own.value(left, old) <= 301
    assert 50 <= own.value(left, young) <= 65, "after the seventh attempt: 64 s"
