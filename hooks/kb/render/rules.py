"""Which rules there are: all of them, those of an area, those with samples for a stack, and the ids that are retired."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kb.addresses import area_uri, rule_uri
from kb.model import Stack
from kb.render.text import bullets, escape, filterable, link, said, table
from kb.rules.model import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kb.model import Library
    from kb.rules.model import Area, GivenId, Rule, RuleId

_NONE = "No rule yet."
_STRICTEST_FIRST = {level: place for place, level in enumerate(Level)}


def level_badge(level: Level) -> str:
    """Return a level as a badge."""
    return f"**{level}**{{ .kb-badge .kb-{level} }}"


def rule_link(library: Library, rule: RuleId, page: str, stack: Stack | None = None) -> str:
    """Return a link to a rule, opened at a stack's samples where one is given."""
    fragment = f"#{stack}" if stack else ""
    return link(f"{rule}: {library.rules[rule].title}", f"{rule_uri(rule)}{fragment}", page)


def areas(library: Library, page: str) -> str:
    """Return a list of the areas, with the number of rules in each."""
    counts = {area: sum(rule.area == area for rule in library.rules.values()) for area in library.areas}
    return bullets(
        f"{link(area.title, area_uri(area.id), page)} ({counts[area.id]}): {said(area.about)}"
        for area in library.areas.values()
    )


def index(library: Library, page: str) -> str:
    """Return the table of all rules, to which the site's script adds a filter, and the ids that are retired."""
    rows = [
        (
            rule_link(library, rule.id, page),
            level_badge(rule.level),
            link(library.areas[rule.area].title, area_uri(rule.area), page),
            ", ".join(stack.label for stack in rule.stacks),
            said(rule.failure),
        )
        for rule in _sorted(library, library.rules.values())
    ]
    body = table(("Rule", "Level", "Area", "Stacks", "What breaks"), rows)
    shown = filterable("rules", body) if rows else _NONE
    retired = [
        f"{link(given.id, rule_uri(given.id), page)}: {said(given.retired)}" for given in library.ids if given.retired
    ]
    return f"{shown}\n\n## Retired ids\n\n{bullets(retired)}" if retired else shown


def of_stack(stack: Stack, library: Library, page: str) -> str:
    """Return the table of the rules that have samples for a stack."""
    rows = [
        (rule_link(library, rule.id, page, stack), level_badge(rule.level), said(rule.failure))
        for rule in _sorted(library, library.rules.values())
        if stack in rule.stacks
    ]
    return table(("Rule", "Level", "What breaks"), rows) if rows else _NONE


BY_STACK: Mapping[str, Callable[[Library, str], str]] = {f"rules-{stack}": partial(of_stack, stack) for stack in Stack}
"""A view for each stack."""


def area_page(library: Library, area: Area) -> str:
    """Return the text of an area's page, without its front matter."""
    page = area_uri(area.id)
    rules = [
        f"{level_badge(rule.level)} **{rule_link(library, rule.id, page)}**<br>{said(rule.failure)}"
        for rule in _sorted(library, library.rules.values())
        if rule.area == area.id
    ]
    return "\n\n".join(
        (
            f"# {escape(area.title)}",
            said(area.about),
            bullets(rules) if rules else _NONE,
            link("All rules", "rules.md", page),
        )
    )


def retired_page(library: Library, given: GivenId) -> str:
    """Return the text of the page that a retired id keeps, without its front matter."""
    page = rule_uri(given.id)
    parts = [f"# {given.id} is retired", f"**Why.** {said(given.retired or '')}\n{{ .kb-failure }}"]
    if given.successor:
        parts.append(f"**Read instead:** {rule_link(library, given.successor, page)}")
    parts.append(f"The id was given on {given.given.isoformat()}, and no other rule will have it.")
    return "\n\n".join((*parts, link("All rules", "rules.md", page)))


def _sorted(library: Library, rules: Iterable[Rule]) -> list[Rule]:
    """Return rules by area as the areas are listed, the strictest first, then by number."""
    places = {area: place for place, area in enumerate(library.areas)}
    return sorted(rules, key=lambda rule: (places[rule.area], _STRICTEST_FIRST[rule.level], int(rule.id[2:])))
