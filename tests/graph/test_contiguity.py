"""Neighbours of fields on maps drawn by hand, against exact coverages, and on real fields."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridder.graph import contiguity
from gridder.graph.contiguity import choose_gap_m, field_neighbours
from gridder.model import Geometries, UnitGraph

NO_LINES = np.empty(0, dtype=object)


def fields(*boxes: tuple[float, float, float, float]) -> Geometries:
    return np.array([shapely.box(*box) for box in boxes], dtype=object)


def line(*points: tuple[float, float]) -> Geometries:
    return np.array([shapely.LineString(points)], dtype=object)


def neighbours(geoms: Geometries, *, gap_m: float = 20.0, barriers: Geometries = NO_LINES) -> UnitGraph:
    return field_neighbours(geoms, zone=np.zeros(len(geoms), dtype=np.int64), gap_m=gap_m, barriers=barriers)


def rows(graph: UnitGraph) -> list[tuple[int, int, int, float, float]]:
    return list(
        zip(
            graph.a.tolist(),
            graph.b.tolist(),
            graph.kind.tolist(),
            graph.gap_m.tolist(),
            graph.shared_m.tolist(),
            strict=True,
        )
    )


TRACK = fields((0, 0, 100, 100), (106, 0, 206, 100))


def test_fields_across_a_track_face_each_other_on_their_whole_side() -> None:
    """Two fields of 100 m beside a track of 6 m: a gap of 6 m, 100 m of facing length."""
    assert rows(neighbours(TRACK)) == [(0, 1, 1, 6.0, 100.0)]


def test_the_gap_is_the_limit() -> None:
    """6 m is within a gap of 6 m and beyond one of 5.9 m."""
    assert len(neighbours(TRACK, gap_m=6.0).a) == 1
    assert len(neighbours(TRACK, gap_m=5.9).a) == 0


def test_a_t_junction_is_split_where_it_is() -> None:
    """A long side faces two fields across a track, 60 m and 40 m; these two touch on 44 m."""
    graph = neighbours(fields((0, 0, 100, 50), (0, 56, 60, 100), (60, 56, 100, 100)))
    assert rows(graph) == [(0, 1, 1, 6.0, 60.0), (0, 2, 1, 6.0, 40.0), (1, 2, 0, 0.0, 44.0)]


def test_a_t_junction_of_touching_fields_needs_no_common_vertices() -> None:
    """The same without the track: the long side has no vertex where the two others meet."""
    graph = neighbours(fields((0, 0, 100, 50), (0, 50, 60, 100), (60, 50, 100, 100)))
    assert rows(graph) == [(0, 1, 0, 0.0, 60.0), (0, 2, 0, 0.0, 40.0), (1, 2, 0, 0.0, 50.0)]


@pytest.mark.parametrize("lane", [0.0, 6.0])
def test_corners_are_no_neighbours(lane: float) -> None:
    """Of four fields at a crossing, with lanes or without, only those side by side are linked."""
    near, far = 100.0, 100.0 + lane
    graph = neighbours(
        fields(
            (0, 0, near, near),
            (far, 0, far + 90, near),
            (0, far, near, far + 90),
            (far, far, far + 90, far + 90),
        )
    )
    assert list(zip(graph.a, graph.b, strict=True)) == [(0, 1), (0, 2), (1, 3), (2, 3)]


@pytest.mark.parametrize("depth", [-0.05, 0.05, 0.5, 0.95])
def test_fields_that_overlap_by_up_to_a_metre_or_miss_by_rounding_touch(depth: float) -> None:
    """Their facing length is their side."""
    graph = neighbours(fields((0, 0, 100, 100), (100 - depth, 0, 200, 100)))
    assert graph.kind.tolist() == [0]
    assert graph.shared_m == pytest.approx([100.0], abs=2.5)


def test_a_field_in_the_hole_of_another_faces_it_all_round() -> None:
    """A field of 80 m in a hole of 100 m: it sees 4 x 80 m, the ring sees 4 x 80 m of its 4 x 100 m."""
    ring = shapely.difference(shapely.box(0, 0, 300, 300), shapely.box(100, 100, 200, 200))
    graph = neighbours(np.array([ring, shapely.box(110, 110, 190, 190)], dtype=object))
    assert rows(graph) == [(0, 1, 1, 10.0, 320.0)]


def test_a_strip_between_hides_what_is_behind_it() -> None:
    """A strip of 12 m faces both its neighbours, which do not face each other; its ends count too."""
    graph = neighbours(fields((0, 0, 100, 100), (102, 0, 114, 100), (116, 0, 200, 100), (102, 103, 114, 300)))
    assert [row[:2] for row in rows(graph)] == [(0, 1), (1, 2), (1, 3)]
    assert graph.shared_m.tolist() == [100.0, 100.0, 12.0]


def test_small_lots_have_neighbours_behind_them() -> None:
    """Lots of 7 m by 25 m, back to back in two rows: 1/20 of 64 m is less than 7 m."""
    lots = fields(*[(7 * i, 25 * j, 7 * i + 7, 25 * j + 25) for i in range(4) for j in range(2)])
    graph = neighbours(lots)
    assert len(graph.a) == 4 + 2 * 3
    assert set(graph.shared_m.tolist()) == {7.0, 25.0}


@pytest.mark.parametrize(("lane", "length", "linked"), [(6, 8, False), (6, 13, True), (0, 4, True)])
def test_large_fields_must_face_on_ten_metres_or_touch(lane: float, length: float, linked: bool) -> None:
    """8 m across a lane is a corner, 13 m is a side, and 4 m of common edge is one as well."""
    graph = neighbours(fields((0, 0, 100, 100), (100 + lane, 100 - length, 200, 200)))
    assert (len(graph.a) == 1) == linked


def test_zones_have_no_links_and_none_is_a_zone() -> None:
    """Three touching fields, the last two in no zone: one link; and no link jumps a foreign strip."""
    strip = fields((0, 0, 100, 100), (100, 0, 200, 100), (200, 0, 300, 100))
    graph = field_neighbours(strip, zone=np.array([0, -1, -1]), gap_m=20, barriers=NO_LINES)
    assert rows(graph) == [(1, 2, 0, 0.0, 100.0)]
    between = fields((0, 0, 100, 100), (102, 0, 104, 100), (106, 0, 206, 100))
    assert len(field_neighbours(between, zone=np.array([0, 1, 0]), gap_m=20, barriers=NO_LINES).a) == 0


def test_a_barrier_between_removes_the_link() -> None:
    """A canal in the middle of the track."""
    assert len(neighbours(TRACK, barriers=line((103, -50), (103, 150))).a) == 0


@pytest.mark.parametrize(
    ("end", "open_m"), [(39.0, 60.0), (50.0, 50.0), (51.0, 50.0), (56.0, None), (61.0, None)]
)
def test_a_barrier_half_way_leaves_the_open_part(end: float, open_m: float | None) -> None:
    """Up to half of the facing length may be cut; pieces of 5 m are cut or open as their middles are."""
    graph = neighbours(TRACK, barriers=line((103, -50), (103, end)))
    assert graph.shared_m.tolist() == ([] if open_m is None else [open_m])


@pytest.mark.parametrize("x", [99.5, 100.0, 100.5])
def test_a_barrier_on_a_common_edge_separates(x: float) -> None:
    """Though the way between touching fields has no length: it is made 1 m longer at both ends."""
    touching = fields((0, 0, 100, 100), (100, 0, 200, 100))
    assert len(neighbours(touching, barriers=line((x, -50), (x, 150))).a) == 0


@pytest.mark.parametrize("barrier", [[(97, -50), (97, 150)], [(-50, 50), (250, 50)]])
def test_a_barrier_inside_or_across_both_does_not_separate(barrier: list[tuple[float, float]]) -> None:
    """One that runs deep inside a field, or at right angles to the common edge."""
    touching = fields((0, 0, 100, 100), (100, 0, 200, 100))
    assert neighbours(touching, barriers=line(*barrier)).shared_m == pytest.approx([100.0], abs=5.0)


def test_no_and_one_unit() -> None:
    """Have no links, and the narrowest gap."""
    for geoms in (NO_LINES, TRACK[:1]):
        assert len(neighbours(geoms).a) == 0
        assert choose_gap_m(geoms) == 5.0


def test_progress_may_stop_the_work() -> None:
    """The callback is told the stage, and what it raises ends the work."""

    def stop(stage: str, done: float) -> None:
        raise InterruptedError(f"{stage} {done}")

    with pytest.raises(InterruptedError, match=r"neighbours 0\.0"):
        field_neighbours(TRACK, zone=np.zeros(2, dtype=np.int64), gap_m=6, barriers=NO_LINES, progress=stop)


@pytest.mark.parametrize(("lane", "gap_m"), [(0.0, 5), (3.0, 5), (6.0, 6), (6.2, 7), (25.0, 25), (31.0, 5)])
def test_the_gap_is_that_of_the_lanes(lane: float, gap_m: float) -> None:
    """In whole metres, from 5 to 30; fields that touch or are far from each other do not tell one."""
    assert choose_gap_m(fields((0, 0, 100, 100), (100 + lane, 0, 200 + lane, 100))) == gap_m


def test_a_rare_wide_opening_does_not_widen_the_gap() -> None:
    """Twelve fields in a row with tracks of 6 m, and one road of 24 m."""
    left = np.cumsum([0] + [106] * 10 + [124]).tolist()
    assert choose_gap_m(fields(*[(x, 0, x + 100, 100) for x in left])) == 6.0


def voronoi(seed: int, n: int) -> Geometries:
    points = shapely.MultiPoint(np.random.default_rng(seed).uniform(0, 1000, (n, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points))
    whole = shapely.intersection(cells, shapely.box(0, 0, 1000, 1000))
    return whole[shapely.area(whole) > 0]


@given(st.integers(0, 10_000), st.integers(2, 60))
@settings(max_examples=30, deadline=None)
def test_on_a_clean_coverage_links_are_common_edges(seed: int, n: int) -> None:
    """Cells are linked exactly when their common edge is long enough, and `shared_m` is its length."""
    cells = voronoi(seed, n)
    i, j = np.triu_indices(len(cells), 1)
    edge_m = shapely.length(shapely.intersection(shapely.boundary(cells[i]), shapely.boundary(cells[j])))
    graph = neighbours(cells)
    linked = dict(zip(zip(graph.a.tolist(), graph.b.tolist(), strict=True), graph.shared_m, strict=True))
    sure = edge_m > 2.01
    assert set(zip(i[sure].tolist(), j[sure].tolist(), strict=True)) <= linked.keys()
    expected = dict(zip(zip(i.tolist(), j.tolist(), strict=True), edge_m, strict=True))
    for pair, shared_m in linked.items():
        assert shared_m == pytest.approx(expected[pair], abs=0.1)
    assert (graph.kind == 0).all()


@st.composite
def lattices(draw: st.DrawFn) -> Geometries:
    """Blocks of fields with lanes of 1 to 15 m between rows and columns, in whole metres."""

    def spans() -> list[tuple[int, int]]:
        sizes = draw(st.lists(st.tuples(st.integers(12, 130), st.integers(1, 15)), min_size=1, max_size=4))
        ends = np.cumsum([size + lane for size, lane in sizes])
        return [
            (int(end) - size - lane, int(end) - lane) for end, (size, lane) in zip(ends, sizes, strict=True)
        ]

    columns, lines = spans(), spans()
    return fields(*[(x0, y0, x1, y1) for x0, x1 in columns for y0, y1 in lines])


def as_set(graph: UnitGraph, position: np.ndarray) -> set[tuple[float, ...]]:
    ends = np.sort(np.column_stack([position[graph.a], position[graph.b]]), axis=1)
    return set(zip(*ends.T, graph.kind, graph.gap_m, graph.shared_m, strict=True))


@given(lattices())
@settings(max_examples=30, deadline=None)
def test_order_place_and_side_do_not_matter(geoms: Geometries) -> None:
    """Shuffled, moved by whole metres and mirrored, with a barrier through it, a map has the same links."""
    west, south, east, north = shapely.total_bounds(geoms)
    barrier = line((west - 5, (south + north) / 2 + 0.25), (east + 5, (south + north) / 2 - 10.25))
    here = as_set(neighbours(geoms, barriers=barrier), np.arange(len(geoms)))
    order = np.random.default_rng(len(geoms)).permutation(len(geoms))
    assert as_set(neighbours(geoms[order], barriers=barrier), order) == here

    def move(xy: np.ndarray) -> np.ndarray:
        return xy + np.array([3_456_789.0, -17.0])

    def mirror(xy: np.ndarray) -> np.ndarray:
        return xy * np.array([-1.0, 1.0])

    for change in (move, mirror):
        there = neighbours(shapely.transform(geoms, change), barriers=shapely.transform(barrier, change))
        assert as_set(there, np.arange(len(geoms))) == here


def test_tiles_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph of 200 cells is the same whether they are looked at together or in small tiles."""
    cells = voronoi(7, 200)
    whole = neighbours(cells)
    monkeypatch.setattr(contiguity, "TILE_UNITS", 9)
    tiled = neighbours(cells)
    assert rows(tiled) == rows(whole)


