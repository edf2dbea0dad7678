"""The graphs that partitions are measured on: triangulations, real maps and a lattice whose best plan is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

from benchmarks import data
from gridder.geometry.coverage import resolve
from gridder.graph.components import bridge, to_csr
from gridder.graph.contiguity import NO_LINES, choose_gap_m, field_neighbours
from gridder.model import Floats, Geometries, Ints, Links, UnitGraph
from gridder.units.plots import build_plots

REAL_BUILDINGS = data.DATA / "buildings" / "liechtenstein" / "liechtenstein.gpkg"
BUILDINGS_CRS = 2056
MEAN_WEIGHT = 0.6
TARGET = 10.0
WIDE, TIGHT = (7.0, 15.0), (9.0, 11.0)
VILLAGE, VILLAGE_RADIUS = 120, 3.0
"""People of a village of the clustered graphs, and the standard deviation of their places, in units."""
TAIL = 1.5
"""Exponent of the Pareto tail of the heavy weights."""
JITTER = 0.4
BRIDGE_M, PLOT_REACH_M = 500.0, 30.0
"""The defaults of `gridder.partition`."""
LANE_M = 40.0
"""Between two copies of a map."""
BLOCK = 3
BEST_LATTICE_MOMENT = 4.0 / 3.0
"""Mean squared distance of the cells of a 3 by 3 block to its middle."""
STRIP, HALO = 1_000_000, 5


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """A graph to be partitioned; n units, m directed links.

    Attributes
    ----------
    indptr, indices, length
        Symmetric contiguity in compressed sparse rows, shapes (n + 1,), (m,), (m,); the length is what the two
        units share in metres, or 1.
    weight, xy, mass
        What is balanced, the centres, and the areas; shapes (n,), (n, 2), (n,).
    minimum, target, maximum
        Bounds and aim of the weight of a grid.
    objective
        What the solver minimises.
    """

    indptr: Ints
    indices: Links
    length: Floats
    weight: Floats
    xy: Floats
    mass: Floats
    minimum: float
    target: float
    maximum: float
    objective: Literal["mix", "moment"] = "mix"

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.weight)

    @property
    def n_grids(self) -> int:
        """Number of grids that are asked of a method that must be told."""
        return max(1, round(float(self.weight.sum()) / self.target))

    @property
    def tolerance(self) -> float:
        """Share of the target by which a grid may differ from it on either side."""
        return min(self.target - self.minimum, self.maximum - self.target) / self.target

    def heads(self) -> Ints:
        """Return the unit from which each link goes, shape (m,)."""
        return np.repeat(np.arange(self.n_units), np.diff(self.indptr))

    def components(self) -> list[Ints]:
        """Return the units of every connected piece, ascending."""
        n = self.n_units
        graph = csr_array((np.ones(len(self.indices), np.int8), self.indices, self.indptr), shape=(n, n))
        piece = connected_components(graph, directed=False)[1]
        return np.split(np.argsort(piece, kind="stable"), np.cumsum(np.bincount(piece))[:-1])

    def component(self, units: Ints) -> Question:
        """Return the question of a connected piece."""
        place = np.full(self.n_units, -1)
        place[units] = np.arange(len(units))
        heads = self.heads()
        own = np.flatnonzero(place[heads] >= 0)
        own = own[np.argsort(place[heads[own]], kind="stable")]
        return replace(
            self,
            indptr=np.append(0, np.cumsum(np.diff(self.indptr)[units])),
            indices=place[self.indices[own]].astype(np.int32),
            length=self.length[own],
            weight=self.weight[units],
            xy=self.xy[units],
            mass=self.mass[units],
        )

    def save(self, path: Path) -> None:
        """Write everything to an .npz file."""
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Question:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            values: dict[str, Any] = {
                name: stored[name] if stored[name].ndim else stored[name].item() for name in stored
            }
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Map:
    """The land of the units of a real map, and the widest lane that a grid closes."""

    land: Geometries
    gap_m: float


@dataclass(frozen=True)
class Family:
    """A kind of graphs: what the table says of it, and how one of about n units is made."""

    title: str
    make: Callable[[int], tuple[Question, Map | None]]


def triangulated(n: int, weights: Callable[[int], Ints], bounds: tuple[float, float]) -> Question:
    """Return the Delaunay graph of a square lattice whose points are moved at random, spacing 1."""
    side = round(np.sqrt(n))
    row, column = np.divmod(np.arange(side * side), side)
    off = np.random.default_rng(0).uniform(-JITTER, JITTER, size=(side * side, 2))
    xy = np.column_stack((column, row)) + off
    a, b = (np.concatenate(ends) for ends in zip(*_strips(xy, side), strict=True))
    return _plane(xy, a, b, weights(side), bounds)


def _strips(xy: Floats, side: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield the links of the triangulation with a < b, a strip of rows at a time.

    The rows beyond a strip that are triangulated with it are more than the links of a lattice point reach.
    """
    rows = max(1, STRIP // side)
    for first in range(0, side, rows):
        start = max(0, first - HALO) * side
        indptr, neighbours = Delaunay(xy[start : (first + rows + HALO) * side]).vertex_neighbor_vertices
        a = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)) + start
        b = neighbours.astype(np.int64) + start
        own = (a < b) & (a >= first * side) & (a < (first + rows) * side)
        yield a[own], b[own]


