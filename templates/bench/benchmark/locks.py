"""Reads from lock files which versions of libraries an application is built with."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_GO_MODULE = re.compile(r"^\t?(?:require )?(\S+) v(\S+)", re.MULTILINE)
_PINNED = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def versions(lock: Path) -> Mapping[str, str]:
    """Return the versions of all libraries that a lock file names."""
    text = lock.read_text(encoding="utf-8")
    if lock.name == "package-lock.json":
        packages = json.loads(text)["packages"]
        return {path.removeprefix("node_modules/"): each.get("version", "") for path, each in packages.items()}
    if lock.name == "go.mod":
        return dict(_GO_MODULE.findall(text))
    if lock.suffix == ".lock":
        return {each["name"]: each.get("version", "") for each in tomllib.loads(text)["package"]}
    return dict(_PINNED.findall(text))


def production_packages(lock: Path) -> list[str]:
    """Return the folders, below node_modules, of the packages that are not for development only."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return [path for path, each in packages.items() if path and not each.get("dev") and not each.get("devOptional")]
