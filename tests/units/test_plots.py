"""Plots of buildings: who gets which ground, and whose plots share a border."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridder.errors import Stopped
from gridder.geometry.coverage import resolve
from gridder.units import plots as plots_module
from gridder.units.plots import build_plots

REACH_M = 30.0
NO_LINES = np.empty(0, dtype=object)


def _build(geoms, *, zone=None, zones=(), barriers=(), reach_m=REACH_M):
    geoms = np.array(geoms, dtype=object)
    return build_plots(
        geoms,
        zone=np.full(len(geoms), -1) if zone is None else np.array(zone),
        zone_geoms=np.array(zones, dtype=object),
        barriers=np.array(barriers, dtype=object),
        reach_m=reach_m,
    )


def _links(graph):
    return list(zip(graph.a.tolist(), graph.b.tolist(), strict=True))


def _house(x, y, width=10, depth=10):
    return shapely.box(x, y, x + width, y + depth)


def _overlaps_m2(plots, geoms):
    """Return what plots have in common beyond what their footprints have."""
    i, j = shapely.STRtree(plots).query(plots, predicate="intersects")
    i, j = i[i < j], j[i < j]
    common = shapely.area(shapely.intersection(plots[i], plots[j]))
    return common - shapely.area(shapely.intersection(geoms[i], geoms[j]))


def test_a_lonely_house_has_the_ground_within_reach():
    """A house of 10 by 10 m and a reach of 30 m: 100 + 4 · 300 + 900 π m²."""
    plots, graph = _build([_house(0, 0)])
    assert plots[0].area == pytest.approx(1300 + 900 * np.pi, rel=0.01)
    assert len(graph.a) == 0


def test_two_houses_meet_half_way():
    """Ten metres apart they meet in the middle, on 10 + 2 √(30² − 5²) m."""
    plots, graph = _build([_house(0, 0), _house(20, 0)])
    assert plots[0].bounds[2] == pytest.approx(15, abs=0.01)
    assert plots[1].bounds[0] == pytest.approx(15, abs=0.01)
    assert _links(graph) == [(0, 1)]
    assert graph.kind.tolist() == [0]
    assert graph.gap_m.tolist() == [10.0]
    assert graph.shared_m[0] == pytest.approx(10 + 2 * np.sqrt(900 - 25), abs=0.1)


def test_houses_beyond_twice_the_reach_are_no_neighbours():
    """At 61 m the plots of reach 30 m do not meet; at 59 m they do."""
    assert _links(_build([_house(0, 0), _house(71, 0)])[1]) == []
    assert _links(_build([_house(0, 0), _house(69, 0)])[1]) == [(0, 1)]


def test_a_common_wall_is_part_of_the_border():
    """Two houses with one wall share it and the ground before and behind: 10 + 2 · 30 m, gap 0."""
    plots, graph = _build([_house(0, 0), _house(10, 0)])
    assert plots[0].bounds[2] == pytest.approx(10, abs=0.01)
    assert graph.gap_m.tolist() == [0.0]
    assert graph.shared_m[0] == pytest.approx(70, abs=0.5)


@pytest.mark.parametrize("width", [1.5, 2.0, 6.0])
def test_in_a_terrace_only_the_next_house_is_a_neighbour(width):
    """Five narrow, deep houses wall to wall: a chain, and every plot reaches front and back."""
    plots, graph = _build([_house(width * i, 0, width, 20) for i in range(5)])
    assert _links(graph) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    bounds = shapely.bounds(plots)
    assert (bounds[:, 1] < -25).all()
    assert (bounds[:, 3] > 45).all()


def test_corners_are_no_borders():
    """Nine houses in a lattice have the 12 links of the rook, and the middle one its 12 by 12 m."""
    plots, graph = _build([_house(12 * i, 12 * j) for i in range(3) for j in range(3)])
    rook = [(0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (3, 6), (4, 5), (4, 7), (5, 8), (6, 7), (7, 8)]
    assert _links(graph) == rook
    assert plots[4].area == pytest.approx(144, abs=0.1)
    assert graph.shared_m[rook.index((1, 4))] == pytest.approx(12, abs=0.1)


@pytest.fixture
def block():
    """Return five by five quadrilaterals wall to wall, the corners of their lattice moved by up to 3 m."""
    corner = np.stack(np.meshgrid(np.arange(6), np.arange(6)), axis=-1) * 14.0
    corner += np.round(np.random.default_rng(7).uniform(-3, 3, corner.shape) * 64) / 64
    rings = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2)
    return shapely.polygons(rings.reshape(-1, 4, 2))


def _rook(columns, rows):
    """Return the links of a lattice, its houses numbered row by row."""
    at = np.arange(columns * rows).reshape(rows, columns)
    pairs = [*zip(at[:, :-1].flat, at[:, 1:].flat, strict=True), *zip(at[:-1].flat, at[1:].flat, strict=True)]
    return sorted((int(a), int(b)) for a, b in pairs)


def test_houses_wall_to_wall_share_their_walls_and_no_corners(block):
    """In a block without any yard the links are the rook's, and inside it their length is the wall's."""
    _, graph = _build(block)
    assert _links(graph) == _rook(5, 5)
    inner = [
        k
        for k, pair in enumerate(_links(graph))
        if all(i // 5 in (1, 2, 3) and i % 5 in (1, 2, 3) for i in pair)
    ]
    walls_m = shapely.length(shapely.intersection(block[graph.a[inner]], block[graph.b[inner]]))
    assert graph.shared_m[inner] == pytest.approx(walls_m, abs=0.5)


def test_links_of_a_block_are_what_its_plots_share(block):
    """Walls and the ground before them count, each once, and nothing that runs under a house."""
    plots, graph = _build(block)
    wide = shapely.buffer(plots[graph.a], 0.01, join_style="mitre")
    drawn_m = shapely.length(shapely.intersection(wide, shapely.boundary(plots[graph.b])))
    assert graph.shared_m == pytest.approx(drawn_m, abs=0.5)


def test_a_barrier_along_walls_leaves_no_link_across_it(block):
    """A fence along a row of common walls parts the five houses on either side of it."""
    fence = shapely.boundary(shapely.union_all(block[:10]))
    _, graph = _build(block, barriers=[fence])
    assert [(a, b) for a, b in _links(graph) if (a < 10) != (b < 10)] == []


def test_a_fence_on_the_front_walls_ends_the_border_there(block):
    """With a fence on the outline of the block only walls are shared."""
    fence = shapely.boundary(shapely.union_all(block))
    _, graph = _build(block, barriers=[fence])
    assert graph.shared_m.max() < 20


@pytest.mark.parametrize("gap_m", [0.3, 0.9])
def test_a_narrow_alley_belongs_to_its_two_houses(gap_m):
    """Of the alley between two long houses a third one, close to its end, has nothing but the mouth."""
    houses = [_house(0, 0, 10, 30), _house(10 + gap_m, 0, 10, 30), _house(0, 30 + gap_m, 20 + gap_m, 10)]
    plots, graph = _build(houses)
    alley = shapely.box(10, 0, 10 + gap_m, 30)
    assert plots[2].intersection(alley).area < 0.05
    assert [plots[i].intersection(alley).area for i in (0, 1)] == pytest.approx([15 * gap_m] * 2, rel=0.02)
    assert graph.shared_m[0] == pytest.approx(30 + 30, abs=0.5)


def test_a_barrier_parts_neighbours_and_ends_their_plots():
    """A road four metres from one house ends its plot there, and the house across is no neighbour."""
    road = shapely.LineString([(14, -200), (14, 200)])
    plots, graph = _build([_house(0, 0), _house(20, 0)], barriers=[road])
    assert _links(graph) == []
    assert plots[0].bounds[2] == pytest.approx(14, abs=1e-6)
    assert plots[1].bounds[0] == pytest.approx(15, abs=0.01)


@pytest.mark.parametrize(("top", "expected"), [(3.0, [(0, 1)]), (7.0, [])])
def test_half_of_the_border_decides(top, expected):
    """A wall up to below the middle leaves the open part of the border; above it the link is gone."""
    wall = shapely.LineString([(15, -200), (15, top)])
    _, graph = _build([_house(0, 0), _house(20, 0)], barriers=[wall])
    assert _links(graph) == expected
    if expected:
        assert graph.shared_m[0] == pytest.approx(10 - top + np.sqrt(900 - 25), abs=1.5)


def test_a_barrier_along_a_common_wall_parts_the_houses():
    """A fence on the very line of the common wall leaves no link."""
    fence = shapely.LineString([(10, -200), (10, 200)])
    _, graph = _build([_house(0, 0), _house(10, 0)], barriers=[fence])
    assert _links(graph) == []


def test_a_barrier_does_not_part_those_on_one_side():
    """Of three houses in a row the two on one side of the road stay neighbours."""
    road = shapely.LineString([(35, -200), (35, 200)])
    _, graph = _build([_house(0, 0), _house(20, 0), _house(40, 0)], barriers=[road])
    assert _links(graph) == [(0, 1)]


def test_ground_behind_a_barrier_is_not_the_house_s():
    """A road two metres behind a house: nothing of the plot lies beyond, though it is within reach."""
    road = shapely.LineString([(-200, -2), (200, -2)])
    plots, _ = _build([_house(0, 0)], barriers=[road])
    assert plots[0].bounds[1] == pytest.approx(-2, abs=1e-6)


def test_a_house_across_a_barrier_stays_whole():
    """A passage through a house cuts neither the footprint nor the ground on either side."""
    passage = shapely.LineString([(5, -200), (5, 200)])
    house = _house(0, 0)
    plots, _ = _build([house], barriers=[passage])
    assert plots[0].contains(house)
    assert plots[0].area == pytest.approx(1300 + 900 * np.pi, rel=0.01)


def test_a_barrier_that_ends_in_the_plot_cuts_nothing_off():
    """A dead end leaves the ground behind it in reach."""
    dead_end = shapely.LineString([(-200, 15), (5, 15)])
    plots, _ = _build([_house(0, 0)], barriers=[dead_end])
    assert plots[0].area == pytest.approx(1300 + 900 * np.pi, rel=0.01)


def test_no_plot_and_no_link_leaves_the_zone():
    """The border of two zones ends the plot of the one house and parts it from the other."""
    west, east = shapely.box(-99, -99, 12, 99), shapely.box(12, -99, 99, 99)
    plots, graph = _build([_house(0, 0), _house(20, 0)], zone=[0, 1], zones=[west, east])
    assert _links(graph) == []
    assert plots[0].bounds[2] == pytest.approx(12, abs=1e-9)


def test_a_house_on_the_border_of_its_zone_keeps_its_footprint():
    """Two metres of the house lie in the other zone; they stay, the ground there does not."""
    west, east = shapely.box(-99, -99, 8, 99), shapely.box(8, -99, 99, 99)
    house = _house(0, 0)
    plots, _ = _build([house], zone=[0], zones=[west, east])
    assert plots[0].covers(house)
    assert plots[0].intersection(east).area == pytest.approx(20, abs=1e-6)


def test_without_a_zone_the_ground_ends_where_zones_begin():
    """A house of no zone has no ground in one, and no neighbour there."""
    zone = shapely.box(12, -99, 99, 99)
    plots, graph = _build([_house(0, 0), _house(20, 0)], zone=[-1, 0], zones=[zone])
    assert plots[0].bounds[2] == pytest.approx(12, abs=1e-9)
    assert _links(graph) == []


def test_a_border_outside_the_zone_is_none():
    """Two arms of one zone, their houses side by side across another zone: no neighbours."""
    between = shapely.box(12, -60, 18, 99)
    around = shapely.difference(shapely.box(-99, -99, 99, 99), between)
    _, graph = _build([_house(0, 0), _house(20, 0)], zone=[0, 0], zones=[around, between])
    assert _links(graph) == []


def test_a_house_in_a_courtyard_has_the_courtyard_s_middle():
    """A yard of 20 m with a house of 10 m in it: the plot ends half way, with round corners."""
    ring = shapely.difference(shapely.box(0, 0, 40, 40), shapely.box(10, 10, 30, 30))
    plots, graph = _build([ring, _house(15, 15)])
    assert plots[1].bounds == pytest.approx((12.5, 12.5, 27.5, 27.5), abs=0.01)
    assert plots[1].covers(shapely.box(13, 13, 27, 27))
    assert len(plots[0].interiors) == 1
    assert _links(graph) == [(0, 1)]
    assert graph.gap_m.tolist() == [5.0]


def test_a_house_that_fills_its_courtyard_is_a_neighbour_by_its_walls():
    """Four common walls of 20 m, and no ground but the house."""
    ring = shapely.difference(shapely.box(0, 0, 40, 40), shapely.box(10, 10, 30, 30))
    plots, graph = _build([ring, shapely.box(10, 10, 30, 30)])
    assert plots[1].area == pytest.approx(400)
    assert graph.shared_m.tolist() == [pytest.approx(80)]


def test_a_building_of_two_parts_has_ground_round_both():
    """The house between the parts of another one borders on both."""
    wings = shapely.MultiPolygon([_house(0, 0), _house(40, 0)])
    plots, graph = _build([wings, _house(20, 0)])
    assert shapely.get_num_geometries(plots[0]) == 2
    assert plots[0].covers(wings)
    assert graph.shared_m[0] == pytest.approx(2 * (10 + 2 * np.sqrt(900 - 25)), abs=0.2)


def test_a_kiosk_at_a_wall_has_its_own_ground():
    """One metre wide, against a house: the ground before it is its own."""
    plots, graph = _build([_house(0, 0, 40, 10), _house(20, 10, 1, 1)])
    assert plots[1].area > 20
    assert _links(graph) == [(0, 1)]


def test_equal_footprints_stay_their_own():
    """Two buildings on the very same ground, as broken data may have: each keeps its footprint."""
    plots, _ = _build([_house(0, 0), _house(0, 0), _house(20, 0)])
    assert plots[0].equals(_house(0, 0))
    assert plots[1].equals(_house(0, 0))


def test_no_buildings_no_plots():
    """An empty layer is a layer."""
    plots, graph = _build([])
    assert len(plots) == 0
    assert graph.n == 0
    assert len(graph.a) == 0


def test_stopping():
    """What progress raises ends the work."""

    def stop(stage, share):
        assert stage == "neighbours"
        raise Stopped

    with pytest.raises(Stopped):
        build_plots(
            np.array([_house(0, 0)]),
            zone=np.array([-1]),
            zone_geoms=[],
            barriers=NO_LINES,
            reach_m=30.0,
            progress=stop,
        )


@st.composite
def _towns(draw):
    """Draw houses in the cells of a lattice, some wall to wall, on multiples of 1/64 m."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, y = np.meshgrid(np.arange(5) * 20.0, np.arange(5) * 20.0)
    corner = np.column_stack([x.ravel(), y.ravel()])[rng.random(25) < 0.8]
    setback = rng.choice([0.0, 0.25, 2.0, 7.0], corner.shape)
    low = corner + setback
    high = corner + 20 - rng.choice([0.0, 0.5, 3.0, 8.0], corner.shape)
    return shapely.box(*np.round(low * 64).T / 64, *np.round(high * 64).T / 64)


