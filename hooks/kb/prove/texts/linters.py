"""What the tools in the locked environments say of fences: one process per language, as far as the tool allows."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kb.prove.texts.fences import Finding
from kb.prove.toolchain import ToolchainError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kb.documents import Document
    from kb.prove.texts.fences import Tools

_MAKE_FAULT = re.compile(r"fence:(?P<line>\d+): \*\*\* (?P<message>.*?)\.?(?:  Stop\.)?")
_PARSED = "the-fence-was-parsed"
_NOTHING = shutil.which("true") or "true"
"""The program that does nothing: for make as the shell, since `$(shell …)` is run while it parses."""
_PRISMA_FAULT = re.compile(r"error: (?P<message>[^\n]*(?:\n(?!\s*-->)[^\n]+)*)\n\s*-->\s+\S*?:(?P<line>\d+)")
_PRISMA = {"PRISMA_SCHEMA_ENGINE_BINARY": _NOTHING, "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1"}
"""Validation needs no engine, and Prisma would download one."""


def dockerfiles(texts: Mapping[int, str], tools: Tools) -> Iterator[Finding]:
    """Lint Dockerfiles with hadolint, by the settings beside its environment."""
    with TemporaryDirectory() as name:
        files = _write(Path(name), texts, "Dockerfile")
        command = [str(tools.installed("hadolint")), "--no-fail", "--format=json"]
        done = run([*command, f"--config={tools.texts / 'hadolint.yaml'}", *files], Path(name))
    for item in _answer("hadolint", done.returncode, done.stdout, done.stderr):
        yield Finding(int(item["file"].partition(".")[0]), item["line"], f"hadolint:{item['code']}", item["message"])


def makefiles(texts: Mapping[int, str], _: Tools) -> Iterator[Finding]:
    """Let make parse makefiles without running anything; it stops at the first fault, so each is a process."""
    for index, text in texts.items():
        with TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "fence").write_text(f"{text}\n", encoding="utf-8")
            (folder / "end").write_text(f"{_PARSED}: ;\n", encoding="utf-8")
            command = ["make", f"SHELL={_NOTHING}", "-rRn", "-f", "fence", "-f", "end", _PARSED]
            done = run(command, folder, {"LC_ALL": "C", "MAKEFLAGS": ""}, timeout=60)
        for line in done.stderr.splitlines():
            if match := _MAKE_FAULT.fullmatch(line):
                yield Finding(index, int(match["line"]), "make", match["message"])


def prisma_schemas(texts: Mapping[int, str], tools: Tools) -> Iterator[Finding]:
    """Validate Prisma schemas; many files would be one schema, so each is a process."""
    with TemporaryDirectory() as name:
        for index, file in zip(texts, _write(Path(name), texts, "prisma"), strict=True):
            command = [str(tools.node), str(tools.prisma), "validate", "--schema", file]
            done = run(command, Path(name), _PRISMA, timeout=120)
            faults = [
                Finding(index, int(match["line"]), "prisma", " ".join(match["message"].split()))
                for match in _PRISMA_FAULT.finditer(done.stderr)
            ]
            if done.returncode and not faults:
                message = f"prisma validate did not do its work: {done.stderr.strip()}"
                raise ToolchainError(message)
            yield from faults


def javascript(texts: Mapping[int, str], tools: Tools) -> Iterator[Finding]:
    """Parse JavaScript with Node.js, as `node --check` does, all of it in one process."""
    flags = ["--no-warnings", "--experimental-vm-modules"]
    worker = [str(tools.node), *flags, str(tools.texts / "javascript.mjs")]
    for item in _ask(worker, "javascript", texts):
        yield Finding(item["fence"], item["line"], "node", item["message"])


def by_library(language: str) -> Callable[[Mapping[int, str], Tools], Iterator[Finding]]:
    """Return a check by the worker, which knows the Python libraries that the core does not import."""

    def check(texts: Mapping[int, str], tools: Tools) -> Iterator[Finding]:
        for item in _ask([str(tools.installed("python")), str(tools.texts / "worker.py")], language, texts):
            yield Finding(item["fence"], item["line"], language, item["message"])

    return check


def openapi(documents: Mapping[int, Document], tools: Tools) -> Iterator[Finding]:
    """Validate descriptions of APIs as OpenAPI 3.1."""
    values = {index: document.value for index, document in documents.items()}
    for item in _ask([str(tools.installed("python")), str(tools.texts / "worker.py")], "openapi", values):
        line = documents[item["fence"]].line(*item["pointer"])
        yield Finding(item["fence"], line, "openapi", item["message"])


def _write(folder: Path, texts: Mapping[int, str], suffix: str) -> list[str]:
    """Write each text to a file named after its index, and return the names."""
    for index, text in texts.items():
        (folder / f"{index}.{suffix}").write_text(f"{text.rstrip()}\n", encoding="utf-8")
    return [f"{index}.{suffix}" for index in texts]


def _ask(worker: Sequence[str], language: str, fences: Mapping[int, object]) -> list[dict[str, Any]]:
    """Give a worker the fences through a file, and return what it finds."""
    with TemporaryDirectory() as name:
        questions = Path(name) / "fences.json"
        questions.write_text(json.dumps({"language": language, "fences": list(fences.items())}), encoding="utf-8")
        done = run([*worker, str(questions)], Path(name), timeout=300)
    return _answer(Path(worker[-1]).name, done.returncode, done.stdout, done.stderr)


def _answer(tool: str, code: int, output: str, errors: str) -> list[dict[str, Any]]:
    try:
        if code == 0:
            answer: list[dict[str, Any]] = json.loads(output)
            return answer
    except json.JSONDecodeError:
        errors = errors or output
    message = f"{tool} did not do its work: {errors.strip()[-2000:]}"
    raise ToolchainError(message)