def bayreuth(data_dir: Path, layer: str) -> Geometries:
    path = data_dir / "fields/north_bayreuth_de/north_bayreuth.gpkg"
    return np.asarray(gpd.read_file(path, layer=layer).to_crs(32632).geometry)


@pytest.mark.data
def test_real_fields_see_what_a_buffer_sees(data_dir: Path) -> None:
    """North Bayreuth: no link is longer than the boundary within the gap; long unobstructed ones are all found."""
    geoms = bayreuth(data_dir, "fields")
    gap_m = choose_gap_m(geoms)
    assert gap_m == 18.0
    graph = neighbours(geoms, gap_m=gap_m)
    i, j = shapely.STRtree(geoms).query(geoms, predicate="dwithin", distance=gap_m)
    i, j = i[i < j], j[i < j]
    edges, wide = shapely.boundary(geoms), shapely.buffer(geoms, gap_m)
    within_m = shapely.length(shapely.intersection(edges[i], wide[j]))
    within_m += shapely.length(shapely.intersection(edges[j], wide[i]))
    seen = dict(zip(zip(graph.a.tolist(), graph.b.tolist(), strict=True), graph.shared_m, strict=True))
    near = dict(zip(zip(i.tolist(), j.tolist(), strict=True), within_m / 2, strict=True))
    assert seen.keys() <= near.keys()
    assert all(shared_m <= near[pair] + 5.0 for pair, shared_m in seen.items())
    long = within_m / 2 > 100.0
    pairs = list(zip(i[long].tolist(), j[long].tolist(), strict=True))
    assert len(pairs) > 150
    assert sum(pair not in seen for pair in pairs) <= 0.01 * len(pairs)


