"""Parses SQL files as PostgreSQL does: `python -m support.parse_sql FILE…`."""

import json
import sys
from pathlib import Path
from typing import Any

import pglast

CHANGES_TABLES = {
    "AlterDomainStmt",
    "AlterEnumStmt",
    "AlterTableStmt",
    "ClusterStmt",
    "CreateStmt",
    "CreateTrigStmt",
    "DropStmt",
    "IndexStmt",
    "RefreshMatViewStmt",
    "ReindexStmt",
    "RenameStmt",
    "RepackStmt",
    "TruncateStmt",
    "VacuumStmt",
}


def parse(text: str) -> dict[str, Any]:
    """Return the error with its line, and whether a statement changes a table."""
    try:
        kinds = {type(parsed.stmt).__name__ for parsed in pglast.parse_sql(text)}
    except pglast.parser.ParseError as error:
        message, place = error.args
        line = text.count("\n", 0, len(text.rstrip()) if place is None else place) + 1
        return {"error": message, "line": line, "changes_tables": False}
    if not kinds:
        return {"error": "no statement", "line": 1, "changes_tables": False}
    changes = bool(kinds & CHANGES_TABLES)
    return {"error": "", "line": 1, "changes_tables": changes}


if __name__ == "__main__":
    texts = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:])
    json.dump([parse(text) for text in texts], sys.stdout)
