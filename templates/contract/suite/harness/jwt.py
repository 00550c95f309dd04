"""Makes access tokens, good ones and others."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from harness.application import JWT_AUDIENCE, JWT_ISSUER, JWT_SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = base64.b64decode(JWT_SECRET)
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def claims(user: str, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good token; what is changed to None is left out."""
    now = int(time.time())
    good = {"iss": JWT_ISSUER, "aud": JWT_AUDIENCE, "sub": user, "iat": now, "exp": now + 900, "jti": str(uuid.uuid4())}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(payload: Mapping[str, Any], *, algorithm: str = "HS256", secret: bytes = SECRET) -> str:
    """Return a token, signed by what the algorithm is said to be."""
    message = f"{_encoded({'alg': algorithm, 'typ': 'JWT'})}.{_encoded(payload)}"
    signature = hmac.digest(secret, message.encode(), DIGESTS.get(algorithm, "sha256"))
    return f"{message}.{_base64url(signature)}"


def unsigned(payload: Mapping[str, Any], algorithm: str = "none") -> str:
    """Return a token without a signature."""
    return f"{_encoded({'alg': algorithm, 'typ': 'JWT'})}.{_encoded(payload)}."


def payload_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, whoever signed it."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _encoded(value: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
