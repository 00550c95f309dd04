"""What a run has to say, for people and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.links.external.collect import join
from kb.links.external.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kb.links.external.cache import Entry
    from kb.links.external.collect import Target
    from kb.model import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """A link as it is written, where, and what is known of it."""

    address: str
    places: tuple[Place, ...]
    entry: Entry | None
    """None where the link was not checked."""


def findings(targets: Iterable[Target], entries: Mapping[str, Entry]) -> list[Finding]:
    """Return what is known of every link."""
    return [
        Finding(address, places, entries.get(address))
        for target in targets
        for fragment, places in target.places.items()
        for address in [join(target.url, fragment)]
    ]


def render(found: Iterable[Finding]) -> str:
    """Return everything but what is alive, grouped by verdict, and the counts."""
    found = list(found)
    lines = [line for verdict in Verdict if verdict is not Verdict.ALIVE for line in _group(verdict, found)]
    return "\n".join([*map(_printable, lines), summary(found), ""])


def summary(found: Iterable[Finding]) -> str:
    """Return the counts in one line."""
    counts = _counts(found)
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{sum(counts.values())} links: {told or 'nothing to check'}"


def as_data(found: Iterable[Finding]) -> dict[str, object]:
    """Return the same, and what is alive, as JSON has it."""
    found = list(found)
    return {"summary": _counts(found), "links": [_link(finding) for finding in found]}


def _group(verdict: Verdict, found: Iterable[Finding]) -> Iterator[str]:
    group = [(finding, finding.entry.judgement) for finding in found if _verdict(finding) is verdict and finding.entry]
    if not group:
        return
    yield f"{verdict} ({len(group)})"
    for finding, judgement in group:
        yield f"  {finding.address}"
        yield f"    {judgement.reason}"
        if judgement.suggestion:
            question = "did you mean" if verdict is Verdict.NO_FRAGMENT else "write"
            yield f"    {question} {judgement.suggestion}"
        yield from (f"    {place.path}:{place.line}" for place in finding.places)
    yield ""


def _printable(line: str) -> str:
    """Return a line that no server's words can make a terminal obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def _counts(found: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(_verdict(finding) for finding in found)
    return {**{verdict.value: counts[verdict] for verdict in Verdict}, "unchecked": counts[None]}


def _verdict(finding: Finding) -> Verdict | None:
    return finding.entry.judgement.verdict if finding.entry else None


def _link(finding: Finding) -> dict[str, object]:
    places = [{"path": place.path, "line": place.line} for place in finding.places]
    if finding.entry is None:
        return {"address": finding.address, "verdict": "unchecked", "places": places}
    judgement = finding.entry.judgement
    return {
        "address": finding.address,
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "suggestion": judgement.suggestion,
        "checked": finding.entry.checked.isoformat(timespec="seconds"),
        "places": places,
    }
