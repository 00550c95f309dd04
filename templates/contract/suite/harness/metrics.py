"""Reads Prometheus' text format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)(?: \d+)?")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    """One line of the format."""

    name: str
    labels: Mapping[str, str]
    value: float


def read(admin_url: str) -> list[Sample]:
    """Return what an application measures."""
    answer = httpx.get(f"{admin_url}/metrics", timeout=10, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(("text/plain", "application/openmetrics-text"))
    samples = []
    for line in answer.text.splitlines():
        if line and not line.startswith("#"):
            found = SAMPLE.fullmatch(line)
            assert found, line
            samples.append(Sample(found["name"], dict(LABEL.findall(found["labels"] or "")), float(found["value"])))
    return samples
