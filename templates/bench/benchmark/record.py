"""Writes down what was measured, as data/schema/benchmarks.schema.json describes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmark import footprint, surroundings
from benchmark.plan import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmark.arena import Arena
    from benchmark.contender import Contender
    from benchmark.contestants import Contestant
    from benchmark.load import Load
    from benchmark.meters import Memory
    from benchmark.plan import Settings
    from benchmark.rounds import Race

_LINE = 250
"""Characters."""


def facts(contestant: Contestant) -> dict[str, Any]:
    """Return what is known of a contestant without running it."""
    return {
        "id": contestant.id,
        "title": contestant.title,
        "stack": contestant.stack,
        "versions": surroundings.versions_of(contestant),
        "source_lines": footprint.source_lines(contestant),
        "application_bytes": footprint.application_bytes(contestant),
        "runtime_bytes": footprint.runtime_bytes(contestant),
    }


def record(race: Race, known: Mapping[str, Mapping[str, Any]], arena: Arena, settings: Settings) -> dict[str, Any]:
    """Return everything that the site needs to know; `known` are the facts of each contestant."""
    postgres = dict(arena.told)
    return {
        "$schema": "schema/benchmarks.schema.json",
        "measured": datetime.now(UTC).date().isoformat(),
        **surroundings.commit(),
        "machine": surroundings.machine(),
        "versions": {"PostgreSQL": postgres.pop("version"), "vegeta": surroundings.generator_version()},
        "postgres": postgres,
        "settings": {
            "rounds": settings.rounds,
            "seconds": settings.seconds,
            "climb_seconds": settings.climb_seconds,
            "starts": settings.starts,
            "pool": settings.pool,
            "connections": settings.connections,
            "timeout_ms": settings.timeout * 1000,
            "bearable_ms": settings.bearable,
            "products": settings.products,
            "orders": settings.orders,
        },
        "operations": [
            {"id": each.id, "title": each.title, "rate": each.rate, "climbs": each.climbs, "minimal": each.minimal}
            for each in OPERATIONS
        ],
        "contestants": [
            {**each, **{kind: _measured(race, race.contender(name, kind)) for kind in ("template", "minimal")}}
            for name, each in known.items()
        ],
    }


def write(path: Path, recorded: Mapping[str, Any]) -> None:
    """Write it, a line for each load, so that differences can be read."""
    path.write_text(_json(recorded, 0) + "\n", encoding="utf-8")


def _measured(race: Race, contender: Contender) -> dict[str, Any]:
    results = race.of(contender)
    return {
        "starts_ms": [_short(each * 1000) for each in contender.starts],
        "memory": [_memory(*each) for each in results.memory],
        "loads": {name: [_load(each) for each in loads] for name, loads in results.loads.items()},
        "climbs": {
            name: [{"sustained": race.is_sustained(each), "load": _load(each)} for each in loads]
            for name, loads in results.climbs.items()
        },
    }


def _memory(at_start: Memory, after_load: Memory) -> dict[str, int]:
    return {"processes": after_load.processes, "start_bytes": at_start.bytes, "load_bytes": after_load.bytes}


def _load(load: Load) -> dict[str, float]:
    figures = ("rate", "requests", "failures", "p50_ms", "p95_ms", "p99_ms", "late_ms")
    costs = ("server_us", "postgres_us", "generator_us")
    return {name: _short(getattr(load, name)) for name in (*figures, *costs)}


def _short(number: float) -> float:
    """Return a number without digits that mean nothing."""
    return number if isinstance(number, int) else round(number, 2)


def _json(value: object, depth: int) -> str:
    """Return JSON in which what fits a line has one."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _LINE or not isinstance(value, dict | list):
        return text
    pad = "  " * (depth + 1)
    if isinstance(value, dict):
        inner = (f"{pad}{json.dumps(key)}: {_json(each, depth + 1)}" for key, each in value.items())
        return "{\n" + ",\n".join(inner) + "\n" + pad[2:] + "}"
    return "[\n" + ",\n".join(pad + _json(each, depth + 1) for each in value) + "\n" + pad[2:] + "]"
