"""A rule's page: what breaks, why, the samples of all stacks as tabs, what was proved, and what to read next."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from textwrap import indent
from typing import TYPE_CHECKING

from kb.addresses import answer_uri, area_uri, rule_uri, source_uri, tool_uri
from kb.model import Stack
from kb.render.rules import level_badge, rule_link
from kb.render.text import bullets, code, escape, link, said
from kb.render.verification import evidence, measured, versions_of
from kb.rules.model import Level
from kb.rules.sections import EXCEPTIONS, PROOF, WHY, sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kb.model import Citation, Library
    from kb.rules.model import Check, Rule
    from kb.rules.sections import Section

_BINDING = {
    Level.MUST: "blocks a merge",
    Level.SHOULD: "is fixed or explained",
    Level.CONSIDER: "is a suggestion",
}
_FOUND_BY = {
    "query": "A query",
    "ast-grep": "A pattern for ast-grep",
    "test": "A test",
    "review-only": "In review only",
}
_LITERAL = {"query": "sql", "ast-grep": "text"}
"""Checks whose text is to be run, not read, and its language."""


@dataclass(frozen=True, slots=True)
class RulePage:
    """What a rule's page is made of."""

    library: Library
    rule: Rule
    lines: Sequence[str]
    """The rule's body, line for line as in its file, with links that fit the page's place on the site."""
    cited_by: Sequence[Citation]
    """The other pages that link to the rule."""

    @property
    def uri(self) -> str:
        """The page's place on the site."""
        return rule_uri(self.rule.id)

    def between(self, line: int, end: int) -> str:
        """Return what stands from a line of the file up to another."""
        first = self.rule.page.first_line
        return "\n".join(self.lines[line - first : end - first]).strip("\n")


def render(page: RulePage) -> str:
    """Return the text of a rule's page, without its front matter."""
    return "\n\n".join(part for part in _parts(page) if part)


def _parts(page: RulePage) -> Iterator[str]:
    by_title = {section.title: section for section in sections(page.rule.page)}
    yield from _head(page, min(section.line for section in by_title.values()))
    for title in (WHY, EXCEPTIONS):
        yield _section(page, by_title[title])
    yield "## In each stack"
    yield from _tabs(page, by_title)
    yield _section(page, by_title[PROOF])
    yield from _run(page)
    yield from _found(page.rule)
    yield from _further(page)


def _head(page: RulePage, end: int) -> Iterator[str]:
    rule = page.rule
    heading = rule.page.outline.headings[0]
    title = page.between(heading.line, heading.line + 1).lstrip("# ")
    yield f"# **{rule.id}**{{ .kb-id }} {title} {{ #{heading.slug} }}"
    products = "; ".join(f"{escape(product)} {escape(versions)}" for product, versions in rule.applies_to.items())
    facts = (
        f"{level_badge(rule.level)} {_BINDING[rule.level]}",
        link(page.library.areas[rule.area].title, area_uri(rule.area), page.uri),
        f"applies to {products}",
        f"since {rule.since.isoformat()}",
        f"reviewed {rule.reviewed.isoformat()}",
    )
    yield " · ".join(facts) + "\n{ .kb-facts }"
    yield f"**What breaks.** {said(rule.failure)}\n{{ .kb-failure }}"
    yield page.between(heading.line + 1, end)


def _section(page: RulePage, section: Section) -> str:
    return f"## {section.title}\n\n{page.between(section.line + 1, section.end)}"


def _tabs(page: RulePage, by_title: dict[str, Section]) -> Iterator[str]:
    for stack in Stack:
        if reason := page.rule.not_needed.get(stack):
            text = f"**No sample is needed here.** {said(reason)}"
        elif stack in page.rule.stacks:
            text = _samples(page, stack, by_title[stack.label])
        else:
            continue
        yield f'=== "{stack.label}"\n\n{indent(text, "    ")}'


