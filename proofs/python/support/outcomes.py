"""A pytest plugin that writes how each test ended to `$PROOF_OUTCOMES`, as JSON."""

import json
import os
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

LAST_RESORT = 75.0  # seconds, more than the timeout of pyproject.toml
STUCK = 4


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Append a line when a test has run, or when it could not even begin or end."""
    outcomes = os.environ.get("PROOF_OUTCOMES")
    if not outcomes or (report.when != "call" and report.passed):
        return
    file, _, name = report.nodeid.partition("::")
    record = {
        "file": file,
        "name": name.rpartition("::")[2],
        "passed": report.passed,
        "message": report.longreprtext,
        "seconds": report.duration,
        "path": "",
        "line": 0,
        **_failure(report),
    }
    with Path(outcomes).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(record) + "\n")


def _failure(report: pytest.TestReport) -> dict[str, object]:
    """Return the innermost line of the proof that led to a failure."""
    if report.passed:
        return {}
    traceback = getattr(report.longrepr, "reprtraceback", None)
    for entry in reversed(traceback.reprentries if traceback else []):
        place = getattr(entry, "reprfileloc", None)
        if place and place.path.startswith("rules/"):
            return {"path": place.path, "line": place.lineno}
    path, line, _ = report.location
    return {"path": path, "line": (line or 0) + 1}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End the run where a test's timeout cannot: its thread goes on for ever."""
    last_resort = threading.Timer(LAST_RESORT, _give_up, [item])
    last_resort.daemon = True
    last_resort.start()
    try:
        return (yield)
    finally:
        last_resort.cancel()


def _give_up(item: pytest.Item) -> None:
    capture = item.config.pluginmanager.getplugin("capturemanager")
    if capture:
        capture.suspend_global_capture(in_=False)
    sys.stderr.write(f"{item.nodeid} left a thread that hangs; the run is ended\n")
    sys.stderr.flush()
    os._exit(STUCK)
