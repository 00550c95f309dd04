"""What was measured of the templates is read as it stands or refused, drawn to scale, and told with the numbers of the run."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from conftest import CASES, ROOT
from hypothesis import given
from hypothesis import strategies as st

from kb.assembly import load
from kb.benchmarks.model import Spread
from kb.problems import InvalidError
from kb.render.benchmarks import VIEWS
from kb.render.plots import LEFT, RIGHT, Bar, Caption, Row, Span, bars, spans
from kb.render.quantities import between, digits, microseconds, milliseconds, size, times

sys.path.insert(0, str(ROOT / "templates" / "bench"))

from benchmark import lines, locks, plan

DATA = "data/benchmarks.json"


@pytest.fixture
def repository(tmp_path):
    shutil.copytree(CASES / "library", tmp_path / "library")
    shutil.copytree(ROOT / "data" / "schema", tmp_path / "library" / "data" / "schema")
    return tmp_path / "library"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    root = tmp_path_factory.mktemp("benchmarks") / "library"
    shutil.copytree(CASES / "library", root)
    shutil.copytree(ROOT / "data" / "schema", root / "data" / "schema")
    return load(root)[0]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_what_was_agreed(library, view):
    assert VIEWS[view](library, "benchmarks.md") + "\n" == (CASES / "benchmarks" / f"{view}.md").read_text()


def test_what_was_not_measured_is_said(repository):
    (repository / DATA).unlink()
    library, problems = load(repository)
    assert problems == []
    assert {view(library, "benchmarks.md") for view in VIEWS.values()} == {"Nothing has been measured yet."}


def test_the_best_rate_is_the_highest_that_was_sustained(library):
    hare, snail = library.benchmarks.contestants
    assert hare.template.best("knock").rate == 4000
    assert snail.minimal.best("knock") is None
    assert hare.template.spread("knock", "server_us") == Spread(210, 200, 220)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [((1, 3), (2, 4), True), ((1, 2), (2, 3), True), ((1, 2), (3, 4), False), ((1, 9), (4, 5), True)],
)
def test_spreads_that_share_a_value_are_not_told_apart(one, other, overlap):
    assert Spread.of(one).overlaps(Spread.of(other)) is overlap
    assert Spread.of(other).overlaps(Spread.of(one)) is overlap


PLANTED = [
    ("a key nobody knows", '"machine": {"processor"', '"machine": {"cpu"', "KB002"),
    ("a negative time", '"p50_ms": 0.5,', '"p50_ms": -0.5,', "KB002"),
    ("a date that is none", '"2026-11-22"', '"2026-22-11"', "is not a 'date'"),
    ("an id twice", '"id": "snail"', '"id": "hare"', "KB003 the id `hare` is taken twice"),
    ("a stack that has no template", '"stack": "rust"', '"stack": "sql"', "KB002"),
    ("an operation nobody knows", '"knock": [', '"knok": [', "KB004 `knok` is no operation"),
    ("an operation that is missing", '"knock": [', '"knok": [', "KB403 lacks the loads of `knock`"),
    ("a start that is missing", "[50, 40, 60]", "[50, 40]", "KB403 has 2 values of `starts_ms` instead of 3"),
    ("a round too many", '"rounds": 2', '"rounds": 1', "KB403 has 2 loads for 1 rounds"),
    ("another rate", '{"rate": 100, "requests"', '{"rate": 101, "requests"', "KB403 has the rate 101 instead of 100"),
    ("a failure", '"failures": 0', '"failures": 1', "KB403 has 1 failures"),
    ("percentiles that fall", '"p95_ms": 0.8', '"p95_ms": 9.8', "KB403 has percentiles that do not rise"),
    ("a rate that failed", '"sustained": false', '"sustained": true', "KB403 says of a rate what its failures"),
    ("a rate that held", '"sustained": true', '"sustained": false', "KB403 says of a rate what its failures"),
]


@pytest.mark.parametrize(("old", "new", "expected"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_a_planted_fault_is_reported_at_its_line(repository, old, new, expected):
    text = (repository / DATA).read_text()
    assert old in text
    changed = text.replace(old, new, 1)
    (repository / DATA).write_text(changed)
    with pytest.raises(InvalidError) as caught:
        load(repository)
    reports = [str(problem) for problem in caught.value.problems if expected in str(problem)]
    assert reports, [str(problem) for problem in caught.value.problems]
    assert all(report.startswith(f"{DATA}:") for report in reports)


def test_a_file_that_is_no_measurement_at_all_is_refused(repository):
    (repository / DATA).write_text("[]")
    with pytest.raises(InvalidError, match="KB002"):
        load(repository)


def drawn(svg):
    return ET.fromstring(svg[svg.index("<svg") : svg.index("</svg>") + len("</svg>")])


VALUES = st.lists(st.floats(min_value=0, max_value=1e9, allow_nan=False), min_size=1, max_size=6)


@given(VALUES)
def test_bars_begin_at_zero_and_keep_the_ratios_of_their_values(values):
    svg = drawn(bars(Caption("x", "X", ""), [Row("a", (Bar("template", value, ""),)) for value in values]))
    widths = [float(each.get("width")) for each in svg.iter("rect")]
    wanted = [(RIGHT - LEFT) * value / max(values) if max(values) else 0 for value in values]
    assert all(abs(width - want) <= 0.06 for width, want in zip(widths, wanted, strict=True))
    assert {float(each.get("x")) for each in svg.iter("rect")} == {LEFT}


@given(VALUES)
def test_nothing_is_drawn_outside_of_a_plot_and_rows_do_not_touch(values):
    rows = [Row("a", (Bar("template", value / 2, "", 0, value), Bar("minimal", value, ""))) for value in values]
    svg = drawn(bars(Caption("x", "X", ""), rows))
    _, _, width, height = map(float, svg.get("viewBox").split())
    boxes = [tuple(float(each.get(name)) for name in ("x", "y", "width", "height")) for each in svg.iter("rect")]
    assert all(x + wide <= width and y + high <= height for x, y, wide, high in boxes)
    assert all(above[1] + above[3] <= below[1] for above, below in pairwise(boxes))


def test_percentiles_lie_in_their_order_on_one_scale():
    svg = drawn(spans(Caption("x", "X", ""), [Span("a", 1, 2, 4, ""), Span("b", 2, 2, 8, "")]))
    dots = [float(each.get("cx")) for each in svg.iter("circle")]
    ends = [float(each.get("x2")) for each in svg.iter("line") if each.get("class") == "span"]
    assert dots == [LEFT + 25, LEFT + 50]
    assert ends == [LEFT + 100, RIGHT]


def test_a_plot_has_a_name_and_cannot_be_broken_out_of():
    figure = bars(Caption("x", "<b>&", '"<i>'), [Row("</text>", (Bar("template", 1, "<1"),))])
    svg = drawn(figure)
    assert svg.get("aria-labelledby").split() == [svg.find(tag).get("id") for tag in ("title", "desc")]
    assert [each.text for each in svg.iter("text")] == ["</text>", "<1"]
    assert "<b>" not in figure
    assert "\n\n" not in figure


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (digits(0), "0.00"),
        (digits(9.876), "9.88"),
        (digits(98.76), "98.8"),
        (digits(9876.5), "9,876"),
        (microseconds(999), "999 µs"),
        (microseconds(1234), "1.23 ms"),
        (milliseconds(12.34), "12.3 ms"),
        (milliseconds(1500), "1.50 s"),
        (size(1024 * 1024 * 1.5), "1.50 MiB"),
        (size(1024**3 * 24), "24.0 GiB"),
        (times(1.26), "1.3 times"),
        (times(12.6), "13 times"),
        (between("1.00 ms", "2.00 ms"), "1.00 to 2.00 ms"),
        (between("900 ms", "1.10 s"), "900 ms to 1.10 s"),
        (between("1.00", "2.00"), "1.00 to 2.00"),
    ],
)
def test_quantities_have_no_more_digits_than_mean_something(shown, wanted):
    assert shown == wanted


@given(st.integers(-1, len(plan.LADDER) - 1), st.floats(1, 1e6))
def test_a_climb_ends_at_the_highest_rung_that_holds_wherever_it_begins(top, guess):
    tried = {}

    def holds(rate):
        assert rate not in tried
        tried[rate] = plan.LADDER.index(rate) <= top
        return tried[rate]

    plan.climb(holds, guess)
    assert [rate for rate in plan.LADDER[max(top, 0) : top + 1] if not tried.get(rate)] == []
    assert [rate for rate in plan.LADDER[top + 1 : top + 2] if tried.get(rate, True)] == []


def test_rungs_lie_a_quarter_apart():
    assert all(1.2 < above / below < 1.32 for below, above in pairwise(plan.LADDER))


COUNTED = {
    "a.ts": ("import x from 'http://a';  // c\n\n/* a\n b */ code();\nconst t = `// b\n/* c */`;\n", 4),
    "a.py": ('"""Doc\nmore."""\nx = 1  # c\n\n\ndef f():\n    """d"""\n    return "#no"\n', 3),
    "a.go": ("// Package a.\npackage a\n\nconst s = `\n// kept\n`\n", 4),
    "a.rs": ("//! d\nfn a<'a>() -> &'a str { \"// no\" }\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n", 1),
    "a.sql": ("-- c\nselect '--' -- d\n/* e\n*/ from t;\n", 2),
    "a.prisma": ("// c\nmodel A {\n}\n", 2),
}


@pytest.mark.parametrize("path", COUNTED)
def test_lines_of_source_are_those_that_hold_code(path):
    text, wanted = COUNTED[path]
    assert lines.count(path, text) == wanted


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("src/order/place.ts", True),
        ("src/order/place.test.ts", False),
        ("internal/order/place_test.go", False),
        ("internal/testdb/testdb.go", False),
        ("tests/orders.rs", False),
        ("src/latest/contest.py", True),
        ("tests/conftest.py", False),
        ("migrations/1_schema.sql", True),
        ("README.md", False),
    ],
)
def test_tests_and_prose_are_no_source(path, counts):
    assert lines.is_source(path) is counts


MINIMAL = ROOT / "templates" / "bench" / "minimal"


def pinned(lock):
    """Names and versions; a Cargo.lock may hold several versions of one crate."""
    if lock.name == "Cargo.lock":
        return {(each["name"], each["version"]) for each in tomllib.loads(lock.read_text())["package"]}
    return set(locks.versions(lock).items())


@pytest.mark.parametrize(
    ("template", "minimal"), [("go/app/go.mod", "fiber/go.mod"), ("rust/app/Cargo.lock", "axum/Cargo.lock")]
)
def test_minimal_applications_are_built_with_the_versions_of_their_templates(template, minimal):
    theirs, ours = pinned(ROOT / "templates" / template), pinned(MINIMAL / minimal)
    both = {name for name, _ in theirs} & {name for name, _ in ours}
    assert len(both) > 10
    assert {(name, version) for name, version in ours - theirs if name in both} == set()


def test_the_minimal_application_in_rust_is_optimised_as_the_template_is():
    template = tomllib.loads((ROOT / "templates/rust/app/Cargo.toml").read_text())
    minimal = tomllib.loads((MINIMAL / "axum/Cargo.toml").read_text())
    assert minimal["profile"]["release"] == template["profile"]["release"]


def test_the_record_is_of_a_whole_run():
    recorded = json.loads((ROOT / DATA).read_text())
    known = tomllib.loads((ROOT / "templates/bench/contestants.toml").read_text())
    assert [each["id"] for each in recorded["contestants"]] == list(known)
    assert [each["id"] for each in recorded["operations"]] == [each.id for each in plan.OPERATIONS]
    assert recorded["settings"]["rounds"] == plan.Settings().rounds


def test_the_page_has_no_numbers_that_were_typed():
    text = (ROOT / "docs" / "benchmarks.md").read_text().partition("\n# ")[2]
    prose = re.sub(r"```.*?```|\(.*?\)|`[^`]*`|95th|99th|Argon2id", "", text, flags=re.DOTALL)
    assert re.findall(r"\d+", prose) == []
