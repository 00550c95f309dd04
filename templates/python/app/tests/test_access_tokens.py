import json
import time
import uuid
from typing import Any

import jwt
import pytest

from storefront.identity.access_tokens import AccessTokens
from storefront.identity.errors import NotAuthenticatedError

SECRET = b"0123456789abcdef0123456789abcdef"
TOKENS = AccessTokens(SECRET, "orders", "orders-api", 900)
USER = uuid.uuid4()


def forged(**claims: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    now = int(time.time())
    known = {"iss": "orders", "aud": "orders-api", "sub": str(USER), "iat": now, "exp": now + 60, "jti": "1"}
    return {name: value for name, value in {**known, **claims}.items() if value is not None}


def signed(claims: dict[str, Any]) -> str:
    """Sign whatever it is; `jwt.encode` refuses some of it."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), SECRET, "HS256")


def test_a_token_tells_whose_it_is() -> None:
    assert TOKENS.verify(TOKENS.issue(USER)) == USER


def test_clocks_may_differ() -> None:
    assert TOKENS.verify(jwt.encode(forged(exp=int(time.time()) - 20), SECRET)) == USER


@pytest.mark.parametrize("value", [None, "another", ["orders-api"]])
@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp"])
def test_each_claim_is_needed_and_checked(claim: str, value: object) -> None:
    with pytest.raises(NotAuthenticatedError):
        TOKENS.verify(signed(forged(**{claim: value})))


def test_a_number_in_quotes_is_no_time() -> None:
    with pytest.raises(NotAuthenticatedError):
        TOKENS.verify(signed(forged(exp=str(2**40))))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        "ü.ü.ü",
        jwt.encode(forged(), None, algorithm="none"),
        jwt.encode(forged(), SECRET * 2, algorithm="HS512"),
        jwt.encode(forged(), SECRET[::-1]),
        jwt.encode(forged(exp=int(time.time()) - 60), SECRET),
    ],
)
def test_what_is_not_signed_as_ours_does_not_count(token: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        TOKENS.verify(token)
