"""Access tokens: JWTs that this service signs and reads."""

import time
import uuid

import jwt
from pydantic import BaseModel, StrictFloat, StrictStr

from storefront.identity.errors import NotAuthenticatedError
from storefront.schemas import Id

ALGORITHM = "HS256"
LEEWAY_SECONDS = 30


class Claims(BaseModel):
    """What a token has to say; PyJWT by itself would take a number in quotes, too."""

    iss: StrictStr
    aud: StrictStr
    sub: Id
    iat: StrictFloat
    exp: StrictFloat
    jti: StrictStr


class AccessTokens:
    """Signs and verifies with one algorithm, one issuer and one audience."""

    def __init__(self, secret: bytes, issuer: str, audience: str, seconds: int) -> None:
        self._secret = secret
        self._issuer = issuer
        self._audience = audience
        self.seconds = seconds
        """How long a token is valid."""

    def issue(self, user_id: uuid.UUID) -> str:
        """Return a token for an account."""
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(user_id),
            "iat": now,
            "exp": now + self.seconds,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def verify(self, token: str) -> uuid.UUID:
        """Return the account that a token is for.

        Raises:
            NotAuthenticatedError: The token does not count.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": [*Claims.model_fields]},
            )
            return Claims.model_validate(claims).sub
        except (jwt.InvalidTokenError, ValueError):
            raise NotAuthenticatedError from None
