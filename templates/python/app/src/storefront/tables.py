"""The tables, as the migrations make them; a test compares the two."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, MetaData, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

GENERATED_ID = text("gen_random_uuid()")
NOW = text("current_timestamp")


class Base(DeclarativeBase):
    """Names constraints as PostgreSQL would, and knows times with their zone only."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy
        dt.datetime: TIMESTAMP(timezone=True, precision=3),
        str: Text,
        bytes: LargeBinary,
        uuid.UUID: Uuid,
    }


class User(Base):
    """An account."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=GENERATED_ID)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=NOW)


class RefreshToken(Base):
    """One refresh token; a family descends from one sign-in."""

    __tablename__ = "refresh_tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=GENERATED_ID)
    family_id: Mapped[uuid.UUID] = mapped_column(index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]


class Product(Base):
    """What can be ordered."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price_minor"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("stock >= 0", name="stock"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=GENERATED_ID)
    name: Mapped[str]
    price_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    stock: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=NOW)


class Order(Base):
    """An order; `version` counts its changes."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("status in ('placed', 'cancelled')", name="status"),
        CheckConstraint("total_minor >= 0", name="total_minor"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=GENERATED_ID)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(server_default="placed")
    total_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=NOW)
    # Loading is always spelt out in the query: an attribute that would do it on its own raises.
    lines: Mapped[list["OrderLine"]] = relationship(lazy="raise", order_by="OrderLine.product_id")


Index("orders_user_id_created_at_id_idx", Order.user_id, text("created_at desc"), text("id desc"))


class OrderLine(Base):
    """How many of a product, and at which price."""

    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("products.id"), primary_key=True, index=True)
    quantity: Mapped[int]
    unit_price_minor: Mapped[int] = mapped_column(BigInteger)


class IdempotencyKey(Base):
    """The answer to a request, written by the transaction that did the work."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    response_status: Mapped[int]
    response_headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    response_body: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class OutboxEvent(Base):
    """Something that happened and has to be told, until it is published."""

    __tablename__ = "outbox"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=GENERATED_ID)
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    traceparent: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=NOW)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[dt.datetime] = mapped_column(server_default=NOW)
    published_at: Mapped[dt.datetime | None]


Index(
    "outbox_next_attempt_at_idx",
    OutboxEvent.next_attempt_at,
    postgresql_where=OutboxEvent.published_at.is_(None),
)
Index(
    "outbox_published_at_idx",
    OutboxEvent.published_at,
    postgresql_where=OutboxEvent.published_at.is_not(None),
)
