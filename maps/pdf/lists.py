"""What stands in the columns of the atlas for print: legend, tables of grids, contents, index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from gridder.model import PlanView
from maps.pages import Book, Page
from maps.pdf.column import Cell, Line, heading, paragraph
from maps.pdf.draw import is_out
from maps.pdf.say import MU_PER_HA, Speaker, number
from maps.pdf.text import ALARM, INK, SOFT, clean

OVERVIEW, INDEX = "overview", "index"
_SIGN = 0.1
"""Share of a column that the signs of the legend take."""


def bookmark(page: Page) -> str:
    """Return what links to a page name."""
    return f"page{page.number}"


def legend(view: PlanView, say: Speaker, width: float) -> list[Line]:
    """Return the layers with counts and bounds, and the signs of the map, for a column so many points wide."""
    lines = []
    for layer in view.sizes:
        counts = view.summary[layer]
        lines += [
            Line(
                (
                    Cell(say.word(layer), _SIGN, 0.6, bold=True),
                    Cell(number(counts["n_grids"]), 1.0, 0.3, "right", bold=True),
                ),
                size=8.5,
                height=14,
                sign=layer,
            ),
            *_indented(f"{number(counts['n_units'])} {say.word(f'{layer}_units')}", width),
            *_indented(say.target(layer), width),
            *_indented(_tally(counts, say), width),
        ]
    if is_out(view.grids).any():
        lines.append(_signed("out_of_bounds", say.word("out_of_bounds")))
    lines += [
        _signed(name, say.word(name))
        for name in ("units", "zones", "barriers", "bridges")
        if len(getattr(view, name))
    ]
    lines += [Line((), height=4)]
    if view.datum == "gcj02":
        lines += paragraph(say.word("gcj02"), width)
    if view.k > 1:
        lines += paragraph(say.word("suppressed", k=view.k), width)
    return lines


def contents(book: Book, say: Speaker, first: Sequence[int], room: float) -> list[Line]:
    """Return the pages with their numbers, as many as fit into `room` points."""
    head = heading(say.word("pages"))
    rows = [
        Line(
            (Cell(say.name(page.name), 0, 0.8), Cell(str(at), 1.0, 0.2, "right")),
            link=bookmark(page),
            is_ruled=True,
        )
        for page, at in zip(book.pages, first, strict=True)
    ]
    most = int((room - head.height) / rows[0].height)
    if len(rows) > most:
        more = say.word("and_more", n=number(len(rows) - most + 1))
        rows = [*rows[: most - 1], Line((Cell(more, colour=SOFT),), link=INDEX)]
    return [head, *rows]


def about_zone(book: Book, page: Page, say: Speaker, width: float, first: Sequence[int]) -> list[Line]:  # noqa: ARG001 - as about_grid
    """Return the tables of a zone's grids, and why those out of bounds are."""
    own = book.view.grids.iloc[page.own]
    lines = []
    for layer in book.view.sizes:
        grids = own[own["layer"] == layer]
        if len(grids):
            lines += [
                heading(f"{say.word(layer)} · {number(len(grids))}"),
                *paragraph(say.target(layer), width),
                *_table(grids, layer, say),
            ]
    if book.view.k > 1 and own["suppressed"].any():
        lines += [Line((), height=4), *paragraph(say.word("suppressed", k=book.view.k), width)]
    return [*lines, *_reasons(own, say, width)]


def about_grid(book: Book, page: Page, say: Speaker, width: float, first: Sequence[int]) -> list[Line]:
    """Return a grid's row of the table, its group, its neighbours with their pages, and its units."""
    return [
        *about_zone(book, page, say, width, first),
        *_group(book.composition(page), say),
        heading(say.word("neighbours")),
        *_neighbours(book, page, say, first),
        *_units(book.units(page), say),
    ]


def index(book: Book, say: Speaker, first: Sequence[int]) -> list[Line]:
    """Return every grid with the number of its page, by layer and zone."""
    lines = []
    grids = book.view.grids.assign(page=book.page_of)
    zones = grids["zone"].fillna("none")
    for (layer, zone), rows in grids.groupby([grids["layer"], zones], sort=False):
        head = Line(
            (
                Cell(f"{say.word(layer)} · {say.name(zone)}", 0, 0.8, bold=True),
                Cell(say.word("column_page"), 1.0, 0.2, "right", colour=SOFT),
            ),
            height=16,
            keeps=True,
        )
        lines += [
            head,
            *(
                Line(
                    (Cell(clean(str(row.code)), 0, 0.8), Cell(str(first[row.page - 1]), 1.0, 0.2, "right")),
                    is_ruled=True,
                    link=bookmark(book.pages[row.page - 1]),
                    head=head,
                )
                for row in rows.itertuples(index=False)
            ),
        ]
    return lines


