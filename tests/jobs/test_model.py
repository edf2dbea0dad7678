"""Orders, problems and progress."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridder.jobs.inputs import safe_name
from gridder.jobs.model import Given, Order, Progress, faults_problem, parse_order, steps_of, trace_of


def test_an_order_comes_back_from_its_line():
    """It is one line, whatever the names hold."""
    order = Order(
        "j",
        "partition",
        {"fields": [Given("/x", "a\n地.zip", {"crs": "EPSG:4549"})]},
        {},
        "/d",
        5,
        "t",
        512,
        200,
    )
    assert order.line().count("\n") == 1
    assert parse_order(order.line()) == order


def test_progress_counts_the_stages_of_both_layers():
    """The second layer begins where the first has ended, and the end is left to the store."""
    progress = Progress(steps_of("partition", 2))
    seen = []
    stages = ["read", "measure", "place", *["units", "neighbours", "solve", "grids"] * 2, "report", "write"]
    for stage in [*stages, "views"]:
        progress = progress.after(stage, 0.0)
        seen.append(progress.percent)
        progress = progress.after(stage, 1.0)
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen)
    assert seen[0] == 0
    assert progress.percent == 99
    assert progress.stage == "views"


@given(st.lists(st.tuples(st.sampled_from(["read", "units", "solve", "?"]), st.floats(-1, 2)), max_size=20))
def test_progress_never_falls(told):
    """Whatever a child tells, and however often."""
    progress = Progress(steps_of("partition", 1))
    for stage, done in told:
        later = progress.after(stage, done)
        assert progress.percent <= later.percent <= 99
        progress = later


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("地块.zip", "地块.zip"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a|layername=x.gpkg", "a_layername=x.gpkg"),
        ("..", "file"),
        ("C:\\fields.shp", "C__fields.shp"),
    ],
)
def test_a_safe_name_hides_no_path(name, expected):
    """Only what would be a path or an option is replaced."""
    assert safe_name(name) == expected


@given(st.text(max_size=400))
def test_a_safe_name_fits_any_file_system(name):
    """At most 255 bytes, and a plain name."""
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 255
    assert not set(safe) & set('/\\|<>:"?*\0')
    assert safe not in (".", "..")


def test_a_fault_of_the_service_is_none_of_the_input():
    """Want of memory is told as such, with what to do, and without faults of files."""
    problem = faults_problem([{"kind": "out-of-memory", "file": ""}])
    assert problem["type"].endswith(":out-of-memory")
    assert "faults" not in problem
    assert problem["remedy_zh"]


def test_a_trace_holds_no_value():
    """The place of an exception is told and its message is not."""
    try:
        int("Zhang San")
    except ValueError as error:
        trace = trace_of(error)
    assert trace.startswith("ValueError\n")
    assert "test_model.py" in trace
    assert "Zhang" not in trace
