"""The check of outside links tells dead from alive, whatever a server does, and is polite about it."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from conftest import ENVIRONMENT, fixture_repository
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving_server import AUTHORITY, serving

if TYPE_CHECKING:
    from pathlib import Path

from kb.assembly import load
from kb.links.external import command
from kb.links.external.cache import CacheError, Entry, read_cache, write_cache
from kb.links.external.check import check_all
from kb.links.external.collect import collect
from kb.links.external.content import Content, beyond_reading
from kb.links.external.guard import is_public, look_up
from kb.links.external.report import Finding, render
from kb.links.external.settings import Settings, World
from kb.links.external.verdicts import Judgement, Verdict, is_passing, of_status
from kb.links.external.walk import seconds_to_wait
from kb.model import Place

TRUST = ssl.create_default_context()
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ALIVE, REDIRECTED, REFUSED = Verdict.ALIVE, Verdict.REDIRECTED, Verdict.REFUSED
DEAD, NO_FRAGMENT, UNKNOWN = Verdict.DEAD, Verdict.NO_FRAGMENT, Verdict.UNKNOWN


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.seconds = 0.0
        self.sleeps = []

    def clock(self):
        return self.seconds

    async def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


async def local(host):
    """Find every name that ends in .test on this machine, and literal addresses where they are."""
    if host.endswith(".test"):
        return [ip_address("127.0.0.1")]
    return await look_up(host)


def world(fake=None, **surroundings):
    """A world in which this machine's own server is the public internet."""
    time_source = {"clock": fake.clock, "sleep": fake.sleep} if fake else {}
    defaults = {
        "now": lambda: NOON,
        "random": lambda: 1.0,
        "resolve": local,
        "trust": lambda: TRUST,
        "is_public": lambda address: is_public(address) or address == ip_address("127.0.0.1"),
    }
    return World(**{**defaults, **time_source, **surroundings})


def check(addresses, surroundings=None, **chosen):
    """Check addresses and return the judgements; time is faked unless the test brings a world."""
    wanted = {}
    for address in addresses:
        url, _, fragment = address.partition("#")
        wanted.setdefault(url, []).append(fragment)
    judged = {}
    options = Settings(**{"pause": 0.0, "timeout": 5.0, **chosen})
    asyncio.run(check_all(wanted, options, surroundings or world(FakeTime()), judged.update))
    assert judged.keys() == set(addresses)
    return judged


