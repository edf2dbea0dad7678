"""Between the grids of a zone there is neither gap nor overlap where the units have none, in the files too."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

import gridder
import sample_geo

TOWN = str(sample_geo.path("town.gpkg"))
SNAP_M = 1e-6
"""Outlines are made on a lattice of this width."""
FIELDS = str(sample_geo.path("fields.zip"))


def _check(plan: gridder.Plan, *, n_needles: int = 0) -> int:
    """Check the grids of every zone against its units, and return in how many zones units are one coverage.

    Grids are one coverage vertex by vertex everywhere, and leave no gap where the units leave none. GEOS doubts
    a border beside a needle of ground, a millimetre wide and 25 m long, though nothing overlaps.
    """
    exact = 0
    for (layer, zone), grids in plan.grids.groupby(["layer", "zone"]):
        shapes = grids.geometry.to_numpy()
        land = plan.units[(plan.units["layer"] == layer) & (plan.units["zone"] == zone)]
        units = land.geometry.to_numpy()
        if layer == "building":
            units = plan.plots.set_index("unit_id").loc[land["unit_id"]].geometry.to_numpy()
        assert shapely.is_valid(shapes).all()
        assert _overlap_m2(shapes) == 0
        doubtful = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
        assert doubtful.sum() <= n_needles, f"{layer} {zone}"
        if shapely.coverage_is_valid(units):
            exact += 1
            of_units, of_grids = shapely.union_all(units), shapely.union_all(shapes)
            rounding = SNAP_M * shapely.length(units).sum()
            assert shapely.difference(of_units, of_grids).area <= rounding
    return exact


def _overlap_m2(shapes: np.ndarray) -> float:
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    return float(shapely.area(shapely.intersection(shapes[a[a < b]], shapes[b[a < b]])).sum())


def test_grids_of_cells_that_touch_are_one_coverage(tmp_path):
    """Hexagons without any lane, divided within three zones, as the plan and as `plan.gpkg` has them."""
    zones = gridder.read_zones(f"{TOWN}|layername=zones")
    lattice = gridder.make_lattice(zones, shape="hexagon", target_m2=200_000.0)
    cells = gridder.units_from_frame(lattice.cells, layer="field")
    plan = gridder.partition(fields=cells, zones=zones, size=gridder.Size("area_ha", target=200))
    assert _check(plan) == plan.grids["zone"].nunique()
    written = gridder.load_plan(gridder.save_plan(plan, tmp_path / "out"))
    assert _check(written) == plan.grids["zone"].nunique()
    assert written.grids["area_m2"].sum() == pytest.approx(lattice.cells["area_ha"].sum() * 1e4)


def test_grids_of_the_sample_farm_and_town(tmp_path):
    """Fields with lanes between them, and plots of buildings."""
    plan = gridder.partition(
        fields=gridder.read_units(FIELDS, layer="field"),
        buildings=gridder.read_units(f"{TOWN}|layername=buildings", layer="building"),
        zones=gridder.read_zones(f"{TOWN}|layername=zones"),
        size=gridder.Size("area_ha", target=200),
        building_size=gridder.Size("area_ha", target=3),
    )
    written = gridder.load_plan(gridder.save_plan(plan, tmp_path / "out"))
    fields = plan.grids[plan.grids["layer"] == "field"]
    for one in (plan, written):
        assert _check(one) >= fields["zone"].nunique()
    assert written.grids["grid_id"].tolist() == plan.grids["grid_id"].tolist()
    same = [a.equals(b) for a, b in zip(plan.grids.geometry, written.grids.geometry, strict=True)]
    assert all(same)


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "fields/north_bayreuth_de/north_bayreuth.gpkg",
        "fields/lpis_samples/br_ba_lem",
        pytest.param("fields/azerbaijan_eogrow", marks=pytest.mark.slow),
        pytest.param("fields/flanders_be", marks=pytest.mark.slow),
        pytest.param("fields/ftw_yuma_us", marks=pytest.mark.slow),
    ],
)
def test_grids_of_real_fields(data_dir, name, tmp_path):
    """Parcels as surveyors and satellites drew them, with overlaps, slivers and common borders."""
    done = 0
    for path in _files(data_dir / name):
        try:
            fields = gridder.read_units(path, layer="field")
        except gridder.InputError:
            continue
        if not 20 <= len(fields) <= 2000:
            continue
        size = gridder.Size("area_ha", n_grids=max(2, len(fields) // 15))
        plan = gridder.partition(fields=fields, size=size, effort=0.1)
        n_needles = 1 if "yuma" in name else 0
        _check(plan, n_needles=n_needles)
        _check(gridder.load_plan(gridder.save_plan(plan, tmp_path / str(done))), n_needles=n_needles)
        done += 1
    if not done:
        pytest.skip(f"nothing to be read in {name}")


def _files(place):
    if place.suffix == ".gpkg":
        return [f"{place}|layername=fields"]
    found = [place] if place.is_file() else sorted(place.rglob("*"))
    return [str(path) for path in found if path.suffix in {".gpkg", ".geojson", ".shp", ".zip"}][:6]
