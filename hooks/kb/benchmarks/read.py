"""How data/benchmarks.json is read, and what makes it no measurement although it fits its schema."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kb.benchmarks.model import Attempt, Benchmarks, Contestant, Load, Machine, Measured, Memory, Operation, Settings
from kb.model import Stack
from kb.problems import InvalidError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.documents import Document, Pointer
    from kb.problems import Problem

_CODE = "KB403"
_AGAIN = "run `make bench-templates` again; the file is never written by hand"


def benchmarks(document: Document) -> Benchmarks:
    """Return the run that a document, which fits the schema, holds.

    Raises:
        InvalidError: Something was left out, measured twice, or says more than its figures do.
    """
    entry = document.value
    if problems := list(_problems(document)):
        raise InvalidError(problems)
    return Benchmarks(
        measured=date.fromisoformat(entry["measured"]),
        commit=entry["commit"],
        modified=entry["modified"],
        machine=Machine(**entry["machine"]),
        versions=entry["versions"],
        postgres=entry["postgres"],
        settings=Settings(**entry["settings"]),
        operations=tuple(Operation(**each) for each in entry["operations"]),
        contestants=tuple(_contestant(each) for each in entry["contestants"]),
    )


def _contestant(entry: Mapping[str, Any]) -> Contestant:
    known = {**entry, "stack": Stack(entry["stack"])}
    return Contestant(**{**known, "template": _measured(entry["template"]), "minimal": _measured(entry["minimal"])})


def _measured(entry: Mapping[str, Any]) -> Measured:
    return Measured(
        starts_ms=tuple(entry["starts_ms"]),
        memory=tuple(Memory(**each) for each in entry["memory"]),
        loads={name: tuple(Load(**each) for each in loads) for name, loads in entry["loads"].items()},
        climbs={
            name: tuple(Attempt(Load(**each["load"]), each["sustained"]) for each in attempts)
            for name, attempts in entry["climbs"].items()
        },
    )


def _problems(document: Document) -> Iterator[Problem]:
    entry = document.value
    for kind in ("operations", "contestants"):
        ids = Counter(each["id"] for each in entry[kind])
        for index, each in enumerate(entry[kind]):
            if ids[each["id"]] > 1:
                yield document.problem("KB003", f"the id `{each['id']}` is taken twice", kind, index, "id")
    for index, contestant in enumerate(entry["contestants"]):
        for kind in ("template", "minimal"):
            wanted = [each for each in entry["operations"] if kind == "template" or each["minimal"]]
            yield from _application(document, contestant[kind], wanted, ("contestants", index, kind))


def _application(
    document: Document, measured: Mapping[str, Any], wanted: list[dict[str, Any]], at: Pointer
) -> Iterator[Problem]:
    settings = document.value["settings"]
    for name, count in (("starts_ms", settings["starts"]), ("memory", settings["rounds"])):
        if (found := len(measured[name])) != count:
            yield document.problem(_CODE, f"has {found} values of `{name}` instead of {count}", *at, name, hint=_AGAIN)
    loads = {each["id"] for each in wanted}
    climbs = {each["id"] for each in wanted if each["climbs"]}
    for kind, ids in (("loads", loads), ("climbs", climbs)):
        for name in sorted(measured[kind].keys() - ids):
            message = f"`{name}` is no operation that has {kind} here"
            yield document.problem("KB004", message, *at, kind, name, hint=nearest(name, ids))
        for name in sorted(ids - measured[kind].keys()):
            yield document.problem(_CODE, f"lacks the {kind} of `{name}`", *at, kind, hint=_AGAIN)
    rates = {each["id"]: each["rate"] for each in wanted}
    for name in sorted(loads & measured["loads"].keys()):
        yield from _loads(document, measured["loads"][name], rates[name], (*at, "loads", name))
    for name in sorted(climbs & measured["climbs"].keys()):
        yield from _climb(document, measured["climbs"][name], (*at, "climbs", name))


def _loads(document: Document, loads: list[dict[str, Any]], rate: int, at: Pointer) -> Iterator[Problem]:
    rounds = document.value["settings"]["rounds"]
    if len(loads) != rounds:
        yield document.problem(_CODE, f"has {len(loads)} loads for {rounds} rounds", *at, hint=_AGAIN)
    for index, load in enumerate(loads):
        if load["rate"] != rate:
            yield document.problem(_CODE, f"has the rate {load['rate']} instead of {rate}", *at, index, hint=_AGAIN)
        if load["failures"]:
            yield document.problem(_CODE, f"has {load['failures']} failures", *at, index, hint=_AGAIN)
        yield from _percentiles(document, load, (*at, index))


def _climb(document: Document, attempts: list[dict[str, Any]], at: Pointer) -> Iterator[Problem]:
    bearable = document.value["settings"]["bearable_ms"]
    for index, attempt in enumerate(attempts):
        load = attempt["load"]
        if attempt["sustained"] != (not load["failures"] and load["p99_ms"] < bearable):
            message = "says of a rate what its failures and its p99 do not"
            yield document.problem(_CODE, message, *at, index, hint=_AGAIN)
        yield from _percentiles(document, load, (*at, index, "load"))


def _percentiles(document: Document, load: Mapping[str, Any], at: Pointer) -> Iterator[Problem]:
    if any(lower > higher for lower, higher in pairwise(load[name] for name in ("p50_ms", "p95_ms", "p99_ms"))):
        yield document.problem(_CODE, "has percentiles that do not rise", *at, hint=_AGAIN)
