"""The patterns that rules name find what they say: ast-grep looks for each in the samples of its rule."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from kb.model import Role, Stack

AST_GREP = Path(sys.executable).with_name("ast-grep")
SUFFIX = {Stack.NODE: "ts", Stack.GO: "go", Stack.RUST: "rs", Stack.PYTHON: "py"}


def hits(check, code, folder):
    """Return whether a pattern, or a whole command of ast-grep, finds something in a sample."""
    file = folder / f"sample.{SUFFIX[check.stack]}"
    file.write_text(code)
    command = shlex.split(check.how) if check.how.startswith("ast-grep ") else ["ast-grep", "run", "-p", check.how]
    done = subprocess.run([AST_GREP, *command[1:], file], capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return bool(done.stdout)


def test_a_pattern_finds_the_avoid_sample_and_the_other_one_only_if_it_says_so(library, tmp_path):
    found, said = {}, {}
    for rule in library.rules.values():
        for check in (each for each in rule.checks if each.by == "ast-grep"):
            code = {sample.role: sample.code for sample in rule.samples if sample.stack is check.stack}
            found[rule.id, check] = {role: hits(check, code[role], tmp_path) for role in code}
            said[rule.id, check] = {Role.AVOID: True, Role.PREFER: check.candidates}
    assert len(said) > 10
    assert found == said