@pytest.fixture(scope="module")
def shared():
    with serving() as server:
        yield server


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.mark.parametrize(
    ("path", "verdict", "reason"),
    [
        ("/fine", ALIVE, "200 OK"),
        ("/nothing", DEAD, "404 Not Found"),
        ("/gone", DEAD, "410 Gone"),
        ("/head-405", ALIVE, "200 OK"),
        ("/head-404", ALIVE, "200 OK"),
        ("/head-501", ALIVE, "200 OK"),
        ("/head-403", ALIVE, "200 OK"),
        ("/head-400", ALIVE, "200 OK"),
        ("/head-503", ALIVE, "200 OK"),
        ("/401", UNKNOWN, "401 Unauthorized"),
        ("/403", UNKNOWN, "403 Forbidden"),
        ("/429-then-fine", ALIVE, "200 OK"),
        ("/503-twice", ALIVE, "200 OK"),
        ("/503", UNKNOWN, "503 Service Unavailable"),
        ("/501", UNKNOWN, "501 Not Implemented"),
        ("/drop", UNKNOWN, "disconnected"),
        ("/reset", UNKNOWN, "Error"),
        ("/huge-headers", UNKNOWN, "Error"),
        ("/no-http", UNKNOWN, "Error"),
        ("/endless", ALIVE, "200 OK"),
        ("/reset-in-body", ALIVE, "200 OK"),
        ("/pdf", ALIVE, "200 OK"),
        ("/found", ALIVE, "200 OK"),
        ("/found-then-moved", ALIVE, "200 OK"),
        ("/moved-nowhere", UNKNOWN, "301 Moved Permanently"),
        ("/moved-to-nonsense", UNKNOWN, "Invalid URL"),
        ("/moved-to-mail", UNKNOWN, "InvalidURL"),
        ("/moved-to-ftp", UNKNOWN, "ftp://a.test/file, which is no web address"),
        ("/loop", UNKNOWN, "in a circle"),
        ("/to-private", REFUSED, "10.0.0.1 is 10.0.0.1"),
        ("/to-mapped", REFUSED, "::ffff:"),
        ("/to?127.0.0.2/fine", REFUSED, "127.0.0.2"),
        ("/fine#one", ALIVE, "200 OK"),
        ("/fine#old", ALIVE, "200 OK"),
        ("/fine#%C3%BC", ALIVE, "200 OK"),
        ("/fine#ü", ALIVE, "200 OK"),
        ("/fine#top", ALIVE, "200 OK"),
        ("/fine#two", NO_FRAGMENT, "no element `#two`"),
        ("/nothing#one", DEAD, "404 Not Found"),
        ("/503-twice?again#late", ALIVE, "200 OK"),
        ("/fine#:~:text=One", UNKNOWN, "only browsers"),
        ("/fine#/route", UNKNOWN, "script"),
        ("/gzip#packed", ALIVE, "200 OK"),
        ("/gzip#other", NO_FRAGMENT, "no element"),
        ("/broken-gzip#packed", UNKNOWN, "broke off"),
        ("/bomb#one", UNKNOWN, "packed"),
        ("/pdf#page=3", UNKNOWN, "application/pdf, not HTML"),
        ("/typeless#one", UNKNOWN, "no declared type"),
        ("/invalid-utf-8#ok", ALIVE, "200 OK"),
        ("/latin-1#%C3%BC", ALIVE, "200 OK"),
        ("/no-charset#one", ALIVE, "200 OK"),
        ("/malformed#one", UNKNOWN, "not well-formed"),
        ("/long#early", ALIVE, "200 OK"),
        ("/long#after-the-cap", UNKNOWN, "not in the first 2097152 bytes"),
        ("/endless#early", ALIVE, "200 OK"),
        ("/endless#late", UNKNOWN, "the page is longer"),
        ("/reset-in-body#early", ALIVE, "200 OK"),
        ("/reset-in-body#late", UNKNOWN, "broke off"),
        ("/reset-in-body-once#late", ALIVE, "200 OK"),
        ("/found#one", ALIVE, "200 OK"),
        ("/found#nine", NO_FRAGMENT, "no element `#nine`"),
        ("/moved-to-fragment#anything", REDIRECTED, "for good"),
    ],
)
def test_an_answer_is_judged_for_what_it_is(shared, path, verdict, reason):
    address = shared.url(path)
    judgement = check([address])[address]
    assert judgement.verdict is verdict
    assert reason in judgement.reason


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("/moved", "/fine"),
        ("/moved#one", "/fine#one"),
        ("/moved-then-found", "/found"),
        ("/moved-to-fragment#anything", "/fine#one"),
    ],
)
def test_what_moved_for_good_is_told_where_the_permanent_redirects_end(shared, path, suggestion):
    address = shared.url(path)
    judgement = check([address])[address]
    assert (judgement.verdict, judgement.suggestion) == (REDIRECTED, shared.url(suggestion))


def test_a_redirect_to_a_dead_page_is_dead_and_says_which_page(shared):
    address = shared.url("/moved-to-nothing")
    judgement = check([address])[address]
    assert judgement == Judgement(DEAD, f"404 Not Found (after a redirect to {shared.url('/nothing')})")


def test_a_missing_fragment_is_told_with_the_nearest_one(shared):
    address = shared.url("/fine#two-word")
    assert check([address])[address].suggestion == shared.url("/fine#two-words")


def test_a_chain_that_is_too_long_is_unknown(shared):
    address = shared.url("/moved")
    assert "more than 1 redirects" in check([address], hops=1)[address].reason


@pytest.mark.parametrize("path", ["/hang", "/drip-headers"])
def test_a_server_that_does_not_come_to_the_point_times_out(server, path):
    address = server.url(path)
    time_source = FakeTime()
    assert check([address], world(time_source), timeout=0.2, retries=1)[address] == Judgement(UNKNOWN, "timed out")
    assert len(time_source.sleeps) == 1


