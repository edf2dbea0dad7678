"""The atlas for print, read back by another program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely

import maps
from maps.pdf.column import Cell, Line, chunks
from maps.pdf.frame import DOT, POINTS_PER_METRE, Box, fit
from maps.pdf.say import number
from maps.pdf.text import clean, fitted, width, wrapped

A4, A3 = (842, 595), (1191, 842)


def read(path):
    """Return the texts of the pages, and their sizes."""
    document = pypdf.PdfReader(path)
    texts = [page.extract_text().replace("\n", " ") for page in document.pages]
    sizes = [tuple(round(side) for side in page.mediabox[2:]) for page in document.pages]
    return texts, sizes, list(_marks(document, document.outline))


def _marks(document, outline):
    """Yield title and page of every bookmark, in depth-first order."""
    for mark in outline:
        if isinstance(mark, list):
            yield from _marks(document, mark)
        else:
            yield mark.title, document.get_destination_page_number(mark)


@pytest.fixture
def printed(view, tmp_path):
    """Return a function that prints a view and reads it back."""

    def print_view(shown=view, **options):
        maps.atlas_pdf(shown, tmp_path / "atlas.pdf", **options)
        return read(tmp_path / "atlas.pdf")

    return print_view


def test_by_zone(printed, view):
    """An overview, two zones and the index; every grid is in the table of its zone and in the index."""
    texts, sizes, outline = printed(title="示范农场")
    assert sizes == [A4] * 4
    assert outline == [("示范农场", 0), ("东片", 1), ("西片", 2), ("Index of the grids", 3)]
    for grid in view.grids.itertuples():
        assert grid.code in texts[1 if grid.zone == "东片" else 2]
        assert grid.code in texts[3]
    for i, text in enumerate(texts, start=1):
        assert f"Page {i} of 4" in text
    for fact in (
        "Field grids",
        "12",
        "48 fields",
        "Target 10 people (5 to 15)",
        "11 in bounds",
        "1 out of bounds",
    ):
        assert fact in texts[0]
    assert "Scale 1:" in texts[1]
    assert "84.30" in texts[1]
    assert "1,264.5" in texts[1]


def test_every_page_tells_from_when_the_plan_is_valid(printed, view):
    """In the words of its language; a plan without a day says nothing of it."""
    shown = replace(view, valid_from="2026-12-01")
    for lang, said in (("en", "Valid from 2026-12-01"), ("zh", "生效日期：2026-12-01")):
        texts, _, _ = printed(shown, lang=lang)
        assert all(said in text for text in texts)
    assert not any("Valid from" in text for text in printed()[0])


def test_by_grid(printed, view):
    """A page a grid with its group, its units and the pages of its neighbours."""
    texts, sizes, outline = printed(by="grid", lang="zh", paper="A3")
    assert sizes == [A3] * 18
    assert outline[1:3] == [("田间网格 · 东片", 1), ("01001", 1)]
    assert "网格 01001 · 田间网格 · 东片" in texts[1]
    first = texts[1]
    for fact in ("01002 第 3 页", "01005 第 6 页", "D-0-0 · 大豆", "农机手 1", "共 18 页", "316.5 亩"):
        assert fact in first
    assert "D-1-0" not in first
    assert "小区3/0号楼" in texts[16]
    assert all(code in texts[17] for code in view.grids["code"])


def test_why_a_grid_is_out_of_bounds(printed):
    """The certificate stands in words under the table."""
    texts, _, _ = printed()
    assert "This connected piece of land counts 3 people in all" in texts[1]
    assert "Why it is out of bounds" not in texts[2]


def test_hidden_counts_stay_hidden(printed, view):
    """Of a grid that is hidden there are area and number of units only."""
    texts, _, _ = printed()
    assert "02011 hidden hidden 1,264.5 84.30 4" in texts[2]
    assert "Counts below 5 are hidden" in texts[2]
    assert "Counts below 5 are hidden" not in texts[1]


def test_long_tables_go_on(printed, view):
    """Tables that are longer than their page go on behind it, under their heads; the pages are counted."""
    many = 5
    grids = view.grids.loc[np.repeat(view.grids.index, many)].reset_index(drop=True)
    again = np.tile(np.arange(many), len(view.grids)).astype(str)
    grids = grids.assign(grid_id=grids["grid_id"] + "-" + again, code=grids["code"] + "-" + again)
    neighbours = view.neighbours.iloc[:0]
    units = view.units.assign(grid_id=view.units["grid_id"] + "-0")
    composition = view.composition.iloc[:0]
    shown = replace(view, grids=grids, units=units, neighbours=neighbours, composition=composition)
    texts, _, outline = printed(shown)
    assert len(texts) == 5
    assert [at for _, at in outline] == [0, 1, 3, 4]
    assert "(continued)" in texts[2]
    assert "Code Size Dev. mu ha" in texts[2]
    east = grids.loc[grids["zone"] == "东片", "code"]
    assert all(code in texts[1] + texts[2] for code in east)


def test_equal_views_give_equal_bytes(view, tmp_path):
    """No clock, no chance."""
    paths = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for path in paths:
        maps.atlas_pdf(view, path, lang="zh")
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    "nasty", ["</script>(\\) %\"'", "a\u202eb\u2028c\x00d\ufeff", "𠀀 🙂 عربي", "", "字" * 500]
)
def test_names_are_text_and_nothing_else(printed, view, nasty):
    """Whatever names hold, there is a page for every zone, and what can be shown of them is."""
    zone = view.grids["zone"].map({"东片": nasty, "西片": "西片"})
    composition = view.composition.assign(value=nasty)
    units = view.units.assign(unit_id=view.units["unit_id"] + nasty)
    zones = view.zones.assign(zone=[nasty, "西片"])
    shown = replace(
        view,
        grids=view.grids.assign(zone=zone, code=nasty),
        composition=composition,
        units=units,
        zones=zones,
    )
    texts, _, _ = printed(shown, title=nasty or None)
    assert len(texts) == 4
    texts, _, _ = printed(shown, by="grid")
    assert len(texts) >= 18
    if nasty.startswith("<"):
        assert nasty in texts[1]


def test_without_units_zones_or_barriers(printed, view):
    """What is not there is not drawn and not in the legend."""
    shown = replace(
        view,
        zones=view.zones.iloc[:0],
        barriers=view.barriers.iloc[:0],
        bridges=view.bridges.iloc[:0],
    )
    texts, _, _ = printed(shown)
    assert len(texts) == 4
    assert "Barriers" not in texts[0]


def test_what_lies_beyond_the_frame_is_left_out(printed, view):
    """A neighbour that a long bridge joins is named, though it is not on the map; nor are far zones."""
    far = pd.DataFrame({"grid_a": ["f0"], "grid_b": ["f11"]})
    neighbours = pd.concat([view.neighbours, far], ignore_index=True)
    texts, _, _ = printed(replace(view, neighbours=neighbours), by="grid")
    assert "02012 page 13" in texts[1]


def test_a_frame_has_a_round_scale_and_true_lengths():
    """A kilometre to the north and to the east is as long as the scale says, and the middle is in the middle."""
    box = Box(100, 50, 400, 300)
    frame = fit(np.array([shapely.box(131.0, 47.0, 131.1, 47.05)]), box)
    assert frame.scale == 60_000
    a_km = POINTS_PER_METRE / 60_000 * 1000
    north, east = frame.to_paper(
        np.array(
            [
                shapely.LineString([(131.05, 47.02), (131.05, 47.02 + 1 / 111.1759)]),
                shapely.LineString([(131.05, 47.025), (131.05 + 1 / 76.04, 47.025)]),
            ]
        )
    )
    assert shapely.length(north) == pytest.approx(a_km, rel=1e-3)
    assert shapely.length(east) == pytest.approx(a_km, rel=1e-3)
    x, y = shapely.get_coordinates(frame.to_paper(shapely.points([[131.05, 47.025]])))[0]
    assert (x, y) == (pytest.approx(300, abs=0.1), pytest.approx(200, abs=0.1))


def test_corners_that_no_printer_shows_are_left_out():
    """A circle of ten thousand corners keeps some hundred, none of the line is a dot away."""
    circle = shapely.Point(131, 47).buffer(0.05, quad_segs=2500)
    frame = fit(np.array([circle]), Box(0, 0, 500, 500))
    drawn = frame.to_paper(np.array([circle]))[0]
    assert shapely.get_num_coordinates(drawn) < 400
    fine = shapely.transform(circle, lambda xy: xy)
    exact = frame.to_paper(shapely.points(shapely.get_coordinates(fine)[::97]))
    assert shapely.distance(exact, drawn.exterior).max() < DOT


def test_columns_repeat_heads_and_keep_headings_with_what_follows():
    """A head stands above its rows in every column; a heading is never the last line of one."""
    head = Line((Cell("head"),), keeps=True)
    rows = [Line((Cell(str(i)),), head=head) for i in range(5)]
    other = Line((Cell("other"),), keeps=True)
    columns = list(chunks([head, *rows, other, Line((Cell("end"),))], [30] * 9))
    texts = [[line.cells[0].text for line in column] for column in columns]
    assert texts == [["head", "0", "1"], ["head", "2", "3"], ["head", "4"], ["other", "end"]]


def test_text_breaks_fits_and_is_clean():
    """Chinese breaks between characters, English between words; what has no shape is gone."""
    assert wrapped("甲乙丙丁", 10, 25) == ["甲乙", "丙丁"]
    assert wrapped("two words", 10, width("two word", 10)) == ["two", "words"]
    assert wrapped("", 10, 50) == [""]
    assert fitted("abcdef", 10, 1000) == "abcdef"
    short = fitted("abcdefghijkl", 10, 40)
    assert short.endswith("…")
    assert width(short, 10) <= 40
    assert clean("a\u202eb\u2028c\n") == "a b c"


def test_numbers_have_no_needless_decimals():
    """Thousands apart, and no minus before nothing."""
    assert [number(1264.5), number(3.0), number(-0.001), number(12345)] == ["1,264.5", "3", "0", "12,345"]
