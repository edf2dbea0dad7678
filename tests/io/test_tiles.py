"""Which tile a place lies in, and what tiles of a view hold."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from gridder.io import tiles
from gridder.io.feature_file import FeatureFile
from gridder.io.features import COLLECTIONS, write_features
from gridder.io.tiles import (
    DEEPEST,
    FIRST_WHOLE,
    Tile,
    first_zoom_of_units,
    level_of,
    make_tile,
    tile_at,
    write_level,
)
from gridder.model import PlanView
from gridder.privacy import view


def test_the_tile_of_a_place():
    """Known tiles of WebMercatorQuad, and the corners of the square."""
    assert tile_at(116.005, 40.005, 14) == Tile(14, 6202, 13471)
    assert tile_at(-180.0, 85.0511, 3) == Tile(3, 0, 0)
    assert tile_at(0.0, 0.0, 1) == Tile(1, 1, 1)
    assert tile_at(180.0, -85.05, 3).exists


@pytest.mark.parametrize(
    ("tile", "exists"),
    [
        (Tile(0, 0, 0), True),
        (Tile(DEEPEST, 2**DEEPEST - 1, 2**DEEPEST - 1), True),
        (Tile(DEEPEST + 1, 0, 0), False),
        (Tile(3, 8, 0), False),
        (Tile(3, 0, 8), False),
        (Tile(3, -1, 0), False),
        (Tile(-1, 0, 0), False),
    ],
)
def test_tiles_that_exist(tile, exists):
    """Rows and columns lie in the matrix of their zoom."""
    assert tile.exists is exists


@dataclass
class Made:
    """A view, its features, and whatever tiles of it are asked for."""

    view: PlanView
    features: FeatureFile
    folder: Path

    def tile(self, tile, collections=("grids", "units")):
        """Return a tile, with the level of detail of its zoom."""
        level = level_of(self.features, tile.zoom)
        path = None if level is None else self.folder / f"level-{level}.sqlite"
        if path is not None and not path.exists():
            write_level(self.features, level, path)
        return make_tile(self.features, tile, collections, path)


@pytest.fixture
def made(plan, tmp_path):
    """Return a function that gives the tiles of what may be seen of the small plan."""
    with ExitStack() as stack:

        def make(seen=None, *, k=1):
            seen = seen or view(plan, k=k)
            write_features(seen, tmp_path / "features.sqlite")
            return Made(seen, stack.enter_context(FeatureFile(tmp_path / "features.sqlite")), tmp_path)

        yield make


def decoded(content):
    """Return the features of every layer: id, shape and properties."""
    tile = mapbox_vector_tile.decode(content, default_options={"y_coord_down": True})
    return {
        name: [(f["id"], shapely.geometry.shape(f["geometry"]), f["properties"]) for f in layer["features"]]
        for name, layer in tile.items()
    }


def around(seen, zoom):
    """Return all tiles of a zoom that the view lies in."""
    west, south, east, north = seen.grids.total_bounds
    first, last = tile_at(west, north, zoom), tile_at(east, south, zoom)
    return [
        Tile(zoom, row, column)
        for row in range(first.row, last.row + 1)
        for column in range(first.column, last.column + 1)
    ]


def test_tiles_hold_what_the_features_hold(made):
    """Properties are those of the features of the same number, and shapes lie where they do."""
    file = made()
    seen = file.view
    found = {"grids": {}, "units": {}}
    for tile in around(seen, DEEPEST):
        for name, features in decoded(file.tile(tile)).items():
            for own_id, shape, properties in features:
                found[name][own_id] = properties
                frame = seen.grids if name == "grids" else seen.units
                own = tile.in_steps(shapely.transform([frame.geometry.iloc[own_id - 1]], tiles._to_world))[0]
                within = own.intersection(shapely.box(-64, -64, 4160, 4160))
                assert shapely.hausdorff_distance(shape, within) < 1.5
    for name, frame in (("grids", seen.grids), ("units", seen.units)):
        assert sorted(found[name]) == list(range(1, len(frame) + 1))
        for own_id, properties in found[name].items():
            row = frame.iloc[own_id - 1]
            assert set(properties) <= set(COLLECTIONS[name])
            assert properties[f"{name[:-1]}_id"] == row[f"{name[:-1]}_id"]
            assert properties["size"] == pytest.approx(row["size"])


def test_tiles_hide_what_the_view_hides(made):
    """Of a view with small counts hidden, no tile has them."""
    file = made(k=4)
    seen = file.view
    hidden = seen.grids.loc[seen.grids["suppressed"], "grid_id"].tolist()
    shown = [
        (name, properties)
        for tile in around(seen, 14)
        for name, features in decoded(file.tile(tile)).items()
        for _, _, properties in features
    ]
    grids = [properties for name, properties in shown if name == "grids"]
    assert {p["grid_id"] for p in grids if "size" not in p} == set(hidden)
    assert hidden
    assert all("size" not in properties for name, properties in shown if name == "units")


def test_units_come_from_the_zoom_at_which_tiles_have_room(made, monkeypatch):
    """No tile has the middles of more than so many, and one of the zoom before has."""
    monkeypatch.setattr(tiles, "UNITS_AT_MOST", 24)
    file = made()
    zoom = first_zoom_of_units(file.features)

    def most(zoom):
        west, south, east, north = file.view.units.bounds.to_numpy().T
        there = [tile_at(x, y, zoom) for x, y in zip((west + east) / 2, (south + north) / 2, strict=True)]
        return max(Counter(there).values())

    assert most(zoom) <= 24 < most(zoom - 1)
    monkeypatch.setattr(tiles, "UNITS_AT_MOST", 0)
    assert first_zoom_of_units(file.features) == DEEPEST + 1


def test_only_what_is_wanted_is_in_a_tile(made):
    """Units alone, and they are the same as beside grids."""
    file = made()
    for tile in around(file.view, 14):
        if both := file.tile(tile):
            assert decoded(file.tile(tile, ["units"])) == {"units": decoded(both)["units"]}


def test_tiles_without_anything_are_empty(made):
    """Beside the plan, and where nothing of it is as large as a step."""
    file = made()
    seen = file.view
    first = around(seen, DEEPEST)[0]
    assert file.tile(Tile(DEEPEST, first.row - 5, first.column)) == b""
    assert file.tile(Tile(0, 0, 0)) == b""


def test_neighbours_keep_their_common_border(made, plan, tmp_path):
    """Simplified grids of a layer leave no gap and do not overlap, at every level."""
    rng = np.random.default_rng(0)
    shapes = _wavy_squares(rng, 6)
    seen = view(plan)
    frame = seen.grids.iloc[[0] * len(shapes)].reset_index(drop=True)
    frame["grid_id"] = [f"g{i}" for i in range(len(shapes))]
    frame = frame.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4326"))
    frame["code"] = frame["grid_id"]
    file = made(replace(seen, grids=frame))
    corners = []
    for level in range(level_of(file.features, 0), FIRST_WHOLE):
        write_level(file.features, level, tmp_path / f"{level}.sqlite")
        with closing(sqlite3.connect(tmp_path / f"{level}.sqlite")) as connection:
            rows = connection.execute("SELECT shape FROM shapes").fetchall()
        parts = shapely.from_wkb([shape for (shape,) in rows])
        assert len(parts) == len(shapes)
        corners.append(int(shapely.get_num_coordinates(parts).sum()))
        assert shapely.coverage_is_valid(parts)
        assert shapely.area(parts).sum() == pytest.approx(shapely.union_all(parts).area)
    assert corners == sorted(corners)
    assert corners[0] < 0.6 * corners[-1]


def test_grids_that_touch_themselves_are_simplified(made, plan):
    """Decimals of degrees may make a ring cross itself."""
    seen = view(plan)
    bow_tie = shapely.Polygon([(116, 40), (116.1, 40.1), (116.1, 40), (116, 40.1)])
    shapes = seen.grids.geometry.to_numpy().copy()
    shapes[0] = bow_tie
    file = made(replace(seen, grids=seen.grids.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4326"))))
    assert 1 in [own_id for own_id, _, _ in decoded(file.tile(tile_at(116.05, 40.05, 11)))["grids"]]


def _wavy_squares(rng, n):
    """Return n by n squares of a tenth of a degree whose borders zigzag."""

    def edge(a, b):
        t = np.linspace(0, 1, 40)[:, None]
        normal = np.array([a[1] - b[1], b[0] - a[0]])
        wave = np.r_[0, rng.normal(0, 0.004, 38), 0][:, None]
        return a + t * (b - a) + wave * normal

    corner = np.array([[[116 + 0.1 * i, 40 + 0.1 * j] for j in range(n + 1)] for i in range(n + 1)])
    right = {(i, j): edge(corner[i, j], corner[i + 1, j]) for i in range(n) for j in range(n + 1)}
    up = {(i, j): edge(corner[i, j], corner[i, j + 1]) for i in range(n + 1) for j in range(n)}
    rings = [
        np.vstack([right[i, j][:-1], up[i + 1, j][:-1], right[i, j + 1][:0:-1], up[i, j][:0:-1]])
        for i in range(n)
        for j in range(n)
    ]
    return np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
