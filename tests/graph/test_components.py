"""Connected pieces, and bridges from those that are too light."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gridder.graph.components import bridge, label, to_csr
from gridder.model import Floats, Geometries, Ints, UnitGraph

NO_LINES = np.empty(0, dtype=object)


def graph_of(n: int, *pairs: tuple[int, int]) -> UnitGraph:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    m = len(ends)
    return UnitGraph(n, ends[:, 0], ends[:, 1], np.zeros(m, dtype=np.int8), np.zeros(m), np.full(m, 50.0))


def row_of_fields(*left: float) -> Geometries:
    return np.array([shapely.box(x, 0, x + 100, 100) for x in left], dtype=object)


def line(*points: tuple[float, float]) -> Geometries:
    return np.array([shapely.LineString(points)], dtype=object)


def bridged(
    geoms: Geometries,
    weight: list[float],
    *pairs: tuple[int, int],
    minimum: float = 10,
    bridge_m: float = 500,
    zone: list[int] | None = None,
    barriers: Geometries = NO_LINES,
) -> list[tuple[int, int, float]]:
    n = len(geoms)
    result = bridge(
        graph_of(n, *pairs),
        geoms,
        np.array(weight, dtype=np.float64),
        zone=np.array(zone or [0] * n),
        minimum=minimum,
        bridge_m=bridge_m,
        barriers=barriers,
    )
    new = result.kind == 2
    assert len(result.a) == len(pairs) + new.sum()
    assert (result.shared_m[new] == 0).all()
    assert (np.diff(result.a * n + result.b) > 0).all()
    return list(zip(result.a[new].tolist(), result.b[new].tolist(), result.gap_m[new].tolist(), strict=True))


def test_a_light_piece_is_bridged_to_the_nearest() -> None:
    """Fields 50 m and 30 m apart; the middle one is too light and goes to the right."""
    assert bridged(row_of_fields(0, 150, 280), [20, 5, 20]) == [(1, 2, 30.0)]


def test_a_piece_that_weighs_the_minimum_stays() -> None:
    """10 is not below 10, and a piece of two weighs what both weigh."""
    assert bridged(row_of_fields(0, 150, 300), [10, 4, 6], (1, 2)) == []


def test_the_lightest_is_first() -> None:
    """Weights 4, 3, 8: the middle one (3) joins the left (4, 30 m), and the 7 of both join the right."""
    assert bridged(row_of_fields(0, 130, 270), [4, 3, 8]) == [(0, 1, 30.0), (1, 2, 40.0)]


def test_pieces_are_merged_until_none_is_too_light() -> None:
    """Five empty fields end as one piece with the only one that weighs enough."""
    geoms = row_of_fields(0, 110, 220, 330, 440, 550)
    found = bridged(geoms, [0, 0, 0, 0, 0, 50])
    assert [pair[:2] for pair in found] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_what_has_nothing_in_reach_stays_alone() -> None:
    """400 m is within 400 m and beyond 399 m, and a single piece has nowhere to go."""
    assert bridged(row_of_fields(0, 500), [1, 20], bridge_m=400) == [(0, 1, 400.0)]
    assert bridged(row_of_fields(0, 500), [1, 20], bridge_m=399) == []
    assert bridged(row_of_fields(0), [0]) == []
    assert bridged(NO_LINES, []) == []


def test_bridges_stay_in_their_zone() -> None:
    """The nearest field is of another zone: the next one of the own zone is reached over it."""
    assert bridged(row_of_fields(0, 110, 220), [1, 20, 20], zone=[-1, 0, -1]) == [(0, 2, 120.0)]


def test_no_bridge_crosses_a_barrier() -> None:
    """A canal to the right, where the nearest is: the piece goes left; with canals on both sides, nowhere."""
    geoms = row_of_fields(0, 150, 280)
    right = line((265, -900), (265, 900))
    assert bridged(geoms, [20, 5, 20], barriers=right) == [(0, 1, 50.0)]
    both = np.concatenate([right, line((120, -900), (120, 900))])
    assert bridged(geoms, [20, 5, 20], barriers=both) == []


@pytest.mark.parametrize("x", [100.0, 100.9])
def test_a_barrier_along_a_common_edge_is_not_jumped(x: float) -> None:
    """Touching fields that a canal on or just beside their edge parts stay apart; one 2 m away does not part."""
    touching = row_of_fields(0, 100)
    assert bridged(touching, [1, 20], barriers=line((x, -50), (x, 150))) == []
    assert bridged(touching, [1, 20], barriers=line((102, -50), (102, 150))) == [(0, 1, 0.0)]


def test_another_pair_of_the_same_pieces_may_be_open() -> None:
    """Two fields to each side of a short canal: the upper pair is nearer but cut, the lower pair is open."""
    geoms = np.array(
        [shapely.box(0, 0, 100, 90), shapely.box(0, 100, 100, 200), shapely.box(120, 0, 220, 90),
         shapely.box(110, 100, 210, 200)], dtype=object
    )  # fmt: skip
    canal = line((105, 95), (105, 300))
    assert bridged(geoms, [1, 1, 20, 20], (0, 1), (2, 3)) == [(1, 3, 10.0)]
    assert bridged(geoms, [1, 1, 20, 20], (0, 1), (2, 3), barriers=canal) == [(0, 2, 20.0)]


def by_the_rule(
    graph: UnitGraph,
    geoms: Geometries,
    *,
    weight: Floats,
    zone: Ints,
    minimum: float,
    bridge_m: float,
    barrier: shapely.LineString,
) -> set[tuple[int, int]]:
    """Do what the rule says, with every distance looked at every time."""
    piece = {unit: int(number) for unit, number in enumerate(label(graph))}
    links: set[tuple[int, int]] = set()
    stuck: set[int] = set()
    while True:
        members: dict[int, list[int]] = {}
        for unit, number in piece.items():
            members.setdefault(number, []).append(unit)
        light = [
            (sum(weight[units]), len(units), min(units), number)
            for number, units in members.items()
            if sum(weight[units]) < minimum and number not in stuck
        ]
        if not light:
            return links
        chosen = min(light)[-1]
        ways = sorted(
            (round(geoms[u].distance(geoms[v]), 3), min(u, v), max(u, v))
            for u in members[chosen]
            for v in piece
            if piece[v] != chosen and zone[v] == zone[u] and geoms[u].distance(geoms[v]) <= bridge_m
        )
        clear = [
            way
            for way in ways
            if shapely.shortest_line(*shapely.normalize(geoms[list(way[1:])])).distance(barrier) > 1.0
        ]
        if not clear:
            stuck.add(chosen)
            continue
        _, a, b = clear[0]
        links.add((a, b))
        old, new = piece[b], piece[a]
        piece = {unit: new if number == old else number for unit, number in piece.items()}


@given(st.integers(0, 100_000), st.integers(1, 25), st.sampled_from([0.0, 3.0, 8.0, 100.0]))
@settings(max_examples=60, deadline=None)
def test_bridges_follow_the_rule(seed: int, n: int, minimum: float) -> None:
    """On random small maps with a canal and two zones, against the rule done word by word."""
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 65, (n, 2)) * 20.0
    geoms = np.array([shapely.box(x, y, x + 20, y + 20) for x, y in corner], dtype=object)
    zone = rng.integers(0, 2, n)
    weight = rng.integers(0, 4, n).astype(np.float64)
    i, j = np.triu_indices(n, 1)
    linked = (shapely.distance(geoms[i], geoms[j]) < 80) & (zone[i] == zone[j]) & (rng.random(len(i)) < 0.5)
    graph = graph_of(n, *zip(i[linked].tolist(), j[linked].tolist(), strict=True))
    canal = line(*(rng.uniform(0, 1300, (4, 2)).tolist()))
    result = bridge(graph, geoms, weight, zone=zone, minimum=minimum, bridge_m=300, barriers=canal)
    new = result.kind == 2
    found = set(zip(result.a[new].tolist(), result.b[new].tolist(), strict=True))
    assert found == by_the_rule(
        graph, geoms, weight=weight, zone=zone, minimum=minimum, bridge_m=300, barrier=canal[0]
    )
    assert result.gap_m[new] == pytest.approx(
        shapely.distance(geoms[result.a[new]], geoms[result.b[new]]), abs=1e-3
    )


def test_inputs_are_not_changed() -> None:
    """The graph that is given has the same links afterwards."""
    graph = graph_of(2)
    bridge(
        graph, row_of_fields(0, 150), np.ones(2), zone=np.zeros(2, dtype=np.int64), minimum=5, bridge_m=99,
        barriers=NO_LINES,
    )  # fmt: skip
    assert len(graph.a) == 0


def test_labels_are_in_the_order_of_the_first_unit() -> None:
    """Units 0-4, 1-3 and 2: pieces 0, 1 and 2."""
    assert label(graph_of(5, (0, 4), (1, 3))).tolist() == [0, 1, 2, 1, 0]
    assert label(graph_of(0)).tolist() == []


def test_csr_is_symmetric_and_sorted() -> None:
    """A path 0-1-2 and a lone unit 3, with a value on each link."""
    indptr, indices, data = to_csr(graph_of(4, (0, 1), (1, 2)), np.array([5.0, 7.0]))
    assert indptr.tolist() == [0, 1, 3, 4, 4]
    assert indices.tolist() == [1, 0, 2, 1]
    assert data.tolist() == [5.0, 5.0, 7.0, 7.0]
    matrix = csr_array((data, indices, indptr), shape=(4, 4)).toarray()
    assert (matrix == matrix.T).all()
    assert to_csr(graph_of(4, (0, 1)))[2].tolist() == [1.0, 1.0]
