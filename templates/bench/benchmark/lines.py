"""Counts lines of source: those that hold more than white space and comments."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

_COMMENTS = {
    ".ts": re.compile(
        r"(?P<kept>'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`)|/\*.*?\*/|//[^\n]*", re.DOTALL
    ),
    ".go": re.compile(r"(?P<kept>'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`[^`]*`)|/\*.*?\*/|//[^\n]*", re.DOTALL),
    ".rs": re.compile(r"(?P<kept>r#\".*?\"#|\"(?:\\.|[^\"\\])*\"|'\\?.')|/\*.*?\*/|//[^\n]*", re.DOTALL),
    ".py": re.compile(r"(?P<kept>\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")|#[^\n]*", re.DOTALL),
    ".sql": re.compile(r"(?P<kept>'(?:''|[^'])*')|/\*.*?\*/|--[^\n]*", re.DOTALL),
    ".prisma": re.compile(r"(?P<kept>\"(?:\\.|[^\"\\\n])*\")|//[^\n]*"),
}
"""What is no code, by the end of a file's name; what is `kept` only looks as if it held a comment."""
_TEST = re.compile(r"(^|/)test\w*/|_test\.go$|\.(test|spec)\.ts$|(^|/)(test_\w+|conftest)\.py$|(^|/)tests\.rs$")
_RUST_TESTS = re.compile(r"^#\[cfg\(test\)\]\nmod \w+ \{\n.*?^\}\n", re.DOTALL | re.MULTILINE)


def is_source(path: str) -> bool:
    """Whether a file's lines count: it is in a language that is known here, and no test."""
    return PurePosixPath(path).suffix in _COMMENTS and not _TEST.search(path)


def count(path: str, text: str) -> int:
    """Return how many lines of a source hold code."""
    suffix = PurePosixPath(path).suffix
    if suffix == ".py":
        text = _without_docstrings(text)
    if suffix == ".rs":
        text = _RUST_TESTS.sub("", text)
    code = _COMMENTS[suffix].sub(lambda found: found["kept"] or _breaks(found[0]), text)
    return sum(not line.isspace() for line in code.splitlines() if line)


def _breaks(comment: str) -> str:
    return "\n" * comment.count("\n")


def _without_docstrings(text: str) -> str:
    """Return Python without strings that are statements of their own: they document what stands above or around them."""
    lines: list[str] = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return "\n".join(lines)
