"""A request that may be sent again: its effect happens once, and each repetition gets the first answer."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.ordering.errors import KeyReusedError, RequestInProgressError
from storefront.tables import IdempotencyKey

KEPT = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Claim:
    """A caller's key for one operation, and a hash of what was asked (BK123)."""

    user_id: uuid.UUID
    operation: str
    key: str
    request_hash: bytes


@dataclass(frozen=True)
class Answer:
    """What was answered, or is answered again."""

    status: int
    headers: Mapping[str, str]
    body: str
    replayed: bool = False


async def once(session: AsyncSession, claim: Claim, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Do the work and keep its answer in the same transaction, or return the answer that is kept (BK122, BK124).

    Raises:
        RequestInProgressError: The first attempt has not ended yet.
        KeyReusedError: The key belongs to another request.
    """
    scope = f"{claim.user_id} {claim.operation} {claim.key}"
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(scope, 0)))):
        raise RequestInProgressError
    kept = await session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.user_id == claim.user_id,
            IdempotencyKey.operation == claim.operation,
            IdempotencyKey.key == claim.key,
            IdempotencyKey.expires_at > func.now(),
        )
    )
    if kept:
        if kept.request_hash != claim.request_hash:
            raise KeyReusedError
        return Answer(kept.response_status, kept.response_headers, kept.response_body, replayed=True)
    answer = await work()
    await _keep(session, claim, answer)
    return answer


async def _keep(session: AsyncSession, claim: Claim, answer: Answer) -> None:
    values = {
        "request_hash": claim.request_hash,
        "response_status": answer.status,
        "response_headers": dict(answer.headers),
        "response_body": answer.body,
        "created_at": func.now(),
        "expires_at": func.now() + KEPT,
    }
    place = {"user_id": claim.user_id, "operation": claim.operation, "key": claim.key}
    # What can be in the way is an answer that has expired (BK110).
    await session.execute(
        insert(IdempotencyKey)
        .values(**place, **values)
        .on_conflict_do_update(constraint="idempotency_keys_pkey", set_=values)
    )
