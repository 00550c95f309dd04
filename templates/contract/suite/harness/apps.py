"""Reads apps.toml: how each application is built and started."""

from __future__ import annotations

import os
import subprocess
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.places import CACHE, CONTRACT, ROOT, TEMPLATES
from harness.toolchain import search_path
from kb.prove.toolchain import shared_cache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BUILD_SECONDS = 1800


class BuildError(Exception):
    """An application cannot be built."""


@dataclass(frozen=True)
class App:
    """An entry of apps.toml."""

    name: str
    folder: Path
    build: Sequence[str]
    migrate: Sequence[str]
    seed: Sequence[str]
    api: Sequence[str]
    worker: Sequence[str]
    environment: Mapping[str, str]
    """What its commands see besides their settings: of this process's own environment only what tools need."""

    @property
    def cache(self) -> Path:
        """A folder that outlives the run."""
        return CACHE / self.name


def read(name: str, folder: Path | None = None) -> App:
    """Return the entry of that name, in another folder if one is given."""
    path = CONTRACT / "apps.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if name not in entries:
        message = f"{path} has no [{name}]; it has {', '.join(entries) or 'nothing'}"
        raise BuildError(message)
    entry = dict(entries[name])
    own = TEMPLATES / entry.pop("folder")
    folder = (folder or own).resolve()
    wanted = entry.pop("environment", {})
    cache = CACHE / name
    cache.mkdir(parents=True, exist_ok=True)
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR", "USER") if key in os.environ}
    places = {"cache": str(cache), "root": str(ROOT), "shared": str(shared_cache())}
    given = {key: value.format_map(places) for key, value in wanted.items()}
    return App(name, folder, environment={**kept, "PATH": search_path(folder), **given}, **entry)


def build(app: App) -> None:
    """Build the application; what its tools say goes to a file, and into the error if they fail."""
    log = app.cache / "build.log"
    with log.open("wb") as written:
        done = subprocess.run(
            ["nice", *app.build],
            cwd=app.folder,
            env={**os.environ, **app.environment},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            timeout=BUILD_SECONDS,
            check=False,
        )
    if done.returncode:
        end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-60:])
        message = f"`{' '.join(app.build)}` in {app.folder} exits with {done.returncode}:\n{end}"
        raise BuildError(message)
