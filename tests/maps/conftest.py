"""A small view of a plan, built by hand: twelve field grids, four building grids, two zones."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, box
from shapely.affinity import rotate, translate

import maps
from gridder.model import PlanView

WEST, SOUTH, STEP = 131.2, 47.2, 0.01
SIZES = {
    "field": {"of": "members", "target": 10, "minimum": 5, "maximum": 15},
    "building": {"of": "households", "target": 40, "minimum": 20, "maximum": 60},
}


def _square(column: float, row: float, width: float = 1.0, height: float = 1.0):
    return box(
        WEST + column * STEP,
        SOUTH + row * STEP,
        WEST + (column + width) * STEP,
        SOUTH + (row + height) * STEP,
    )


def _grid(grid_id, layer, zone, number, *, size, geometry, suppressed=False, reason=""):
    rule = SIZES[layer]
    within = rule["minimum"] <= size <= rule["maximum"]
    return {
        "grid_id": grid_id,
        "code": f"{'01' if zone == '东片' else '02'}{number:03d}",
        "number": number,
        "layer": layer,
        "zone": zone,
        "size": np.nan if suppressed else size,
        "target": rule["target"],
        "deviation": np.nan if suppressed else (size - rule["target"]) / rule["target"],
        "n_units": 4,
        "n_members": np.nan if suppressed else size,
        "area_ha": 84.3,
        "polsby_popper": 0.785,
        "within_bounds": within,
        "contiguous": True,
        "reason": reason,
        "certificate_weight": size if reason else np.nan,
        "suppressed": suppressed,
        "geometry": geometry,
    }


@pytest.fixture
def view() -> PlanView:
    """Return twelve field grids of four fields, four building grids of four houses, one out of bounds."""
    grids, units = [], []
    for n in range(12):
        row, column = divmod(n, 4)
        zone = "东片" if column < 2 else "西片"
        size, reason = (3, "component-under-minimum") if n == 5 else (8 + n % 5, "")
        shape = _square(column, 2 - row)
        grids.append(
            _grid(f"f{n}", "field", zone, n + 1, size=size, geometry=shape, suppressed=n == 10, reason=reason)
        )
        units += [
            (f"D-{n}-{i}", f"f{n}", "field", zone, 2.0, 21.1, "玉米" if i % 2 else "大豆",
             _square(column + (i % 2) / 2, 2 - row + (i // 2) / 2, 0.49, 0.49))
            for i in range(4)
        ]  # fmt: skip
    for n in range(4):
        shape = _square(1.1 + 0.45 * n, 3.2, 0.44, 0.5)
        grids.append(_grid(f"b{n}", "building", "东片", n + 1, size=35 + n, geometry=shape))
        units += [
            (f"小区{n}/{i}号楼", f"b{n}", "building", "东片", 9.0, 0.4, "",
             rotate(_square(1.14 + 0.45 * n + (i % 2) * 0.2, 3.28 + (i // 2) * 0.2, 0.12, 0.08), 15 * n))
            for i in range(4)
        ]  # fmt: skip
    grid_frame = gpd.GeoDataFrame(grids, crs="EPSG:4326")
    names = ["unit_id", "grid_id", "layer", "zone", "size", "area_ha", "kind", "geometry"]
    unit_frame = gpd.GeoDataFrame(units, columns=names, geometry="geometry", crs="EPSG:4326")
    unit_frame["suppressed"] = False
    beside = [(f"f{i}", f"f{i + 1}") for i in range(12) if i % 4 < 3] + [
        (f"f{i}", f"f{i + 4}") for i in range(8)
    ]
    beside += [(f"b{i}", f"b{i + 1}") for i in range(3)]
    rows = [("field", f"f{i}", name, "农机手", 1 + i % 3, False) for i in range(10) for name in ("skill",)]
    rows += [("field", f"f{i}", "作物", crop, 2, False) for i in range(12) for crop in ("大豆", "玉米")]
    rows += [("field", "f10", "skill", "农机手", np.nan, True)]
    return PlanView(
        grids=grid_frame,
        units=unit_frame,
        neighbours=pd.DataFrame(beside, columns=["grid_a", "grid_b"]),
        composition=pd.DataFrame(
            rows, columns=["layer", "grid_id", "attribute", "value", "count", "suppressed"]
        ),
        bridges=gpd.GeoDataFrame(
            {"layer": ["field"], "unit_a": ["D-0-0"], "unit_b": ["D-1-0"], "gap_m": [60.0]},
            geometry=[LineString([(WEST + 0.0048, SOUTH + 0.022), (WEST + 0.0102, SOUTH + 0.022)])],
            crs="EPSG:4326",
        ),
        zones=gpd.GeoDataFrame(
            {"zone": ["东片", "西片"]},
            geometry=[_square(0, 0, 2, 3), MultiPolygon([_square(2, 0, 2, 3), _square(4.2, 0, 0.3, 0.3)])],
            crs="EPSG:4326",
        ),
        barriers=gpd.GeoDataFrame(
            geometry=[translate(LineString([(0, 0), (0.01, 0.011), (0.045, 0.009)]), WEST, SOUTH)],
            crs="EPSG:4326",
        ),
        sizes=SIZES,
        summary={
            "field": {"n_units": 48, "n_grids": 12, "n_within": 11, "placed": 117, "unplaced": 6},
            "building": {"n_units": 16, "n_grids": 4, "n_within": 4, "placed": 146, "unplaced": None},
        },
        k=5,
    )


@pytest.fixture
def open_map(browser, tmp_path):
    """Return a function that opens a view's map offline; afterwards nothing was asked for or went wrong."""
    contexts, troubles = [], []

    def open_view(view, *, grid_id=None, width=1366, height=768, **options):
        path = tmp_path / "map.html"
        made = maps.plan_map(view, **options) if grid_id is None else maps.grid_map(view, grid_id, **options)
        made.save(path)
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        own = path.as_uri()

        def refuse(route):
            if route.request.url == own:
                route.continue_()
            else:
                troubles.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", refuse)
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
        page.goto(own)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_view
    for context in contexts:
        context.close()
    assert troubles == []
