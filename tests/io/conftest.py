"""A small plan drawn by hand: fields and buildings, two zones, twelve grids, a dozen faults."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridder.model import Plan, PlanReport

CRS = "EPSG:4549"
X0, Y0 = 500_000.0, 4_000_000.0
ZONES = ("第一片区", "B/二区: [town]")
CODES = ("01", "02")
BOUNDS = {"of": "members", "target": 4.0, "minimum": 3.0, "maximum": 5.0}
PER_GRID = {"field": (4, 5, 3, 4, 1, 7), "building": (4, 4, 3, 5, 4, 4)}
"""People in the grids of each layer, three grids a zone; field grids 5 and 6 are out of bounds."""
UNITS_PER_GRID = {"field": 4, "building": 2}
SIDE = {"field": 100.0, "building": 20.0}


def _layer(layer: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return units and grids: grid g is a row of squares at height g."""
    side, n = SIDE[layer], UNITS_PER_GRID[layer]
    origin = X0 if layer == "field" else X0 + 5_000.0
    units, grids = [], []
    for g, people in enumerate(PER_GRID[layer]):
        zone = g // 3
        grid_id = f"{layer[0].upper()}-{CODES[zone]}{g % 3 + 1:03d}"
        squares = [
            shapely.box(origin + side * k, Y0 + side * g, origin + side * (k + 1), Y0 + side * (g + 1))
            for k in range(n)
        ]
        counts = np.bincount(np.arange(people) % n, minlength=n)
        reason = None
        if layer == "field" and g == 4:
            reason = "component-under-minimum"
        if layer == "field" and g == 5:
            reason = "not-found"
        grids.append(
            {
                "grid_id": grid_id,
                "code": grid_id[2:],
                "number": g % 3 + 1,
                "layer": layer,
                "zone": ZONES[zone],
                "zone_code": CODES[zone],
                "size": float(people),
                "target": 4.0,
                "deviation": (people - 4) / 4,
                "n_units": n,
                "n_members": people,
                "area_ha": n * side**2 / 1e4,
                "polsby_popper": 4 * np.pi * n / (2 * n + 2) ** 2,
                "within_bounds": 3 <= people <= 5,
                "contiguous": True,
                "reason": reason,
                "valid_from": None,
                "valid_to": None,
                "geometry": shapely.union_all(squares),
            }
        )
        units += [
            {
                "unit_id": f"{'地块' if layer == 'field' else '楼'}{g + 1}-{k + 1}",
                "source_id": f"{g + 1}-{k + 1}",
                "grid_id": grid_id,
                "layer": layer,
                "zone": ZONES[zone],
                "size": float(counts[k]),
                "area_ha": side**2 / 1e4,
                "schematic": False,
                "作物": ("玉米", "大豆", None)[k % 3] if layer == "field" else None,
                "floors": np.nan if layer == "field" else 6.0,
                "geometry": square,
            }
            for k, square in enumerate(squares)
        ]
    return gpd.GeoDataFrame(units, crs=CRS), gpd.GeoDataFrame(grids, crs=CRS)