def test_a_page_that_drips_is_alive_and_only_what_was_read_of_it_is_known(server):
    page, early, late = (server.url(f"/drip{fragment}") for fragment in ("", "#early", "#late"))
    judged = check([page, early, late], timeout=1.0, retries=0)
    assert [judged[address].verdict for address in (page, early, late)] == [ALIVE, ALIVE, UNKNOWN]


def test_a_port_where_nobody_listens_is_unknown():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    assert check([address], retries=0)[address].verdict is UNKNOWN


@pytest.mark.parametrize(
    ("number", "verdict"),
    [(socket.EAI_NONAME, DEAD), (socket.EAI_AGAIN, UNKNOWN)],
)
def test_a_name_that_does_not_exist_is_dead_and_one_that_cannot_be_looked_up_is_not(number, verdict):
    asked = []

    async def fail(host):
        asked.append(host)
        raise socket.gaierror(number, "planted")

    address = "https://missing.test/"
    assert check([address], world(FakeTime(), resolve=fail))[address].verdict is verdict
    assert len(asked) == (1 if verdict is DEAD else 3)


@pytest.mark.parametrize("address", ["http://[::1", "http://a.test:99999/", "https://\U0001f4a9.test/", "http://"])
def test_an_address_that_is_none_is_unknown(address):
    assert check([address])[address].verdict is UNKNOWN


def test_a_label_that_no_name_can_have_is_dead():
    address = f"http://{'a' * 64}.com/"
    assert check([address])[address].verdict is DEAD


def test_head_is_enough_where_it_is_answered_well(server):
    check([server.url("/fine"), server.url("/found")])
    assert server.paths("GET") == []


def test_a_page_is_fetched_once_for_all_its_fragments(server):
    check([server.url(f"/fine{fragment}") for fragment in ("", "#one", "#two", "#three")])
    assert [(request.method, request.path) for request in server.requests] == [("GET", "/fine")]


def test_a_fragment_that_no_fetched_page_can_show_costs_no_get(server):
    check([server.url("/fine#:~:text=One")])
    assert server.paths("GET") == []


@pytest.mark.parametrize(
    ("fragment", "is_beyond"),
    [
        ("L10", True),
        ("L10-L20", True),
        ("L10C1-L20C2", True),
        ("L", False),
        ("Locks", False),
        ("one:~:text=two", True),
        (":~:text=two", True),
        ("!/route", True),
        ("one/two", False),
    ],
)
def test_lines_texts_and_routes_are_beyond_reading(fragment, is_beyond):
    assert bool(beyond_reading(fragment)) is is_beyond


def test_what_github_draws_by_script_is_unknown_and_what_it_sends_is_not(server):
    async def here(_):
        return [ip_address("127.0.0.1")]

    comment, sent = (server.url(f"/fine#{name}", "github.com") for name in ("issuecomment-123", "one"))
    judged = check([comment, sent], world(FakeTime(), resolve=here))
    assert (judged[comment].verdict, judged[sent].verdict) == (UNKNOWN, ALIVE)


def test_the_prefix_that_github_hides_does_not_hide_an_id():
    assert Content(frozenset({"user-content-usage"})).has("usage")


def test_retries_back_off_exponentially_with_full_jitter(server):
    for chance, expected in ((1.0, [1.0, 2.0, 4.0]), (0.5, [0.5, 1.0, 2.0])):
        time_source = FakeTime()
        check([server.url("/503")], world(time_source, random=lambda chance=chance: chance), retries=3)
        assert time_source.sleeps == expected
    assert len(server.requests) == 2 * 4


def test_retry_after_is_honoured_and_holds_the_whole_host(server):
    time_source = FakeTime()
    check([server.url("/429-then-fine"), server.url("/fine")], world(time_source))
    assert server.paths() == ["/429-then-fine", "/fine", "/429-then-fine"]
    assert time_source.sleeps == [7.0]


