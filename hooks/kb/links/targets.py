"""What a link's target is, before anyone looks whether it exists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from kb.problems import nearest

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_SLASHES = re.compile(r"(?P<scheme>https?)(?:/|:/?(?!/)|;//)", re.IGNORECASE)
LINE_ANCHOR = re.compile(r"L\d+(?:C\d+)?(?:-L\d+(?:C\d+)?)?")
"""The fragment by which the code host points at lines of a file."""
_ALLOWED = ("https", "http", "mailto", "tel", "data")


@dataclass(frozen=True, slots=True)
class Target:
    """A target inside the repository or the site, split at its fragment."""

    path: str
    """Percent-decoded; empty for the page itself."""
    fragment: str
    """Percent-decoded; empty where there is none."""


def is_outside(target: str) -> bool:
    """Whether the target leaves the repository, by a scheme or by naming a host."""
    return bool(_SCHEME.match(target)) or target.startswith("//")


def scheme_fault(target: str) -> tuple[str, str] | None:
    """Return what is wrong with a target's scheme, and a hint, or None where it has none or a good one."""
    if broken := _SLASHES.match(target):
        return f"`{target}` lacks the `://` of its scheme", f"did you mean {broken['scheme']}://?"
    scheme = _SCHEME.match(target)
    if scheme and scheme["scheme"].lower() not in _ALLOWED:
        return f"`{scheme['scheme']}:` is no scheme that a page may use", nearest(scheme["scheme"], _ALLOWED)
    return None


def parse(target: str) -> Target:
    """Split a target that is not outside."""
    path, _, fragment = target.partition("#")
    return Target(unquote(path.partition("?")[0]), unquote(fragment))
