"""Whether the tools hold together: their names, their sources, and whether the site names each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.problems import Problem, nearest, repeated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from kb.rules.model import Rule
    from kb.tools.model import Tool


def check_tools(tools: Iterable[Tool], sources: Collection[str]) -> Iterator[Problem]:
    """Yield every id and name that two tools have, and every source that does not exist."""
    tools = list(tools)
    names = [(name, tool.place) for tool in tools for name in (tool.name, *tool.aliases)]
    yield from repeated(names, "KB003", "the name")
    for tool in tools:
        place = tool.place
        if not place.path.endswith(f"/{tool.id}.json"):
            message = f"has the id `{tool.id}`, and its file's name says otherwise"
            yield Problem(place.path, place.line, "KB016", message, "rename the file")
        for source in tool.sources:
            if source not in sources:
                message = f"rests on `{source}`, which is no source"
                yield Problem(place.path, place.line, "KB004", message, nearest(source, sources))


def check_named(tools: Iterable[Tool], rules: Iterable[Rule]) -> Iterator[Problem]:
    """Yield every tool that a rule names and the register does not have."""
    names = {name for tool in tools for name in (tool.name, *tool.aliases)}
    for rule in rules:
        for name in rule.tools:
            if name not in names:
                message = f"names `{name}`, which is no tool of data/tools/"
                yield Problem(rule.place.path, rule.place.line, "KB004", message, nearest(name, names))
