"""The commands: check and prove what is in the repository, begin a rule, write the staged tree, check links."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kb.assembly import load
from kb.decisions.tables import PLAYBOOK, with_tables
from kb.links.external import command as external
from kb.load import read
from kb.problems import InvalidError
from kb.prove import command as prove
from kb.render.outline import SKILL, with_outline
from kb.render.statics import statics
from kb.rules.new import create
from kb.staging import stage
from kb.templates.key_files import rewrite
from kb.templates.project import FOLDERS, archives
from kb.templates.project import create as create_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kb.problems import Problem

OK, FAULTY, MISUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 fine, 1 problems found, 2 called wrongly."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except InvalidError as error:
        return _report(error.problems)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kb", description="The software-backend knowledge base.")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository (default: this folder)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="report every problem of the repository")
    check.set_defaults(run=_check)

    links = commands.add_parser("links", help="check links only: those inside the repository, or --external ones")
    links.add_argument("--external", action="store_true", help="check what leaves the repository, over the network")
    external.add_arguments(links)
    links.set_defaults(run=_links)

    proving = commands.add_parser("prove", help="check every code fence, and run the proofs on a throwaway PostgreSQL")
    prove.add_arguments(proving)
    proving.set_defaults(run=prove.run)

    for name, run, purpose in _COPIES:
        commands.add_parser(name, help=purpose).set_defaults(run=run)

    _add_new(commands.add_parser("new", help="begin something new"))

    staging = commands.add_parser("stage", help="write the complete docs tree for a generator without hooks")
    staging.add_argument("folder", type=Path, help="an empty or missing folder")
    staging.add_argument("--code-host", default="https://git.example/software-backend", metavar="URL")
    staging.set_defaults(run=_stage)
    return parser


def _add_new(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    rule = kinds.add_parser("rule", help="write a rule's file with the next free id")
    rule.add_argument("area", help="an id of data/areas.json")
    rule.add_argument("title", help="the rule as one imperative")
    rule.set_defaults(run=_new_rule)

    app = kinds.add_parser("app", help="copy a template's project under a new name")
    app.add_argument("stack", help=f"one of {', '.join(FOLDERS)}")
    app.add_argument("folder", type=Path, help="an empty or missing folder; the project is called like it")
    app.set_defaults(run=_new_app)


def _check(options: argparse.Namespace) -> int:
    library, problems = load(options.root)
    if problems:
        return _report(problems)
    print(
        f"{len(library.pages)} pages, {len(library.sources)} sources, {len(library.tree.answers)} answers: no problem"
    )
    return OK


def _new_rule(options: argparse.Namespace) -> int:
    library, _ = load(options.root)
    path = create(options.root, library, options.area, options.title, datetime.now(tz=UTC).date())
    print(f"{path}: fill in what says TODO; docs/contributing.md explains the rest")
    return OK


def _new_app(options: argparse.Namespace) -> int:
    name = create_app(options.root, options.stack, options.folder)
    print(f"{options.folder}: the project {name}; its README.md says how to run it")
    return OK


def _key_files(options: argparse.Namespace) -> int:
    changed = rewrite(options.root, read(options.root).key_files)
    print("\n".join(f"{path}: brought up to date" for path in changed) or "every page shows its files as they are")
    return OK


def _tables(options: argparse.Namespace) -> int:
    playbook = options.root / PLAYBOOK
    text = playbook.read_text(encoding="utf-8")
    playbook.write_text(with_tables(text, read(options.root).tables), encoding="utf-8")
    return OK


def _outline(options: argparse.Namespace) -> int:
    draft = read(options.root)
    if draft.tree is None:
        raise InvalidError(draft.problems)
    skill = options.root / SKILL
    skill.write_text(with_outline(skill.read_text(encoding="utf-8"), draft.tree, draft.tools), encoding="utf-8")
    return OK


_COPIES = (
    ("outline", _outline, "copy the outline of the decision tree into SKILL.md"),
    ("tables", _tables, "copy the decision tables into the playbook"),
    ("key-files", _key_files, "copy the files that the templates' pages show into the pages"),
)
"""The commands that bring what pages show of data and files up to date."""


def _links(options: argparse.Namespace) -> int:
    if options.external:
        return external.run(options)
    _, problems = load(options.root)
    return _report(problems) if problems else OK


def _stage(options: argparse.Namespace) -> int:
    if options.folder.exists() and (not options.folder.is_dir() or any(options.folder.iterdir())):
        print(f"kb: {options.folder} is not an empty folder; name another", file=sys.stderr)
        return MISUSED
    library, problems = load(options.root)
    if problems:
        return _report(problems)
    pages = stage(library, options.code_host)
    assets = [path for path in library.files if path.startswith("docs/") and not path.endswith(".md")]
    written = {page.uri: page.text.encode() for page in pages}
    written |= {uri: text.encode() for uri, text in statics(library) if not uri.endswith(".md")}
    written |= {path.removeprefix("docs/"): (options.root / path).read_bytes() for path in assets}
    for uri, content in {**written, **dict(archives(options.root))}.items():
        target = options.folder / uri
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    print(f"{len(pages)} pages and {len(assets)} assets in {options.folder}")
    return OK


def _report(problems: Sequence[Problem]) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    print(
        f"kb: {len(problems)} problem{'s' * (len(problems) != 1)}; docs/problems.md explains the codes", file=sys.stderr
    )
    return FAULTY
