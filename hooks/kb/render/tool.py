"""The page of a tool, and the list of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.addresses import answer_uri, rule_uri, tool_uri
from kb.render.sources import sources_of
from kb.render.text import bullets, code, escape, filterable, link, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.model import Library
    from kb.tools.model import Tool

_REGISTRIES = {"npm": "npm", "go": "Go modules", "crates": "crates.io", "pypi": "PyPI"}


def tool_page(library: Library, tool: Tool) -> str:
    """Return the text of a tool's page, without its front matter."""
    return "\n\n".join(_parts(library, tool))


def _parts(library: Library, tool: Tool) -> Iterator[str]:
    page = tool_uri(tool.id)
    yield f"# {escape(tool.name)}"
    yield escape(tool.purpose)
    yield bullets(f"**{name}**: {fact}" for name, fact in _facts(library, tool))
    yield f"## When not\n\n{escape(tool.when_not)}"
    if tool.maintenance.note:
        yield f"## Maintenance\n\n{escape(tool.maintenance.note)}"
    if tool.command:
        yield f"## Begin\n\n```sh\n{tool.command}\n```"
    if answers := [*_answers(library, tool, page)]:
        yield f"## Answers that name it\n\n{bullets(answers)}"
    if rules := [*_rules(library, tool, page)]:
        yield f"## Rules that name it\n\n{bullets(rules)}"
    yield f"## Sources\n\n{sources_of(library, tool.sources, page)}"


def _facts(library: Library, tool: Tool) -> Iterator[tuple[str, str]]:
    yield "Verdict", f"{tool.status}, reviewed {tool.reviewed.isoformat()}"
    yield "Kind", escape(tool.kind.replace("-", " "))
    yield "Stacks", ", ".join(stack.label for stack in tool.stacks) or "any"
    yield "Licence", escape(tool.licence)
    yield "Maintenance", tool.maintenance.state
    for package in tool.packages:
        version = library.versions.get(package)
        said = f"verified here against {escape(version)}" if version else "in no project of this repository"
        yield _REGISTRIES[package.registry], f"{code(package.name)}, {said}"


def _answers(library: Library, tool: Tool, page: str) -> Iterator[str]:
    for question, answer in library.tree.answers.values():
        if tool.id in answer.all_tools:
            yield f"{link(answer.label, answer_uri(answer.id), page)}, an answer to: {escape(question.title)}"


def _rules(library: Library, tool: Tool, page: str) -> Iterator[str]:
    names = {tool.name, *tool.aliases}
    for rule in library.rules.values():
        if names & set(rule.tools):
            yield link(f"{rule.id}: {rule.title}", rule_uri(rule.id), page)


def index(library: Library, page: str) -> str:
    """Return the quick reference: a table of all tools, to which the site's script adds a filter."""
    rows = [
        (
            "<br>".join(_begin(tool, page)),
            escape(tool.purpose),
            escape(tool.when_not),
            escape(tool.kind.replace("-", " ")),
            ", ".join(stack.label for stack in tool.stacks) or "all",
            tool.status,
        )
        for tool in sorted(library.tools.values(), key=lambda tool: tool.name.casefold())
    ]
    return filterable("tools", table(("Tool, and how to begin", "For", "When not", "Kind", "Stacks", "Verdict"), rows))


def _begin(tool: Tool, page: str) -> Iterator[str]:
    yield link(tool.name, tool_uri(tool.id), page)
    if tool.command:
        yield code(tool.command)