@settings(max_examples=20, deadline=None)
@given(_towns())
def test_plots_hold_their_houses_and_do_not_overlap(houses):
    """Whatever the town: valid, one polygon each, round its footprint, within reach, apart."""
    plots, graph = _build(houses)
    assert shapely.is_valid(plots).all()
    assert (shapely.get_type_id(plots) == shapely.GeometryType.POLYGON).all()
    assert shapely.area(shapely.difference(houses, plots)).max(initial=0) < 1e-6
    assert shapely.hausdorff_distance(plots, houses).max(initial=0) < REACH_M * np.sqrt(2) + 1
    assert _overlaps_m2(plots, houses).max(initial=0) < 0.01
    pairs = _links(graph)
    assert pairs == sorted(set(pairs))
    assert (graph.a < graph.b).all()
    assert (graph.shared_m > 0).all()
    assert shapely.distance(plots[graph.a], plots[graph.b]).max(initial=0) < 1.0


@settings(max_examples=10, deadline=None)
@given(_towns(), st.integers(-(10**5), 10**5), st.integers(-(10**5), 10**5))
def test_whole_metres_change_nothing(houses, east, north):
    """A town on multiples of 1/64 m moved by whole metres has the same links, gaps and, to a centimetre, lengths.

    A plan is made in local metres, which do not change at all when a map is moved.
    """
    _, here = _build(houses)
    moved, there = _build(shapely.transform(houses, lambda xy: xy + np.array([east, north])))
    assert _links(there) == _links(here)
    assert there.shared_m == pytest.approx(here.shared_m, abs=0.01)
    assert there.gap_m.tolist() == here.gap_m.tolist()
    assert shapely.is_valid(moved).all()


