"""The playbook's decision tables: data that the playbook carries as text, so that it reads well on the code host too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.model import Place
from kb.problems import Problem, nearest
from kb.render.text import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kb.documents import Document
    from kb.model import Page

PLAYBOOK = "resources/operational-playbook.md"
_HEADER = ("Choose", "When", "What would flip it")


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Ways to go, the default first."""

    title: str
    """The heading below which the playbook carries it."""
    rows: tuple[tuple[str, str, str], ...]
    """What to choose, when, and what would flip it; each is Markdown."""
    place: Place

    @property
    def markdown(self) -> str:
        """The table as the playbook carries it."""
        return table(_HEADER, self.rows)


def decision_tables(document: Document) -> list[DecisionTable]:
    """Return the tables of data/decision-tables.json."""
    return [
        DecisionTable(
            title=entry["title"],
            rows=tuple((row["choose"], row["when"], row["flip"]) for row in entry["rows"]),
            place=Place(document.path, document.line("tables", index, "title")),
        )
        for index, entry in enumerate(document.value["tables"])
    ]


def check_tables(tables: Iterable[DecisionTable], pages: Iterable[Page]) -> Iterator[Problem]:
    """Yield each table that the playbook does not carry as it is."""
    playbook = next((page for page in pages if page.path == PLAYBOOK), None)
    if playbook is None:
        return
    headings = {heading.text: heading for heading in playbook.outline.headings}
    for each in tables:
        if each.title not in headings:
            message = f"{PLAYBOOK} has no heading `{each.title}`"
            yield Problem(each.place.path, each.place.line, "KB004", message, nearest(each.title, headings))
        elif f"{each.title}\n\n{each.markdown}\n" not in playbook.body:
            message = f"the table below `{each.title}` differs from {each.place.path}"
            hint = "run `make tables`, which copies the tables into the page"
            yield Problem(PLAYBOOK, headings[each.title].line, "KB013", message, hint)


def with_tables(text: str, tables: Iterable[DecisionTable]) -> str:
    """Return the playbook's text with each table put below its heading, in the place of the one there."""
    for each in tables:
        above, heading, below = text.partition(f"### {each.title}\n\n")
        rest = below.partition("\n\n")[2]
        text = f"{above}{heading}{each.markdown}\n\n{rest}" if heading else text
    return text
