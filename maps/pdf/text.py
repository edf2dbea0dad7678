"""Text on paper: Latin letters in Helvetica, all others in the Chinese font that readers of PDF bring along.

`STSong-Light` is one of the fonts that a PDF may name without carrying it (Adobe-GB1); the reader takes
its own or a like one, so that the file is small and equal everywhere.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import groupby
from typing import Any, Literal

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

CHINESE = "STSong-Light"
LATIN = "Helvetica"
BOLD = "Helvetica-Bold"
INK = "#26323b"
SOFT = "#5d6a73"
ALARM = "#b3261e"

Align = Literal["left", "right", "centre"]

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_HALO = 2.0
_BOLD_STROKE = 0.02

pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def clean(text: str) -> str:
    """Return text without what has no shape of its own: controls, marks of direction, ends of lines."""
    return "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text).strip()


@cache
def paint_of(colour: str) -> Any:
    """Return a colour `#rrggbb` as the library has it."""
    return HexColor(colour)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is, in points."""
    return float(sum(pdfmetrics.stringWidth(run, font, size) for font, run in _runs(text, bold=bold)))


def fitted(text: str, size: float, room: float) -> str:
    """Return a text, or its beginning and an ellipsis where it is wider than `room`."""
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def wrapped(text: str, size: float, room: float) -> list[str]:
    """Return the lines of a text: it breaks at spaces and beside every Chinese character."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and width((line + piece).rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def put(
    canvas: Any,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    bold: bool = False,
    colour: str = INK,
    align: Align = "left",
    halo: bool = False,
) -> None:
    """Write one line of text whose left end, right end or middle is at `x`, and its foot at `y`."""
    runs = _runs(text, bold=bold)
    long = width(text, size, bold=bold)
    start = x - {"left": 0.0, "right": long, "centre": long / 2}[align]
    if halo:
        canvas.setStrokeColor(paint_of("#ffffff"))
        canvas.setLineWidth(_HALO)
        _write(canvas, start, y, runs, size, mode=1)
    canvas.setFillColor(paint_of(colour))
    canvas.setStrokeColor(paint_of(colour))
    canvas.setLineWidth(_BOLD_STROKE * size)
    _write(canvas, start, y, runs, size, mode=0, chinese_mode=2 if bold else 0)


def _write(
    canvas: Any,
    x: float,
    y: float,
    runs: list[tuple[str, str]],
    size: float,
    *,
    mode: int,
    chinese_mode: int = 1,
) -> None:
    line = canvas.beginText(round(x, 2), round(y, 2))
    for font, run in runs:
        line.setFont(font, size)
        line.setTextRenderMode(chinese_mode if font == CHINESE else mode)
        line.textOut(run)
    line.setTextRenderMode(0)
    canvas.drawText(line)


def _runs(text: str, *, bold: bool) -> list[tuple[str, str]]:
    latin = BOLD if bold else LATIN
    return [(latin if is_latin else CHINESE, "".join(run)) for is_latin, run in groupby(text, _is_latin)]


def _is_latin(character: str) -> bool:
    return character <= "\u00ff"


def _pieces(text: str) -> list[str]:
    """Return what is never broken: a Chinese character, or a word with the space behind it."""
    pieces = [""]
    for character in text:
        if not _is_latin(character) or not _is_latin(pieces[-1][-1:]) or pieces[-1].endswith(" "):
            pieces.append(character)
        else:
            pieces[-1] += character
    return [piece for piece in pieces if piece]
