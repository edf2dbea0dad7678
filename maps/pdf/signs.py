"""What stands beside or upon a map: scale bar, north arrow, and the signs of the legend."""

from __future__ import annotations

from typing import Any

import numpy as np

from maps.pdf.frame import Box, Frame
from maps.pdf.say import Speaker, number
from maps.pdf.text import ALARM, INK, paint_of, put, width
from maps.style import PALETTE, outline

FILL = 0.5
"""Share of its colour that a grid shows, the rest is white."""
BESIDE = 0.18
"""The same of grids that are there for orientation."""
UNIT_LINE = "#b9bdb9"
ZONE_LINE = "#45525c"
BARRIER = "#1f4e79"
FRAME_LINE = "#9aa3a8"
EVEN_ODD = 0
"""How reportlab calls filling by the even-odd rule."""
_HATCH_STEP = 5.0
_NICE = (1.0, 2.0, 5.0)
_LINES: dict[str, tuple[str, float, list[float]]] = {
    "zones": (ZONE_LINE, 1.4, []),
    "barriers": (BARRIER, 1.2, []),
    "bridges": (INK, 1.0, [3, 3]),
}
_LAYERS: dict[str, tuple[int, int, list[float]]] = {"field": (1, 0, []), "building": (2, 3, [3, 1.5])}


def tint(colour: str, share: float) -> str:
    """Return a colour `#rrggbb` mixed with so much white that `share` of it is left."""
    values = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - share * (255 - value)):02x}" for value in values)


def rectangle(canvas: Any, box: Box) -> Any:
    """Return a box as a path."""
    path = canvas.beginPath()
    path.rect(box.x, box.y, box.width, box.height)
    return path


def hatch(canvas: Any, path: Any, box: Box) -> None:
    """Draw diagonal lines over a path that lies within a box."""
    canvas.saveState()
    canvas.clipPath(path, stroke=0, fill=0, fillMode=EVEN_ODD)
    canvas.setStrokeColor(paint_of(tint(ALARM, 0.55)))
    canvas.setLineWidth(0.6)
    first = np.floor((box.x - box.height) / _HATCH_STEP) * _HATCH_STEP
    for x in np.arange(first, box.x + box.width, _HATCH_STEP).tolist():
        canvas.line(round(x, 2), round(box.y, 2), round(x + box.height, 2), round(box.y + box.height, 2))
    canvas.restoreState()


def draw_sign(canvas: Any, kind: str, box: Box) -> None:
    """Draw the sign of a line of the legend: a layer, a state of grids, or a kind of lines."""
    canvas.setLineWidth(0.8)
    if kind in _LAYERS:
        left, right, dash = _LAYERS[kind]
        for half, c in enumerate((left, right)):
            canvas.setFillColor(paint_of(tint(PALETTE[c], FILL)))
            canvas.rect(box.x + half * box.width / 2, box.y, box.width / 2, box.height, stroke=0, fill=1)
        _edge(canvas, box, outline(PALETTE[right if dash else left]), 0.8, dash)
    elif kind == "out_of_bounds":
        hatch(canvas, rectangle(canvas, box), box)
        _edge(canvas, box, ALARM, 1.2)
    elif kind == "beside":
        canvas.setFillColor(paint_of(tint(PALETTE[1], BESIDE)))
        canvas.rect(box.x, box.y, box.width, box.height, stroke=0, fill=1)
        _edge(canvas, box, tint(outline(PALETTE[1]), 0.45), 0.6)
    elif kind == "units":
        _edge(canvas, box, UNIT_LINE, 0.6)
        canvas.line(box.x + box.width / 2, box.y, box.x + box.width / 2, box.y + box.height)
    else:
        colour, thick, dash = _LINES[kind]
        canvas.setStrokeColor(paint_of(colour))
        canvas.setLineWidth(thick)
        canvas.setDash(dash)
        canvas.line(box.x, box.y + box.height / 2, box.x + box.width, box.y + box.height / 2)
        canvas.setDash([])


def draw_scale(canvas: Any, frame: Frame, say: Speaker) -> None:
    """Draw a bar of a round length and the scale in figures, in the lower left corner of a map."""
    box = frame.box
    most = 0.22 * box.width / frame.points_per_metre
    power = 10.0 ** np.floor(np.log10(most))
    metres = max(first * power for first in _NICE if first * power <= most)
    long = round(metres * frame.points_per_metre, 2)
    length = (metres, "metres") if metres < 1000 else (metres / 1000, "kilometres")
    text = f"{number(length[0])} {say.word(length[1])}"
    scale = say.word("scale", scale=f"{frame.scale:,.0f}")
    x, y = round(box.x + 10, 2), round(box.y + 5, 2)
    canvas.setFillColor(paint_of("#ffffff"))
    canvas.rect(x - 5, y, max(long + 5 + width(text, 7), width(scale, 7)) + 10, 25, stroke=0, fill=1)
    canvas.setStrokeColor(paint_of(INK))
    canvas.setLineWidth(0.8)
    canvas.line(x, y + 15, x + long, y + 15)
    for end in (x, x + long / 2, x + long):
        canvas.line(end, y + 15, end, y + 19)
    put(canvas, x + long + 5, y + 14, text, 7)
    put(canvas, x, y + 4, scale, 7)


def draw_north(canvas: Any, box: Box, say: Speaker) -> None:
    """Draw an arrow to the north in the upper right corner of a map."""
    x, y = round(box.x + box.width - 16, 2), round(box.y + box.height - 24, 2)
    canvas.setFillColor(paint_of(INK))
    canvas.setStrokeColor(paint_of("#ffffff"))
    canvas.setLineWidth(0.8)
    arrow = canvas.beginPath()
    for step, at in zip((arrow.moveTo, *[arrow.lineTo] * 3), ((0, 18), (5, 0), (0, 4), (-5, 0)), strict=True):
        step(x + at[0], y + at[1])
    arrow.close()
    canvas.drawPath(arrow, stroke=1, fill=1)
    put(canvas, x, y - 9, say.word("north"), 8, bold=True, align="centre", halo=True)


def _edge(canvas: Any, box: Box, colour: str, thick: float, dash: list[float] | None = None) -> None:
    canvas.setStrokeColor(paint_of(colour))
    canvas.setLineWidth(thick)
    canvas.setDash(dash or [])
    canvas.rect(box.x, box.y, box.width, box.height)
    canvas.setDash([])
