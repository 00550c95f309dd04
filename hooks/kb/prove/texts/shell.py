"""Whether scripts, and the commands of console transcripts, are sound shell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kb.prove.texts.fences import Finding
from kb.prove.toolchain import ToolchainError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kb.prove.texts.fences import Tools

_PROMPT = "$ "
_MORE = "> "
_HERE = re.compile(r"(?<!<)<<-?[ \t]*(?P<quote>[\"']?)(?P<word>\w+)(?P=quote)")
_SYNTAX = re.compile(r"(?P<file>[^:]+): line (?P<line>\d+): (?P<message>.*)")
_EACH = {
    "bash": 'for file; do bash -n "$file"; done',
    "sh": 'for file; do bash --posix -n "$file"; done',
}
"""What parses all files in one process."""
_NEEDLESS = "1009,1091,2164"
"""What the next finding says better; files to source that are not here; a `cd` that fails before who pasted it."""


def scripts(dialect: str) -> Callable[[Mapping[int, str], Tools], Iterator[Finding]]:
    """Return a check of scripts in `bash` or `sh`."""

    def check(texts: Mapping[int, str], tools: Tools) -> Iterator[Finding]:
        with TemporaryDirectory() as name:
            folder = Path(name)
            for index, text in texts.items():
                (folder / str(index)).write_text(f"{text.rstrip()}\n", encoding="utf-8")
            linted = list(_shellcheck(dialect, texts, folder, tools))
            yield from linted
            unparsed = {finding.fence for finding in linted if finding.check.startswith("shellcheck:SC1")}
            yield from _bash(dialect, texts.keys() - unparsed, folder)

    return check


def _shellcheck(dialect: str, indices: Iterable[int], folder: Path, tools: Tools) -> Iterator[Finding]:
    options = ["--norc", f"--shell={dialect}", "--format=json1", f"--exclude={_NEEDLESS}"]
    done = run([str(tools.installed("shellcheck")), *options, *map(str, indices)], folder)
    if done.returncode not in {0, 1}:
        message = f"shellcheck did not do its work: {done.stderr.strip()}"
        raise ToolchainError(message)
    for comment in json.loads(done.stdout)["comments"]:
        yield Finding(int(comment["file"]), comment["line"], f"shellcheck:SC{comment['code']}", comment["message"])


def _bash(dialect: str, indices: Iterable[int], folder: Path) -> Iterator[Finding]:
    done = run(["bash", "-c", _EACH[dialect], "bash", *map(str, sorted(indices))], folder, {"LC_ALL": "C"})
    told: set[int] = set()
    for line in done.stderr.splitlines():
        if (match := _SYNTAX.fullmatch(line)) and int(match["file"]) not in told:
            told.add(int(match["file"]))
            yield Finding(int(match["file"]), int(match["line"]), "bash", match["message"])


def transcripts(texts: Mapping[int, str], tools: Tools) -> Iterator[Finding]:
    """Check the commands of console transcripts: what follows `$ ` at a line's start; the rest is output."""
    commands = {index: typed(text) for index, text in texts.items()}
    for index, script in commands.items():
        if not script.strip():
            yield Finding(index, 1, "console", "no line begins with `$ `: scripts are `sh`, output alone is `text`")
    checked = {index: script for index, script in commands.items() if script.strip()}
    if checked:
        yield from scripts("bash")(checked, tools)


def typed(transcript: str) -> str:
    """Return what was typed in a transcript, every line where it was and output blank.

    A command goes on in the lines behind `> `, after a backslash, and to the end of its here-document.
    """
    script: list[str] = []
    typing, until = False, ""
    for line in transcript.splitlines():
        goes_on = typing and (line.startswith(_MORE) or line == _MORE.strip() or script[-1].endswith("\\"))
        if not (line.startswith(_PROMPT) or goes_on or until):
            script.append("")
            typing = False
            continue
        command = line.removeprefix(_PROMPT) if not (goes_on or until) else line.removeprefix(_MORE)
        script.append("" if command == _MORE.strip() else command)
        typing = True
        if until:
            until = "" if command.strip() == until else until
        elif here := _HERE.search(command):
            until = here["word"]
    return "\n".join(script)
