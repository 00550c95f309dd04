"""Whether the rules hold together: ids, areas, references, proofs, and what the last run says of them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from kb.problems import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from kb.model import SourceId, Stack
    from kb.rules.model import Area, GivenId, Rule, RuleId, Run

_PROOF = re.compile(r"proofs/(?P<stack>\w+)/(?:src/)?rules/(?P<folder>[^/]+)/.+")
_SAMPLE = re.compile(r".*/(?:avoid|prefer)(?:\.\w+|/\w+\.\w+)")


def check_rules(rules: Iterable[Rule], areas: Iterable[Area], known_sources: Collection[SourceId]) -> Iterator[Problem]:
    """Yield every area and source of a rule that does not exist, and every id that is taken twice."""
    folders = {area.id for area in areas}
    seen: dict[RuleId, str] = {}
    for rule in rules:
        path, line = rule.place.path, rule.place.line
        if (other := seen.setdefault(rule.id, path)) != path:
            yield Problem(
                path, line, "KB003", f"the id `{rule.id}` is taken by {other}", "run `kb new rule` for another"
            )
        if not posixpath.basename(path).startswith(f"{rule.id}-"):
            yield Problem(path, line, "KB203", f"has the id `{rule.id}`, and its file's name says otherwise")
        if rule.area not in folders:
            message = f"`{rule.area}` is no area"
            yield Problem(path, rule.lines[rule.area], "KB004", message, nearest(rule.area, folders))
        elif posixpath.basename(posixpath.dirname(path)) != rule.area:
            message = f"belongs to `{rule.area}`, and lies elsewhere"
            yield Problem(path, rule.lines[rule.area], "KB004", message, "move the file")
        for each in rule.sources:
            if each.source not in known_sources:
                message = f"rests on `{each.source}`, which is no source"
                yield Problem(path, rule.lines[each.source], "KB004", message, nearest(each.source, known_sources))


def check_related(rules: Iterable[Rule]) -> Iterator[Problem]:
    """Yield every related rule that does not exist; only all rules together can tell."""
    rules = list(rules)
    ids = {rule.id for rule in rules}
    for rule in rules:
        others = ids - {rule.id}
        for other in rule.related:
            if other not in others:
                message = f"is related to `{other}`, which is no other rule"
                yield Problem(rule.place.path, rule.lines[other], "KB004", message, nearest(other, others))


def check_ids(rules: Iterable[Rule], given: Iterable[GivenId]) -> Iterator[Problem]:
    """Yield every rule whose id was not given or is retired, and every given id that has lost its rule."""
    by_id: dict[RuleId, GivenId] = {}
    living = {rule.id: rule for rule in rules}
    for entry in given:
        place = entry.place
        if (other := by_id.setdefault(entry.id, entry)) is not entry:
            yield Problem(place.path, place.line, "KB003", f"the id `{entry.id}` is taken by line {other.place.line}")
        if entry.retired is None and entry.id not in living:
            message = f"no rule has the id `{entry.id}`"
            yield Problem(place.path, place.line, "KB203", message, "say why under `retired`; ids are never removed")
        if entry.successor is not None and entry.successor not in living:
            message = f"the successor `{entry.successor}` of `{entry.id}` is no rule"
            yield Problem(place.path, place.line, "KB004", message, nearest(entry.successor, living))
    for rule in living.values():
        entry_of_rule = by_id.get(rule.id)
        if entry_of_rule is None:
            message = f"the id `{rule.id}` is not in data/rule-ids.json"
            yield Problem(rule.place.path, rule.place.line, "KB203", message, "`kb new rule` gives ids")
        elif entry_of_rule.retired is not None:
            message = f"the id `{rule.id}` is retired: {entry_of_rule.retired}"
            yield Problem(rule.place.path, rule.place.line, "KB203", message, "`kb new rule` gives another")


def check_proofs(rules: Iterable[Rule], files: Collection[str]) -> Iterator[Problem]:
    """Yield every proof for a rule that does not exist, or that has no samples in that stack."""
    stacks: Mapping[str, Collection[Stack]] = {rule.id.lower(): rule.stacks for rule in rules}
    seen = set()
    for path in sorted(files):
        match = _PROOF.fullmatch(path)
        if not match or _SAMPLE.fullmatch(path) or (match["stack"], match["folder"]) in seen:
            continue
        seen.add((match["stack"], match["folder"]))
        if match["folder"] not in stacks:
            message = f"is the proof of `{match['folder'].upper()}`, which is no rule"
            yield Problem(path, 1, "KB204", message, nearest(match["folder"], stacks))
        elif match["stack"] not in stacks[match["folder"]]:
            message = f"proves {match['folder'].upper()} in {match['stack']}, for which the rule has no samples"
            yield Problem(path, 1, "KB204", message)


def check_run(rules: Iterable[Rule], run: Run) -> Iterator[Problem]:
    """Yield every sample that the last run did not see as it stands, and every entry without a sample."""
    known = set()
    for sample in (sample for rule in rules for sample in rule.samples):
        known.add((sample.rule, sample.stack, sample.role))
        if run.of(sample) is None:
            seen = (sample.rule, sample.stack, sample.role) in run.by_sample
            message = f"the {sample.role} sample for {sample.stack.label} {'has changed since' if seen else 'was not in'} the last run"
            hint = f"run `make prove RULE={sample.rule} STACK={sample.stack}`"
            yield Problem(sample.place.path, sample.place.line, "KB206", message, hint)
    for entry in run.samples:
        if (entry.rule, entry.stack, entry.role) not in known:
            message = f"speaks of the {entry.role} sample of {entry.rule} for {entry.stack.label}, which is gone"
            yield Problem(entry.place.path, entry.place.line, "KB206", message, "run `make prove`")
