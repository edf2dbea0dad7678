"""Tables and paragraphs as lines that flow through columns of pages."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from maps.pdf.frame import Box
from maps.pdf.signs import draw_sign
from maps.pdf.text import INK, SOFT, Align, fitted, paint_of, put, wrapped

SIZE = 7.0
HEIGHT = 10.0
_RULE = "#dfe3e4"


@dataclass(frozen=True)
class Cell:
    """A piece of a line.

    Attributes
    ----------
    text
        What it says, clean.
    x
        Its left end, right end or middle, as a share of the column's width.
    room
        The share of the width that it may take.
    """

    text: str
    x: float = 0.0
    room: float = 1.0
    align: Align = "left"
    bold: bool = False
    colour: str = INK


@dataclass(frozen=True)
class Line:
    """A line of a column.

    Attributes
    ----------
    cells
        What stands in it.
    head
        The line that is repeated above this one where a column begins with it.
    keeps
        It does not stand at the end of a column.
    is_ruled
        A thin rule lies under it.
    link
        The bookmark that a click leads to.
    sign
        The sign of the legend at its left end.
    """

    cells: tuple[Cell, ...]
    size: float = SIZE
    height: float = HEIGHT
    head: Line | None = None
    keeps: bool = False
    is_ruled: bool = False
    link: str | None = None
    sign: str | None = None


def heading(text: str) -> Line:
    """Return the line above a table."""
    return Line((Cell(text, bold=True),), size=SIZE + 1.5, height=HEIGHT + 6, keeps=True)


def paragraph(text: str, width: float, *, colour: str = SOFT) -> list[Line]:
    """Return the lines of a text in a column so many points wide."""
    return [Line((Cell(line, colour=colour),)) for line in wrapped(text, SIZE, width)]


def chunks(lines: Sequence[Line], rooms: Iterable[float]) -> Iterator[list[Line]]:
    """Divide lines into columns of the given heights in points, each higher than any two lines."""
    waiting = deque(lines)
    for room in rooms:
        if not waiting:
            return
        head = waiting[0].head
        taken = [head] if head else []
        left = room - sum(line.height for line in taken)
        while waiting and waiting[0].height <= left:
            taken.append(waiting.popleft())
            left -= taken[-1].height
        while waiting and taken[-1].keeps:
            waiting.appendleft(taken.pop())
        yield taken


def paint(canvas: Any, lines: Sequence[Line], box: Box) -> None:
    """Write lines into a column from its top."""
    top = box.y + box.height
    for line in lines:
        foot = top - line.height
        base = foot + 0.3 * HEIGHT
        for cell in line.cells:
            text = fitted(cell.text, line.size, cell.room * box.width)
            x = box.x + cell.x * box.width
            put(canvas, x, base, text, line.size, bold=cell.bold, colour=cell.colour, align=cell.align)
        if line.sign:
            draw_sign(canvas, line.sign, Box(box.x, base - 1, 16, 8))
        if line.is_ruled:
            canvas.setStrokeColor(paint_of(_RULE))
            canvas.setLineWidth(0.5)
            canvas.line(box.x, foot, box.x + box.width, foot)
        if line.link:
            canvas.linkRect("", line.link, (box.x, foot, box.x + box.width, top), Border="[0 0 0]")
        top = foot
