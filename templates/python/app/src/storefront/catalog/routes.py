"""HTTP's way to products."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import TypeAdapter

from storefront.catalog import products
from storefront.catalog.schemas import ProductPage, ProductView
from storefront.schemas import Id, PageQuery
from storefront.web import cursors
from storefront.web.documentation import problems
from storefront.web.operation import Operation
from storefront.web.problems import Kind, Problem
from storefront.web.services import Shared

router = APIRouter(prefix="/v1/products", tags=["products"], route_class=Operation)
LISTING = ("products",)
POSITION = TypeAdapter(tuple[Id])

ProductId = Annotated[Id, Path(description="Anything that is no id of a product is not found.")]


@router.get("", operation_id="listProducts", summary="List products", response_description="A page of products.")
async def list_products(query: Annotated[PageQuery, Query()], shared: Shared) -> ProductPage:
    """In the order of their ids."""
    after = _position(cursors.decode(query.cursor, LISTING)) if query.cursor else None
    found = await products.page(shared.database, query.limit + 1, after)
    shown = found[: query.limit]
    more = len(found) > query.limit
    return ProductPage(
        items=[ProductView.of(product) for product in shown],
        next_cursor=cursors.encode(LISTING, [str(shown[-1].id)]) if more else None,
    )


@router.get(
    "/{product_id}",
    operation_id="getProduct",
    summary="Get a product",
    response_description="The product.",
    responses=problems(404),
)
async def get_product(product_id: ProductId, shared: Shared) -> ProductView:
    """Return a product."""
    product = await products.find(shared.database, product_id)
    if not product:
        raise Problem(Kind.NOT_FOUND)
    return ProductView.of(product)


def _position(parts: Sequence[str]) -> uuid.UUID:
    try:
        return POSITION.validate_python(parts)[0]
    except ValueError:
        raise cursors.invalid_cursor() from None
