import asyncio
import datetime as dt
import uuid

import httpx2
import pytest
from sqlalchemy import func, insert, select, update
from support import Receiver

from storefront.database import Database, DatabaseUnavailableError
from storefront.outbox import cleaning, relay
from storefront.outbox.webhook import DeliveryError, Webhook
from storefront.tables import OutboxEvent, RefreshToken, User

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def add_event(database: Database) -> uuid.UUID:
    values = {"topic": "order.placed", "payload": {"id": "1"}, "traceparent": TRACEPARENT}
    statement = insert(OutboxEvent).values(values).returning(OutboxEvent.id)
    event_id = await database.transaction(lambda session: session.scalar(statement))
    assert event_id
    return event_id


async def the_event(database: Database) -> OutboxEvent:
    event: OutboxEvent | None = await database.read(lambda session: session.scalar(select(OutboxEvent)))
    assert event
    return event


async def test_an_event_is_delivered_once_where_nothing_fails(database: Database) -> None:
    receiver = Receiver()
    event_id = await add_event(database)
    assert await relay.deliver_due(database, receiver.publish()) == 1
    assert await relay.deliver_due(database, receiver.publish()) == 0
    assert [event.id for event in receiver.taken] == [event_id]
    assert (await the_event(database)).published_at


async def test_a_failure_is_tried_again_later(database: Database) -> None:
    receiver = Receiver()
    receiver.refusal = DeliveryError("status 500")
    await add_event(database)
    assert await relay.deliver_due(database, receiver.publish()) == 1
    event = await the_event(database)
    assert (event.attempts, event.published_at) == (1, None)
    assert event.next_attempt_at < dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
    receiver.refusal = None
    await database.transaction(lambda session: session.execute(update(OutboxEvent).values(next_attempt_at=func.now())))
    await relay.deliver_due(database, receiver.publish())
    assert len(receiver.taken) == 1


async def test_an_event_is_leased_to_one_worker(database: Database) -> None:
    await add_event(database)
    others: list[int] = []

    async def dawdle(_: OutboxEvent) -> None:
        others.append(await relay.deliver_due(database, Receiver().publish()))

    await relay.deliver_due(database, dawdle)
    assert others == [0]


async def test_an_outcome_that_is_not_kept_cancels_no_other_delivery(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[uuid.UUID] = []

    async def take(event: OutboxEvent) -> None:
        monkeypatch.setattr(database, "transaction", fail)
        await asyncio.sleep(0.1 * len(taken))
        taken.append(event.id)

    async def fail(_: object) -> None:
        raise DatabaseUnavailableError("08006")

    events = {await add_event(database), await add_event(database)}
    await relay.deliver_due(database, take)
    assert set(taken) == events


async def test_a_worker_that_dies_leaves_its_events_to_others(database: Database) -> None:
    async def die(_: OutboxEvent) -> None:
        raise asyncio.CancelledError

    await add_event(database)
    await relay.deliver_due(database, die)
    event = await the_event(database)
    assert event.published_at is None
    assert event.next_attempt_at > dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20)


async def test_a_webhook_gets_the_event_in_its_trace(database: Database) -> None:
    asked: list[httpx2.Request] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(204 if len(asked) == 1 else 500)

    event_id = await add_event(database)
    event = await the_event(database)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        webhook = Webhook(client, "http://receiver/events")
        await webhook(event)
        with pytest.raises(DeliveryError, match="status 500"):
            await webhook(event)
    assert asked[0].headers["webhook-id"] == str(event_id)
    assert asked[0].headers["traceparent"] == TRACEPARENT
    assert httpx2.Response(200, content=asked[0].content).json() == {
        "id": str(event_id),
        "type": "order.placed",
        "occurred_at": event.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {"id": "1"},
    }


async def test_what_has_expired_is_deleted_and_the_rest_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    user = insert(User).values(email="ada@example.com", password_hash="x").returning(User.id)
    user_id = await database.transaction(lambda session: session.scalar(user))
    now = dt.datetime.now(dt.UTC)
    tokens = [
        {
            "user_id": user_id,
            "family_id": uuid.uuid4(),
            "token_hash": bytes([number]),
            "expires_at": now + dt.timedelta(days=1 if number == 0 else -1),
        }
        for number in range(6)
    ]
    await database.transaction(lambda session: session.execute(insert(RefreshToken), tokens))
    await add_event(database)
    assert [await cleaning.delete_expired(database) for _ in range(3)] == [True, True, False]
    assert await database.read(lambda session: session.scalar(select(RefreshToken.token_hash))) == b"\x00"
    old = update(OutboxEvent).values(published_at=now - dt.timedelta(days=8))
    await database.transaction(lambda session: session.execute(old))
    await cleaning.delete_expired(database)
    assert await database.read(lambda session: session.scalar(select(OutboxEvent))) is None
