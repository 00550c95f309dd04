"""What can be wrong with the repository, and how each fault is told to a person."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault, as the problems page documents it."""

    code: str
    name: str
    meaning: str
    mend: str


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault at one place."""

    path: str
    """Path of the file, relative to the repository root, with forward slashes."""
    line: int
    """Line of the fault, counted from 1."""
    code: str
    """A key of `KINDS`."""
    message: str
    hint: str = ""
    """How to mend it; the nearest match where there is one."""
    subject: str = ""
    """What is at fault as the author wrote it; two views of one fault agree in it."""

    def __str__(self) -> str:
        """Return `path:line: code message (hint)`, the form that editors can jump to."""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.path}:{self.line}: {self.code} {self.message}{tail}"


class InvalidError(Exception):
    """The files do not make a consistent library; holds every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, sorted by place."""
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def closest(wanted: str, known: Iterable[str]) -> str:
    """Return the known word most like the wanted one, or an empty string where none is like it."""
    return _closest(wanted, frozenset(known))


@lru_cache(maxsize=4096)
def _closest(wanted: str, known: frozenset[str]) -> str:
    """Remember what was asked: a dead link tends to stand on many pages."""
    exact = [word for word in known if word.lower() == wanted.lower()]
    close = [min(exact)] if exact else difflib.get_close_matches(wanted, sorted(known), n=1)
    return close[0] if close else ""


def nearest(wanted: str, known: Iterable[str]) -> str:
    """Return `did you mean X?` for the closest known word, or an empty string."""
    word = closest(wanted, known)
    return f"did you mean {word}?" if word else ""


_CATALOGUE = (
    Kind(
        "KB001",
        "unreadable file",
        "A file is missing, is not UTF-8, or is not well-formed JSON or YAML.",
        "Mend the syntax at the line shown. The rest of the file was not looked at.",
    ),
    Kind(
        "KB002",
        "wrong shape",
        "A data file or front matter does not fit its JSON Schema in data/schema/.",
        "Change the value, or add the missing key. The schema's description says what belongs there.",
    ),
    Kind(
        "KB003",
        "duplicate id",
        "Two entries carry the same id, or one mapping holds a key twice.",
        "Give one of them another id. Ids are addresses: keep the one that was published first.",
    ),
    Kind(
        "KB004",
        "unknown reference",
        "An entry names a source, question, answer or page that does not exist.",
        "Correct the id, or add what it names.",
    ),
    Kind(
        "KB005",
        "duplicate source",
        "Two sources have the same URL.",
        "Merge them and cite the one that remains.",
    ),
    Kind(
        "KB006",
        "broken decision tree",
        "A question can never be asked, or depends on one that is asked after it.",
        "Let asked_when name only earlier questions and answers that can be chosen together.",
    ),
    Kind(
        "KB007",
        "bad page",
        "A page lacks its title, has two, or skips a heading level.",
        "Start the page with one level-one heading and step down one level at a time.",
    ),
    Kind(
        "KB008",
        "unknown directive",
        "A `<!-- kb:… -->` comment names no view that the site can render.",
        "Use one of the views that docs/contributing.md lists.",
    ),
    Kind(
        "KB009",
        "address taken",
        "Two files would be served at the same address.",
        "Rename one of them.",
    ),
    Kind(
        "KB010",
        "uncited source",
        "A source is in the register, but no page and no answer rests on it.",
        "Cite it where it matters, or take it out.",
    ),
    Kind(
        "KB011",
        "duplicate heading",
        "A page has two headings with the same text, so the address of the second depends on their order.",
        "Reword one of them.",
    ),
    Kind(
        "KB012",
        "unclosed fence",
        "A code fence is opened and never closed; everything after it is code.",
        "Close it with the same characters it was opened with.",
    ),
    Kind(
        "KB013",
        "stale outline",
        "The outline of the decision tree in SKILL.md is not that of the data.",
        "Run `make outline` and put what it prints into the fence below the heading.",
    ),
    Kind(
        "KB014",
        "page without an address",
        "A Markdown file lies in resources/ or beside a template's page, and its name gives it no address on the site.",
        "Name it as docs/contributing.md says, or move it to docs/.",
    ),
    Kind(
        "KB101",
        "dead link",
        "A link or a resource points to a page or file that does not exist.",
        "Correct the path. It is relative to the file that holds the link.",
    ),
    Kind(
        "KB102",
        "dead anchor",
        "The page exists, but has no heading or element with that id.",
        "Use the slug of a heading on the target page.",
    ),
    Kind(
        "KB103",
        "case differs",
        "The target exists with other upper- and lower-case letters; it works on some file systems only.",
        "Write the path exactly as the file is named.",
    ),
    Kind(
        "KB104",
        "out of the tree",
        "A relative link climbs above the repository root.",
        "Link to a file of the repository, or use a full URL.",
    ),
    Kind(
        "KB105",
        "bad scheme",
        "The link's scheme is unknown or misspelled (`htps:`, `http//`), or it carries none of the allowed ones.",
        "Use https, http, mailto or tel.",
    ),
    Kind(
        "KB106",
        "undefined reference",
        "`[text][label]` has no `[label]: …` definition, so the brackets are printed as they stand.",
        "Define the label on the same page, write an inline link, or put code such as `a[0][1]` into a code span.",
    ),
    Kind(
        "KB107",
        "duplicate element id",
        "Two elements of a page have the same id; a link reaches only the first.",
        "Give each its own id.",
    ),
    Kind(
        "KB108",
        "excluded target",
        "The target exists in docs/, but mkdocs.yml excludes it from the site.",
        "Include it, or link elsewhere.",
    ),
    Kind(
        "KB109",
        "orphan page",
        "A page is in no navigation, and no other page links to it.",
        "Add it to the navigation in mkdocs.yml, or link to it.",
    ),
    Kind(
        "KB110",
        "works on the site only",
        "The link resolves on the built site and is dead on the code host.",
        "Link to the file in the repository by a relative path; the site rewrites it.",
    ),
    Kind(
        "KB111",
        "works on the code host only",
        "The link resolves on the code host and is dead on the site.",
        "Use a path relative to this file, and a heading's slug as the anchor.",
    ),
    Kind(
        "KB112",
        "unlisted source",
        "A page links to an outside address that is not in data/sources.json.",
        "Add the source to the register after reading it, or link to one that is listed.",
    ),
)

KINDS = {kind.code: kind for kind in _CATALOGUE}
