"""HTTP's way to orders."""

import hashlib
import re
import uuid
from collections.abc import Collection, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import Field, TypeAdapter
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.ordering import cancelling, idempotency, listing, placing
from storefront.ordering.errors import TotalTooLargeError, UnknownOrderError, UnknownProductError
from storefront.ordering.idempotency import Answer, Claim
from storefront.ordering.schemas import NewOrder, OrderLines, OrderPage, OrderStatus, OrderView
from storefront.schemas import Id, PageQuery, Time, format_time
from storefront.web import cursors
from storefront.web.authentication import Caller
from storefront.web.documentation import header, problems
from storefront.web.operation import Operation
from storefront.web.problems import Kind, Problem
from storefront.web.services import Shared

router = APIRouter(prefix="/v1/orders", tags=["orders"], route_class=Operation)
POSITION = TypeAdapter(tuple[Time, Id])
ENTITY_TAG = re.compile(r'"([1-9][0-9]{0,8})"', re.ASCII)
ETAG = header("The version of the order, quoted; what `If-Match` takes.", '^"[1-9][0-9]*"$')
ORDER: dict[str, Any] = {"description": "The order.", "headers": {"ETag": ETAG}}
PLACED: dict[str, Any] = {
    "description": "The order.",
    "model": OrderView,
    "headers": {
        "Location": header("The address of the order.", "^/v1/orders/[0-9a-f-]{36}$"),
        "ETag": ETAG,
        "Idempotency-Replayed": {
            "description": "Present, and `true`, where this is the answer to an earlier attempt.",
            "schema": {"type": "string", "const": "true"},
        },
    },
}

OrderId = Annotated[Id, Path(description="Anything that is no id of one's own orders is not found.")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="Made anew for each order, such as a random UUID. Missing or malformed, the answer is 400.",
        min_length=1,
        max_length=255,
        pattern="^[A-Za-z0-9_.:-]+$",
    ),
]
IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        description="The `ETag` of the order, several of them, or `*`. Missing: 428. Anything else: 412.",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$",
    ),
]


class OrdersQuery(PageQuery):
    """Which of one's orders are wanted."""

    status: Annotated[OrderStatus | SkipJsonSchema[None], Field(description="Orders in this state only.")] = None
    placed_from: Annotated[
        Time | SkipJsonSchema[None], Field(description="Orders that were placed at this time or later.")
    ] = None
    placed_before: Annotated[
        Time | SkipJsonSchema[None], Field(description="Orders that were placed earlier than this.")
    ] = None


@router.post(
    "",
    operation_id="placeOrder",
    summary="Place an order",
    status_code=201,
    response_model=None,
    responses={201: PLACED, **problems(409)},
)
async def place_order(wanted: NewOrder, key: IdempotencyKey, caller: Caller, shared: Shared) -> Response:
    """Send it again with the same key whenever the answer did not arrive: the order is placed once (BK121)."""
    # The hash is over what was understood, so that spaces do not matter.
    request_hash = hashlib.sha256(wanted.model_dump_json().encode()).digest()
    claim = Claim(caller, "placeOrder", key, request_hash)

    async def work(session: AsyncSession) -> Answer:
        return await idempotency.once(session, claim, lambda: _placed(session, caller, wanted))

    try:
        answer = await shared.database.transaction(work)
    except UnknownProductError as error:
        raise _unknown_product(wanted, error.product_id) from None
    except TotalTooLargeError:
        raise Problem(Kind.INVALID, errors=[{"pointer": "/lines", "detail": "come to too much"}]) from None
    replayed = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(answer.body, answer.status, {**answer.headers, **replayed}, "application/json")


@router.get("", operation_id="listOrders", summary="List one's orders", response_description="A page of orders.")
async def list_orders(query: Annotated[OrdersQuery, Query()], caller: Caller, shared: Shared) -> OrderPage:
    """The newest first; a cursor continues the listing it came from, with the same filters."""
    filters = listing.Filters(query.status, query.placed_from, query.placed_before)
    named = _listing(filters)
    after = _position(cursors.decode(query.cursor, named)) if query.cursor else None
    found = await listing.page(shared.database, caller, filters, query.limit + 1, after)
    shown = found[: query.limit]
    more = len(found) > query.limit
    position = [format_time(shown[-1].created_at), str(shown[-1].id)] if more else []
    return OrderPage(
        items=[OrderView.of(order) for order in shown],
        next_cursor=cursors.encode(named, position) if more else None,
    )


@router.get(
    "/{order_id}", operation_id="getOrder", summary="Get one of one's orders", responses={200: ORDER, **problems(404)}
)
async def get_order(order_id: OrderId, caller: Caller, shared: Shared, response: Response) -> OrderView:
    """Return an order."""
    order = await listing.find(shared.database, caller, order_id)
    if not order:
        raise UnknownOrderError
    return _with_etag(OrderView.of(order), response)


@router.get(
    "/{order_id}/lines",
    operation_id="listOrderLines",
    summary="List the lines of one of one's orders",
    response_description="All lines, in the order of their products' ids.",
    responses=problems(404),
)
async def list_order_lines(order_id: OrderId, caller: Caller, shared: Shared) -> OrderLines:
    """Return the lines of an order."""
    order = await listing.find(shared.database, caller, order_id)
    if not order:
        raise UnknownOrderError
    return OrderLines(items=OrderView.of(order).lines)


@router.post(
    "/{order_id}/cancel",
    operation_id="cancelOrder",
    summary="Cancel one of one's orders",
    responses={200: ORDER, **problems(404, 409, 412, 428)},
)
async def cancel_order(
    order_id: OrderId, if_match: IfMatch, caller: Caller, shared: Shared, response: Response
) -> OrderView:
    """Puts the stock back; needs the `ETag` of the order as it was last seen."""
    versions = versions_of(if_match)
    order = await shared.database.transaction(lambda session: cancelling.cancel(session, caller, order_id, versions))
    return _with_etag(order, response)


def versions_of(if_match: str) -> Collection[int] | None:
    """Return the versions that a header matches, None for any; weak tags match none (RFC 9110)."""
    if if_match == "*":
        return None
    tags = (ENTITY_TAG.fullmatch(tag.strip()) for tag in if_match.split(","))
    return {int(tag[1]) for tag in tags if tag}


async def _placed(session: AsyncSession, user_id: uuid.UUID, wanted: NewOrder) -> Answer:
    order = await placing.place(session, user_id, wanted.quantities())
    headers = {"Location": f"/v1/orders/{order.id}", "ETag": f'"{order.version}"'}
    return Answer(201, headers, order.model_dump_json())


def _with_etag(order: OrderView, response: Response) -> OrderView:
    response.headers["ETag"] = f'"{order.version}"'
    return order


def _unknown_product(wanted: NewOrder, product_id: uuid.UUID) -> Problem:
    index = [line.product_id for line in wanted.lines].index(product_id)
    error = {"pointer": f"/lines/{index}/product_id", "detail": "is no product"}
    return Problem(Kind.INVALID, errors=[error])


def _listing(filters: listing.Filters) -> Sequence[str | None]:
    bounds = (filters.placed_from, filters.placed_before)
    return ("orders", filters.status, *(format_time(time) if time else None for time in bounds))


def _position(parts: Sequence[str]) -> listing.Position:
    try:
        return listing.Position(*POSITION.validate_python(parts))
    except ValueError:
        raise cursors.invalid_cursor() from None
