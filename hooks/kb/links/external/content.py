"""Which ids a page of the outside world has, as far as they can be known."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx

from kb.links.rendered import read_html

if TYPE_CHECKING:
    from kb.links.external.settings import Settings

_HTML = {"text/html", "application/xhtml+xml"}
_DRAWN_BY_SCRIPT = {"github.com", "gist.github.com"}
_CODE_LINE = re.compile(r"L\d+(?:C\d+)?(?:-L?\d+(?:C\d+)?)?")


@dataclass(frozen=True, slots=True)
class Content:
    """The ids that were read."""

    ids: frozenset[str]
    gap: str = ""
    """Why the page may have other ids; empty where it was read to its end."""
    broke_off: bool = False
    """Whether the gap may close when the page is asked for again."""

    def has(self, fragment: str) -> bool:
        """Whether a browser would find the fragment, as it is written or percent-decoded."""
        names = {fragment, unquote(fragment)}
        return fragment.lower() == "top" or any(
            name in self.ids or f"user-content-{name}" in self.ids  # GitHub's prefix, which its script hides
            for name in names
        )


UNREAD = Content(frozenset(), "the page was not read")


def beyond_reading(fragment: str) -> str:
    """Return why no page, as it is sent, can show whether it has the fragment, or an empty string."""
    if ":~:" in fragment:
        return "a fragment of text, which only browsers search for"
    if fragment.startswith(("/", "!")):
        return "a route of a script"
    return "a line of code, which scripts draw" if _CODE_LINE.fullmatch(fragment) else ""


async def read_content(response: httpx.Response, settings: Settings) -> Content:
    """Read a page's ids from as much of it as the settings allow."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _HTML:
        return Content(frozenset(), f"the answer is {media_type or 'of no declared type'}, not HTML")
    if "," in response.headers.get("content-encoding", ""):  # layers multiply: a few bytes could fill the memory
        return Content(frozenset(), "the page is packed more than once")
    body, gap, broke_off = bytearray(), "", False
    try:
        async with asyncio.timeout(settings.timeout):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > settings.size:
                    gap = f"not in the first {settings.size} bytes, and the page is longer"
                    break
    except (httpx.HTTPError, OSError) as error:
        gap, broke_off = f"the page broke off ({type(error).__name__})", True
    try:
        ids = frozenset(read_html(_decoded(bytes(body[: settings.size]), response.encoding)).ids)
    except AssertionError:  # html.parser's answer to a malformed marked section
        return Content(frozenset(), "the page is not well-formed")
    if response.url.host in _DRAWN_BY_SCRIPT:
        gap = gap or "not in the page as it is sent, and GitHub draws the rest by script"
    return Content(ids, gap, broke_off)


def _decoded(body: bytes, encoding: str | None) -> str:
    try:
        return body.decode(encoding or "utf-8", errors="replace")
    except (LookupError, UnicodeError):  # a codec that is not for text, or knows no replacement
        return body.decode("utf-8", errors="replace")
