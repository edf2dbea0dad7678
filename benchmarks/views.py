"""Plans ready for a map, made without files: tiled real fields, and parcels that leave no gap between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import data
from benchmarks.graphs import Map, Question, field_map, triangulated
from gridder.geometry.dissolve import outline
from gridder.geometry.measure import polsby_popper
from gridder.model import Floats, Geometries, Ints, PlanView
from gridder.solver import Problem, solve

MINIMUM, TARGET, MAXIMUM = 5.0, 10.0, 15.0
CORNER_M = (680_000.0, 5_530_000.0)
"""South-western corner of every plan, in the zone of `data.CRS`."""
PARCEL_M = 90.0
SMALLEST = 0.9
EFFORT = 0.1
CROPS = ("maize", "soy", "rice", "wheat")
ZONES_ACROSS = 4
LON_LAT = "EPSG:4326"


def field_view(n: int) -> PlanView:
    """Return whole copies of the fields of North Bayreuth, each a little smaller, in grids of about ten."""
    question, place = field_map(n)
    n_once = len(gpd.read_file(data.REAL_FIELDS, layer="fields"))
    land = _shrunk(place.land, np.arange(question.n_units) // n_once)
    return _divided(replace(question, **_people(question.n_units)), replace(place, land=land))


def parcel_view(n: int) -> PlanView:
    """Return the Voronoi cells of a square lattice whose points are moved at random, in grids of about ten."""
    question = triangulated(n, lambda side: np.ones(side * side, np.int64), (MINIMUM, MAXIMUM))
    xy = question.xy * PARCEL_M
    ground = shapely.box(*xy.min(axis=0), *xy.max(axis=0))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(xy), extend_to=ground, ordered=True)
    )
    place = Map(shapely.intersection(cells, ground), 0.0)
    return _divided(replace(question, xy=xy, mass=shapely.area(place.land), **_people(len(xy))), place)


def _people(n: int) -> dict[str, Any]:
    weight = np.random.default_rng(1).poisson(1.0, n).astype(np.float64)
    return {"weight": weight, "minimum": MINIMUM, "target": TARGET, "maximum": MAXIMUM}


def _divided(question: Question, place: Map) -> PlanView:
    """Solve a question and return the view of its plan."""
    solution = solve(
        Problem(
            indptr=question.indptr,
            indices=question.indices,
            weight=question.weight,
            xy=question.xy,
            moment=question.mass,
            minimum=MINIMUM,
            target=TARGET,
            maximum=MAXIMUM,
        ),
        effort=EFFORT,
    )
    grid = np.unique(solution.assignment, return_inverse=True)[1].astype(np.int64)
    size = np.bincount(grid, question.weight)
    land = _moved(place.land)
    grids = _grids(grid, size, _moved(outline(place.land, grid, gap_m=place.gap_m)), land)
    units = _units(grid, question.weight, land, grids)
    heads = question.heads()
    ends = np.sort(np.column_stack([grid[heads], grid[question.indices]]), axis=1)
    ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    ids = grids["grid_id"].to_numpy(dtype=object)
    nothing = gpd.GeoDataFrame(geometry=[], crs=LON_LAT)
    within = int(grids["within_bounds"].sum())
    return PlanView(
        grids=grids.to_crs(LON_LAT),
        units=units.to_crs(LON_LAT),
        neighbours=pd.DataFrame({"grid_a": ids[ends[:, 0]], "grid_b": ids[ends[:, 1]]}),
        composition=_composition(units),
        bridges=nothing,
        zones=_zones(grids).to_crs(LON_LAT),
        barriers=nothing,
        sizes={"field": {"of": "members", "target": TARGET, "minimum": MINIMUM, "maximum": MAXIMUM}},
        summary={
            "field": {
                "n_units": len(units),
                "n_grids": len(grids),
                "n_within": within,
                "placed": int(size.sum()),
                "unplaced": 0,
            }
        },
    )


def _shrunk(geoms: Geometries, copy: Ints) -> Geometries:
    """Return copies of a map shrunk towards their middles, each to another share: equal copies would pack too well."""
    share = np.random.default_rng(3).uniform(SMALLEST, 1.0, copy[-1] + 1)
    at = shapely.get_coordinates(shapely.centroid(geoms))
    middle = np.column_stack([np.bincount(copy, x) / np.bincount(copy) for x in at.T])
    xy, geom = shapely.get_coordinates(geoms, return_index=True)
    of = copy[geom]
    return np.asarray(
        shapely.set_coordinates(geoms.copy(), middle[of] + (xy - middle[of]) * share[of][:, np.newaxis])
    )


def _moved(geoms: Geometries) -> Geometries:
    return shapely.transform(geoms, lambda xy: xy + np.array(CORNER_M))


def _grids(grid: Ints, size: Floats, outlines: Geometries, land: Geometries) -> gpd.GeoDataFrame:
    n = len(size)
    within = (size >= MINIMUM) & (size <= MAXIMUM)
    return gpd.GeoDataFrame(
        {
            "grid_id": [f"field-{i:06d}" for i in range(n)],
            "code": [f"{i + 1:06d}" for i in range(n)],
            "number": np.arange(1, n + 1),
            "layer": "field",
            "zone": _zone_of(outlines),
            "size": size,
            "target": TARGET,
            "deviation": (size - TARGET) / TARGET,
            "n_units": np.bincount(grid),
            "n_members": size,
            "area_ha": np.bincount(grid, shapely.area(land)) / 1e4,
            "polsby_popper": polsby_popper(outlines),
            "within_bounds": within,
            "contiguous": True,
            "reason": np.where(within, "", "component-under-minimum"),
            "certificate_weight": np.where(within, np.nan, size),
            "suppressed": False,
        },
        geometry=outlines,
        crs=data.CRS,
    )


def _units(grid: Ints, weight: Floats, land: Geometries, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    n = len(grid)
    return gpd.GeoDataFrame(
        {
            "unit_id": [f"F{i:07d}" for i in range(n)],
            "grid_id": grids["grid_id"].to_numpy(dtype=object)[grid],
            "layer": "field",
            "zone": grids["zone"].to_numpy(dtype=object)[grid],
            "size": weight,
            "area_ha": shapely.area(land) / 1e4,
            "kind": np.array(CROPS, dtype=object)[np.random.default_rng(2).integers(len(CROPS), size=n)],
            "suppressed": False,
        },
        geometry=land,
        crs=data.CRS,
    )


def _composition(units: gpd.GeoDataFrame) -> pd.DataFrame:
    counts = units.groupby(["grid_id", "kind"]).size().rename("count").reset_index()
    return pd.DataFrame(
        {
            "layer": "field",
            "grid_id": counts["grid_id"],
            "attribute": "crop",
            "value": counts["kind"],
            "count": counts["count"].astype(float),
            "suppressed": False,
        }
    )


def _zone_of(outlines: Geometries) -> list[str]:
    """Return the name of the rectangle that each grid's middle lies in, four by four of them."""
    west, south, east, north = shapely.total_bounds(outlines)
    middle = shapely.get_coordinates(shapely.centroid(outlines))
    share = (middle - [west, south]) / [east - west, north - south]
    column, row = np.minimum((share * ZONES_ACROSS).astype(int), ZONES_ACROSS - 1).T
    return [f"Zone {number}" for number in row * ZONES_ACROSS + column + 1]


def _zones(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rectangle around the grids of every zone."""
    boxes = grids.geometry.bounds.groupby(grids["zone"]).agg(
        {"minx": "min", "miny": "min", "maxx": "max", "maxy": "max"}
    )
    return gpd.GeoDataFrame({"zone": boxes.index}, geometry=shapely.box(*boxes.to_numpy().T), crs=data.CRS)


KINDS: dict[str, tuple[str, Callable[[int], PlanView]]] = {
    "fields": ("Fields of North Bayreuth, tiled", field_view),
    "parcels": ("Parcels without gaps (Voronoi cells)", parcel_view),
}
