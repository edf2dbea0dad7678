"""The report page: figures, exceptions in words, nothing identifying, no network."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridder.io.histogram import (
    FEWEST_BARS,
    HEIGHT,
    LEFT,
    MOST_BARS,
    RIGHT,
    WIDTH,
    build_histogram,
    nice_step,
)
from gridder.io.report_page import write_report
from gridder.io.words import explain, number
from gridder.model import REASONS, UNPLACED_REASONS, Plan, PlanReport


class _Page(HTMLParser):
    """Collect tags that are open, their attributes, and the text of table cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and {"td", "th"} & set(self.open[-3:]):
            self.cells[-1] += data


def page_of(plan: Plan, folder: Path, lang: str = "en") -> str:
    path = folder / "report.html"
    write_report(plan, path, lang=lang)  # type: ignore[arg-type] # a Lang
    return path.read_text(encoding="utf-8")


def parsed(page: str) -> _Page:
    parser = _Page()
    parser.feed(page)
    assert parser.open == []
    return parser


def with_layer(plan: Plan, **changes: object) -> Plan:
    """Return the plan with parts of the field layer's report replaced."""
    layers = plan.report["layers"]
    content = dict(plan.report.content, layers=dict(layers, field={**layers["field"], **changes}))
    return dataclasses.replace(plan, report=PlanReport(content))


def test_page_needs_no_network(plan: Plan, tmp_path: Path) -> None:
    """No script, and nothing is loaded from anywhere."""
    page = page_of(plan, tmp_path)
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page
    assert "@import" not in page
    loads = [v for _, name, v in parsed(page).attributes if name in {"src", "href", "srcset", "action"}]
    assert loads == ["data:,"]
    assert re.findall(r"url\(([^)]*)\)", page) == ["#hatch"] * page.count('bar-out" x')


def test_headline_figures(plan: Plan, tmp_path: Path) -> None:
    """The figures of the report are there, shares in percent."""
    page = page_of(plan, tmp_path)
    assert "36 units in 12 grids; 2 grids are out of bounds" in page
    for figure in (
        "<b>80 %</b><span>Within bounds",
        "<b>112 m</b>",
        "<b>24</b><span>Members placed</span><small>of 27</small>",
        "<b>0.50</b>",
    ):
        assert figure in page


def test_out_of_bounds_grids_are_explained(plan: Plan, tmp_path: Path) -> None:
    """Each has its code, size and certificate in words, in the language asked for."""
    cells = parsed(page_of(plan, tmp_path, "zh")).cells
    at = cells.index("02002")
    assert cells[at + 1 : at + 5] == [
        "B/二区: [town]",
        "1",
        "孤立片块合计低于下限",
        "该片块（4 个地块/楼栋）在片区内与其他部分不相连，合计 1，低于下限 3。",
    ]


def test_exceptions_are_listed(plan: Plan, tmp_path: Path) -> None:
    """Bridges, straddlers, crossed units, unplaced people and repairs stand on the page."""
    page = parsed(page_of(plan, tmp_path))
    cells = page.cells
    assert cells[cells.index("地块1-2") : cells.index("地块1-2") + 3] == ["地块1-2", "地块1-3", "230.5 m"]
    assert cells[cells.index("地块3-1") + 1] == "81.2 %"
    at = cells.index("the unit number is not in the boundary file")
    assert cells[at - 1 : at + 3] == ["Fields", cells[at], "2", "correct the number, or add coordinates"]
    at = cells.index("fields.zip地块")
    assert cells[at + 1 : at + 3] == ["12 rings were closedring-closed", "1, 2, 3, 4, 5, 6, 7, 8 … (12)"]
    assert cells[cells.index("parameters.rng") + 1] == "0"


def test_text_of_files_is_escaped(plan: Plan, tmp_path: Path) -> None:
    """Ids, names of zones and files cannot become markup."""
    danger = "</td><script>alert(1)</script>"
    grids = plan.grids.assign(zone=danger)
    spoiled = with_layer(
        dataclasses.replace(plan, grids=grids), crossed_by_barrier=[danger], cut_units=[danger]
    )
    page = page_of(spoiled, tmp_path)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 4
    parsed(page)


def test_nothing_identifies_anybody(plan: Plan, tmp_path: Path) -> None:
    """No value of the roster is on the page, pseudonyms neither."""
    assert plan.roster is not None
    page = page_of(plan, tmp_path)
    columns = ["member_id", "own_id", "name", "phone", "id_number", "address"]
    assert not [v for column in columns for v in plan.roster[column] if str(v) in page]


def test_long_tables_are_cut_and_say_so(plan: Plan, tmp_path: Path) -> None:
    """Of 1 000 straddling units 200 are shown, and the page says where the others are."""
    rows = [{"unit_id": f"U{i}", "share": 0.5} for i in range(1000)]
    page = page_of(with_layer(plan, zone_straddlers=rows), tmp_path)
    assert "U199<" in page
    assert "U200<" not in page
    assert "800 more in report.json" in page