@settings(max_examples=10, deadline=None)
@given(_towns(), st.randoms(use_true_random=False))
def test_the_order_and_the_way_rings_are_written_change_nothing(houses, random):
    """Shuffled, and with rings turned round, the same houses are neighbours on the same lengths.

    Houses come in a canonical order; in another one the sampled border may go the other way round where points
    are equally near, which was seen to change a length by a thousandth.
    """
    order = list(range(len(houses)))
    random.shuffle(order)
    _, straight = _build(houses)
    _, shuffled = _build(shapely.reverse(houses[order]))
    lengths = dict(zip(_links(straight), straight.shared_m, strict=True))
    for a, b, shared in zip(shuffled.a, shuffled.b, shuffled.shared_m, strict=True):
        pair = tuple(sorted((order[a], order[b])))
        assert shared == pytest.approx(lengths.pop(pair), rel=0.005, abs=0.01)
    assert lengths == {}


@pytest.fixture(scope="module")
def liechtenstein(data_dir):
    """Return buildings, zones of buildings, zones and main roads in local metres."""
    path = data_dir / "buildings/liechtenstein/liechtenstein.gpkg"
    buildings, admin, roads = (
        gpd.read_file(path, layer=layer).to_crs(2056) for layer in ("buildings", "admin", "roads")
    )
    origin = np.floor(buildings.total_bounds[:2])
    main = roads.highway.isin(["motorway", "trunk", "primary", "secondary", "tertiary"])
    geoms, zones, barriers = (
        shapely.transform(frame.geometry.to_numpy(), lambda xy: xy - origin)
        for frame in (buildings, admin[admin.admin_level.astype(str) == "8"], roads[main])
    )
    geoms = resolve(geoms).geoms
    zone = np.full(len(geoms), -1)
    row, area = shapely.STRtree(zones).query(shapely.centroid(geoms), predicate="within")
    zone[row] = area
    return geoms, zone, zones, barriers


