"""The harness, with a stack that needs no compiler: what it makes of samples, proofs, linters and claims."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from conftest import ROOT, kb

from kb.documents import parse_json, parse_yaml, violations
from kb.markdown import scan
from kb.model import Page, Place, Role, Stack
from kb.prove import progress, record
from kb.prove.harness import Harness
from kb.prove.plan import plan
from kb.prove.results import Results
from kb.prove.toolchain import Diagnostic, Outcome, ToolchainError
from kb.prove.verdict import problems, verified
from kb.rules.model import Check, Run, Sample, Verification
from kb.rules.new import create, next_id, skeleton
from kb.rules.read import last_run
from kb.rules.sections import sections


class Toy:
    """A stack whose samples are words: `harm` and `hold` do what they say, `broken` does not compile."""

    stack = Stack.NODE
    languages = frozenset({"ts"})

    def __init__(self):
        self.runs = []
        self.flags = {}

    def sample_path(self, rule, role):
        return f"rules/{rule.lower()}/{role}.ts"

    def fence_path(self, name):
        return f"fences/{name}.ts"

    def glue(self, paths):
        return {"index": "\n".join(paths)}

    def missing(self):
        return []

    def install(self, project):
        pass

    def versions(self, _project):
        return {"toy": "1"}

    def compile(self, project, paths):
        found = []
        for path in paths:
            for number, line in enumerate((project / path).read_text().splitlines(), start=1):
                if "broken" in line:
                    found.append(Diagnostic(path, number, "tsc", "is broken"))
                found += [Diagnostic(path, number, check, word) for word, check in self.flags.items() if word in line]
        return found

    def prove(self, project, rules, environment):
        self.runs.append(tuple(rules))
        outcomes = []
        for rule in rules:
            folder = project / "rules" / rule.lower()
            proof = (folder / "proof.test.ts").read_text()
            if "does not load" in proof:
                msg = f"{rule} does not load"
                raise ToolchainError(msg)
            for role, wanted in ((Role.AVOID, "harm"), (Role.PREFER, "hold")):
                if f"only {role}" in proof or "only" not in proof:
                    passed = "asserts nothing" in proof or wanted in (folder / f"{role}.ts").read_text()
                    outcomes.append(Outcome(rule, role, f"it shows {wanted}", passed, "" if passed else "no"))
            Path(environment["PROOF_RECORDS"]).write_text(
                json.dumps({"rule": rule, "stack": "node", "name": "lost", "value": 3, "unit": ""}) + "\n"
            )
        return outcomes


def page(path="resources/x.md", text=""):
    return Page(path, "x.md", "X", "An X.", {}, text, 1, scan(text))


def rule(number, avoid="harm", prefer="hold", checks=()):
    name = f"BK{number}"
    samples = tuple(
        Sample(name, Stack.NODE, role, "ts", f"// first line\n{code}\n", Place(f"resources/rules/{name}.md", 40 + at))
        for role, code, at in ((Role.AVOID, avoid, 0), (Role.PREFER, prefer, 20))
    )
    return SimpleNamespace(id=name, samples=samples, stacks=(Stack.NODE,), checks=tuple(checks))


def server(version="18.6"):
    return SimpleNamespace(version=version, environment=lambda: {"DATABASE_URL": "none"})


class Bench:
    """A repository with toy proofs, and one run of the harness after the other."""

    def __init__(self, folder, servers=("18.6",)):
        self.folder, self.toy, self.said, self.times = folder, Toy(), [], 1
        self.servers = [server(version) for version in servers]
        (folder / "proofs").mkdir()
        (folder / "proofs" / "schema.sql").write_text("")

    def proof(self, number, text="asserts"):
        path = self.folder / "proofs" / "node" / "rules" / f"bk{number}" / "proof.test.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *rules, pages=()):
        library = SimpleNamespace(rules={each.id: each for each in rules}, pages={each.path: each for each in pages})
        planned = plan(library, [self.toy], frozenset({"yaml"}))
        harness = Harness(
            self.folder,
            planned,
            Results(self.folder / ".cache"),
            self.servers,
            whole=True,
            say=self.said.append,
            times=self.times,
        )
        evidence, figures = harness.run(self.toy, list(library.rules))
        entries = list(verified(evidence, planned.samples("node"), library.rules))
        return SimpleNamespace(
            levels={(entry.rule, entry.role): entry.level for entry in entries},
            entries=entries,
            problems=[str(each) for each in sorted(problems(evidence, rules))],
            figures=figures,
        )


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_a_sample_reaches_its_project_byte_for_byte(bench):
    bench.run(rule(101))
    assert (bench.folder / "proofs/node/rules/bk101/avoid.ts").read_text() == "// first line\nharm\n"


def test_a_proof_that_holds_and_turns_red_when_swapped_makes_both_samples_proved(bench):
    bench.proof(101)
    shown = bench.run(rule(101))
    assert shown.problems == []
    assert set(shown.levels.values()) == {Verification.PROVED}
    assert shown.entries[0].tests == ("it shows harm",)
    assert [(each.name, each.value) for each in shown.figures] == [("lost", 3)]


def test_a_step_that_lasts_is_announced_while_it_runs(monkeypatch):
    said, spoken = [], Event()

    def say(text):
        said.append(text)
        spoken.set()

    monkeypatch.setattr(progress, "PATIENCE", 0.01)
    with progress.timed(say, "Go: install"):
        assert spoken.wait(10)
        assert said == ["Go: install …"]


def test_a_sample_without_a_proof_is_compiled(bench):
    assert set(bench.run(rule(101)).levels.values()) == {Verification.COMPILED}


def test_an_avoid_sample_that_does_not_fail_is_told_with_its_proof(bench):
    bench.proof(101)
    shown = bench.run(rule(101, avoid="hold"))
    assert any("KB302 on PostgreSQL 18.6: avoid: it shows harm" in each for each in shown.problems)
    assert shown.levels["BK101", Role.AVOID] is Verification.COMPILED


def test_a_proof_that_asserts_nothing_is_found_by_the_swap(bench):
    bench.proof(101, "asserts nothing")
    shown = bench.run(rule(101))
    assert sum("KB303" in each and "with avoid and prefer swapped" in each for each in shown.problems) == 2
    assert set(shown.levels.values()) == {Verification.COMPILED}


def test_a_proof_of_one_role_is_no_proof(bench):
    bench.proof(101, "only avoid")
    shown = bench.run(rule(101))
    assert any("KB303" in each and "begins with `prefer`" in each for each in shown.problems)
    assert set(shown.levels.values()) == {Verification.COMPILED}


def test_every_postgresql_has_to_show_it(tmp_path):
    bench = Bench(tmp_path, servers=("18.6", "15.18"))
    bench.proof(101)
    bench.run(rule(101))
    assert bench.toy.runs == [("BK101",)] * 3


def test_a_compiler_error_stands_at_the_line_of_the_page(bench):
    shown = bench.run(rule(101, avoid="broken"))
    assert shown.problems == ["resources/rules/BK101.md:41: KB301 tsc: is broken"]
    assert ("BK101", Role.AVOID) not in shown.levels


def test_a_broken_sample_does_not_hide_what_the_others_prove(bench):
    bench.proof(101)
    bench.proof(102)
    shown = bench.run(rule(101, prefer="broken"), rule(102))
    assert shown.levels["BK102", Role.PREFER] is Verification.PROVED


def test_a_proof_that_does_not_load_does_not_hide_the_others(bench):
    bench.proof(101, "does not load")
    bench.proof(102)
    shown = bench.run(rule(101), rule(102))
    assert any("KB302 the proof of BK101 in Node.js: BK101 does not load" in each for each in shown.problems)
    assert shown.levels["BK102", Role.AVOID] is Verification.PROVED


def test_samples_that_cannot_be_exchanged_are_told(bench):
    bench.toy.flags = {"first line": "eslint:quiet"}
    bench.proof(101)
    original = Toy.compile

    def strict(self, project, paths):
        swapped = "swapped" in str(project)
        return [*original(self, project, paths), *([Diagnostic(paths[0], 1, "tsc", "unlike")] if swapped else [])]

    bench.toy.compile = strict.__get__(bench.toy)
    assert any(
        "KB303 avoid and prefer are not exchangeable: tsc: unlike" in each for each in bench.run(rule(101)).problems
    )


def test_a_linter_that_a_rule_names_may_flag_the_avoid_sample(bench):
    bench.toy.flags = {"harm": "eslint:no-harm"}
    shown = bench.run(rule(101, checks=[Check("eslint:no-harm", "", None)]))
    assert shown.problems == []
    assert shown.levels["BK101", Role.AVOID] is Verification.LINTED
    assert shown.entries[0].linted == ("eslint:no-harm",)


def test_a_linter_that_no_rule_names_may_not(bench):
    bench.toy.flags = {"harm": "eslint:no-harm"}
    assert bench.run(rule(101)).problems == ["resources/rules/BK101.md:41: KB301 eslint:no-harm: harm"]


@pytest.mark.parametrize("flags", [{}, {"first line": "eslint:no-harm"}], ids=["silent on both", "flags both"])
def test_a_named_check_that_does_not_tell_the_samples_apart_is_told(bench, flags):
    bench.toy.flags = flags
    shown = bench.run(rule(101, checks=[Check("eslint:no-harm", "", None)]))
    assert any("KB304 `eslint:no-harm`, which BK101 names" in each for each in shown.problems)


def test_a_repeated_proof_has_to_hold_each_time(bench):
    bench.proof(101)
    bench.times = 3
    assert bench.run(rule(101)).problems == []
    assert bench.toy.runs == [("BK101",)] * 4


def test_what_ran_once_is_not_run_again(bench):
    bench.proof(101)
    bench.proof(102)
    bench.run(rule(101), rule(102))
    bench.toy.runs.clear()
    again = bench.run(rule(101), rule(102))
    assert bench.toy.runs == []
    assert set(again.levels.values()) == {Verification.PROVED}
    assert again.figures


def test_a_changed_sample_runs_its_own_proof_only(bench):
    bench.proof(101)
    bench.proof(102)
    bench.run(rule(101), rule(102))
    bench.toy.runs.clear()
    bench.run(rule(101, avoid="harm more"), rule(102))
    assert bench.toy.runs == [("BK101",)] * 2


def test_a_failed_proof_is_run_again(bench):
    bench.proof(101)
    bench.run(rule(101, avoid="hold"))
    bench.toy.runs.clear()
    bench.run(rule(101, avoid="hold"))
    assert ("BK101",) in bench.toy.runs


def test_a_sample_that_is_gone_leaves_no_file(bench):
    bench.run(rule(101), rule(102))
    bench.run(rule(101))
    assert not (bench.folder / "proofs/node/rules/bk102/avoid.ts").exists()


FENCES = """# X

