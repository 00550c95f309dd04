"""How to get a template's project from its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.addresses import archive_uri
from kb.render.text import code, link

if TYPE_CHECKING:
    from kb.model import Library


def download(_library: Library, page: str) -> str:
    """Return the two ways to take the project that a template's page is about."""
    stack = page.rpartition("/")[2].removesuffix(".md")
    archive = link("download it as a zip", archive_uri(stack), page)
    return f"Copy it under a name of your own with {code(f'make app STACK={stack} DIR=../shop')}, or {archive}."
