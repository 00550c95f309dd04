"""HTTP's way to accounts and tokens."""

import uuid
from typing import Any

from fastapi import APIRouter, Response

from storefront.identity import accounts, refresh_tokens
from storefront.identity.schemas import Credentials, RefreshTokenInput, Tokens, UserView
from storefront.web.authentication import Caller
from storefront.web.documentation import problems
from storefront.web.operation import PUBLIC, Operation
from storefront.web.services import Services, Shared

router = APIRouter(prefix="/v1", tags=["accounts"], route_class=Operation)
NOT_STORED: dict[str, Any] = {
    "description": "An access token, and the refresh token that replaces any earlier one.",
    "headers": {"Cache-Control": {"required": True, "schema": {"type": "string", "const": "no-store"}}},
}


@router.post(
    "/users",
    operation_id="signUp",
    summary="Sign up",
    status_code=201,
    response_description="The account.",
    responses=problems(409),
    openapi_extra=PUBLIC,
)
async def sign_up(credentials: Credentials, shared: Shared) -> UserView:
    """Make an account."""
    user = await accounts.sign_up(shared.database, shared.passwords, credentials.email, credentials.password)
    return UserView.of(user)


@router.post(
    "/auth/sign-in",
    operation_id="signIn",
    summary="Sign in",
    responses={200: NOT_STORED, **problems(401)},
    openapi_extra=PUBLIC,
)
async def sign_in(credentials: Credentials, shared: Shared) -> Tokens:
    """An unknown email and a wrong password give the same answer, after the same work."""
    shared.by_email.take(credentials.email)
    user = await accounts.authenticate(shared.database, shared.passwords, credentials.email, credentials.password)
    issued = await refresh_tokens.start_family(shared.database, user.id, shared.settings.refresh_token_seconds)
    return _tokens(shared, issued.user_id, issued.token)


@router.post(
    "/auth/refresh",
    operation_id="refresh",
    summary="Exchange a refresh token for new tokens",
    responses={200: NOT_STORED, **problems(401)},
    openapi_extra=PUBLIC,
)
async def refresh(given: RefreshTokenInput, shared: Shared) -> Tokens:
    """Each refresh token works once; using it twice ends all tokens that descend from the same sign-in."""
    issued = await refresh_tokens.rotate(shared.database, given.refresh_token, shared.settings.refresh_token_seconds)
    return _tokens(shared, issued.user_id, issued.token)


@router.post(
    "/auth/sign-out",
    operation_id="signOut",
    summary="Sign out",
    status_code=204,
    response_description="Signed out.",
    openapi_extra=PUBLIC,
)
async def sign_out(given: RefreshTokenInput, shared: Shared) -> Response:
    """Ends all tokens that descend from the same sign-in; one that is unknown or has ended is answered alike."""
    await refresh_tokens.end_family(shared.database, given.refresh_token)
    return Response(status_code=204)


@router.get(
    "/me",
    operation_id="getMe",
    summary="Who is signed in",
    response_description="The account of the access token.",
)
async def get_me(caller: Caller, shared: Shared) -> UserView:
    """Return the account of the access token."""
    return UserView.of(await accounts.find(shared.database, caller))


def _tokens(shared: Services, user_id: uuid.UUID, refresh_token: str) -> Tokens:
    return Tokens(
        access_token=shared.access_tokens.issue(user_id),
        token_type="Bearer",  # noqa: S106 - no password, but the name of a scheme
        expires_in=shared.access_tokens.seconds,
        refresh_token=refresh_token,
    )
