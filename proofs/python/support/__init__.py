"""What proofs share: databases of their own, races made to happen, figures."""

from support.databases import (
    Holder,
    fresh_database,
    hold,
    race,
    rows,
    run_sql,
    sample_sql,
    scalar,
    session,
    until_blocked,
)
from support.figures import figure
from support.web import app_client, sessions, slow_server

__all__ = [
    "Holder",
    "app_client",
    "figure",
    "fresh_database",
    "hold",
    "race",
    "rows",
    "run_sql",
    "sample_sql",
    "scalar",
    "session",
    "sessions",
    "slow_server",
    "until_blocked",
]
