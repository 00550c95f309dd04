"""What data/tools/ says of packages, held against the registries: each exists, in the version that is built with."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from conftest import ROOT

from kb.load import read
from kb.prove.stacks.node import _npm
from kb.tools.model import Package

pytestmark = pytest.mark.toolchains

AT_ONCE = 8
INSTALLING = {
    r"npm install (-D )?": "npm",
    r"npx (--package )?": "npm",
    r"cargo (add|install --locked) ": "crates",
    r"(uv add|uvx( --from)?|pipx run --spec) ": "pypi",
    r"go (get|run|install)( -tags \w+)? ": "go",
}
"""What a command begins with that names packages, and their registry."""
SEVERAL = re.compile(r"npm install|cargo add|uv add|go get")
"""Of these, every word names a package; of the others, the first."""


@pytest.fixture(scope="module")
def draft():
    return read(ROOT)


def npm(name, version):
    return f"https://registry.npmjs.org/{quote(name, safe='@')}" + (f"/{version}" if version else "")


def pypi(name, _version):
    return f"https://pypi.org/pypi/{name}/json"


def go(name, version):
    escaped = re.sub(r"[A-Z]", lambda letter: f"!{letter[0].lower()}", name)
    return f"https://proxy.golang.org/{escaped}/@v/" + (f"v{version}.info" if version else "list")


def crates(name, _version):
    folder = {1: "1", 2: "2", 3: f"3/{name[0]}"}.get(len(name), f"{name[:2]}/{name[2:4]}")
    return f"https://index.crates.io/{folder}/{name.lower()}"


ADDRESSES = {"npm": npm, "pypi": pypi, "go": go, "crates": crates}


def exists(package, version, answer):
    if answer.status_code != httpx.codes.OK:
        return False
    if package.registry == "crates" and version:
        return version in {json.loads(line)["vers"] for line in answer.text.splitlines()}
    if package.registry == "pypi":
        return not version or version in answer.json()["releases"]
    if package.registry == "npm" and not version:
        return bool(answer.json()["versions"])
    return bool(answer.text.strip())


async def missing(wanted):
    """Return those packages, of name and version, that their registry does not have."""
    gate = asyncio.Semaphore(AT_ONCE)

    async with httpx.AsyncClient(
        timeout=30, follow_redirects=True, transport=httpx.AsyncHTTPTransport(retries=3)
    ) as http:

        async def ask(package, version):
            async with gate:
                answer = await http.get(ADDRESSES[package.registry](package.name, version))
            return None if exists(package, version, answer) else (package, version, answer.status_code)

        return [gone for gone in await asyncio.gather(*(ask(*each) for each in wanted)) if gone]


def test_every_package_is_there_in_the_version_that_is_built_with(draft):
    wanted = [(package, draft.versions.get(package, "")) for tool in draft.tools for package in tool.packages]
    assert len(wanted) > 100
    assert sum(bool(version) for _, version in wanted) > 50
    assert asyncio.run(missing(wanted)) == []


def named_in(command):
    """Yield the packages that a command installs or runs."""
    if made := re.match(r"npm (?:create|init) (?:--yes )?(@[\w-]+/)?([\w-]+)", command):
        yield Package("npm", f"{made[1] or ''}create-{made[2]}")
    for begin, registry in INSTALLING.items():
        if match := re.match(begin, command):
            words = re.sub(r"--(features|tag) \S+", "", command[match.end() :].partition("&&")[0]).split()
            names = [word.strip("'\"") for word in words if not word.startswith("-")]
            for name in names if SEVERAL.match(command) else names[:1]:
                bare = re.sub(r"(?<=.)@.*$|\[.*\]|[<>=~].*$", "", name)
                yield Package(registry, bare.partition("/cmd/")[0])


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("npm install -D vitest @scope/one@2 --save", ["vitest", "@scope/one"]),
        ("npm create --yes fastify@latest my-api", ["create-fastify"]),
        ("npm init @eslint/config@latest", ["@eslint/create-config"]),
        ("npx @nestjs/cli new my-api", ["@nestjs/cli"]),
        ("cargo add sqlx@0.9 --features postgres,tls tokio", ["sqlx", "tokio"]),
        ("cargo install --locked cargo-audit && cargo audit", ["cargo-audit"]),
        ("uv add 'psycopg[binary]>=3.2'", ["psycopg"]),
        ("go install -tags postgres github.com/a/b/v4/cmd/b@latest", ["github.com/a/b/v4"]),
        ("docker pull postgres:18.6", []),
    ],
)
def test_which_packages_a_command_names(command, names):
    assert [package.name for package in named_in(command)] == names


def quick_reference():
    """Return the table of that name in SKILL.md, without the command that it warns of."""
    section = (ROOT / "SKILL.md").read_text().partition("## Quick reference")[2].partition("\n## ")[0]
    return section.replace("`npm create express-app`", "")


def test_what_a_command_installs_is_there(draft):
    commands = [tool.command for tool in draft.tools if tool.command] + re.findall(r"`([^`]+)`", quick_reference())
    wanted = {package for command in commands for package in named_in(command)}
    assert len(wanted) > 100
    assert asyncio.run(missing([(package, "") for package in wanted])) == []


BEGINNINGS = {
    "npm install ": {"package.json": '{"name": "scratch", "version": "0.0.0"}\n'},
    "uv add ": {"pyproject.toml": '[project]\nname = "scratch"\nversion = "0.0.0"\nrequires-python = ">=3.11"\n'},
    "cargo add ": {"Cargo.toml": '[package]\nname = "scratch"\nedition = "2024"\n', "src/lib.rs": ""},
    "go get ": {"go.mod": "module scratch\n\ngo 1.26\n"},
}
"""Of the commands that add to a project, and what the project begins with."""
PROGRAMS = {"npm": _npm(), "uv": [str(Path(sys.executable).with_name("uv"))]}
RESOLVE_ONLY = {"npm_config_package_lock_only": "true", "npm_config_audit": "false", "UV_NO_SYNC": "1"}


def ran(command, folder):
    """Run a command in a new project; return what it changed there, or what it said against it."""
    beginning = next(files for begin, files in BEGINNINGS.items() if command.startswith(begin))
    for name, text in beginning.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [*PROGRAMS.get(program, [program]), *arguments],
        cwd=folder,
        env=os.environ | RESOLVE_ONLY,
        capture_output=True,
        text=True,
        check=False,
    )
    manifest = next(iter(beginning))
    changed = (folder / manifest).read_text() != beginning[manifest]
    shutil.rmtree(folder)
    return "" if changed and not done.returncode else f"{command}: {done.stdout}{done.stderr}"


def test_commands_that_add_to_a_project_run(draft, tmp_path):
    commands = sorted({tool.command for tool in draft.tools if (tool.command or "").startswith(tuple(BEGINNINGS))})
    assert len(commands) > 150
    folders = (tmp_path / str(number) for number in range(len(commands)))
    with ThreadPoolExecutor(AT_ONCE) as at_once:
        assert [words for words in at_once.map(ran, commands, folders) if words] == []