def test_a_plan_without_members_and_exceptions(plan: Plan, tmp_path: Path) -> None:
    """What there is none of is not shown."""
    clean = with_layer(plan, out_of_bounds=[], bridged=[], zone_straddlers=[], crossed_by_barrier=[])
    content = dict(clean.report.content, members={"total": 0}, repairs=[], seconds={})
    page = page_of(dataclasses.replace(clean, report=PlanReport(content)), tmp_path)
    for word in ("Members", "bridge", "barrier", "Seconds", 'bar-out" x'):
        assert word not in page.replace(".bar-out", "") or word == 'bar-out" x'
    assert "Noticed and repaired" in page
    assert "36 units in 12 grids, all within bounds" in page


def test_a_share_is_never_rounded_up_to_all(plan: Plan, tmp_path: Path) -> None:
    """99.97 % is not shown as 100 %."""
    assert "<b>99.9 %</b><span>Within bounds" in page_of(with_layer(plan, within_bounds=0.9997), tmp_path)


@pytest.mark.parametrize("reason", REASONS)
def test_every_certificate_has_words(reason: str) -> None:
    """No reason of the contract is shown as a slug, and no field of a template stays open."""
    certificate = {"reason": reason, "grid_ids": ["g"], "unit_ids": list("abcdefg"), "weight": 1234.5}
    text = explain({**certificate, "minimum": 3.0, "maximum": 5.0})
    assert "{" not in text.en + text.zh
    assert reason not in text.en
    assert re.search(r"[\u4e00-\u9fff]", text.zh)


def test_certificates_carry_their_numbers() -> None:
    """Weight and bounds are in the sentence, long lists of units are cut."""
    certificate = {"reason": "unit-over-maximum", "grid_ids": ["g"], "unit_ids": ["F9"], "weight": 1234.5}
    assert explain({**certificate, "minimum": 3.0, "maximum": 1000.0}).en == (
        "Unit F9 alone comes to 1,234.5, above the maximum of 1,000, and may not be cut."
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_reason_for_not_placing_has_words(plan: Plan, tmp_path: Path, lang: str) -> None:
    """All reasons of the contract are shown with their remedy."""
    members = {"total": 9, "field": {"placed": 0, "unplaced": dict.fromkeys(UNPLACED_REASONS, 1)}}
    content = dict(plan.report.content, members=members)
    page = page_of(dataclasses.replace(plan, report=PlanReport(content)), tmp_path, lang)
    assert not [reason for reason in UNPLACED_REASONS if reason in page]


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, "0"), (-3.0, "-3"), (10.0, "10"), (1234.567, "1,234.57"), (0.1, "0.1")]
)
def test_numbers(value: float, expected: str) -> None:
    """Whole numbers have no point; others at most two decimals."""
    assert number(value) == expected


def test_histogram_by_hand() -> None:
    """Sizes 3, 4, 4, 9 with bounds 3 to 5: bars centred on whole numbers, one of them out of bounds."""
    drawn = build_histogram(
        np.array([3.0, 4.0, 4.0, 9.0]), np.array([False, False, False, True]), marks=(3.0, 5.0)
    )
    assert [(bar.low, bar.high, bar.count) for bar in drawn.bars] == [
        (2.5, 3.5, 1),
        (3.5, 4.5, 2),
        (8.5, 9.5, 1),
    ]
    assert [bar.outside_height > 0 for bar in drawn.bars] == [False, False, True]
    first = drawn.bars[0]
    assert drawn.marks[0].at == pytest.approx(first.x + first.width / 2, abs=0.02)


@given(
    st.lists(
        st.integers(0, 10_000).map(float) | st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=60
    ),
    st.lists(st.floats(0, 1e6), max_size=3),
)
def test_histogram_counts_every_value_inside_the_picture(values: list[float], marks: list[float]) -> None:
    """No value is lost, bars and marks lie inside the frame, and bars are neither too few nor too many."""
    sizes = np.array(values)
    drawn = build_histogram(sizes, sizes > 5.0, marks=tuple(marks))
    assert sum(bar.count for bar in drawn.bars) == len(values)
    for bar in drawn.bars:
        assert bar.x >= LEFT
        assert bar.x + bar.width <= WIDTH - RIGHT + 0.1
        assert bar.y >= 0
        assert bar.y + bar.height <= HEIGHT
        slack = 1e-6 * max(abs(bar.high), 1.0)
        assert bar.count <= ((sizes >= bar.low - slack) & (sizes <= bar.high + slack)).sum()
    assert all(LEFT <= mark.at <= WIDTH - RIGHT for mark in drawn.marks)
    assert FEWEST_BARS <= round((WIDTH - LEFT - RIGHT) / (drawn.bars[0].width + 2)) <= MOST_BARS


@given(st.floats(1e-6, 1e9), st.integers(1, 50))
def test_nice_step_is_the_smallest_that_covers(span: float, most: int) -> None:
    """`most` steps cover the span, and the step is at most 2.5 times what is needed."""
    step = nice_step(span, most)
    assert step * most >= span * (1 - 1e-6)
    assert step <= 2.5 * span / most * (1 + 1e-6)
