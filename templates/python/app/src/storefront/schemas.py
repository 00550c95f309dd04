"""What requests and answers are made of, wherever they occur."""

import datetime as dt
import re
import uuid
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

CANONICAL_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z$"
TIME = re.compile(TIME_PATTERN, re.ASCII)
MAX_AMOUNT = 2**53 - 1
"""What a client in JavaScript can hold."""


def _canonical(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, str) and not CANONICAL_UUID.fullmatch(value):
        raise PydanticCustomError("uuid_format", "should be a UUID, such as 8c4f2cfe-5e1b-4ac5-b1ae-9b8b4c7c7d10")
    return value


def _time(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, str) and not TIME.fullmatch(value):
        raise PydanticCustomError("time_format", "should be a time in UTC, such as 2026-11-22T18:00:00.000Z")
    return value


def format_time(time: dt.datetime) -> str:
    """Return a time as the contract shows it: UTC, with milliseconds."""
    return time.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Id = Annotated[uuid.UUID, BeforeValidator(_canonical)]
Time = Annotated[
    dt.datetime,
    BeforeValidator(_time),
    PlainSerializer(format_time),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": TIME_PATTERN}),
]
Cursor = Annotated[
    str | None, WithJsonSchema({"type": ["string", "null"]}), Field(description="Null on the last page.")
]


class Schema(BaseModel):
    """Knows its members, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Money(Schema):
    """An amount in the smallest unit of its currency."""

    amount_minor: Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class PageQuery(Schema):
    """Which part of a listing is wanted."""

    limit: Annotated[int, Field(ge=1, le=100, description="How many items a page has at most.")] = 20
    cursor: Annotated[
        Annotated[str, Field(min_length=1, max_length=512, pattern="^[A-Za-z0-9_-]+$")] | SkipJsonSchema[None],
        Field(description="The `next_cursor` of the page before."),
    ] = None