def _people() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return placements and roster: person p farms and lives; the last three are placed nowhere."""
    layers = {}
    for layer, per_grid in PER_GRID.items():
        n = UNITS_PER_GRID[layer]
        layers[layer] = [
            (
                f"{'地块' if layer == 'field' else '楼'}{g + 1}-{p % n + 1}",
                f"{layer[0].upper()}-{CODES[g // 3]}{g % 3 + 1:03d}",
            )
            for g, people in enumerate(per_grid)
            for p in range(people)
        ]
    n_placed = len(layers["field"])
    assert n_placed == len(layers["building"])
    pseudonyms = [f"{0xABCDEF0123456789 + 7919 * p:016x}" for p in range(n_placed + 3)]
    reasons = {
        "field": ["no-parcel", "unknown-unit", "unknown-unit"],
        "building": ["no-location", "out-of-reach", "out-of-reach"],
    }
    rows: list[tuple[object, ...]] = []
    for layer in ("field", "building"):
        for p, (unit_id, grid_id) in enumerate(layers[layer]):
            method = ("inside", "nearest", "unit-id")[p % 3]
            distance = {"inside": 0.0, "nearest": 12.5, "unit-id": np.nan}[method]
            rows.append((pseudonyms[p], layer, unit_id, grid_id, method, distance, None))
        rows += [
            (pseudonyms[n_placed + i], layer, None, None, None, np.nan, why)
            for i, why in enumerate(reasons[layer])
        ]
    columns = ["member_id", "layer", "unit_id", "grid_id", "method", "distance_m", "reason"]
    placements = pd.DataFrame(rows, columns=columns).sort_values(
        ["layer", "member_id"], ascending=[False, True], ignore_index=True
    )
    people = range(n_placed + 3)
    roster = pd.DataFrame(
        {
            "member_id": pseudonyms,
            "own_id": [f"EMP{p:04d}" for p in people],
            "name": [f"欧阳测试{p}" if p != 1 else "=cmd|' /C calc'!A0" for p in people],
            "phone": [f"1390000{p:04d}" for p in people],
            "id_number": [f"23010119700101{p:04d}" for p in people],
            "household": [f"HH{p // 2:03d}" if p % 5 else None for p in people],
            "compound": "幸福小区",
            "building": [f"{p // 2 % 3 + 1}号楼" for p in people],
            "stairwell": [f"{p % 2 + 1}单元" for p in people],
            "floor": [str(p % 6 + 1) for p in people],
            "room": [f"R{p:03d}" for p in people],
            "parcel": [f"登记{p}" for p in people],
            "address": [f"和平路{p + 100}弄<&>" for p in people],
            "skill": ["农机手" if p % 4 == 0 else None for p in people],
        }
    )
    return placements, roster


@pytest.fixture
def plan() -> Plan:
    """Return the whole plan; 24 people are placed in each layer, 3 are not."""
    fields, field_grids = _layer("field")
    buildings, building_grids = _layer("building")
    units = gpd.GeoDataFrame(pd.concat([fields, buildings], ignore_index=True), crs=CRS)
    placements, roster = _people()
    adjacency = pd.DataFrame(
        {
            "layer": ["field", "field", "building"],
            "unit_a": ["地块1-1", "地块1-2", "楼1-1"],
            "unit_b": ["地块1-2", "地块1-3", "楼1-2"],
            "kind": ["shared", "bridge", "gap"],
            "gap_m": [0.0, 230.5, 6.25],
            "shared_m": [100.0, 0.0, 20.0],
        }
    )
    scores = {
        "gap_m": 12.0,
        "size": BOUNDS,
        "contiguous": 1.0,
        "mean_abs_deviation": 0.25,
        "polsby_popper_mean": 0.5,
        "moment_m2": 12_500.0,
        "cut": 0.4,
    }
    certificates = [
        ("component-under-minimum", 4, 1.0),
        ("not-found", 5, 7.0),
    ]
    field_report = {
        "n_units": 24,
        "n_grids": 6,
        **scores,
        "within_bounds": 0.8,
        "out_of_bounds": [
            {
                "grid_id": f"F-02{g - 2:03d}",
                "size": weight,
                "certificate": {
                    "reason": reason,
                    "grid_ids": [f"F-02{g - 2:03d}"],
                    "unit_ids": [f"地块{g + 1}-{k + 1}" for k in range(4)],
                    "weight": weight,
                    "minimum": 3.0,
                    "maximum": 5.0,
                },
            }
            for reason, g, weight in certificates
        ],
        "bridged": [{"grid_id": "F-01001", "unit_a": "地块1-2", "unit_b": "地块1-3", "gap_m": 230.5}],
        "zone_straddlers": [{"unit_id": "地块3-1", "share": 0.8125}],
        "crossed_by_barrier": ["地块2-1", "<地块2-2>"],
        "cut_units": [],
    }
    building_report = {
        "n_units": 12,
        "n_grids": 6,
        **scores,
        "within_bounds": 1.0,
        "out_of_bounds": [],
        "bridged": [],
    }
    report = PlanReport(
        {
            "layers": {"field": field_report, "building": building_report},
            "members": {
                "total": 27,
                "field": {"placed": 24, "unplaced": {"no-parcel": 1, "unknown-unit": 2}},
                "building": {"placed": 24, "unplaced": {"no-location": 1, "out-of-reach": 2}},
            },
            "repairs": [
                {
                    "kind": "ring-closed",
                    "file": "fields.zip",
                    "layername": "地块",
                    "rows": list(range(1, 13)),
                    "what": "12 rings were closed",
                    "what_zh": "12 个环已闭合",
                    "remedy": "",
                    "remedy_zh": "",
                }
            ],
            "seconds": {"read": 0.5, "solve": 1.25},
        }
    )
    composition = pd.DataFrame(
        {
            "layer": ["field", "building"],
            "grid_id": ["F-01001", "B-01001"],
            "attribute": ["作物", "skill"],
            "value": ["玉米", "农机手"],
            "count": [2, 1],
        }
    )
    return Plan(
        grids=gpd.GeoDataFrame(pd.concat([field_grids, building_grids], ignore_index=True), crs=CRS),
        units=units,
        plots=gpd.GeoDataFrame(
            {"unit_id": buildings["unit_id"]}, geometry=buildings.geometry.buffer(5.0, join_style="mitre")
        ),
        adjacency=adjacency,
        placements=placements,
        composition=composition,
        zones=gpd.GeoDataFrame(
            {"zone": list(ZONES), "zone_code": list(CODES)},
            geometry=[
                shapely.box(X0, Y0, X0 + 6_000, Y0 + 300),
                shapely.MultiPolygon(
                    [
                        shapely.box(X0, Y0 + 300, X0 + 400, Y0 + 600),
                        shapely.box(X0 + 5_000, Y0 + 300, X0 + 6_000, Y0 + 600),
                    ]
                ),
            ],
            crs=CRS,
        ),
        barriers=gpd.GeoDataFrame(
            {"barrier": [1]}, geometry=[shapely.LineString([(X0, Y0 + 300), (X0 + 400, Y0 + 300)])], crs=CRS
        ),
        report=report,
        recipe={
            "inputs": {"fields": [{"file": "fields.zip", "sha256": "ab" * 32, "n_rows": 24}]},
            "parameters": {"rng": 0, "effort": 1.0, "gap_m": None},
            "crs": CRS,
            "versions": {"gridder": "0.1.0"},
        },
        roster=roster,
    )
