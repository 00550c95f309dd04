"""Which PostgreSQL servers a run uses: each starts when the first proof needs it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from kb.prove.installations import find_binaries, installed_version
from kb.prove.postgres import Cluster
from kb.prove.toolchain import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

_ERROR = re.compile(r"psql:[^:]*:(?P<line>\d+): ERROR:  (?P<message>.*)")


class Server:
    """A throwaway cluster with a standby that is not started before anybody asks for it."""

    def __init__(self, root: Path, major: str, running: ExitStack) -> None:
        """Remember which version; `running` ends the cluster."""
        self.version = installed_version(root, major)
        """Such as `18.6`."""
        self._psql = str((find_binaries(root, major) or Path()) / "psql")
        self._scripts = 0
        self._cluster = Cluster(root, major, standby=True)
        self._running = running

    def environment(self) -> Mapping[str, str]:
        """Return what tells a proof where its database is; start the cluster if it is the first to ask."""
        if not self._cluster.url:
            self._running.enter_context(self._cluster)
        return {"DATABASE_URL": self._cluster.url, "REPLICA_URL": self._cluster.replica_url}

    def execute(self, script: str) -> tuple[int, str] | None:
        """Run a script in an empty database; return the line that fails, counted from 1, and why, or None."""
        self._scripts += 1
        name = f"script_{self._scripts}"
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "script.sql").write_text(script, encoding="utf-8")
            admin = self.environment()["DATABASE_URL"]
            psql = [self._psql, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
            run([*psql, admin, "--command", f"create database {name}"], Path(folder))
            address = f"{admin.rpartition('/')[0]}/{name}"
            done = run([*psql, address, "--file", "script.sql"], Path(folder), timeout=60)
        error = _ERROR.search(done.stderr)
        if error:
            return int(error["line"]), error["message"]
        return (1, done.stderr.strip()) if done.returncode else None