def test_retry_after_beyond_all_patience_ends_the_tries(server):
    time_source = FakeTime()
    address = server.url("/429-for-long")
    assert check([address], world(time_source))[address] == Judgement(UNKNOWN, "429 Too Many Requests")
    assert time_source.sleeps == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 01 May 2026 12:00:30 GMT", 30.0),
        ("Fri, 01 May 2026 11:00:00 GMT", 0.0),
        ("9" * 5000, float("inf")),
        ("\u00b2", None),
        ("-1", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert seconds_to_wait(header, NOON) == seconds


@given(st.text())
def test_no_retry_after_header_is_an_error(header):
    assert (seconds_to_wait(header, NOON) or 0.0) >= 0.0


def test_a_host_is_asked_one_at_a_time_and_a_pause_apart(server):
    hosts = ("a.test", "b.test")
    check([server.url(f"/slow/{number}", host) for number in range(3) for host in hosts], world(), pause=0.1)
    for host in hosts:
        arrivals = [request.at for request in server.requests if request.host == host]
        assert len(arrivals) == 3
        assert all(later - earlier >= 0.1 for earlier, later in pairwise(arrivals))


def test_redirects_keep_the_pace_too(server):
    time_source = FakeTime()
    check([server.url("/moved")], world(time_source), pause=1.0)
    assert server.paths() == ["/moved", "/moved-on", "/fine"]
    assert time_source.sleeps == [1.0, 1.0]


def test_as_many_requests_are_open_as_allowed_and_no_more(server):
    check([server.url("/three-together", f"host-{number}.test") for number in range(12)], world(), concurrency=3)
    assert server.most_open == 3


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "private.test"],
)
def test_private_hosts_get_no_request_however_they_are_spelled(server, host):
    address = server.url("/fine", host)
    assert check([address], world(FakeTime(), is_public=is_public))[address].verdict is REFUSED
    assert server.requests == []


