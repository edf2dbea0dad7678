"""Real fields tiled to any number, and made-up members in them."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

DATA = Path(os.environ.get("GRIDDER_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
REAL_FIELDS = DATA / "fields" / "north_bayreuth_de" / "north_bayreuth.gpkg"
CRS = 25832
MEMBERS_PER_FIELD = 10


def tiled_fields(n: int) -> gpd.GeoDataFrame:
    """Return n real fields: the map of North Bayreuth laid out in a square of copies."""
    once = gpd.read_file(REAL_FIELDS, layer="fields").to_crs(CRS).geometry.to_numpy()
    west, south, east, north = shapely.total_bounds(once)
    width, height = east - west + 40.0, north - south + 40.0
    copies = int(np.ceil(n / len(once)))
    side = int(np.ceil(np.sqrt(copies)))
    tiles = [
        shapely.transform(once, lambda xy, d=(k % side * width, k // side * height): xy + d)
        for k in range(copies)
    ]
    geometry = np.concatenate(tiles)[:n]
    ids = [f"F{i:07d}" for i in range(n)]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=geometry, crs=CRS)


def members_of(fields: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ten members a field: points around the middle of random fields, in degrees."""
    rng = np.random.default_rng(0)
    n = MEMBERS_PER_FIELD * len(fields)
    middle = shapely.point_on_surface(fields.geometry.to_numpy())[rng.integers(len(fields), size=n)]
    xy = shapely.get_coordinates(middle) + rng.normal(scale=30.0, size=(n, 2))
    points = gpd.GeoSeries.from_xy(*xy.T, crs=CRS).to_crs(4326)
    return pd.DataFrame(
        {"member_id": [f"M{i:08d}" for i in range(n)], "lon": points.x.round(7), "lat": points.y.round(7)}
    )


def write_inputs(n: int, folder: Path) -> tuple[Path, Path]:
    """Write fields.gpkg and members.csv for n units, and return their paths."""
    fields = tiled_fields(n)
    fields.to_file(folder / "fields.gpkg", layer="fields")
    members_of(fields).to_csv(folder / "members.csv", index=False)
    return folder / "fields.gpkg", folder / "members.csv"
