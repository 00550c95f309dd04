"""The command `kb links --external`: what it is called with, and what it does with that."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb.assembly import load
from kb.links.external.cache import CacheError, Entry, read_cache, write_cache
from kb.links.external.check import check_all
from kb.links.external.collect import collect, join
from kb.links.external.guard import is_online
from kb.links.external.progress import Progress
from kb.links.external.report import as_data, findings, render
from kb.links.external.settings import USER_AGENT, Settings, World
from kb.links.external.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kb.links.external.collect import Target
    from kb.links.external.verdicts import Judgement

OK, DEAD, MISUSED, INTERRUPTED = 0, 1, 2, 130
_SAMPLE = 8
_CACHE = Path(".cache/external-links.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the check; `run` also needs `root`, the repository."""
    defaults = Settings()
    add = parser.add_argument
    add("--only", default="", metavar="SUBSTRING", help="check the addresses that hold this, and no others")
    add("--offline", action="store_true", help="report what the cache knows, whatever its age, and ask nobody")
    add("--concurrency", type=_count, default=defaults.concurrency, help="requests at once (default: %(default)s)")
    add("--pause", type=_quantity, default=defaults.pause, help="seconds between requests to a host (%(default)s)")
    add("--timeout", type=_duration, default=defaults.timeout, help="seconds to wait for an answer (%(default)s)")
    add("--retries", type=int, choices=range(11), default=defaults.retries, help="further tries (%(default)s)")
    add("--max-age", type=_quantity, default=7.0, metavar="DAYS", help="trust the cache so long (%(default)s)")
    add("--cache", type=Path, metavar="FILE", help=f"where results are kept (default: {_CACHE} in the repository)")
    add("--json", type=Path, metavar="FILE", help="write the report as data, too")
    add("--user-agent", type=_header, default=USER_AGENT, help="what the check calls itself")
    add("--allow-private", action="store_true", help="follow links to hosts that are not on the public internet")


def run(options: argparse.Namespace, world: World | None = None) -> int:
    """Check, report, and return the exit code: 0 nothing is dead, 1 something is, 2 called wrongly, 130 interrupted."""
    library, _ = load(options.root)
    targets = collect(library, options.only)
    notebook = _Notebook(options.cache or options.root / _CACHE, world or World())
    interrupted = False
    if options.offline:
        notebook.known = notebook.entries
    else:
        try:
            write_cache(notebook.path, notebook.entries)
        except OSError as error:
            _say(f"{notebook.path} cannot be written ({error}); name another file with --cache")
            return MISUSED
        if not asyncio.run(is_online(_hosts(collect(library)), notebook.world.resolve)):
            _say("no host of any link can be looked up; is there a network? Nothing was checked")
            return MISUSED
        interrupted = _check(targets, notebook, options)
    found = findings(targets, notebook.known)
    sys.stdout.write(render(found))
    if options.json:
        try:
            options.json.write_text(json.dumps(as_data(found), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            _say(f"{options.json} cannot be written ({error}); name another file with --json")
            return MISUSED
    if interrupted:
        _say("interrupted; what was checked is kept, and the same command goes on from there")
        return INTERRUPTED
    return DEAD if any(finding.entry and finding.entry.judgement.verdict.is_fault for finding in found) else OK


def _hosts(targets: Sequence[Target]) -> list[str]:
    """Return the hosts that most links lead to: where none of them has an address, the fault is here."""
    return [host for host, _ in Counter(urlsplit(target.url).hostname or "" for target in targets).most_common(_SAMPLE)]


class _Notebook:
    """What is known of the links, on disk as soon as it is known."""

    def __init__(self, path: Path, world: World) -> None:
        self.path = path
        self.world = world
        self.known: dict[str, Entry] = {}
        """What this run reports."""
        self.entries: dict[str, Entry] = {}
        """The same, and what is out of date or of other links."""
        try:
            self.entries = read_cache(path)
        except CacheError as error:
            _say(f"{error}; starting with an empty one")

    def trust(self, options: argparse.Namespace) -> None:
        now = self.world.now()
        for address, entry in self.entries.items():
            was_refused = entry.judgement.verdict is Verdict.REFUSED
            if entry.is_fresh(now, options.max_age) and not (was_refused and options.allow_private):
                self.known[address] = entry

    def keep(self, judgements: Mapping[str, Judgement]) -> None:
        new = {address: Entry(judgement, self.world.now()) for address, judgement in judgements.items()}
        self.known.update(new)
        self.entries.update(new)
        write_cache(self.path, self.entries)


def _check(targets: Sequence[Target], notebook: _Notebook, options: argparse.Namespace) -> bool:
    """Check what is not known, and return whether that was interrupted."""
    notebook.trust(options)
    wanted = {target.url: _unknown(target, notebook.known) for target in targets}
    wanted = {url: fragments for url, fragments in wanted.items() if fragments}
    progress = Progress(sys.stderr, sum(map(len, wanted.values())), notebook.world.clock)

    def done(judgements: Mapping[str, Judgement]) -> None:
        notebook.keep(judgements)
        progress.add(judgement.verdict for judgement in judgements.values())

    try:
        asyncio.run(check_all(wanted, _settings(options), notebook.world, done))
    except KeyboardInterrupt:
        return True
    finally:
        progress.end()
    return False


def _unknown(target: Target, known: Mapping[str, Entry]) -> list[str]:
    return [fragment for fragment in target.places if join(target.url, fragment) not in known]


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        concurrency=options.concurrency,
        pause=options.pause,
        timeout=options.timeout,
        retries=options.retries,
        user_agent=options.user_agent,
        allow_private=options.allow_private,
    )


def _say(message: str) -> None:
    sys.stderr.write(f"kb: {message}\n")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        message = f"{text} is less than 1"
        raise argparse.ArgumentTypeError(message)
    return number


def _quantity(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        message = f"{text} is no quantity"
        raise argparse.ArgumentTypeError(message)
    return number


def _duration(text: str) -> float:
    seconds = _quantity(text)
    if not seconds:
        message = "nothing is that fast"
        raise argparse.ArgumentTypeError(message)
    return seconds


def _header(text: str) -> str:
    if not (text.isascii() and text.isprintable() and text.strip()):
        message = "a header is plain, printable ASCII"
        raise argparse.ArgumentTypeError(message)
    return text