@pytest.mark.data
def test_real_roads_only_take_links_away(data_dir: Path) -> None:
    """North Bayreuth: where a link is gone or shorter, a road or stream runs between the two sides."""
    geoms = bayreuth(data_dir, "fields")
    barriers = np.concatenate([bayreuth(data_dir, "roads"), bayreuth(data_dir, "waterways")])
    free, barred = neighbours(geoms, gap_m=18.0), neighbours(geoms, gap_m=18.0, barriers=barriers)
    length = dict(zip(zip(free.a, free.b, strict=True), free.shared_m, strict=True))
    left = dict(zip(zip(barred.a, barred.b, strict=True), barred.shared_m, strict=True))
    assert left.keys() <= length.keys()
    assert 200 < len(left) < len(length)
    changed = np.array([pair for pair, open_m in length.items() if left.get(pair) != open_m])
    a, b = geoms[changed[:, 0]], geoms[changed[:, 1]]
    between = shapely.union(
        shapely.intersection(a, shapely.buffer(b, 20)), shapely.intersection(b, shapely.buffer(a, 20))
    )
    reached = shapely.buffer(shapely.convex_hull(between), 1.0)
    met, _ = shapely.STRtree(barriers).query(reached, predicate="intersects")
    assert set(met) == set(range(len(changed)))
    assert all(left[pair] >= length[pair] / 2 - 0.01 for pair in left)


