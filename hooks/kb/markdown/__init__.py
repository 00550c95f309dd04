"""What a Markdown text holds: its headings, links and fences, each at its line."""

from __future__ import annotations

from kb.markdown.inline import Kind
from kb.markdown.outline import Anchor, Directive, Fence, Heading, Link, Outline, Reference, scan

__all__ = ["Anchor", "Directive", "Fence", "Heading", "Kind", "Link", "Outline", "Reference", "scan"]
