"""How Rust modules become one crate, what rustc, Clippy and rustfmt say of it, and how each of its tests ends."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path, PurePosixPath
from time import monotonic
from typing import TYPE_CHECKING, Any

from kb.model import Role, Stack
from kb.prove.toolchain import Diagnostic, Outcome, ToolchainError, run, shared_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TOOLS = {
    "cargo": "https://rustup.rs",
    "clippy-driver": "rustup component add clippy",
    "rustfmt": "rustup component add rustfmt",
    "cc": "apt-get install gcc libc6-dev",
}
_LIBRARIES = ("axum", "sea-orm", "sqlx", "tokio")
_BUILD = ("cargo", "rustc", "--lib", "--profile=test", "--frozen", "--quiet", "--message-format=json", "--")
_EACH_TEST = 60.0
_WHOLE = re.compile(r"pub mod (\w+) {\n    pub mod avoid;\n    pub mod prefer;\n}")
_PANIC = re.compile(r"(src/[\w/]+\.rs):(\d+)")


class Rust:
    """One crate: each sample is a module, all proofs are one test binary, each test is a process."""

    stack = Stack.RUST
    languages = frozenset({"rust"})

    def sample_path(self, rule: str, role: Role) -> str:
        """Return `src/rules/bk101/avoid.rs`."""
        return f"src/rules/{rule.lower()}/{role}.rs"

    def fence_path(self, name: str) -> str:
        """Return `src/fences/name.rs`."""
        return f"src/fences/{name}.rs"

    def glue(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the two files that declare the modules; rewrite them only when they differ, or Cargo builds again."""
        rules: dict[str, list[str]] = defaultdict(list)
        fences = []
        for path in sorted(map(PurePosixPath, paths)):
            if path.parent.name == "fences":
                fences.append(f"#[allow(dead_code)] // a fence of a guide may show a part\npub mod {path.stem};\n")
            elif path.stem in set(Role):
                rules[path.parent.name].append(f"    pub mod {path.stem};\n")
        return {
            "src/rules.rs": "".join(f"pub mod {rule} {{\n{''.join(rules[rule])}}}\n" for rule in rules),
            "src/fences.rs": "".join(fences),
        }

    def missing(self) -> Sequence[str]:
        """Return the tools that do not answer: rustup puts a stand-in where a component is absent."""
        return [f"{tool}: {source}" for tool, source in _TOOLS.items() if not _answers(tool)]

    def install(self, project: Path) -> None:
        """Download the locked crates to Cargo's own cache."""
        if (result := run(["cargo", "fetch", "--locked", "--quiet"], project)).returncode:
            raise ToolchainError(result.stderr)

    def versions(self, project: Path) -> Mapping[str, str]:
        """Return the compiler's version, and the libraries' from the lock file."""
        lock = tomllib.loads((project / "Cargo.lock").read_text(encoding="utf-8"))
        locked = {package["name"]: package["version"] for package in lock["package"]}
        rustc = run(["rustc", "--version"], project).stdout.split()
        return {"rust": rustc[1], **{name: locked[name] for name in _LIBRARIES}}

    def compile(self, project: Path, paths: Sequence[str]) -> Sequence[Diagnostic]:
        """Compile and lint modules, proofs and support in the build that `prove` runs, and hold them to the format."""
        proofs = [str(path.relative_to(project)) for path in _proofs(project)]
        files = sorted({*(path for path in paths if path.endswith(".rs")), *proofs, "src/support.rs"})
        return [*_build(project)[0], *_unformatted(project, files)]

    def prove(self, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> Sequence[Outcome]:
        """Run each test of the rules in a process of its own, a few at once, so that a hang can be ended."""
        diagnostics, tests = _build(project)
        if not tests:
            raise ToolchainError("\n".join(f"{found.path}:{found.line}: {found.message}" for found in diagnostics))
        wanted = {f"proofs::{rule.lower()}" for rule in rules}
        listed = run([tests, "--list", "--format", "terse"], project).stdout.splitlines()
        names = [line.removesuffix(": test") for line in listed if line.rpartition("::")[0] in wanted]
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(lambda name: _outcome(project, tests, name, environment), names))


def _answers(tool: str) -> bool:
    """Tell whether a tool starts."""
    try:
        return run([tool, "--version"], Path.cwd(), timeout=30).returncode == 0
    except ToolchainError:
        return False


def _proofs(project: Path) -> Sequence[Path]:
    """Return the proofs of the rules that the project knows with both samples."""
    found = _WHOLE.findall((project / "src/rules.rs").read_text(encoding="utf-8"))
    return [path for rule in found if (path := project / f"src/rules/{rule}/proof.rs").is_file()]


