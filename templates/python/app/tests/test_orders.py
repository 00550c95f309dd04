import asyncio
import uuid
from collections import Counter

import httpx2
from sqlalchemy import func, select
from support import AddProduct, place, sign_in

from storefront.database import Database
from storefront.tables import IdempotencyKey, Order, OutboxEvent, Product


async def count(database: Database, table: type[Order | OutboxEvent | IdempotencyKey]) -> int | None:
    return await database.read(lambda session: session.scalar(select(func.count()).select_from(table)))


async def stock(database: Database) -> int | None:
    return await database.read(lambda session: session.scalar(select(func.sum(Product.stock))))


async def test_an_order_is_placed_with_its_event(
    ada: httpx2.AsyncClient, database: Database, add_product: AddProduct
) -> None:
    lamp, desk = await add_product(price=1250), await add_product(price=9900)
    placed = await place(ada, (desk, 1), (lamp, 3))
    order = placed.json()
    assert placed.status_code == 201
    assert placed.headers["location"] == f"/v1/orders/{order['id']}"
    assert order["total"] == {"amount_minor": 3 * 1250 + 9900, "currency": "EUR"}
    assert [line["product_id"] for line in order["lines"]] == sorted([str(lamp), str(desk)])
    assert (await ada.get(placed.headers["location"])).json() == order
    event = await database.read(lambda session: session.scalar(select(OutboxEvent)))
    assert event
    assert (event.topic, event.payload) == ("order.placed", order)


async def test_what_is_not_there_is_not_sold(
    ada: httpx2.AsyncClient, database: Database, add_product: AddProduct
) -> None:
    lamp = await add_product(stock=10)
    answers = Counter(
        answer.status_code for answer in await asyncio.gather(*(place(ada, (lamp, 1)) for _ in range(30)))
    )
    assert answers[201] + answers[409] + answers[503] == 30
    assert answers[201] == 10 - (await stock(database) or 0) == await count(database, Order)


async def test_the_same_request_again_is_answered_again(
    ada: httpx2.AsyncClient, database: Database, add_product: AddProduct
) -> None:
    lamp = await add_product()
    first = await place(ada, (lamp, 1), key="k")
    again = await place(ada, (lamp, 1), key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    other = await place(ada, (lamp, 2), key="k")
    assert (other.status_code, other.json()["type"]) == (422, "urn:problem:key-reused")
    assert await count(database, Order) == 1


async def test_a_key_in_parallel_places_one_order(
    ada: httpx2.AsyncClient, database: Database, add_product: AddProduct
) -> None:
    lamp = await add_product()
    answers = await asyncio.gather(*(place(ada, (lamp, 1), key="k") for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await count(database, Order) == 1


async def test_a_key_belongs_to_its_account(
    ada: httpx2.AsyncClient, database: Database, add_product: AddProduct
) -> None:
    lamp = await add_product()
    await place(ada, (lamp, 1), key="k")
    eve = await sign_in(ada, "eve@example.com")
    answer = await place(eve, (lamp, 2), key="k")
    assert answer.status_code == 201
    assert await count(database, Order) == 2


async def test_a_refused_order_changes_nothing(
    ada: httpx2.AsyncClient, database: Database, add_product: AddProduct
) -> None:
    lamp, few = await add_product(stock=10), await add_product(stock=1)
    dollars = await add_product(currency="USD")
    for lines, kind in [
        ([(lamp, 1), (few, 2)], "insufficient-stock"),
        ([(lamp, 1), (dollars, 1)], "mixed-currencies"),
        ([(lamp, 1), (uuid.uuid4(), 1)], "invalid"),
    ]:
        refused = await place(ada, *lines, key="k")
        assert refused.json()["type"] == f"urn:problem:{kind}"
    assert await stock(database) == 21
    assert [await count(database, table) for table in (Order, OutboxEvent, IdempotencyKey)] == [0, 0, 0]
    assert (await place(ada, (lamp, 1), key="k")).status_code == 201, "the key is still free"


async def test_an_order_is_cancelled_as_it_was_seen(
    ada: httpx2.AsyncClient, database: Database, add_product: AddProduct
) -> None:
    lamp = await add_product(stock=10)
    address = (await place(ada, (lamp, 4))).headers["location"]
    assert (await ada.post(f"{address}/cancel")).status_code == 428
    assert (await ada.post(f"{address}/cancel", headers={"If-Match": '"2"'})).status_code == 412
    cancelled = await ada.post(f"{address}/cancel", headers={"If-Match": '"1"'})
    assert (cancelled.status_code, cancelled.headers["etag"], cancelled.json()["status"]) == (200, '"2"', "cancelled")
    assert await stock(database) == 10
    again = await ada.post(f"{address}/cancel", headers={"If-Match": "*"})
    assert again.json()["type"] == "urn:problem:order-not-cancellable"
    assert await stock(database) == 10
    assert await count(database, OutboxEvent) == 2


async def test_somebody_elses_order_is_not_found(ada: httpx2.AsyncClient, add_product: AddProduct) -> None:
    address = (await place(ada, (await add_product(), 1))).headers["location"]
    eve = await sign_in(ada, "eve@example.com")
    answers = [
        await eve.get(address),
        await eve.get(f"{address}/lines"),
        await eve.post(f"{address}/cancel", headers={"If-Match": "*"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (await eve.get("/v1/orders")).json() == {"items": [], "next_cursor": None}


async def test_orders_are_listed_to_the_end_while_others_are_placed(
    ada: httpx2.AsyncClient, add_product: AddProduct
) -> None:
    lamp = await add_product()
    placed = [(await place(ada, (lamp, 1))).json()["id"] for _ in range(5)]
    seen: list[str] = []
    parameters = {"limit": "2", "status": "placed"}
    while True:
        page = (await ada.get("/v1/orders", params=parameters)).json()
        seen += [order["id"] for order in page["items"]]
        await place(ada, (lamp, 1))
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
    assert seen == placed[::-1]


async def test_a_cursor_of_other_filters_is_refused(ada: httpx2.AsyncClient, add_product: AddProduct) -> None:
    lamp = await add_product()
    for _ in range(2):
        await place(ada, (lamp, 1))
    cursor = (await ada.get("/v1/orders", params={"limit": 1})).json()["next_cursor"]
    refused = await ada.get("/v1/orders", params={"limit": 1, "status": "placed", "cursor": cursor})
    assert refused.status_code == 422
