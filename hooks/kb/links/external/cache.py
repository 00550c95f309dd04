"""What earlier runs found out, and how long that is good for."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kb.links.external.verdicts import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1
_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A judgement, and when it was made."""

    judgement: Judgement
    checked: datetime

    def is_fresh(self, now: datetime, max_age: float) -> bool:
        """Whether it still counts: for `max_age` days if the link was alive, for a day at most if it was not."""
        days = max_age if self.judgement.verdict is Verdict.ALIVE else min(max_age, 1.0)
        return 0 <= (now - self.checked).total_seconds() < days * _SECONDS_A_DAY


class CacheError(Exception):
    """The cache file holds something else."""


def read_cache(path: Path) -> dict[str, Entry]:
    """Return the entries of a cache file by address; none where there is no such file.

    Raises:
        CacheError: The file is broken, or another version wrote it.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            message = f"{path} has another version than {VERSION}"
            raise CacheError(message)
        return {str(address): _entry(**entry) for address, entry in document["links"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        message = f"{path} is no cache of link checks ({type(error).__name__}: {error})"
        raise CacheError(message) from error


def write_cache(path: Path, entries: Mapping[str, Entry]) -> None:
    """Replace the cache file; whoever reads it, or kills this process, finds the old one or the new one, whole."""
    document = {
        "version": VERSION,
        "links": {
            address: {
                "verdict": entry.judgement.verdict.value,
                "reason": entry.judgement.reason,
                "suggestion": entry.judgement.suggestion,
                "checked": entry.checked.isoformat(),
            }
            for address, entry in sorted(entries.items())
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        new.write_text(json.dumps(document, indent=1), encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _entry(*, verdict: str, reason: str, suggestion: str, checked: str) -> Entry:
    if not isinstance(reason, str) or not isinstance(suggestion, str):
        message = "a reason and a suggestion are texts"
        raise TypeError(message)
    return Entry(Judgement(Verdict(verdict), reason, suggestion), datetime.fromisoformat(checked).astimezone(UTC))
