"""Scripts and styles written into the page, so that it asks nobody for anything."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from branca.element import Element
from jinja2 import Template
from xstatic.pkg import leaflet

SCRIPTS = (
    "data.js",
    "sheet.js",
    "colour.js",
    "draw.js",
    "panel.js",
    "tools.js",
    "print.js",
    "atlas.js",
    "page.js",
)
STYLES = ("page.css",)

_SOURCE_MAP = re.compile(r"^\s*(//|/\*)[#@] sourceMappingURL=.*$", re.MULTILINE)
_IMAGE = re.compile(r"url\(\s*['\"]?images/[^)]*\)")


class Inline(Element):
    """An element of the page's head whose content is written as it is.

    Parameters
    ----------
    tag
        `script` or `style`.
    content
        Its text; a `</script` or `</style` in it is refused.
    attributes
        Attributes of the tag.
    """

    _template = Template("<{{ this.tag }}{{ this.attributes }}>{{ this.content }}</{{ this.tag }}>")

    def __init__(self, tag: str, content: str, attributes: str = "") -> None:
        super().__init__()
        if f"</{tag}" in content.lower():
            raise ValueError(f"the text closes its own {tag} element")
        self.tag = tag
        self.content = content
        self.attributes = f" {attributes}" if attributes else ""


@cache
def scripts() -> str:
    """Return Leaflet's script and our own."""
    return "\n".join([_leaflet("leaflet.js"), *(_asset(name) for name in SCRIPTS)])


@cache
def styles() -> str:
    """Return Leaflet's styles and our own."""
    return "\n".join([_leaflet("leaflet.css"), *(_asset(name) for name in STYLES)])


@cache
def tile_scripts() -> str:
    """Return the scripts for a plan whose units are not in the file."""
    return "\n".join([scripts(), _asset("tiles.js")])


@cache
def compare_scripts() -> str:
    """Return the scripts for two plans."""
    return "\n".join([scripts(), _asset("compare.js")])


@cache
def compare_styles() -> str:
    """Return the styles for two plans."""
    return "\n".join([styles(), _asset("compare.css")])


def number_ids(root: Element) -> None:
    """Give an element and all below it the number of its place, so that equal maps are equal bytes."""
    waiting = [root]
    number = 0
    while waiting:
        element = waiting.pop()
        element._id = str(number)  # noqa: SLF001  (branca has no public way)
        number += 1
        waiting.extend(reversed(element._children.values()))  # noqa: SLF001  (the same)


def _leaflet(name: str) -> str:
    text = (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")
    return _IMAGE.sub("none", _SOURCE_MAP.sub("", text)).strip()


def _asset(name: str) -> str:
    return (files("maps") / "assets" / name).read_text(encoding="utf-8")
