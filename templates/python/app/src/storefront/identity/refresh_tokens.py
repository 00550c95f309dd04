"""Refresh tokens: each works once, and one that is used twice ends all that descend from the same sign-in."""

import datetime as dt
import hashlib
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.database import Database
from storefront.identity.errors import NotAuthenticatedError
from storefront.tables import RefreshToken

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Issued:
    """A refresh token as its owner gets it; the database has its hash."""

    user_id: uuid.UUID
    token: str


async def start_family(database: Database, user_id: uuid.UUID, seconds: int) -> Issued:
    """Give the first token after a sign-in."""
    return await database.transaction(lambda session: _issue(session, user_id, uuid.uuid4(), seconds))


async def rotate(database: Database, token: str, seconds: int) -> Issued:
    """Exchange a token for the next of its family.

    Raises:
        NotAuthenticatedError: It does not count; if it was used before, its whole family has ended now.
    """

    async def exchange(session: AsyncSession) -> Issued | None:
        # Of two at once, the lock lets one go first; the other then sees that it was used.
        valid = _by_token(token).where(RefreshToken.expires_at > func.now()).with_for_update()
        found = await session.scalar(valid)
        if not found or found.revoked_at:
            return None
        if found.used_at:
            await _end(session, found.family_id)
            return None  # no exception: the end of the family has to be committed
        found.used_at = func.now()
        return await _issue(session, found.user_id, found.family_id, seconds)

    issued = await database.transaction(exchange)
    if not issued:
        raise NotAuthenticatedError
    return issued


async def end_family(database: Database, token: str) -> None:
    """End a token and all that descend from the same sign-in; an unknown one has ended already."""

    async def end(session: AsyncSession) -> None:
        if found := await session.scalar(_by_token(token)):
            await _end(session, found.family_id)

    await database.transaction(end)


def _by_token(token: str) -> Select[RefreshToken]:
    return select(RefreshToken).where(RefreshToken.token_hash == _hash(token))


async def _end(session: AsyncSession, family_id: uuid.UUID) -> None:
    ending = (
        update(RefreshToken)
        .where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(RefreshToken.id)
    )
    # Until none is left: a token that was issued while this waited for a lock is seen by the next statement only.
    while (await session.scalars(ending)).all():
        pass


async def _issue(session: AsyncSession, user_id: uuid.UUID, family_id: uuid.UUID, seconds: int) -> Issued:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await session.execute(
        insert(RefreshToken).values(
            user_id=user_id,
            family_id=family_id,
            token_hash=_hash(token),
            expires_at=func.now() + dt.timedelta(seconds=seconds),
        )
    )
    return Issued(user_id, token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
