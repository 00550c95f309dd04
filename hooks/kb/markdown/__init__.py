"""What a Markdown text holds: its headings, links and fences, each at its line."""

from __future__ import annotations

from kb.markdown.blocks import Fence
from kb.markdown.inline import RAW, Kind
from kb.markdown.outline import Anchor, Directive, Heading, Link, Outline, Reference, scan

__all__ = ["RAW", "Anchor", "Directive", "Fence", "Heading", "Kind", "Link", "Outline", "Reference", "scan"]
