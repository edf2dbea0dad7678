"""The pages of the atlas for print: overview, one page each zone or grid, index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, repeat
from typing import Any, Literal

import numpy as np
from reportlab.pdfgen.canvas import Canvas

from gridder.model import Lang, PlanView
from maps.pages import Book, By, Page
from maps.pdf.column import Line, chunks, paint
from maps.pdf.draw import draw_map
from maps.pdf.frame import Box, fit
from maps.pdf.lists import INDEX, Lists, bookmark
from maps.pdf.say import Speaker
from maps.pdf.text import SOFT, clean, fitted, put

Paper = Literal["A4", "A3"]

MM = 72 / 25.4
PAPERS_MM: dict[Paper, tuple[float, float]] = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
_MARGIN = 10 * MM
_HEAD = 11 * MM
_FOOT = 6 * MM
_GAP = 5 * MM
_SIDE = 76 * MM
"""Width of a column of text."""
_NARROW = 38 * MM
"""Width of a column of the index."""
_AROUND_ZONE, _AROUND_GRID = 0.05, 0.2
"""Shares of the map on each side that show what lies around."""


class Layout:
    """The places on a page: the map, the column beside it, and the columns of a page without a map."""

    def __init__(self, paper: Paper) -> None:
        width, height = (MM * side for side in PAPERS_MM[paper])
        self.size = (width, height)
        inner = Box(_MARGIN, _MARGIN + _FOOT, width - 2 * _MARGIN, height - 2 * _MARGIN - _HEAD - _FOOT)
        self.inner = inner
        self.map = Box(inner.x, inner.y, inner.width - _SIDE - _GAP, inner.height)
        self.side = Box(inner.x + inner.width - _SIDE, inner.y, _SIDE, inner.height)
        self.wide = self._columns(_SIDE)
        self.narrow = self._columns(_NARROW)

    def _columns(self, least: float) -> tuple[Box, ...]:
        """Return as many columns as there are room for, each at least so many points wide."""
        inner = self.inner
        n = int((inner.width + _GAP) / (least + _GAP))
        step = (inner.width + _GAP) / n
        return tuple(Box(inner.x + i * step, inner.y, step - _GAP, inner.height) for i in range(n))


class _Printer:
    """The pages one after the other, each with its title and number."""

    def __init__(self, canvas: Any, layout: Layout, say: Speaker, title: str, n_pages: int) -> None:
        self._canvas = canvas
        self._layout = layout
        self._say = say
        self._title = title
        self._n_pages = n_pages
        self._number = 0

    @contextmanager
    def page(self, title: str) -> Iterator[Any]:
        """Give a page to draw on."""
        self._number += 1
        canvas, inner = self._canvas, self._layout.inner
        is_first = self._number == 1
        top, right = inner.y + inner.height + 4 * MM, inner.x + inner.width
        put(canvas, inner.x, top, fitted(title, 14, (1 if is_first else 0.6) * inner.width), 14, bold=True)
        if not is_first:
            put(canvas, right, top, fitted(self._title, 9, 0.38 * inner.width), 9, colour=SOFT, align="right")
        number = self._say.word("page_of", page=self._number, pages=self._n_pages)
        put(canvas, right, _MARGIN, number, 8, colour=SOFT, align="right")
        if day := self._say.valid_from():
            put(canvas, inner.x, _MARGIN, day, 8, colour=SOFT)
        yield canvas
        canvas.showPage()

    def columns(self, title: str, parts: Sequence[Sequence[Line]], boxes: Sequence[Box]) -> None:
        """Draw pages of columns, as many as it takes."""
        for start in range(0, len(parts), len(boxes)):
            with self.page(title) as canvas:
                for lines, box in zip(parts[start : start + len(boxes)], boxes, strict=False):
                    paint(canvas, lines, box)

    def mark(self, title: str, key: str, *, level: int = 0) -> None:
        """Let the next page stand in the outline under a key of its own; twice where it begins a section."""
        self._canvas.bookmarkPage(key)
        self._canvas.addOutlineEntry(title, key, level=level, closed=True)


def atlas_pdf(
    view: PlanView,
    path: str | os.PathLike[str],
    *,
    by: By = "zone",
    lang: Lang = "en",
    title: str | None = None,
    paper: Paper = "A4",
) -> None:
    """Write the atlas of a plan as one PDF of vectors for print.

    An overview with the legend, a page each zone or grid with its map and the table of its grids (further
    pages where the table is long), and an index of the grids; the day from which the plan is valid stands at
    the foot of each. Equal views give equal bytes.
    Maps are drawn in a Lambert azimuthal equal-area projection about their own middle, at a round scale.

    Parameters
    ----------
    view
        What may be seen of the plan, from `gridder.privacy.view`; at least one grid.
    path
        The file to write.
    by
        What a page is about: `zone` with all grids of both layers in it, or `grid`.
    lang
        Language of the words.
    title
        Title of the atlas; a plain word for grids where there is none.
    paper
        `A4` or `A3`, landscape.
    """
    write_book(Book(view, by), path, lang=lang, title=title, paper=paper, progress=lambda _: None)


def write_book(
    book: Book,
    path: str | os.PathLike[str],
    *,
    lang: Lang,
    title: str | None,
    paper: Paper,
    progress: Callable[[float], None],
) -> None:
    """Write a plan that is divided into pages, as `atlas_pdf`; `progress` is told the share done."""
    layout = Layout(paper)
    say = Speaker(book.view, lang)
    lists = Lists(book, say, layout.side.width)
    name = clean(title or "") or say.word("title")

    def text_of(page: Page, first: Sequence[int]) -> list[list[Line]]:
        return list(chunks(lists.about(page, first), repeat(layout.inner.height)))

    unknown = [0] * len(book.pages)
    counts = [1 + _n_pages(text_of(page, unknown)[1:], layout.wide) for page in book.pages]
    first = list(accumulate(counts, initial=2))[:-1]
    entries = list(chunks(lists.index(first), repeat(layout.inner.height)))

    canvas = Canvas(os.fspath(path), pagesize=layout.size, invariant=1, pageCompression=1)
    canvas.setTitle(name)
    canvas.setCreator("Gridder")
    printer = _Printer(canvas, layout, say, name, 1 + sum(counts) + _n_pages(entries, layout.narrow))
    begins = {at[0]: section for section, at in lists.sections().items()} if book.by == "grid" else {}

    printer.mark(name, "overview")
    with printer.page(name):
        _draw_overview(canvas, book, layout, say)
        lines = lists.legend()
        left = layout.side.height - sum(line.height for line in lines)
        paint(canvas, [*lines, *lists.contents(first, left)], layout.side)
    for page in book.pages:
        heading = _heading(book, page, say)
        text, *more = text_of(page, first)
        if page.number - 1 in begins:
            printer.mark(begins[page.number - 1], f"from-{bookmark(page)}")
        printer.mark(clean(page.name) if begins else heading, bookmark(page), level=1 if begins else 0)
        with printer.page(heading):
            _draw_page(canvas, book, page, layout, say)
            paint(canvas, text, layout.side)
        printer.columns(say.word("continued", name=heading), more, layout.wide)
        progress(page.number / len(book.pages))
    printer.mark(say.word("index"), INDEX)
    printer.columns(say.word("index"), entries, layout.narrow)
    canvas.save()


def _n_pages(parts: Sequence[Sequence[Line]], boxes: Sequence[Box]) -> int:
    return -(-len(parts) // len(boxes))


def _heading(book: Book, page: Page, say: Speaker) -> str:
    if book.by == "zone":
        return say.name(page.name)
    grid = book.rows[page.own[0]]
    code = say.word("title_of", code=clean(page.name))
    return f"{code} · {say.word(grid.layer)} · {say.name(grid.zone)}"


def _draw_overview(canvas: Any, book: Book, layout: Layout, say: Speaker) -> None:
    view = book.view
    frame = fit(view.grids.geometry.to_numpy(), layout.map)
    draw_map(canvas, view, frame, say, colour=book.colour, own=np.ones(len(view.grids), dtype=bool))


def _draw_page(canvas: Any, book: Book, page: Page, layout: Layout, say: Speaker) -> None:
    part = book.part(page)
    own = np.isin(page.shown, page.own)
    margin = _AROUND_GRID if book.by == "grid" else _AROUND_ZONE
    frame = fit(part.grids.geometry.to_numpy()[own], layout.map, margin=margin)
    draw_map(canvas, part, frame, say, colour=book.colour[page.shown], own=own)
