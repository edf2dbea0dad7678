"""Drawing of a plan on paper, in the looks of the map on the screen (assets/draw.js)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from reportlab.pdfgen.pathobject import PDFPathObject

from gridder.model import Bools, Floats, Geometries, Ints, PlanView
from maps.pdf.frame import Box, Frame
from maps.pdf.say import Speaker
from maps.pdf.signs import (
    BARRIER,
    BESIDE,
    EVEN_ODD,
    FILL,
    FRAME_LINE,
    UNIT_LINE,
    ZONE_LINE,
    draw_north,
    draw_scale,
    hatch,
    rectangle,
    tint,
)
from maps.pdf.text import ALARM, INK, SOFT, clean, paint_of, put, width
from maps.style import PALETTE, outline

BESIDE_LINE = 0.45
"""Share of its colour that the line around a grid shows where the grid is there for orientation."""
BESIDE_LABEL = "#7c868d"
BUILDING = "#c9cdcf"
UNIT_LABEL = 5.5
"""Height of the ids of units."""
_LEAST_UNIT = 4.0
"""Units are drawn where half of them are longer than so many points."""
_LEAST_LABELLED = 30.0
"""Their ids are written where half of them are longer than so many points."""
_OUTSIDE = 9.0
"""So many points beyond the frame lines end."""


def draw_map(canvas: Any, view: PlanView, frame: Frame, say: Speaker, *, colour: Ints, own: Bools) -> None:
    """Draw a view into a frame, with scale bar and north arrow.

    Parameters
    ----------
    canvas
        The page.
    view
        What is shown.
    frame
        Where it lies.
    say
        The words.
    colour
        Number of the colour of every grid, shape (n_grids,).
    own
        Which grids the page is about, shape (n_grids,); the others are light.
    """
    canvas.saveState()
    canvas.clipPath(rectangle(canvas, frame.box), stroke=0, fill=0)
    canvas.setLineJoin(1)
    canvas.setLineCap(1)
    _Map(canvas, view, frame, colour, own).draw(say)
    canvas.restoreState()
    draw_scale(canvas, frame, say)
    draw_north(canvas, frame.box, say)
    _pen(canvas, FRAME_LINE, 0.7)
    canvas.drawPath(rectangle(canvas, frame.box))


def is_out(grids: pd.DataFrame) -> Bools:
    """Return which grids are known to be out of bounds."""
    return grids["within_bounds"].eq(False).fillna(value=False).to_numpy(dtype=bool)


class _Map:
    """One map while it is drawn: its geometries are in points of the page."""

    def __init__(self, canvas: Any, view: PlanView, frame: Frame, colour: Ints, own: Bools) -> None:
        self._canvas = canvas
        self._view = view
        self._frame = frame
        self._colour = colour
        self._own = own
        self._out = is_out(view.grids)
        self._grids = frame.to_paper(view.grids.geometry.to_numpy())
        self._units = frame.to_paper(view.units.geometry.to_numpy())
        self._seen = frame.sees(self._grids)

    def draw(self, say: Speaker) -> None:
        for layer in self._view.sizes:
            of_layer = self._seen & (self._view.grids["layer"] == layer).to_numpy()
            self._fill_grids(of_layer)
            self._draw_units(layer)
            self._outline_grids(of_layer, [4, 2] if layer == "building" else [])
        self._draw_lines()
        self._label(say)

    def _fill_grids(self, of_layer: Bools) -> None:
        for colour, mine, some in self._by_colour(of_layer):
            self._canvas.setFillColor(paint_of(tint(colour, FILL if mine else BESIDE)))
            self._trace(some, stroke=0, fill=1)
        for shape in self._grids[of_layer & self._own & self._out]:
            if not shape.is_empty:
                west, south, east, north = shape.bounds
                path = _path(np.array([shape]))
                hatch(self._canvas, path, Box(west, south, east - west, north - south))

    def _draw_units(self, layer: str) -> None:
        units = self._units[(self._view.units["layer"] == layer).to_numpy()]
        if len(units) and np.median(np.max(_rooms(units), axis=1)) > _LEAST_UNIT:
            _pen(self._canvas, UNIT_LINE if layer == "field" else SOFT, 0.25)
            self._canvas.setFillColor(paint_of(BUILDING))
            self._trace(units, fill=int(layer == "building"))

    def _outline_grids(self, of_layer: Bools, dash: list[float]) -> None:
        if not of_layer.any():
            return
        typical = float(np.median(np.max(_rooms(self._grids[of_layer]), axis=1)))
        thick = min(0.9, max(0.2, typical / 14))
        for colour, mine, some in self._by_colour(of_layer):
            line = outline(colour)
            _pen(
                self._canvas, line if mine else tint(line, BESIDE_LINE), thick if mine else 0.6 * thick, dash
            )
            self._trace(some)
        _pen(self._canvas, ALARM, 1.6 * thick, dash)
        self._trace(self._grids[of_layer & self._own & self._out])

    def _by_colour(self, of_layer: Bools) -> Iterator[tuple[str, bool, Geometries]]:
        """Yield the grids of each colour, those beside before the own: colour, whether own, geometries."""
        for mine in (False, True):
            some = of_layer & (self._own == mine)
            for c in np.unique(self._colour[some]).tolist():
                yield PALETTE[c], mine, self._grids[some & (self._colour == c)]

    def _draw_lines(self) -> None:
        view = self._view
        for geoms, colour, thick, dash in (
            (shapely.boundary(view.zones.geometry.to_numpy()), ZONE_LINE, 1.4, []),
            (view.barriers.geometry.to_numpy(), BARRIER, 1.2, []),
            (view.bridges.geometry.to_numpy(), INK, 1.0, [3.0, 3.0]),
        ):
            near = self._clipped(self._frame.to_paper(geoms), _OUTSIDE)
            _pen(self._canvas, "#ffffff", thick + 1.6)
            self._trace(near)
            _pen(self._canvas, colour, thick, dash)
            self._trace(near)

    def _clipped(self, geoms: Geometries, beyond: float = 0.0) -> Geometries:
        """Return what of geometries lies in the frame, or so many points beyond it."""
        box = self._frame.box
        west, south = box.x - beyond, box.y - beyond
        east, north = box.x + box.width + beyond, box.y + box.height + beyond
        within: Geometries = shapely.clip_by_rect(geoms, west, south, east, north)
        return within

    def _trace(self, geoms: Geometries, *, stroke: int = 1, fill: int = 0) -> None:
        shown = geoms[~shapely.is_empty(geoms)]
        if len(shown):
            self._canvas.drawPath(_path(shown), stroke=stroke, fill=fill, fillMode=EVEN_ODD)

    def _label(self, say: Speaker) -> None:
        """Write the names of zones, the codes of grids, the own and large ones first, and the ids of units."""
        view = self._view
        labels = _Labels(self._canvas, self._frame.box)
        for name, at, room in self._other_zones():
            labels.put(say.name(name), at, room, 8.5, bold=True, colour=ZONE_LINE, sign=True)
        shown = self._clipped(self._grids)
        points, rooms = _inside(shown), _rooms(shown)
        order = np.lexsort((np.arange(len(shown)), -shapely.area(self._grids), ~self._own))
        codes, numbers = view.grids["code"].tolist(), view.grids["number"].tolist()
        for g in order[self._seen[order]].tolist():
            own = bool(self._own[g])
            colour = BESIDE_LABEL if not own else ALARM if self._out[g] else INK
            size = 9.0 if rooms[g, 0] > 140 else 7.0 if rooms[g, 0] > 55 else 5.5
            room = rooms[g] * (0.94, 0.8)
            for text in (clean(str(codes[g])), str(numbers[g])):
                if size <= room[1] and labels.put(text, points[g], room, size, bold=own, colour=colour):
                    break
        self._label_units(labels)

    def _label_units(self, labels: _Labels) -> None:
        rooms = _rooms(self._units) * 0.9
        if not len(rooms) or np.median(np.max(rooms, axis=1)) < _LEAST_LABELLED:
            return
        high = np.flatnonzero(rooms[:, 1] > UNIT_LABEL)
        ids = self._view.units["unit_id"].tolist()
        for u, at in zip(high.tolist(), _inside(self._units[high]), strict=True):
            labels.put(clean(str(ids[u])), at, rooms[u], UNIT_LABEL, colour=SOFT)

    def _other_zones(self) -> Iterator[tuple[str, Floats, Floats]]:
        """Yield name, middle and room of each zone but the only one that the page is about."""
        own = self._view.grids["zone"][self._own].unique()
        zones = self._frame.to_paper(self._view.zones.geometry.to_numpy())
        for name, at, room in zip(self._view.zones["zone"], _inside(zones), _rooms(zones), strict=True):
            if len(own) > 1 or name != own[0]:
                yield name, at, room


class _Labels:
    """Labels that do not cover each other; the first to come stays."""

    def __init__(self, canvas: Any, box: Box) -> None:
        self._canvas = canvas
        self._box = box
        self._taken: list[tuple[float, float, float, float]] = []

    def put(
        self,
        text: str,
        at: Floats,
        room: Floats,
        size: float,
        *,
        bold: bool = False,
        colour: str = INK,
        sign: bool = False,
    ) -> bool:
        """Write a text around a point where it is free; return whether it was written."""
        long = width(text, size, bold=bold)
        if long > room[0] or size > room[1]:
            return False
        x, y = at.tolist()
        edge = 3.0 if sign else 1.0
        west, south = x - long / 2 - edge, y - size / 2 - edge
        east, north = x + long / 2 + edge, y + size / 2 + edge
        box = self._box
        if west < box.x or south < box.y or east > box.x + box.width or north > box.y + box.height:
            return False
        if any(w < east and e > west and s < north and n > south for w, s, e, n in self._taken):
            return False
        self._taken.append((west, south, east, north))
        if sign:
            self._canvas.setFillColor(paint_of("#ffffff"))
            _pen(self._canvas, colour, 0.6)
            path = rectangle(self._canvas, Box(west, south, east - west, north - south))
            self._canvas.drawPath(path, stroke=1, fill=1)
        put(
            self._canvas, x, y - 0.35 * size, text, size,
            bold=bold, colour=colour, align="centre", halo=not sign,
        )  # fmt: skip
        return True


def _pen(canvas: Any, colour: str, thick: float, dash: Sequence[float] = ()) -> None:
    canvas.setStrokeColor(paint_of(colour))
    canvas.setLineWidth(thick)
    canvas.setDash(list(dash))


def _inside(geoms: Geometries) -> Floats:
    """Return of each geometry its centroid, or another point where that lies outside it; missing where it is empty, shape (n, 2)."""
    middle = shapely.centroid(geoms)
    inside = np.where(shapely.contains(geoms, middle), middle, shapely.point_on_surface(geoms))
    xy: Floats = shapely.bounds(inside)[:, :2]
    return xy


def _rooms(geoms: Geometries) -> Floats:
    """Return width and height of each geometry, 0 where it is empty, shape (n, 2)."""
    west, south, east, north = shapely.bounds(geoms).T
    sides: Floats = np.nan_to_num(np.column_stack([east - west, north - south]))
    return sides


def _path(geoms: Geometries) -> Any:
    """Return the rings and lines of geometries, not all empty, as one path to a hundredth of a point."""
    code = ["n"]
    parts = shapely.get_parts(geoms)
    is_area = shapely.get_dimensions(parts) == 2
    curves = np.concatenate([shapely.get_rings(parts[is_area]), parts[~is_area]])
    xy, curve = shapely.get_coordinates(curves, return_index=True)
    points = np.round(xy, 2).tolist()
    starts = np.flatnonzero(np.diff(curve, prepend=-1))
    closed = shapely.is_closed(curves[curve[starts]]).tolist()
    ends = [*starts[1:].tolist(), len(points)]
    for first, end, closes in zip(starts.tolist(), ends, closed, strict=True):
        x, y = points[first]
        code.append(f"{x} {y} m")
        code += [f"{x} {y} l" for x, y in points[first + 1 : end - 1 if closes else end]]
        if closes:
            code.append("h")
    return PDFPathObject(code=code)