def _table(grids: pd.DataFrame, layer: str, say: Speaker) -> list[Line]:
    head = Line(
        _cells(
            [
                say.word("column_code"),
                f"{say.word('size')}/{say.measure(layer)}",
                say.word("deviation"),
                say.word("of_area_mu"),
                say.word("of_area_ha"),
                say.word(f"{layer}_count"),
            ],
            bold=False,
            colour=SOFT,
        ),
        keeps=True,
        is_ruled=True,
    )
    out = is_out(grids)
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
                bold=bool(is_missed),
                colour=ALARM if is_missed else INK,
            ),
            head=head,
            is_ruled=True,
        )
        for grid, is_missed in zip(_rows(grids), out, strict=True)
    ]
    return [head, *rows]


def _group(composition: pd.DataFrame, say: Speaker) -> list[Line]:
    lines = [heading(say.word("group"))] if len(composition) else []
    for attribute, rows in composition.groupby("attribute", sort=False):
        name = say.word("skill") if attribute == "skill" else clean(str(attribute))
        lines.append(Line((Cell(name, colour=SOFT),), keeps=True))
        lines += [
            _row(clean(str(value)), say.count(count, suppressed=True))
            for value, count in zip(rows["value"], rows["count"], strict=True)
        ]
    return lines


def _neighbours(book: Book, page: Page, say: Speaker, first: Sequence[int]) -> list[Line]:
    if not page.beside:
        return [Line((Cell(say.word("no_neighbours"), colour=SOFT),))]
    return [
        replace(
            _row(clean(book.pages[at - 1].name), say.word("on_page", page=first[at - 1])),
            link=bookmark(book.pages[at - 1]),
        )
        for at in page.beside
    ]


def _units(units: pd.DataFrame, say: Speaker) -> list[Line]:
    layer = units["layer"].iloc[0]
    mu = say.word("of_area_mu")
    names = [
        " · ".join(text for text in (clean(str(unit_id)), clean(str(kind))) if text)
        for unit_id, kind in zip(units["unit_id"], units["kind"].fillna(""), strict=True)
    ]
    return [
        heading(f"{say.word(f'{layer}_count')} · {number(len(units))}"),
        *(
            _row(name, f"{area_ha * MU_PER_HA:,.1f} {mu}")
            for name, area_ha in zip(names, units["area_ha"], strict=True)
        ),
    ]


def _rows(grids: pd.DataFrame) -> Any:
    return grids.itertuples(index=False)


def _cells(texts: Sequence[str], *, bold: bool, colour: str) -> tuple[Cell, ...]:
    """Return a table's cells; the first, the code, stands left and may be bold and coloured."""
    first, *numbers = texts
    ends = (0.42, 0.57, 0.73, 0.87, 1.0)
    return (
        Cell(first, 0.0, 0.25, bold=bold, colour=colour),
        *(
            Cell(text, end, 0.16, "right", colour=SOFT if colour == SOFT else INK)
            for text, end in zip(numbers, ends, strict=True)
        ),
    )


def _reasons(own: pd.DataFrame, say: Speaker, width: float) -> list[Line]:
    said = [(clean(str(grid.code)), say.reason(grid)) for grid in _rows(own)]
    lines = [
        line
        for code, reason in said
        if reason
        for line in (Line((Cell(code, bold=True, colour=ALARM),), keeps=True), *paragraph(reason, width))
    ]
    return [heading(say.word("why")), *lines] if lines else []


def _tally(counts: Mapping[str, Any], say: Speaker) -> str:
    if counts["n_within"] is None:
        return ""
    out = counts["n_grids"] - counts["n_within"]
    parts = [f"{say.word('in_bounds')} {number(counts['n_within'])}"]
    if out:
        parts.append(f"{say.word('out_of_bounds')} {number(out)}")
    if counts["unplaced"]:
        parts.append(f"{say.word('unplaced')} {number(counts['unplaced'])} {say.word('of_members')}")
    return " · ".join(parts)


def _indented(text: str, width: float) -> list[Line]:
    return [
        Line((Cell(line.cells[0].text, _SIGN, 1 - _SIGN, colour=SOFT),))
        for line in paragraph(text, (1 - _SIGN) * width)
        if line.cells[0].text
    ]


def _signed(sign: str, text: str) -> Line:
    return Line((Cell(text, _SIGN, 1 - _SIGN),), height=12, sign=sign)


def _row(name: str, value: str) -> Line:
    return Line((Cell(name, 0, 0.7), Cell(value, 1.0, 0.3, "right")), is_ruled=True)