```ts
const whole = 1;
```

```ts fragment
  part,
```

```text
output
```

```yaml
a: 1
```

```yml-ish
a
```

```
nothing
```

```ts hidden
x
```
"""


def test_every_fence_of_a_page_is_compiled_checked_marked_or_told():
    library = SimpleNamespace(rules={}, pages={"resources/x.md": page(text=FENCES)})
    found = plan(library, [Toy()], frozenset({"yaml"}))
    assert found.count == 7
    assert [(module.path, module.place.line) for module in found.fences["node"]] == [("fences/resources_x_3.ts", 4)]
    assert [(fence.language, place.line) for fence, place in found.texts] == [("yaml", 16)]
    assert [place.line for place in found.marked] == [8, 12]
    assert [str(each) for each in found.problems] == [
        "resources/x.md:19: KB205 a fence is in `yml-ish`, which no check reaches",
        "resources/x.md:23: KB205 a fence names no language",
        "resources/x.md:27: KB205 `hidden` is no mark of a fence (`fragment` is the only one)",
    ]


def run_of(bench, *rules):
    return Run({Stack.NODE: {"toy": "1"}}, tuple(bench.run(*rules).entries), ())


def test_a_claim_above_what_the_run_shows_is_told(bench):
    bench.proof(101)
    shown = run_of(bench, rule(101))
    bench.proof(101, "asserts nothing")
    weaker = run_of(bench, rule(101))
    assert list(record.overclaims(shown, shown, [Stack.NODE])) == []
    assert list(record.overclaims(weaker, shown, [Stack.NODE])) == []
    told = [str(each) for each in record.overclaims(shown, weaker, [Stack.NODE])]
    assert told[0] == (
        "data/verification.json:1: KB305 calls the avoid sample of BK101 for Node.js proved, and this run shows compiled"
        " (run `make prove RULE=BK101`)"
    )
    assert "shows nothing" in str(next(record.overclaims(shown, Run({}, (), ()), [Stack.NODE])))


def test_a_claim_of_a_test_or_a_check_that_did_not_count_is_told(bench):
    bench.proof(101)
    shown = run_of(bench, rule(101))
    boast = replace(shown, samples=tuple(replace(each, tests=(*each.tests, "more")) for each in shown.samples))
    assert "that did not pass: more" in str(next(record.overclaims(boast, shown, [Stack.NODE])))
    boast = replace(shown, samples=tuple(replace(each, linted=("eslint:x",)) for each in shown.samples))
    assert "credits the avoid sample of BK101 for Node.js with eslint:x" in str(
        next(record.overclaims(boast, shown, [Stack.NODE]))
    )


def test_a_run_of_one_rule_leaves_what_is_known_of_the_others(bench):
    old = run_of(bench, rule(101), rule(102))
    new = Run({Stack.NODE: {"toy": "2"}}, (replace(old.samples[0], tests=("anew",)),), ())
    merged = record.merged(old, new, ["BK101"], ["BK101", "BK102"], whole=False)
    assert [(each.rule, each.tests) for each in merged.samples if each.rule == "BK101"] == [("BK101", ("anew",))]
    assert sum(each.rule == "BK102" for each in merged.samples) == 2
    assert merged.versions == {Stack.NODE: {"toy": "1"}}
    assert record.merged(old, new, ["BK101"], ["BK101"], whole=True).versions == {Stack.NODE: {"toy": "2"}}
    assert all(each.rule == "BK101" for each in record.merged(old, new, ["BK101"], ["BK101"], whole=False).samples)


def test_what_is_written_is_read_back_the_same(bench, tmp_path):
    (tmp_path / "data").mkdir()
    run = run_of(bench, rule(102), rule(101))
    record.write(tmp_path, run)
    text = (tmp_path / record.PATH).read_text()
    document = parse_json(text, record.PATH)
    assert violations(document, json.loads((ROOT / "data/schema/verification.schema.json").read_text())) == []
    assert [entry.rule for entry in last_run(document).samples] == ["BK101", "BK101", "BK102", "BK102"]
    record.write(tmp_path, last_run(document))
    assert (tmp_path / record.PATH).read_text() == text


def given(*numbers):
    rows = ",\n".join(f'    {{ "id": "BK{number}", "given": "2026-11-22" }}' for number in numbers)
    return f'{{\n  "ids": [\n{rows}\n  ]\n}}\n'


def test_the_next_id_is_above_all_that_any_branch_gave(tmp_path):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@e", *arguments], cwd=tmp_path, check=True)

    ids = tmp_path / "data" / "rule-ids.json"
    ids.parent.mkdir()
    git("init", "--quiet", "--initial-branch=main")
    for branch, numbers in (("main", (101,)), ("side", (101, 107))):
        git("checkout", "--quiet", "-B", branch)
        ids.write_text(given(*numbers))
        git("add", ".")
        git("commit", "--quiet", "-m", branch)
    git("checkout", "--quiet", "main")
    path = create(tmp_path, SimpleNamespace(areas={"jobs": None}), "jobs", "Do the work once!", date(2026, 11, 22))
    assert path.relative_to(tmp_path).as_posix() == "resources/rules/jobs/BK108-do-the-work-once.md"
    assert [entry["id"] for entry in json.loads(ids.read_text())["ids"]] == ["BK101", "BK108"]


def test_the_first_id_is_given_where_there_is_none():
    assert next_id([]) == "BK101"


def test_a_new_rule_has_every_section_and_only_values_to_fill_in():
    text = skeleton("BK135", "jobs", 'Say "no" once', date(2026, 11, 22))
    front, body = text.split("---\n")[1:3]
    schema = json.loads((ROOT / "data/schema/rule.schema.json").read_text())
    assert violations(parse_yaml(front, "x.md"), schema) == []
    titles = [section.title for section in sections(page(text=body))]
    assert titles == ["Why it bites", "When it is fine", "Node.js", "Go", "Rust", "Python", "What the proof shows"]


def test_an_unknown_area_is_told_with_the_nearest_one():
    done = kb("new", "rule", "transaction", "Some rule or other")
    assert done.returncode == 1
    assert "`transaction` is no area" in done.stderr
    assert "did you mean transactions?" in done.stderr


def test_an_unknown_rule_is_told_with_the_nearest_one():
    done = kb("prove", "BK110000")
    assert done.returncode == 2
    assert "BK110000 is no rule" in done.stderr
