"""An atlas of linked files: the map of the plan, and a page each zone or grid."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gridder.folders import draft_of_folder
from gridder.model import Lang, PlanView
from maps.folder import ATLAS, INDEX, PAGES, PDF, SCRIPT, STYLE
from maps.offline import Inline, scripts, styles
from maps.pages import Book, By, Page
from maps.pdf import Paper, write_book
from maps.plan import PlanMap

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1; may raise to stop the work."""

_PDF_SHARE = 0.5


def no_progress(done: float) -> None:
    """Ignore progress."""


class Atlas:
    """The atlas of a plan; `save(folder)` writes it.

    Parameters
    ----------
    view
        What may be seen of the plan.
    by
        What a page is about: a zone or a grid.
    lang
        Language in which the pages open.
    title
        Title of the overview, and the beginning of the title of every page.
    """

    def __init__(self, view: PlanView, *, by: By, lang: Lang, title: str | None) -> None:
        self._book = Book(view, by)
        self._lang = lang
        self._title = title

    def save(
        self,
        folder: str | os.PathLike[str],
        *,
        pdf: Paper | None = None,
        overwrite: bool = False,
        progress: Progress = no_progress,
    ) -> Path:
        """Write the atlas as a folder, whole or not at all.

        Parameters
        ----------
        folder
            The folder to make, with its parents; it may exist when it is empty.
        pdf
            Paper of `atlas.pdf`; without it there is none.
        overwrite
            Replace the atlas that is there; never a folder that holds anything else.
        progress
            Told the share done; may raise.

        Returns
        -------
        Path
            `index.html` in it.

        Raises
        ------
        OutputExistsError, InputError
            As `maps.check_atlas_output`.
        """
        pages = self._book.pages
        share = 1 - _PDF_SHARE if pdf else 1.0
        with draft_of_folder(folder, ATLAS, overwrite=overwrite) as draft:
            (draft / SCRIPT).write_text(scripts(), encoding="utf-8")
            (draft / STYLE).write_text(styles(), encoding="utf-8")
            (draft / PAGES).mkdir()
            self._overview(has_pdf=pdf is not None).save(draft / INDEX)
            for page in pages:
                self._sheet(page).save(draft / PAGES / f"{page.number}.html")
                progress(share * page.number / len(pages))
            if pdf:
                write_book(
                    self._book,
                    draft / PDF,
                    lang=self._lang,
                    title=self._title,
                    paper=pdf,
                    progress=lambda done: progress(1 - _PDF_SHARE + _PDF_SHARE * done),
                )
        return Path(folder) / INDEX

    def _overview(self, *, has_pdf: bool) -> LinkedMap:
        book = self._book
        place = {
            "root": "",
            "here": 0,
            "of": book.page_of.tolist(),
            "colour": book.colour.tolist(),
            "links": [] if book.by == "grid" else [_link(page) for page in book.pages],
            "pdf": PDF if has_pdf else None,
        }
        return LinkedMap(book.view, place, lang=self._lang, title=self._title)

    def _sheet(self, page: Page) -> LinkedMap:
        book = self._book
        pages = book.pages
        place = {
            "root": "../",
            "here": page.number,
            "of": book.page_of[page.shown].tolist(),
            "colour": book.colour[page.shown].tolist(),
            "previous": None if page.number == 1 else _link(pages[page.number - 2]),
            "next": None if page.number == len(pages) else _link(pages[page.number]),
            "links": [_link(pages[number - 1]) for number in page.beside],
        }
        title = [self._title, None if book.by == "grid" and self._title is None else page.say(self._lang)]
        return LinkedMap(
            book.part(page),
            place,
            lang=self._lang,
            title=" · ".join(part for part in title if part) or None,
            open_grid=None if book.by == "zone" else str(book.view.grids["grid_id"].iloc[page.own[0]]),
        )


class LinkedMap(PlanMap):
    """A map of an atlas: scripts and styles stand once in files beside it.

    Parameters
    ----------
    view
        What the page shows.
    place
        Where the page stands in the atlas, for `assets/atlas.js`.
    lang, title, open_grid
        As `PlanMap`.
    """

    def __init__(
        self,
        view: PlanView,
        place: dict[str, Any],
        *,
        lang: Lang,
        title: str | None,
        open_grid: str | None = None,
    ) -> None:
        super().__init__(view, lang=lang, title=title, open_grid=open_grid)
        self._inlined |= {
            "style": Inline("style", f'@import url("{place["root"]}{STYLE}");'),
            "script": Inline("script", "", f'src="{place["root"]}{SCRIPT}"'),
            "atlas": Inline("script", _packed(place), 'type="text/plain" id="gridder-atlas"'),
        }


def _link(page: Page) -> tuple[int, str]:
    return page.number, page.name


def _packed(place: dict[str, Any]) -> str:
    text = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode()


def atlas(view: PlanView, *, by: By = "zone", lang: Lang = "en", title: str | None = None) -> Atlas:
    """Return the atlas of a plan: its map as overview, and one page each zone or grid.

    In the overview the panel of a grid links to its page; every page links to the overview, to the page
    before and after it, and to those of its neighbours. Where a plan has more units than one file holds
    (`maps.payload.MOST_UNITS`), they are on the pages alone.

    Parameters
    ----------
    view
        What may be seen of the plan, from `gridder.privacy.view`; at least one grid.
    by
        What a page is about: `zone` with all grids of both layers in it, or `grid`.
    lang
        Language in which the pages open; the reader can change it there.
    title
        Title of the overview, and the beginning of the title of every page.

    Returns
    -------
    Atlas
        `save(folder)` writes it as files that open with the network cut.
    """
    return Atlas(view, by=by, lang=lang, title=title)
