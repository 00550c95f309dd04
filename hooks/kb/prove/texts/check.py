"""Which check belongs to which language, and what this machine lacks for it."""

from __future__ import annotations

import shutil
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kb.problems import nearest
from kb.prove.texts import linters, messages, notations, shell
from kb.prove.texts.fences import Finding, each
from kb.prove.toolchain import ToolchainError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from kb.prove.texts.fences import TextFence, Tools

    Check: TypeAlias = Callable[[Mapping[int, str], Tools], Iterable[Finding]]

_CHECKS: Mapping[str, Check] = {
    "text": lambda _texts, _tools: (),
    "bash": shell.scripts("bash"),
    "console": shell.transcripts,
    "css": linters.by_library("css"),
    "diff": each("diff", messages.diff_faults),
    "dockerfile": linters.dockerfiles,
    "env": each("env", notations.variable_faults),
    "graphql": linters.by_library("graphql"),
    "html": linters.by_library("html"),
    "http": each("http", messages.http_faults),
    "ini": each("ini", notations.ini_faults),
    "javascript": linters.javascript,
    "json": each("json", notations.json_fence_faults),
    "jsonc": each("jsonc", notations.jsonc_faults),
    "jsonl": each("jsonl", notations.json_lines_faults),
    "makefile": linters.makefiles,
    "nginx": linters.by_library("nginx"),
    "prisma": linters.prisma_schemas,
    "proto": linters.by_library("proto"),
    "sh": shell.scripts("sh"),
    "systemd": each("systemd", notations.unit_faults),
    "toml": each("toml", notations.toml_faults),
    "yaml": each("yaml", notations.yaml_faults),
}
_ALIASES = {
    "cjs": "javascript",
    "docker": "dockerfile",
    "dotenv": "env",
    "js": "javascript",
    "make": "makefile",
    "mjs": "javascript",
    "ndjson": "jsonl",
    "patch": "diff",
    "protobuf": "proto",
    "shell": "bash",
    "txt": "text",
    "yml": "yaml",
}
LANGUAGES: frozenset[str] = frozenset({*_CHECKS, *_ALIASES})
"""First words of the info strings that `check` takes."""
_MAY_DESCRIBE_AN_API = frozenset({"json", "yaml"})


def check(fences: Sequence[TextFence], tools: Tools, compiled: Collection[str] = ()) -> list[Finding]:
    """Return what is wrong with the fences; each is checked, or a finding says that its language is unknown.

    `compiled` are the languages that the stacks take care of: a misspelt one is then recognised too.

    Raises:
        ToolchainError: A tool that these fences need is missing or did not do its work.
    """
    if lacking := missing(tools, {fence.language.lower() for fence in fences}):
        raise ToolchainError("\n".join(lacking))
    texts: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for index, fence in enumerate(fences):
        language = fence.language.lower()
        texts[_ALIASES.get(language, language)][index] = fence.text
    found = [
        finding
        for language, group in texts.items()
        for finding in (_CHECKS[language](group, tools) if language in _CHECKS else _unknown(language, group, compiled))
    ]
    faulty = {finding.fence for finding in found}
    sound = ((i, text) for name in _MAY_DESCRIBE_AN_API for i, text in texts[name].items() if i not in faulty)
    found += _apis({index: text for index, text in sound if "openapi" in text}, tools)
    return sorted({_inside(finding, fences[finding.fence].text) for finding in found})


def _unknown(language: str, indices: Iterable[int], compiled: Collection[str]) -> Iterator[Finding]:
    known = sorted({*_CHECKS, *compiled})
    hint = nearest(language, known) or f"known are {', '.join(known)}"
    message = f"no check knows the language `{language}`; {hint}"
    for index in indices:
        yield Finding(index, 1, "language", message if language else "names no language; what is no code is `text`")


def _apis(texts: Mapping[int, str], tools: Tools) -> Iterator[Finding]:
    """Validate the fences that describe an API, by their key `openapi`; none of them passes unread."""
    parsed = {index: notations.openapi_document(text) for index, text in texts.items()}
    documents = {index: document for index, document in parsed.items() if document is not None}
    for index in texts.keys() - documents.keys():
        if notations.names_openapi(texts[index]):
            yield Finding(index, 1, "openapi", "is no single document of plain YAML or JSON with `openapi` at its top")
    if documents:
        yield from linters.openapi(documents, tools)


def _inside(finding: Finding, text: str) -> Finding:
    """Return the finding at a line that the fence has: parsers tell of an end one line too late."""
    return replace(finding, line=max(1, min(finding.line, text.rstrip().count("\n") + 1)))


def missing(tools: Tools, languages: Collection[str] = LANGUAGES) -> list[str]:
    """Return what this machine lacks to check these languages, each as `name: how to get it`."""
    wanted = {_ALIASES.get(language, language) for language in languages}
    environment = f"`make prove` installs proofs/{tools.texts.name}/requirements.txt into {tools.texts.name}/.venv"
    node = "`make prove` installs the packages of proofs/node"
    python = {"css", "graphql", "html", "json", "nginx", "proto", "yaml"}
    shells = {"bash", "console", "sh"}
    needs: list[tuple[str, Path | None, Collection[str], str]] = [
        ("python", tools.installed("python"), python, environment),
        ("shellcheck", tools.installed("shellcheck"), shells, environment),
        ("hadolint", tools.installed("hadolint"), {"dockerfile"}, environment),
        ("bash", _on_path("bash"), shells, "the system's package `bash`"),
        ("make", _on_path("make"), {"makefile"}, "the system's package `make`, GNU make 4 or later"),
        ("node", tools.node, {"javascript", "prisma"}, node),
        ("prisma", tools.prisma, {"prisma"}, node),
    ]
    return [
        f"{name}: {how}" for name, path, used_by, how in needs if wanted & set(used_by) and not (path and path.exists())
    ]


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def install(tools: Tools) -> None:
    """Install the locked Python environment; quick when that was done before.

    Raises:
        ToolchainError: The installation failed.
    """
    lock = (tools.texts / "requirements.txt").read_bytes()
    stamp = tools.texts / ".venv" / "installed.txt"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    pip = [str(tools.installed("python")), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", ".venv"], [*pip, "--require-hashes", "-r", "requirements.txt"]):
        done = run(command, tools.texts)
        if done.returncode:
            message = f"`{' '.join(command)}` failed: {done.stderr.strip()[-2000:]}"
            raise ToolchainError(message)
    stamp.write_bytes(lock)
