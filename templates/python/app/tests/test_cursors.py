import base64
import json

import pytest

from storefront.web.cursors import decode, encode
from storefront.web.problems import Kind, Problem

LISTING = ("orders", "placed", None)


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_holds_its_position() -> None:
    cursor = encode(LISTING, ["2026-11-22T18:00:00.000Z", "x"])
    assert decode(cursor, LISTING) == ["2026-11-22T18:00:00.000Z", "x"]
    assert cursor.isascii()
    assert "=" not in cursor


def test_a_cursor_continues_its_own_listing_only() -> None:
    cursor = encode(LISTING, ["x"])
    with pytest.raises(Problem) as refused:
        decode(cursor, ("orders", "cancelled", None))
    assert refused.value.kind is Kind.INVALID
    assert [error["parameter"] for error in refused.value.errors] == ["cursor"]


@pytest.mark.parametrize("cursor", ["a", "____", forged("orders"), forged({}), forged([*LISTING, 1]), forged(["x"])])
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(Problem):
        decode(cursor, LISTING)
