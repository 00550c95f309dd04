"""Cursors: where a page ended, and of which listing it was one; to a client, they are opaque."""

import base64
import json
from collections.abc import Sequence

from storefront.web.problems import Kind, Problem


def encode(listing: Sequence[str | None], position: Sequence[str]) -> str:
    """Return the cursor of a position in a listing, which its name and its filters describe."""
    text = json.dumps([*listing, *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, listing: Sequence[str | None]) -> Sequence[str]:
    """Return the position that a cursor of this listing holds.

    Whatever a client writes there itself: the query is bound to the account that asks.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = json.loads(text)
    except ValueError:
        raise invalid_cursor() from None
    known = len(listing)
    if not isinstance(parts, list) or parts[:known] != list(listing):
        raise invalid_cursor()
    position = parts[known:]
    if not all(isinstance(part, str) for part in position):
        raise invalid_cursor()
    return position


def invalid_cursor() -> Problem:
    """Return what is answered to a cursor that is none."""
    error = {"parameter": "cursor", "detail": "does not continue this listing"}
    return Problem(Kind.INVALID, errors=[error])