def _village(geoms, half_m=300.0):
    """Return the buildings in a square in the middle of the densest village."""
    middle = shapely.get_coordinates(shapely.centroid(geoms))
    counts = [(np.abs(middle - at).max(axis=1) < half_m).sum() for at in middle[::50]]
    return geoms[np.abs(middle - middle[::50][int(np.argmax(counts))]).max(axis=1) < half_m]


@pytest.mark.data
def test_a_raster_of_nearest_buildings_agrees(liechtenstein):
    """Every point of a raster lies in the plot of its nearest building, 99.5 % exactly, all to 0.6 m."""
    houses = _village(liechtenstein[0])
    plots, _ = _build(houses)
    west, south, east, north = shapely.total_bounds(houses)
    x, y = np.meshgrid(np.arange(west - 35, east + 35, 2.0), np.arange(south - 35, north + 35, 2.0))
    points = shapely.points(x.ravel(), y.ravel())
    row, nearest = shapely.STRtree(houses).query_nearest(points, all_matches=False)
    distance = shapely.distance(points[row], houses[nearest])
    owner = np.full(len(points), -1)
    hit, plot = shapely.STRtree(plots).query(points, predicate="within")
    owner[hit] = plot
    owner = owner[row]
    inside = distance < REACH_M - 0.2
    assert (owner[distance > REACH_M + 0.01] == -1).all()
    assert (owner[inside] >= 0).all()
    assert (owner[inside] == nearest[inside]).mean() > 0.995
    detour = shapely.distance(points[row][inside], houses[owner[inside]]) - distance[inside]
    assert detour.max() < 0.6


