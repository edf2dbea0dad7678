"""The canonical order and unique ids."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from gridder.units.order import canonical_order, unique_ids

SIXTY_FOURTHS = st.integers(0, 640).map(lambda k: k / 64)
SMALL_BOXES = st.tuples(SIXTY_FOURTHS, SIXTY_FOURTHS, st.sampled_from([1.0, 2.5]), st.booleans()).map(
    lambda b: box(b[0], b[1], b[0] + b[2], b[1] + 1.0) if b[3] else _triangle(b[0], b[1], b[2])
)


def _triangle(x: float, y: float, width: float) -> Polygon:
    return Polygon([(x, y), (x + width, y), (x + width, y + 1.0)])


def in_order(geometries: list[Polygon]) -> list[bytes]:
    array = np.array(geometries, dtype=object)
    return shapely.to_wkb(shapely.normalize(array[canonical_order(array)])).tolist()


def rewritten(polygon: Polygon, start: int) -> Polygon:
    """Return the polygon with another first vertex and the other direction."""
    ring = np.asarray(polygon.exterior.coords)[:-1]
    return Polygon(np.roll(ring, start, axis=0)[::-1])


def test_units_are_ordered_from_west_to_east_then_from_south_to_north() -> None:
    """By the western, southern, eastern and northern bound."""
    boxes = [box(5, 0, 6, 1), box(0, 5, 1, 6), box(0, 0, 2, 1), box(0, 0, 1, 2), box(0, 0, 1, 1)]
    assert canonical_order(np.array(boxes)).tolist() == [4, 3, 2, 1, 0]


def test_units_with_the_same_bounds_are_ordered_by_their_vertices() -> None:
    """Four corners before five, then by coordinates; the order of rows does not matter."""
    diamond = Polygon([(1, 0), (2, 1), (1, 2), (0, 1)])
    shapes = [box(0, 0, 2, 2), diamond, Polygon([(0, 0), (2, 0), (2, 2)]), Polygon([(0, 0), (2, 0), (0, 2)])]
    assert in_order(shapes) == in_order(shapes[::-1])
    assert canonical_order(np.array(shapes))[:2].tolist() in ([2, 3], [3, 2])


def test_less_than_a_millimetre_still_has_an_order() -> None:
    """Shapes that agree in whole millimetres are told apart by their exact coordinates."""
    shapes = [box(0, 0, 1, 1), box(0, 0, 1.0001, 1), box(0, 0, 1, 1.0002)]
    assert in_order(shapes) == in_order(shapes[::-1])


def test_ids_settle_only_between_identical_shapes() -> None:
    """The smallest id of a stack comes first, and ids move nothing else."""
    shapes = np.array([box(1, 0, 2, 1), box(0, 0, 1, 1), rewritten(box(0, 0, 1, 1), 2), box(0, 0, 1, 1)])
    assert canonical_order(shapes, ids=["a", "z", "y", "x"]).tolist() == [3, 2, 1, 0]


def test_no_units_have_an_order_too() -> None:
    """It is empty."""
    assert canonical_order(np.empty(0, dtype=object)).tolist() == []


def test_parts_and_holes_may_be_written_in_any_order() -> None:
    """A multipolygon and its mirror image in the file are the same unit."""
    one = MultiPolygon([box(0, 0, 1, 1), box(3, 3, 4, 4)])
    other = MultiPolygon([box(3, 3, 4, 4), rewritten(box(0, 0, 1, 1), 1)])
    third = MultiPolygon([box(0, 0, 1, 1), box(3, 2, 4, 4)])
    assert in_order([one, third]) == in_order([third, other])


@given(
    shapes=st.lists(SMALL_BOXES, min_size=1, max_size=12),
    seed=st.integers(0, 1000),
    moved=st.tuples(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6)),
)
def test_the_order_depends_on_the_shapes_alone(shapes, seed, moved) -> None:
    """Rows shuffled, rings started elsewhere and turned round, the map moved by whole metres: the same."""
    rng = np.random.default_rng(seed)
    again = [rewritten(shapes[i], int(rng.integers(0, 4))) for i in rng.permutation(len(shapes))]
    assert in_order(again) == in_order(shapes)
    away = [affinity.translate(shape, *moved) for shape in shapes]
    first, second = np.array(shapes, dtype=object), np.array(away, dtype=object)
    assert canonical_order(first).tolist() == canonical_order(second).tolist()


def test_repeated_ids_are_numbered_in_the_given_order() -> None:
    """An id that is there once stays as it is."""
    ids, repeated = unique_ids(["B", "A", "B", "C", "B"])
    assert ids == ["B#1", "A", "B#2", "C", "B#3"]
    assert repeated.tolist() == [True, False, True, False, True]


def test_a_number_that_is_taken_is_passed_over() -> None:
    """`A#1` of the file stays; the two `A` become `A#2` and `A#3`."""
    ids, repeated = unique_ids(["A", "A#1", "A"])
    assert ids == ["A#2", "A#1", "A#3"]
    assert repeated.tolist() == [True, False, True]


@given(st.lists(st.sampled_from(["A", "A#1", "A#1#1", "A#2", "B", "", "#1"]), max_size=15))
def test_ids_never_collide(ids: list[str]) -> None:
    """All differ, keep their own id as a prefix, and are changed only where one repeats."""
    unique, repeated = unique_ids(ids)
    assert len(set(unique)) == len(ids)
    for own, made, again in zip(ids, unique, repeated, strict=True):
        assert again == (ids.count(own) > 1)
        assert made.startswith(f"{own}#") if again else made == own
