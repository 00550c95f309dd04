"""One module per stack: how its modules are compiled and its proofs are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.prove.stacks.go import Go
from kb.prove.stacks.node import Node
from kb.prove.stacks.python import Python
from kb.prove.stacks.rust import Rust
from kb.prove.stacks.sql import Sql

if TYPE_CHECKING:
    from kb.prove.toolchain import Toolchain

TOOLCHAINS: tuple[Toolchain, ...] = (Node(), Go(), Rust(), Python(), Sql())
"""In the order of the site's tabs."""
