import pytest

from storefront.web.problems import Problem
from storefront.web.rate_limit import RateLimit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(limit: RateLimit, key: str, times: int) -> int:
    """Return how often a key may be taken."""
    for number in range(times):
        try:
            limit.take(key)
        except Problem:
            return number
    return times


def test_a_minutes_worth_may_come_at_once_and_the_rest_steadily() -> None:
    clock = Clock()
    limit = RateLimit(6, clock=clock)
    assert taken(limit, "ada", 10) == 6
    clock.now += 10
    assert taken(limit, "ada", 10) == 1
    clock.now += 600
    assert taken(limit, "ada", 10) == 6


def test_a_refusal_tells_when_to_come_back() -> None:
    limit = RateLimit(6, clock=Clock())
    taken(limit, "ada", 6)
    with pytest.raises(Problem) as refused:
        limit.take("ada")
    assert refused.value.headers["Retry-After"] == "10"


def test_keys_do_not_share() -> None:
    limit = RateLimit(1, clock=Clock())
    assert taken(limit, "ada", 2) == 1
    assert taken(limit, "bob", 2) == 1


def test_memory_is_bounded() -> None:
    limit = RateLimit(1, keys=2, clock=Clock())
    for key in ("ada", "bob", "eve"):
        limit.take(key)
    assert taken(limit, "ada", 1) == 1, "the least recently used is forgotten"
    assert taken(limit, "eve", 1) == 0
