"""What earlier runs found, kept by the content of everything it depends on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kb.model import Role
from kb.prove.toolchain import Diagnostic, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Results:
    """A folder of results; a result whose inputs have changed is simply never asked for again."""

    def __init__(self, folder: Path) -> None:
        """Keep results in a folder."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def diagnostics(self, key: Sequence[str]) -> list[Diagnostic] | None:
        """Return what the compilers said of these inputs, or None where nobody asked them."""
        kept = self._read(key)
        return None if kept is None else [Diagnostic(**each) for each in kept]

    def outcomes(self, key: Sequence[str]) -> tuple[list[Outcome], list[dict[str, Any]]] | None:
        """Return how the tests ended on these inputs and what they measured, or None where they did not run."""
        kept = self._read(key)
        if kept is None:
            return None
        return [Outcome(**{**each, "role": Role(each["role"])}) for each in kept["outcomes"]], kept["figures"]

    def keep_diagnostics(self, key: Sequence[str], found: Sequence[Diagnostic]) -> None:
        """Keep what the compilers said."""
        self._write(key, [asdict(each) for each in found])

    def keep_outcomes(self, key: Sequence[str], found: Sequence[Outcome], figures: Sequence[dict[str, Any]]) -> None:
        """Keep how the tests of one rule ended."""
        self._write(key, {"outcomes": [asdict(each) for each in found], "figures": list(figures)})

    def _path(self, key: Sequence[str]) -> Path:
        return self._folder / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]}.json"

    def _read(self, key: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
        path = self._path(key)
        if not path.exists():
            return None
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            return None

    def _write(self, key: Sequence[str], value: object) -> None:
        path = self._path(key)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(path)
