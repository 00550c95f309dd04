"""What data/tools/ says of packages, held against the registries: each exists, in the version that is built with."""

from __future__ import annotations

import asyncio
import json
import re
from urllib.parse import quote

import httpx
import pytest
from conftest import ROOT

from kb.load import read
from kb.tools.model import Package

pytestmark = pytest.mark.toolchains

AT_ONCE = 8
INSTALLING = {"npm install": "npm", "cargo add": "crates", "uv add": "pypi", "go get": "go"}


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
    """Yield the packages that a command installs."""
    for begin, registry in INSTALLING.items():
        if command.startswith(begin + " "):
            words = re.sub(r"--(features|tag) \S+", "", command.removeprefix(begin).partition("&&")[0]).split()
            for word in words:
                if not word.startswith("-"):
                    yield Package(
                        registry, re.sub(r"(?<=.)@.*$|\[.*\]|[<>=~].*$", "", word).strip("'\"").partition("/cmd/")[0]
                    )


def test_what_a_command_installs_is_there(draft):
    wanted = {package for tool in draft.tools for package in named_in(tool.command or "")}
    assert len(wanted) > 100
    assert asyncio.run(missing([(package, "") for package in wanted])) == []