def _plane(
    xy: Floats, a: Ints, b: Ints, weight: npt.NDArray[Any], bounds: tuple[float, float], **more: Any
) -> Question:
    """Return a question about units of area 1 whose links have length 1."""
    n = len(xy)
    ends = np.concatenate([a, b]), np.concatenate([b, a])
    graph = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(n, n)).tocsr()
    indices = graph.indices.astype(np.int32)
    return Question(
        indptr=graph.indptr.astype(np.int64),
        indices=indices,
        length=np.ones(len(indices)),
        weight=weight.astype(np.float64),
        xy=xy,
        mass=np.ones(n),
        minimum=bounds[0],
        maximum=bounds[1],
        **{"target": TARGET, **more},
    )


def even(side: int) -> Ints:
    """Return Poisson weights of mean 0.6, shape (side²,)."""
    return np.random.default_rng(1).poisson(MEAN_WEIGHT, side * side)


def clustered(side: int) -> Ints:
    """Return people who live in villages, 0.6 a unit on average; shape (side²,).

    Every village has 120 people; each of them lives in the unit nearest to a normal place around its middle.
    """
    rng = np.random.default_rng(1)
    n_villages = max(1, round(MEAN_WEIGHT * side * side / VILLAGE))
    middle = np.repeat(rng.uniform(0, side, size=(n_villages, 2)), VILLAGE, axis=0)
    place = np.rint(middle + rng.normal(scale=VILLAGE_RADIUS, size=middle.shape)).astype(np.int64)
    column, row = np.clip(place, 0, side - 1).T
    return np.bincount(row * side + column, minlength=side * side)


def heavy(side: int) -> Ints:
    """Return Pareto (Lomax) weights of exponent 1.5 rounded down, none above the maximum; shape (side²,)."""
    rng = np.random.default_rng(1)
    raw = rng.pareto(TAIL, side * side) * MEAN_WEIGHT
    return np.minimum(raw.astype(np.int64), int(WIDE[1]))


def lattice(n: int) -> Question:
    """Return a square lattice whose plan of least moment is known: blocks of 3 by 3, nothing else allowed in size."""
    side = BLOCK * round(np.sqrt(n) / BLOCK)
    at = np.arange(side * side).reshape(side, side)
    a = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    b = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    row, column = np.divmod(np.arange(side * side), side)
    size = float(BLOCK * BLOCK)
    xy = np.column_stack((column, row)).astype(np.float64)
    return _plane(xy, a, b, np.ones(side * side), (size, size), target=size, objective="moment")


