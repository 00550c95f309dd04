"""Measures the templates side by side, and writes what it finds where the site reads it."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace

from harness.apps import BuildError
from harness.places import CACHE, ROOT

from benchmark import contestants, record
from benchmark.arena import Arena
from benchmark.contender import Contender
from benchmark.load import Generator, LoadError
from benchmark.plan import Settings
from benchmark.rounds import Race

_DATA = ROOT / "data/benchmarks.json"
_TRIAL = CACHE / "bench/trial.json"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="make bench-templates", description=__doc__)
    parser.add_argument("apps", nargs="*", help="some of contestants.toml, for a trial that is not recorded")
    parser.add_argument("--trial", action="store_true", help="one short round that is not recorded")
    arguments = parser.parse_args()
    settings = replace(Settings(), rounds=1, seconds=1.0, starts=1) if arguments.trial else Settings()
    is_trial = arguments.trial or bool(arguments.apps)
    try:
        return _measure(arguments.apps, settings, is_trial=is_trial)
    except (BuildError, LoadError, AssertionError) as error:
        print(error, file=sys.stderr)
        return 1


def _measure(wanted: list[str], settings: Settings, *, is_trial: bool) -> int:
    chosen = contestants.contestants(wanted)
    for contestant in chosen:
        print(f"building {contestant.title}", flush=True)
        contestants.build(contestant)
    known = {each.id: record.facts(each) for each in chosen}
    generator = Generator(CACHE / "bench", settings)
    with ExitStack() as ending:
        arena = ending.enter_context(Arena(settings))
        contenders = []
        for contestant in chosen:
            print(f"preparing {contestant.title}", flush=True)
            contenders += [Contender(contestant, arena, settings, minimal=minimal) for minimal in (False, True)]
        race = Race(contenders, generator, arena, settings)
        race.run()
        target = _TRIAL if is_trial else _DATA
        record.write(target, record.record(race, known, arena, settings))
    print(f"written to {target.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
