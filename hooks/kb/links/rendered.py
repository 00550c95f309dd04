"""What a rendered page holds that links can start from or lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from kb.attributes import css_addresses, srcset

_ADDRESSES = {
    ("a", "href"),
    ("area", "href"),
    ("link", "href"),
    ("a", "xlink:href"),
    ("use", "href"),
    ("use", "xlink:href"),
    ("object", "data"),
    ("video", "poster"),
}
_LOADING = {"img", "source", "iframe", "script", "video", "audio", "embed", "track", "input"}
_NO_REQUEST = {"canonical", "preconnect", "dns-prefetch"}


@dataclass
class Rendered:
    """The ids and the outgoing addresses of one piece of HTML, in document order."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """What a reader can follow."""
    resources: list[str] = field(default_factory=list)
    """What the browser fetches by itself."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rendered = Rendered()
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag == "link" and dict(attrs).get("rel") in _NO_REQUEST:
            return
        for name, value in attrs:
            if value is not None and name != "class" and not (name == "name" and ("id", value) in attrs):
                self._attribute(tag, name, value)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        rendered = self.rendered
        if name == "id" or (name == "name" and tag == "a"):
            rendered.ids.append(value)
        elif (tag, name) in _ADDRESSES:
            (rendered.links if tag in {"a", "area"} else rendered.resources).append(value.strip())
        elif name == "src" and tag in _LOADING:
            rendered.resources.append(value.strip())
        elif name == "srcset":
            rendered.resources += (address for _, address in srcset(value))
        elif name == "style":
            rendered.resources += (address for _, address in css_addresses(value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.rendered.resources += (address for _, address in css_addresses(data))


def read_html(html: str) -> Rendered:
    """Return the ids, links and resources of a page or a part of one."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.rendered