def _declare_proofs(project: Path) -> None:
    """Write the file that declares the proofs, unless it says the same already."""
    lines = (f'#[path = "rules/{path.parent.name}/proof.rs"]\nmod {path.parent.name};\n' for path in _proofs(project))
    target, text = project / "src/proofs.rs", "".join(lines)
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def _build(project: Path) -> tuple[Sequence[Diagnostic], str]:
    """Return what Clippy says as the compiler of our crate, as in `cargo clippy`, and the test binary if there is one.

    So everything is compiled once, not once to check and once to run, and no lint stops the build. Copies share the cache,
    where Cargo takes a crate at another place for the same one: a link of its own to the compiler keeps each apart.
    """
    _declare_proofs(project)
    cache = shared_cache() / "cargo"
    place = sha256(str(project.resolve()).encode()).hexdigest()[:16]
    link = cache / "places" / place / "clippy-driver"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(shutil.which("clippy-driver") or "clippy-driver")
    command = [*_BUILD, "-C", f"metadata={place}", "--cap-lints", "warn"]
    result = run(command, project, {"CARGO_TARGET_DIR": str(cache), "RUSTC_WORKSPACE_WRAPPER": str(link)})
    messages = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    found = [_diagnostic(project, said["message"]) for said in messages if said["reason"] == "compiler-message"]
    tests = [said["executable"] for said in messages if said.get("executable")]
    diagnostics = list(dict.fromkeys(item for item in found if item))
    if result.returncode and not diagnostics:
        raise ToolchainError(result.stderr)
    return diagnostics, "" if result.returncode else tests[-1]


def _diagnostic(project: Path, said: Mapping[str, Any]) -> Diagnostic | None:
    """Return what rustc or Clippy said of a line of the project; summaries speak of no line."""
    places = [place for span in said["spans"] if span["is_primary"] for place in _places(project, span)]
    if not places and (said["level"] != "error" or said["message"].startswith("aborting due to")):
        return None
    code = (said["code"] or {}).get("code", "")
    tool, _, lint = code.rpartition("::")
    check = "rustc" if said["level"] == "error" and not tool else f"{tool or 'rustc'}:{lint}".removesuffix(":")
    path, line = places[0] if places else ("Cargo.toml", 1)
    return Diagnostic(
        path, line, check, f"{said['message']} [{code}]" if check == "rustc" and code else said["message"]
    )


def _places(project: Path, span: Mapping[str, Any] | None) -> Iterator[tuple[str, int]]:
    """Yield the lines of the project that a span lies on: its own, or the use of the macro it comes from."""
    while span:
        path = project.resolve() / span["file_name"]
        if path.is_file() and path.is_relative_to(project.resolve()):
            yield path.relative_to(project.resolve()).as_posix(), span["line_start"]
        span = (span["expansion"] or {}).get("span")


def _unformatted(project: Path, files: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield the files that rustfmt would change; what it cannot parse, rustc reports."""
    for line in run(
        ["rustfmt", "--check", "--files-with-diff", "--edition", "2024", *files], project
    ).stdout.splitlines():
        path = (project / line).resolve()
        yield Diagnostic(path.relative_to(project.resolve()).as_posix(), 1, "rustfmt", "rustfmt would change this file")


def _outcome(project: Path, tests: str, name: str, environment: Mapping[str, str]) -> Outcome:
    """Run one test."""
    _, rule, function = name.split("::")
    role, _, sentence = function.partition("_")
    if role not in set(Role):
        message = f"src/rules/{rule}/proof.rs: `{function}` must start with `avoid_` or `prefer_`"
        raise ToolchainError(message)
    command = [tests, name, "--exact", "--include-ignored", "--nocapture"]
    start = monotonic()
    try:
        result = run(command, project, {"RUST_BACKTRACE": "0", **environment}, timeout=_EACH_TEST)
        passed, message = result.returncode == 0, result.stderr
    except ToolchainError:
        passed, message = False, f"did not end within {_EACH_TEST:.0f} s"
    seconds = round(monotonic() - start, 3)
    lines = [line for line in message.strip().splitlines() if not line.startswith("note: run with")]
    places = [place for place in _PANIC.findall(message) if place[0] != "src/support.rs"]
    path, line = places[0] if places else ("", "0")
    text = "" if passed else "\n".join(lines[:30])
    return Outcome(rule.upper(), Role(role), sentence.replace("_", " "), passed, text, path, int(line), seconds)
