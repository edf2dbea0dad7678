"""What stands in the columns of the atlas for print: legend, tables of grids, contents, index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from maps.pages import NO_ZONE, Book, Page
from maps.pdf.column import Cell, Line, heading, paragraph
from maps.pdf.say import MU_PER_HA, Speaker, is_out, number
from maps.pdf.text import ALARM, INK, SOFT, clean

INDEX = "index"
"""The bookmark of the index."""
_SIGN = 0.1
"""Share of a column that the signs of the legend take."""
_ENDS = (0.40, 0.56, 0.73, 0.87, 1.0)
"""Right ends of the columns of a table behind the code, as shares of its width."""


def bookmark(page: Page) -> str:
    """Return what links to a page name."""
    return f"page{page.number}"


class Lists:
    """The lines of an atlas.

    Parameters
    ----------
    book
        The plan in pages.
    say
        The words.
    width
        Width of a column of text in points.
    """

    def __init__(self, book: Book, say: Speaker, width: float) -> None:
        self._book = book
        self._say = say
        self._width = width

    def legend(self) -> list[Line]:
        """Return the layers with counts and bounds, and the signs of the map."""
        view, say = self._book.view, self._say
        lines = [line for layer in view.sizes for line in self._layer(layer, view.summary[layer])]
        if any(is_out(grid) for grid in self._book.rows):
            lines.append(_signed("out_of_bounds", say.word("out_of_bounds")))
        lines += [
            _signed(name, say.word(name))
            for name in ("units", "zones", "barriers", "bridges")
            if len(getattr(view, name))
        ]
        lines.append(Line((), height=4))
        if view.datum == "gcj02":
            lines += paragraph(say.word("gcj02"), self._width)
        if view.k > 1:
            lines += paragraph(say.word("suppressed", k=view.k), self._width)
        return lines

    def contents(self, first: Sequence[int], room: float) -> list[Line]:
        """Return where zones begin, as many as fit into `room` points; `first` are the numbers of the pages."""
        book, say = self._book, self._say
        if book.by == "zone":
            begin = [(say.name(page.name), page) for page in book.pages]
        else:
            begin = [(name, book.pages[at[0]]) for name, at in self.sections().items()]
        head = heading(say.word("pages"))
        rows = [_row(name, str(first[page.number - 1]), page) for name, page in begin]
        most = int((room - head.height) / rows[0].height)
        if len(rows) > most:
            more = say.word("and_more", n=number(len(rows) - most + 1))
            rows = [*rows[: most - 1], Line((Cell(more, colour=SOFT),), link=INDEX)]
        return [head, *rows]

    def about(self, page: Page, first: Sequence[int]) -> list[Line]:
        """Return the tables of a page's grids; of a single grid also its group, neighbours and units."""
        lines = self._tables(page)
        if self._book.by == "grid":
            lines += [
                *self._group(self._book.composition(page)),
                heading(self._say.word("neighbours")),
                *self._neighbours(page, first),
                *self._units(self._book.unit_facts(page)),
            ]
        return lines

    def index(self, first: Sequence[int]) -> list[Line]:
        """Return every grid with the number of its page, by layer and zone."""
        book = self._book
        lines = []
        for name, positions in self.sections().items():
            head = Line(
                (
                    Cell(name, 0, 0.82, bold=True),
                    Cell(self._say.word("column_page"), 1.0, 0.18, "right", colour=SOFT),
                ),
                height=16,
                keeps=True,
            )
            lines.append(head)
            for g in positions:
                page = book.pages[book.page_of[g] - 1]
                row = _row(clean(str(book.rows[g].code)), str(first[page.number - 1]), page)
                lines.append(replace(row, head=head))
        return lines

    def sections(self) -> dict[str, list[int]]:
        """Return the positions of the grids of each layer and zone, by the words for them."""
        found: dict[tuple[str, str], list[int]] = {}
        for g, grid in enumerate(self._book.rows):
            found.setdefault((grid.layer, NO_ZONE if pd.isna(grid.zone) else grid.zone), []).append(g)
        say = self._say
        return {f"{say.word(layer)} · {say.name(zone)}": at for (layer, zone), at in found.items()}

    def _layer(self, layer: str, counts: Mapping[str, Any]) -> list[Line]:
        say = self._say
        name = Cell(say.word(layer), _SIGN, 0.6, bold=True)
        count = Cell(number(counts["n_grids"]), 1.0, 0.3, "right", bold=True)
        return [
            Line((name, count), size=8.5, height=14, sign=layer),
            *self._indented(f"{number(counts['n_units'])} {say.word(f'{layer}_units')}"),
            *self._indented(say.target(layer)),
            *self._indented(self._tally(counts)),
        ]

    def _tally(self, counts: Mapping[str, Any]) -> str:
        say = self._say
        within, unplaced = counts["n_within"], counts["unplaced"]
        parts = []
        if within is not None:
            parts.append(f"{number(within)} {say.word('in_bounds')}")
            out = counts["n_grids"] - within
            parts += [f"{number(out)} {say.word('out_of_bounds')}"] if out else []
        if unplaced:
            parts.append(f"{number(unplaced)} {say.word('of_members')} {say.word('unplaced')}")
        return " · ".join(parts)

    def _indented(self, text: str) -> list[Line]:
        lines = paragraph(text, (1 - _SIGN) * self._width) if text else []
        return [replace(line, cells=(replace(line.cells[0], x=_SIGN, room=1 - _SIGN),)) for line in lines]

    def _tables(self, page: Page) -> list[Line]:
        """Return a table for each layer, and why grids out of bounds are."""
        view, say = self._book.view, self._say
        grids = [self._book.rows[g] for g in page.own]
        lines = []
        for layer in view.sizes:
            of_layer = [grid for grid in grids if grid.layer == layer]
            if of_layer:
                lines += [
                    heading(f"{say.word(layer)} · {number(len(of_layer))}"),
                    *paragraph(say.target(layer), self._width),
                    *self._table(of_layer, layer),
                ]
        if any(grid.suppressed for grid in grids):
            lines += [Line((), height=4), *paragraph(say.word("suppressed", k=view.k), self._width)]
        return [*lines, *self._reasons(grids)]

    def _table(self, grids: Sequence[Any], layer: str) -> list[Line]:
        say = self._say
        keys = ("column_code", "size", "column_deviation", "of_area_mu", "of_area_ha", f"{layer}_count")
        head = Line(_cells([say.word(key) for key in keys], SOFT), keeps=True, is_ruled=True)
        rows = [
            Line(
                _cells(
                    [
                        clean(str(grid.code)),
                        say.count(grid.size, suppressed=grid.suppressed),
                        say.deviation(grid),
                        f"{grid.area_ha * MU_PER_HA:,.1f}",
                        f"{grid.area_ha:,.2f}",
                        number(grid.n_units),
                    ],
                    INK,
                    is_missed=is_out(grid),
                ),
                head=head,
                is_ruled=True,
            )
            for grid in grids
        ]
        return [head, *rows]

    def _reasons(self, grids: Sequence[Any]) -> list[Line]:
        lines = []
        for grid in grids:
            reason = self._say.reason(grid)
            if reason:
                lines.append(Line((Cell(clean(str(grid.code)), bold=True, colour=ALARM),), keeps=True))
                lines += paragraph(reason, self._width)
        return [heading(self._say.word("why")), *lines] if lines else []

    def _group(self, composition: pd.DataFrame) -> list[Line]:
        say = self._say
        lines = [heading(say.word("group"))] if len(composition) else []
        for attribute, rows in composition.groupby("attribute", sort=False):
            name = say.word("skill") if attribute == "skill" else clean(str(attribute))
            lines.append(Line((Cell(name, colour=SOFT),), keeps=True))
            lines += [
                _row(clean(str(value)), say.count(count, suppressed=True))
                for value, count in zip(rows["value"], rows["count"], strict=True)
            ]
        return lines

    def _neighbours(self, page: Page, first: Sequence[int]) -> list[Line]:
        book, say = self._book, self._say
        if not page.beside:
            return [Line((Cell(say.word("no_neighbours"), colour=SOFT),))]
        beside = [book.pages[at - 1] for at in page.beside]
        return [
            _row(clean(other.name), say.word("on_page", page=first[other.number - 1]), other)
            for other in beside
        ]

    def _units(self, units: pd.DataFrame) -> list[Line]:
        if units.empty:
            return []
        mu = self._say.word("of_area_mu")
        what = self._say.word(f"{units['layer'].iloc[0]}_count")
        lines = [heading(f"{what} · {number(len(units))}")]
        for unit_id, kind, area_ha in zip(units["unit_id"], units["kind"], units["area_ha"], strict=True):
            names = (clean(str(unit_id)), "" if pd.isna(kind) else clean(str(kind)))
            name = " · ".join(text for text in names if text)
            lines.append(_row(name, f"{area_ha * MU_PER_HA:,.1f} {mu}"))
        return lines


def _row(name: str, value: str, page: Page | None = None) -> Line:
    """Return a name and what belongs to it; where it is about another page, a link to that."""
    cells = (Cell(name, 0, 0.7), Cell(value, 1.0, 0.3, "right"))
    return Line(cells, is_ruled=True, link=None if page is None else bookmark(page))


def _cells(texts: Sequence[str], colour: str, *, is_missed: bool = False) -> tuple[Cell, ...]:
    """Return the cells of a table's line: the code at the left, numbers at the right."""
    code, *numbers = texts
    return (
        Cell(code, 0.0, 0.26, bold=is_missed, colour=ALARM if is_missed else colour),
        *(Cell(text, end, 0.16, "right", colour=colour) for text, end in zip(numbers, _ENDS, strict=True)),
    )


def _signed(sign: str, text: str) -> Line:
    return Line((Cell(text, _SIGN, 1 - _SIGN),), height=12, sign=sign)
