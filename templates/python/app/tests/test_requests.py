"""What is read from a request before any work."""

import pytest
from fastapi import Request

from storefront.ordering.routes import versions_of
from storefront.outbox.relay import pause_after
from storefront.web.address import client_address


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ("*", None),
        ('"1"', {1}),
        ('"1", "2"', {1, 2}),
        ('W/"1"', set()),
        ("1", set()),
        ('"01"', set()),
        ('"1" "2"', set()),
    ],
)
def test_if_match_names_versions(header: str, versions: set[int] | None) -> None:
    assert versions_of(header) == versions


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, ["1.1.1.1"], "10.0.0.1"),
        (1, [], "10.0.0.1"),
        (1, ["9.9.9.9, 1.1.1.1"], "1.1.1.1"),
        (2, ["9.9.9.9", "1.1.1.1, 10.0.0.2"], "1.1.1.1"),
        (2, ["1.1.1.1"], "10.0.0.1"),
        (1, ["1.1.1.1, unknown"], "10.0.0.1"),
        (1, ["2001:DB8::1"], "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_that_ones_own_proxies_saw(hops: int, forwarded: list[str], address: str) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    request = Request({"type": "http", "headers": headers, "client": ("10.0.0.1", 1)})
    assert client_address(request, hops) == address


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause_after(attempts) for attempts in (1, 2, 3, 9, 10, 10**6)] == [1, 2, 4, 256, 300, 300]