@pytest.mark.data
def test_links_are_what_the_drawn_plots_share(liechtenstein):
    """Links are the pairs whose plots run side by side, and their length is measured on the map to 2 %."""
    houses = _village(liechtenstein[0])
    plots, graph = _build(houses)
    wide = shapely.buffer(plots, 0.02, join_style="mitre")
    a, b = shapely.STRtree(plots).query(plots, predicate="dwithin", distance=0.02)
    a, b = a[a < b], b[a < b]
    drawn_m = shapely.length(shapely.intersection(wide[a], shapely.boundary(plots[b])))
    drawn = dict(zip(zip(a.tolist(), b.tolist(), strict=True), drawn_m, strict=True))
    linked = dict(zip(_links(graph), graph.shared_m, strict=True))
    assert {pair for pair, length in drawn.items() if length > 2.5} <= set(linked)
    assert set(linked) <= set(drawn)
    apart = [pair for pair, gap in zip(_links(graph), graph.gap_m, strict=True) if gap > 1]
    error = np.array([linked[pair] - drawn[pair] for pair in apart])
    length = np.array([drawn[pair] for pair in apart])
    assert np.quantile(np.abs(error) / length, 0.95) < 0.02


@pytest.mark.data
def test_tiles_change_nothing(liechtenstein, monkeypatch):
    """In tiles of 2 000 points the village is what it is in one."""
    houses = _village(liechtenstein[0])
    whole, graph = _build(houses)
    monkeypatch.setattr(plots_module, "TILE_POINTS", 2_000)
    tiled, graph_of_tiles = _build(houses)
    assert shapely.area(shapely.symmetric_difference(whole, tiled)).max() < 0.05
    assert _links(graph_of_tiles) == _links(graph)
    assert graph_of_tiles.shared_m == pytest.approx(graph.shared_m, abs=0.01)


