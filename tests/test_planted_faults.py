"""The link checks find every planted fault at its line, and nothing else.

A line of the fixture that names a code has that fault, once for each time it names it; a line that says TRAP looks faulty
and is not; no other line has a fault.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from conftest import CASES, build_site, fixture_repository

from kb.catalogue import KINDS

_CODE = re.compile(r"KB\d{3}")
_REPORTED = re.compile(r"(?P<place>[^ :]+:\d+): (?P<code>KB\d{3}) ")
_FIXTURE = CASES / "links"
_WRITTEN = [path for path in sorted(_FIXTURE.rglob("*")) if path.suffix in {".md", ".css"}]


def _lines():
    for path in _WRITTEN:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            yield f"{path.relative_to(_FIXTURE).as_posix()}:{number}", line


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    return build_site(fixture_repository("links", folder), folder / "site")


def test_every_planted_fault_is_found_and_nothing_else_is_reported(build):
    planted = Counter({(place, code): 1 for place, line in _lines() for code in _CODE.findall(line)})
    planted.update((place, code) for place, line in _lines() for code in _CODE.findall(line)[1:])
    found = Counter(
        (report["place"], report["code"]) for line in build.warnings for report in [_REPORTED.match(line)] if report
    )
    assert {"missed": planted - found, "false alarms": found - planted} == {"missed": {}, "false alarms": {}}


def test_the_fixture_holds_enough_faults_and_traps():
    faults = sum(len(_CODE.findall(line)) for _, line in _lines())
    traps = sum("TRAP" in line for _, line in _lines())
    assert faults >= 40
    assert traps >= 12


def test_the_fixture_holds_every_kind_of_broken_link():
    planted = {code for _, line in _lines() for code in _CODE.findall(line)}
    assert planted == {code for code in KINDS if code.startswith("KB1")}
