"""Who asks: the account of the access token, and nothing that the request says besides."""

import uuid
from typing import Annotated

from fastapi import Depends, Request

from storefront.identity.access_tokens import AccessTokens
from storefront.identity.errors import NotAuthenticatedError
from storefront.web.problems import Kind, Problem


def authenticate(request: Request, access_tokens: AccessTokens) -> uuid.UUID:
    """Return the account of the request's access token, and remember it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(Kind.UNAUTHORIZED)
    try:
        user_id = access_tokens.verify(token.strip())
    except NotAuthenticatedError:
        # RFC 6750: say `invalid_token` only to somebody who sent one
        raise Problem(Kind.UNAUTHORIZED, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
    request.state.user_id = user_id
    return user_id


async def caller_of(request: Request) -> uuid.UUID:
    """Return the account that was authenticated (BK119)."""
    user_id: uuid.UUID = request.state.user_id
    return user_id


Caller = Annotated[uuid.UUID, Depends(caller_of)]