def apart(geoms: Geometries) -> Geometries:
    """Return polygons without those that overlap an earlier one by more than a square metre."""
    i, j = shapely.STRtree(geoms).query(geoms, predicate="intersects")
    i, j = i[i > j], j[i > j]
    deep = shapely.area(shapely.intersection(geoms[i], geoms[j])) > 1.0
    gone = np.zeros(len(geoms), dtype=bool)
    for later, earlier in sorted(zip(i[deep], j[deep], strict=True)):
        gone[later] |= not gone[earlier]
    return geoms[~gone]


@pytest.mark.data
@pytest.mark.parametrize(
    ("path", "epsg", "edges"),
    [
        ("buildings/oakland_us/us-ca-oakland-excerpt.zip", 32610, 2500),
        ("fields/swellendam_za/farms_33S.shp", 32733, 1000),
    ],
)
def test_real_parcels_that_share_an_edge_are_linked(data_dir: Path, path: str, epsg: int, edges: int) -> None:
    """Oakland lots of 10 m and Swellendam farms: 99 % of pairs with 5 m of common edge, and none but near ones."""
    frame = gpd.read_file(data_dir / path).to_crs(epsg)
    geoms = np.asarray(shapely.make_valid(shapely.force_2d(np.asarray(frame.geometry))))
    geoms = apart(geoms[np.isin(shapely.get_type_id(geoms), [3, 6])])
    i, j = shapely.STRtree(geoms).query(geoms, predicate="dwithin", distance=0.05)
    i, j = i[i < j], j[i < j]
    boundary = shapely.boundary(geoms)
    common_m = shapely.length(shapely.intersection(boundary[i], shapely.buffer(boundary[j], 0.05)))
    graph = neighbours(geoms, gap_m=5.0)
    linked = set(zip(graph.a.tolist(), graph.b.tolist(), strict=True))
    sharing = list(zip(i[common_m > 5.0].tolist(), j[common_m > 5.0].tolist(), strict=True))
    assert len(sharing) > edges
    assert sum(pair not in linked for pair in sharing) <= 0.01 * len(sharing)
    assert (shapely.distance(geoms[graph.a], geoms[graph.b]) <= 5.0).all()