@pytest.mark.data
def test_a_country_with_roads_and_municipalities(liechtenstein):
    """9 000 buildings: plots hold their footprints, keep apart, and cross neither zones nor main roads."""
    geoms, zone, zones, barriers = liechtenstein
    plots, graph = _build(geoms, zone=zone, zones=zones, barriers=barriers)
    assert shapely.is_valid(plots).all()
    assert shapely.area(shapely.difference(geoms, plots)).max() < 1e-6
    assert _overlaps_m2(plots, geoms).max() < 0.01
    assert (zone[graph.a] == zone[graph.b]).all()
    ground = shapely.difference(plots, geoms)
    placed = np.flatnonzero(zone >= 0)
    beyond = shapely.area(shapely.difference(ground[placed], zones[zone[placed]]))
    assert beyond.max() < 1e-3
    whole = np.setdiff1d(np.arange(len(geoms)), shapely.STRtree(geoms).query(barriers, "intersects")[1])
    shrunk = shapely.buffer(plots[whole], -0.01)
    row, road = shapely.STRtree(barriers).query(shrunk, predicate="intersects")
    pieces = shapely.difference(shrunk[row], shapely.buffer(barriers[road], 0.005))
    assert (shapely.get_num_geometries(pieces) == 1).all()
    assert len(graph.a) > 18_000
