"""First tables."""

import datetime as dt
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = TIMESTAMP(timezone=True, precision=3)
NOW = sa.text("current_timestamp")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "users",
        _id(),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.UniqueConstraint("email", name="users_email_key"),
    )
    op.create_table(
        "refresh_tokens",
        _id(),
        sa.Column("family_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        _created_at(),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("id", name="refresh_tokens_pkey"),
        sa.UniqueConstraint("token_hash", name="refresh_tokens_token_hash_key"),
        _of_user("refresh_tokens"),
    )
    op.create_index("refresh_tokens_family_id_idx", "refresh_tokens", ["family_id"])
    op.create_index("refresh_tokens_user_id_idx", "refresh_tokens", ["user_id"])
    op.create_index("refresh_tokens_expires_at_idx", "refresh_tokens", ["expires_at"])
    op.create_table(
        "products",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("stock", sa.Integer, nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name="products_pkey"),
        _check("products", "price_minor", "price_minor >= 0"),
        _check("products", "currency", "currency ~ '^[A-Z]{3}$'"),
        _check("products", "stock", "stock >= 0"),
    )
    op.create_table(
        "orders",
        _id(),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="placed"),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name="orders_pkey"),
        _of_user("orders"),
        _check("orders", "status", "status in ('placed', 'cancelled')"),
        _check("orders", "total_minor", "total_minor >= 0"),
    )
    op.create_index(
        "orders_user_id_created_at_id_idx", "orders", ["user_id", sa.text("created_at desc"), sa.text("id desc")]
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("product_id", sa.Uuid, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "product_id", name="order_lines_pkey"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="order_lines_order_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="order_lines_product_id_fkey"),
        _check("order_lines", "quantity", "quantity > 0"),
    )
    op.create_index("order_lines_product_id_idx", "order_lines", ["product_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("response_status", sa.Integer, nullable=False),
        sa.Column("response_headers", JSONB, nullable=False),
        sa.Column("response_body", sa.Text, nullable=False),
        _created_at(),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "operation", "key", name="idempotency_keys_pkey"),
        _of_user("idempotency_keys"),
    )
    op.create_index("idempotency_keys_expires_at_idx", "idempotency_keys", ["expires_at"])
    op.create_table(
        "outbox",
        _id(),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("traceparent", sa.Text),
        _created_at(),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_attempt_at", TIME, nullable=False, server_default=NOW),
        sa.Column("published_at", TIME),
        sa.PrimaryKeyConstraint("id", name="outbox_pkey"),
    )
    op.create_index(
        "outbox_next_attempt_at_idx",
        "outbox",
        ["next_attempt_at"],
        postgresql_where=sa.text("published_at is null"),
    )
    op.create_index(
        "outbox_published_at_idx",
        "outbox",
        ["published_at"],
        postgresql_where=sa.text("published_at is not null"),
    )


def downgrade() -> None:
    """Drop all tables, with what is in them."""
    for table in ("outbox", "idempotency_keys", "order_lines", "orders", "products", "refresh_tokens", "users"):
        op.drop_table(table)


def _id() -> sa.Column[uuid.UUID]:
    return sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))


def _created_at() -> sa.Column[dt.datetime]:
    return sa.Column("created_at", TIME, nullable=False, server_default=NOW)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"{table}_user_id_fkey", ondelete="CASCADE")


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"{table}_{name}_check"))
