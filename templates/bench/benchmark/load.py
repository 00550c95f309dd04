"""Sends load with the generator of ../load, and tells what came back and what it cost whom."""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.places import TEMPLATES

from benchmark.meters import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmark.plan import Settings

_MODULE = TEMPLATES / "bench" / "load"


class LoadError(Exception):
    """The generator did not run, or an application did not answer as it should."""


@dataclass(frozen=True)
class Request:
    """A request that is sent over and over, in some variants."""

    method: str
    urls: Sequence[str]
    """Taken in turn."""
    success: int
    """The only status that is no failure."""
    headers: Mapping[str, str]
    bodies: Sequence[object] = ()
    """Taken in turn."""
    has_key: bool = False
    """Whether each request has an idempotency key of its own."""

    def lines(self, count: int) -> Iterable[str]:
        """Return at most that many requests as vegeta reads them; it begins again behind the last."""
        varied = count if self.has_key else min(count, max(len(self.urls), len(self.bodies)))
        for number in range(varied):
            headers = {name: [value] for name, value in self.headers.items()}
            if self.has_key:
                headers["Idempotency-Key"] = [str(uuid.uuid4())]
            target: dict[str, Any] = {"method": self.method, "url": self.urls[number % len(self.urls)]}
            if self.bodies:
                body = json.dumps(self.bodies[number % len(self.bodies)])
                headers["Content-Type"] = ["application/json"]
                target["body"] = base64.b64encode(body.encode()).decode()
            yield json.dumps({**target, "header": headers})


@dataclass(frozen=True)
class Load:
    """What came of a load."""

    rate: int
    requests: int
    failures: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    late_ms: float
    """How late the generator itself was, in the median."""
    server_us: float
    """CPU time of the application for each request."""
    postgres_us: float
    generator_us: float
    told: str
    """What failed, if anything did."""


class Generator:
    """The load generator, built once."""

    def __init__(self, cache: Path, settings: Settings) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        self._program = (cache / "load").resolve()
        self._settings = settings
        done = subprocess.run(
            ["nice", "go", "build", "-o", self._program, "."], cwd=_MODULE, capture_output=True, text=True, check=False
        )
        if done.returncode:
            message = f"the load generator does not build:\n{done.stderr}"
            raise LoadError(message)

    def send(self, request: Request, rate: int, seconds: float, server: int, postgres: int) -> Load:
        """Send requests at a constant rate to an application, and watch it and its PostgreSQL, given as processes."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as targets:
            targets.writelines(f"{line}\n" for line in request.lines(round(rate * seconds)))
            targets.flush()
            before = cpu_seconds(server), cpu_seconds(postgres)
            summary, own = self._run(Path(targets.name), rate, seconds)
            # A process that ended meanwhile counts in whole ticks from then on, which can be less than it had.
            spent = [max(0.0, cpu_seconds(pid) - was) for pid, was in zip((server, postgres), before, strict=True)]
        requests = summary["requests"]
        failures = requests - summary["statuses"].get(str(request.success), 0)
        return Load(
            rate=rate,
            requests=requests,
            failures=failures,
            p50_ms=summary["p50_ms"],
            p95_ms=summary["p95_ms"],
            p99_ms=summary["p99_ms"],
            late_ms=summary["late_p50_ms"],
            server_us=spent[0] / requests * 1e6,
            postgres_us=spent[1] / requests * 1e6,
            generator_us=own / requests * 1e6,
            told=f"{summary['statuses']} {summary['errors']}" if failures else "",
        )

    def _run(self, targets: Path, rate: int, seconds: float) -> tuple[dict[str, Any], float]:
        """Return what the generator tells, and the CPU time that it took."""
        flags = {
            "targets": targets,
            "rate": rate,
            "duration": f"{seconds}s",
            "timeout": f"{self._settings.timeout}s",
            "connections": self._settings.connections,
        }
        before = _of_children()
        done = subprocess.run(
            [self._program, *(f"-{name}={value}" for name, value in flags.items())],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LoadError(done.stderr)
        return json.loads(done.stdout), _of_children() - before


def _of_children() -> float:
    """Return the CPU time of everything that was started and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