def test_private_hosts_are_asked_where_that_is_allowed(server):
    address = server.url("/fine", "localhost")
    assert check([address], World(trust=lambda: TRUST), allow_private=True)[address].verdict is ALIVE


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("64:ff9b::5db8:d822", True),
        ("::ffff:93.184.216.34", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b:1::1", False),
        ("2002:a00:1::", False),
        ("2001:db8::1", False),
        ("2001::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_only_the_public_internet_is_public(address, public):
    assert is_public(ip_address(address)) is public


def test_a_host_with_one_private_address_is_refused(server):
    async def both(_):
        return [ip_address("127.0.0.1"), ip_address("10.0.0.1")]

    address = server.url("/fine", "mixed.test")
    assert check([address], world(FakeTime(), resolve=both))[address].verdict is REFUSED
    assert server.requests == []


def test_a_name_is_looked_up_once_per_request_and_connected_to_at_that_very_address(server):
    answers = []

    async def rebind(_):
        answers.append(ip_address("127.0.0.1" if not answers else "10.0.0.1"))
        return answers[-1:]

    address = server.url("/fine", "rebind.test")
    assert check([address], world(FakeTime(), resolve=rebind))[address].verdict is ALIVE
    assert len(answers) == 1
    assert server.requests[0].headers["host"] == f"rebind.test:{server.port}"


def test_the_next_address_is_tried_where_one_does_not_connect(server):
    async def two(_):
        return [ip_address("127.0.0.9"), ip_address("127.0.0.1")]

    address = server.url("/fine", "two.test")
    surroundings = world(FakeTime(), resolve=two, is_public=lambda _: True)
    assert check([address], surroundings, retries=0)[address].verdict is ALIVE


def test_certificates_are_verified_against_the_name_and_not_the_address():
    with serving(tls=True) as server:
        good, wrong = (server.url("/fine", host, "https") for host in ("good.test", "wrong.test"))
        trust = ssl.create_default_context()
        AUTHORITY.configure_trust(trust)
        trusting = world(FakeTime(), trust=lambda: trust)
        judged = check([good, wrong], trusting)
        assert (judged[good].verdict, judged[wrong].verdict) == (ALIVE, DEAD)
        assert "wrong.test" in judged[wrong].reason
        assert set(server.names) == {"good.test", "wrong.test"}
        assert "unable to get local issuer" in check([good])[good].reason


def test_plain_http_where_tls_is_spoken_is_unknown(shared):
    address = shared.url("/fine", "good.test", "https")
    assert check([address], retries=0)[address].verdict is UNKNOWN


def test_no_request_carries_cookies_or_credentials_and_each_says_who_asks(server):
    address = server.url("/cookie", "user:secret@a.test")
    assert check([address, server.url("/401", "user:secret@a.test")], user_agent="me/1")[address].verdict is ALIVE
    assert "/cookie-eater" in server.paths()
    for request in server.requests:
        assert request.headers.keys() & {"cookie", "authorization", "referer"} == set()
        assert request.headers["user-agent"] == "me/1"


@given(st.integers(100, 599))
def test_every_status_has_a_verdict(status):
    expected = ALIVE if 200 <= status < 300 else DEAD if status in {404, 410} else UNKNOWN
    assert of_status(status).verdict is expected
    assert of_status(status).reason.startswith(str(status))
    assert is_passing(status) <= (expected is UNKNOWN)


JUDGEMENTS = st.builds(Judgement, st.sampled_from(Verdict), st.text(), st.text())
ENTRIES = st.builds(Entry, JUDGEMENTS, st.datetimes(timezones=st.just(UTC)))


@given(st.dictionaries(st.text(), ENTRIES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_cache_is_read_as_it_was_written(tmp_path, entries):
    write_cache(tmp_path / "new" / "cache.json", entries)
    assert read_cache(tmp_path / "new" / "cache.json") == entries
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["cache.json"]


_ENTRY = {"verdict": "alive", "reason": "", "suggestion": "", "checked": "2026-05-01T12:00:00+00:00"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00",
        "{}",
        '{"version": 0, "links": {}}',
        '{"version": 1, "links": []}',
        '{"version": 1, "links": {"a": null}}',
        "[" * 100_000,
        *(
            json.dumps({"version": 1, "links": {"a": {**_ENTRY, **change}}})
            for change in (
                {"verdict": "lively"},
                {"reason": 1},
                {"checked": 1},
                {"checked": "0001-01-01T00:00:00+23:00"},
                {"x": 1},
            )
        ),
    ],
)
def test_a_broken_cache_is_told_from_none(tmp_path, text):
    (tmp_path / "cache.json").write_text(text)
    with pytest.raises(CacheError, match=r"cache\.json"):
        read_cache(tmp_path / "cache.json")
    assert read_cache(tmp_path / "none.json") == {}


@pytest.mark.parametrize(
    ("verdict", "days", "max_age", "is_fresh"),
    [
        (ALIVE, 6.9, 7.0, True),
        (ALIVE, 7.1, 7.0, False),
        (DEAD, 0.9, 7.0, True),
        (DEAD, 1.1, 7.0, False),
        (REDIRECTED, 1.1, 7.0, False),
        (DEAD, 0.6, 0.5, False),
        (ALIVE, 0.0, 0.0, False),
        (ALIVE, -0.1, 7.0, False),
    ],
)
def test_what_is_alive_counts_for_longer(verdict, days, max_age, is_fresh):
    entry = Entry(Judgement(verdict, ""), NOON - timedelta(days=days))
    assert entry.is_fresh(NOON, max_age) is is_fresh


@dataclass(frozen=True)
class Repository:
    """The fixture tree, one of whose pages names outside addresses, one a line."""

    root: Path

    @property
    def cache(self):
        return self.root / ".cache" / "external-links.json"

    def link(self, *addresses, page="docs/start.md"):
        """Return the lines at which the addresses are named."""
        path = self.root / page
        head = path.read_text().partition("\n# ")[0]
        path.write_text("\n".join([head, "# Start", *(f"- <{address}>" for address in addresses), ""]))
        return [head.count("\n") + 3 + index for index in range(len(addresses))]


@pytest.fixture
def repository(tmp_path):
    return Repository(fixture_repository("links", tmp_path))


def run(repository, *arguments, surroundings=None):
    """Run the command in this process, on the links to this machine."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = parser.parse_args(["--only", "127.0.0.1", "--pause", "0", *arguments])
    options.root = repository.root
    return command.run(options, surroundings or world(FakeTime()))


def spawn(repository, *arguments):
    """Start the command as a process of its own, which Ctrl-C stops even where the tests run in the background."""
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "import argparse, pathlib, sys; from kb.links.external import command; parser = argparse.ArgumentParser();"
        "parser.add_argument('--root', type=pathlib.Path); command.add_arguments(parser);"
        "sys.exit(command.run(parser.parse_args()))"
    )
    fixed = ["--root", str(repository.root), "--only", "127.0.0.1", "--pause", "0", "--allow-private"]
    return subprocess.Popen(
        [sys.executable, "-c", script, *fixed, *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_links_and_sources_are_collected_with_every_place(repository):
    one, _, _, page = repository.link(
        "https://a.example/x#one", "HTTP://b.example", "mailto:a@b.example", "https://a.example/x"
    )
    (other,) = repository.link("https://a.example/x#one> [c](//c.example/y) <https://d.example", page="docs/orphan.md")
    library, _ = load(repository.root)
    collected = {target.url: target.places for target in collect(library)}
    assert collected["https://a.example/x"] == {
        "": (Place("docs/start.md", page),),
        "one": (Place("docs/orphan.md", other), Place("docs/start.md", one)),
    }
    assert "HTTP://b.example" in collected
    assert "https://c.example/y" in collected
    assert Place("data/sources.json", 5) in collected["https://www.rfc-editor.org/rfc/rfc9457"][""]
    assert not [url for url in collected if not url.lower().startswith("http")]
    assert [target.url for target in collect(library, "x#one")] == ["https://a.example/x"]


def test_the_report_groups_by_verdict_and_names_every_place(repository, server, capsys):
    paths = ("/gone", "/moved", "/fine#two-word", "/403", "/to-private", "/fine")
    gone, moved, two, forbidden, private, _ = repository.link(*map(server.url, paths))
    assert run(repository) == 1
    output, progress = capsys.readouterr()
    assert (
        output
        == f"""\
dead (1)
  {server.url("/gone")}
    410 Gone
    docs/start.md:{gone}

missing fragment (1)
  {server.url("/fine#two-word")}
    the page has no element `#two-word`
    did you mean {server.url("/fine#two-words")}
    docs/start.md:{two}

redirected (1)
  {server.url("/moved")}
    moved for good
    write {server.url("/fine")}
    docs/start.md:{moved}

refused (1)
  {server.url("/to-private")}
    10.0.0.1 is 10.0.0.1, which is not on the public internet (after a redirect to http://10.0.0.1/admin)
    docs/start.md:{private}

unknown (1)
  {server.url("/403")}
    403 Forbidden
    docs/start.md:{forbidden}

6 links: 1 dead, 1 missing fragment, 1 redirected, 1 refused, 1 unknown, 1 alive
"""
    )
    assert progress == ""


def test_no_server_can_make_a_terminal_obey():
    entry = Entry(Judgement(NO_FRAGMENT, "a\x9bb", "https://a.test/#\x1b[2J"), NOON)
    report = render([Finding("https://a.test/#b", (Place("a.md", 1),), entry)])
    assert all(line.isprintable() for line in report.splitlines())


def test_only_what_is_dead_makes_the_exit_code_1(repository, server):
    repository.link(*(server.url(path) for path in ("/moved", "/403", "/to-private", "/fine")))
    assert run(repository) == 0
    repository.link(server.url("/fine#two"))
    assert run(repository) == 1


def test_the_report_is_written_as_data_too(repository, server, tmp_path):
    _, gone = repository.link(server.url("/fine"), server.url("/gone"))
    run(repository, "--json", str(tmp_path / "report.json"))
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["summary"]["dead"] == report["summary"]["alive"] == 1
    assert report["links"][1] == {
        "address": server.url("/gone"),
        "verdict": "dead",
        "reason": "410 Gone",
        "suggestion": "",
        "checked": "2026-05-01T12:00:00+00:00",
        "places": [{"path": "docs/start.md", "line": gone}],
    }


def test_what_is_fresh_is_not_asked_again_and_a_new_fragment_is(repository, server):
    repository.link(server.url("/fine#one"), server.url("/gone"))
    assert run(repository) == 1
    before = len(server.requests)
    assert run(repository) == 1
    assert len(server.requests) == before
    assert run(repository, surroundings=world(FakeTime(), now=lambda: NOON + timedelta(days=2))) == 1
    assert server.paths()[before:] == ["/gone", "/gone"]
    repository.link(server.url("/fine#one"), server.url("/fine#old"))
    assert run(repository) == 0
    assert server.paths()[before + 2 :] == ["/fine"]


def test_what_was_refused_is_asked_once_it_is_allowed(repository, server):
    repository.link(server.url("/fine"))
    careful = world(FakeTime(), is_public=is_public)
    assert run(repository, surroundings=careful) == 0
    assert server.requests == []
    run(repository, "--allow-private", surroundings=careful)
    assert server.paths() == ["/fine"]


def test_offline_reports_from_the_cache_alone(repository, server, capsys):
    repository.link(server.url("/gone"))
    run(repository)
    before = len(server.requests)
    repository.link(server.url("/gone"), server.url("/new"))
    late = world(FakeTime(), now=lambda: NOON + timedelta(days=365))
    capsys.readouterr()
    assert run(repository, "--offline", surroundings=late) == 1
    assert "2 links: 1 dead, 1 unchecked" in capsys.readouterr().out
    assert len(server.requests) == before


def test_a_broken_cache_is_reported_and_started_anew(repository, server, capsys):
    repository.cache.parent.mkdir()
    repository.cache.write_text("{")
    repository.link(server.url("/fine"))
    assert run(repository) == 0
    assert "is no cache of link checks" in capsys.readouterr().err
    assert list(read_cache(repository.cache)) == [server.url("/fine")]


def test_files_that_cannot_be_written_are_misuse(repository, tmp_path, capsys):
    assert run(repository, "--cache", str(tmp_path)) == 2
    assert run(repository, "--json", str(tmp_path / "no" / "folder.json")) == 2
    assert "--cache" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--concurrency", "0"],
        ["--pause", "-1"],
        ["--pause", "nan"],
        ["--timeout", "inf"],
        ["--timeout", "0"],
        ["--retries", "-1"],
        ["--max-age", "soon"],
        ["--user-agent", "a\r\nCookie: b"],
    ],
)
def test_an_option_that_makes_no_sense_is_misuse(repository, arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(repository, *arguments)
    assert stopped.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_progress_is_a_line_now_and_then(repository, server, capsys):
    repository.link(*(server.url(f"/slow/{number}", f"127.0.0.1.{number}.test") for number in range(60)))
    assert run(repository, "--concurrency", "30") == 0
    assert capsys.readouterr().err.splitlines() == [
        "25/60 links, 0 dead, 0 unknown, 0:00",
        "50/60 links, 0 dead, 0 unknown, 0:00",
    ]


def test_progress_is_one_line_that_is_rewritten_on_a_terminal(repository, server, monkeypatch, capsys):
    repository.link(server.url("/fine"), server.url("/gone"))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run(repository)
    progress = capsys.readouterr().err
    assert progress.count("\r\x1b[K") == 2
    assert progress.endswith("\r\x1b[K2/2 links, 1 dead, 0 unknown, 0:00\n")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_loses_nothing(repository, server, stop):
    addresses = [server.url(f"/slow/{number}") for number in range(20, 40)]
    repository.link(*addresses)
    server.patience = 8
    process = spawn(repository)
    while len(server.requests) <= server.patience and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(stop)
    output, errors = process.communicate(timeout=60)
    assert set(read_cache(repository.cache)) == set(addresses[:8])
    if stop is signal.SIGINT:
        assert process.returncode == 130
        assert "20 links: 8 alive, 12 unchecked" in output
        assert "the same command goes on" in errors
        assert "Traceback" not in errors
    server.patience = 100
    second = spawn(repository)
    assert "20 links: 20 alive" in second.communicate(timeout=60)[0]
    assert second.returncode == 0
    assert [server.url(path) for path in server.paths()[9:]] == addresses[8:]


def test_the_command_needs_no_mkdocs():
    script = "import sys, kb.links.external.command; sys.exit('mkdocs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, check=False).returncode == 0


def test_without_a_network_nothing_is_called_dead_and_nothing_is_kept(repository, capsys):
    async def nobody(_):
        raise socket.gaierror(socket.EAI_NONAME, "no name")

    repository.link("http://127.0.0.1:9/gone")
    assert run(repository, surroundings=world(FakeTime(), resolve=nobody)) == 2
    captured = capsys.readouterr()
    assert "is there a network? Nothing was checked" in captured.err
    assert captured.out == ""
    assert "gone" not in repository.cache.read_text()