def _samples(page: RulePage, stack: Stack, section: Section) -> str:
    """Return a stack's section, with what shows each sample below its fence; lines keep their order."""
    parts, at = [], section.line + 1
    for sample in sorted((one for one in page.rule.samples if one.stack is stack), key=lambda one: one.place.line):
        end = sample.place.line + sample.code.count("\n") + 1
        name = f"**{sample.role.capitalize()}.**"
        shown = page.between(at, end).replace(name, f"{name}{{ .kb-{sample.role} }}", 1)
        parts += [shown, evidence(page.library, sample, page.uri)]
        at = end
    slugs = [heading.slug for heading in page.rule.page.outline.headings if heading.line == section.line]
    on_code_host = [f'<span id="{slug}"></span>' for slug in slugs if slug != stack.value]
    return "\n\n".join(part for part in (*on_code_host, *parts, page.between(at, section.end)) if part)


def _run(page: RulePage) -> Iterator[str]:
    if figures := measured(page.library, page.rule):
        yield f"### What the last run measured\n\n{figures}"
    if used := versions_of(page.library, page.rule.stacks):
        yield f"### Versions of the last run\n\n{used}"
    yield link("What the badges mean, and how to run it again", "verification.md", page.uri)


def _found(rule: Rule) -> Iterator[str]:
    yield f"## How a breach is found\n\n{bullets(map(_check, rule.checks))}"
    yield f"## What you see when it is broken\n\n{bullets(map(said, rule.symptoms))}"


def _check(check: Check) -> str:
    by = _FOUND_BY.get(check.by) or code(check.by)
    notes = [check.stack.label] if check.stack else []
    notes += ["read each hit"] if check.candidates else []
    where = f" ({'; '.join(notes)})" if notes else ""
    if check.by not in _LITERAL:
        return f"**{by}**{where}: {said(check.how)}"
    if "\n" not in check.how.strip():
        return f"**{by}**{where}: {code(check.how)}"
    ticks = max(3, *(1 + len([*takewhile(lambda sign: sign == "`", line.strip())]) for line in check.how.split("\n")))
    fence = f"{'`' * ticks}{_LITERAL[check.by]}\n{check.how.strip()}\n{'`' * ticks}"
    return f"**{by}**{where}:\n\n{indent(fence, '    ')}\n"


def _further(page: RulePage) -> Iterator[str]:
    library, rule = page.library, page.rule
    resting = [(each.source, each.section) for each in rule.sources]
    named = {source for source, _ in resting}
    resting += [(source, "") for source in sorted(library.cited_by.get(page.uri, frozenset()) - named)]
    sources = [
        f"{link(library.sources[source].title, source_uri(source), page.uri)}"
        f" ({escape(library.sources[source].publisher)}){f': {escape(section)}' if section else ''}"
        for source, section in resting
    ]
    yield f"## Sources\n\n{bullets(sources)}"
    related = {*rule.related, *(other.id for other in library.rules.values() if rule.id in other.related)}
    if related:
        rules = [rule_link(library, other, page.uri) for other in library.rules if other in related]
        yield f"## Related rules\n\n{bullets(rules)}"
    yield from _choices(page)
    if citing := [each for each in page.cited_by if each.uri not in map(rule_uri, related)]:
        yield f"## Cited by\n\n{bullets(link(each.title, each.uri, page.uri) for each in citing)}"


def _choices(page: RulePage) -> Iterator[str]:
    """Yield the answers of the decision tree that the rule follows from, and the tools that it is about."""
    library, rule = page.library, page.rule
    answers = [answer for _, answer in library.tree.answers.values() if rule.id in answer.rules]
    if answers:
        yield f"## Answers that make it matter\n\n{bullets(link(each.label, answer_uri(each.id), page.uri) for each in answers)}"
    tools = [tool for tool in library.tools.values() if {tool.name, *tool.aliases} & set(rule.tools)]
    if tools:
        yield f"## Tools\n\n{bullets(link(tool.name, tool_uri(tool.id), page.uri) for tool in tools)}"