def field_map(n: int) -> tuple[Question, Map]:
    """Return whole copies of the fields of North Bayreuth, neighbours as `gridder.partition` finds them."""
    once = gpd.read_file(data.REAL_FIELDS, layer="fields").to_crs(data.CRS).geometry.to_numpy()
    land = _tiled(once, n)
    gap_m = choose_gap_m(land)
    graph = field_neighbours(land, zone=_no_zones(land), gap_m=gap_m, barriers=NO_LINES)
    return _mapped(land, land, graph), Map(land, gap_m)


def building_map(n: int) -> tuple[Question, Map]:
    """Return whole copies of the buildings of Liechtenstein with their plots as `gridder.partition` draws them."""
    once = gpd.read_file(REAL_BUILDINGS, layer="buildings").to_crs(BUILDINGS_CRS).geometry.to_numpy()
    footprints = _tiled(once, n)
    land, graph = build_plots(
        footprints, zone=_no_zones(footprints), zone_geoms=[], barriers=NO_LINES, reach_m=PLOT_REACH_M
    )
    return _mapped(footprints, land, graph), Map(land, 0.0)


def _tiled(once: Geometries, n: int) -> Geometries:
    """Return as many whole copies of a map as have about n units, without overlaps, from the corner (0, 0)."""
    once = resolve(shapely.transform(once, lambda xy: xy - np.floor(xy.min(axis=0)))).geoms
    copies = max(1, round(n / len(once)))
    across = int(np.ceil(np.sqrt(copies)))
    step = np.array(shapely.total_bounds(once)[2:]) + LANE_M
    corners = [step * (k % across, k // across) for k in range(copies)]
    return np.concatenate([shapely.transform(once, lambda xy, at=at: xy + at) for at in corners])


def _no_zones(geoms: Geometries) -> Ints:
    return np.full(len(geoms), -1, dtype=np.int64)


def _mapped(footprints: Geometries, land: Geometries, graph: UnitGraph) -> Question:
    """Return the question of a map whose units weigh as those of the triangulations, whatever their area."""
    weight = np.random.default_rng(1).poisson(MEAN_WEIGHT, len(land)).astype(np.float64)
    graph = bridge(
        graph,
        footprints,
        weight,
        zone=_no_zones(land),
        minimum=WIDE[0],
        bridge_m=BRIDGE_M,
        barriers=NO_LINES,
    )
    indptr, indices, length = to_csr(graph, graph.shared_m)
    centre = shapely.centroid(land)
    return Question(
        indptr=indptr,
        indices=indices,
        length=length,
        weight=weight,
        xy=np.column_stack((shapely.get_x(centre), shapely.get_y(centre))),
        mass=shapely.area(land),
        minimum=WIDE[0],
        target=TARGET,
        maximum=WIDE[1],
    )


FAMILIES = {
    "wide": Family(
        "Triangulation, Poisson weights of mean 0.6, 7–15 for 10",
        lambda n: (triangulated(n, even, WIDE), None),
    ),
    "tight": Family(
        "Triangulation, Poisson weights of mean 0.6, 9–11 for 10",
        lambda n: (triangulated(n, even, TIGHT), None),
    ),
    "clustered": Family(
        "Triangulation, people in villages, 7–15 for 10",
        lambda n: (triangulated(n, clustered, WIDE), None),
    ),
    "heavy": Family(
        "Triangulation, Pareto weights of exponent 1.5 up to 15, 7–15 for 10",
        lambda n: (triangulated(n, heavy, WIDE), None),
    ),
    "fields": Family("Fields of North Bayreuth, Poisson weights of mean 0.6, 7–15 for 10", field_map),
    "buildings": Family("Buildings of Liechtenstein, Poisson weights of mean 0.6, 7–15 for 10", building_map),
    "lattice": Family("Lattice of 3m by 3m cells of weight 1, exactly 9", lambda n: (lattice(n), None)),
}
