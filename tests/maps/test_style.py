"""Colours: neighbours differ, few colours are used, outlines are darker."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maps.style import FEWEST, PALETTE, colouring, outline


@st.composite
def graphs(draw):
    n = draw(st.integers(0, 30))
    if n < 2:
        return n, np.zeros((0, 2), dtype=np.int64)
    node = st.integers(0, n - 1)
    pairs = draw(st.sets(st.tuples(node, node).filter(lambda p: p[0] < p[1]), max_size=90))
    return n, np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


@given(graphs())
def test_neighbours_never_share_a_colour(graph):
    """Whatever the graph, the two ends of every link differ."""
    n, links = graph
    colour = colouring(n, links[:, 0], links[:, 1])
    assert len(colour) == n
    assert (colour >= 0).all()
    assert (colour[links[:, 0]] != colour[links[:, 1]]).all()


def test_a_queen_lattice_needs_no_more_than_the_palette():
    """Squares that also touch at corners, 20 by 20, stay within the palette."""
    n = 20
    at = np.arange(n * n).reshape(n, n)
    links = [
        (at[:, :-1], at[:, 1:]),
        (at[:-1], at[1:]),
        (at[:-1, :-1], at[1:, 1:]),
        (at[:-1, 1:], at[1:, :-1]),
    ]
    a, b = (np.concatenate([pair[i].ravel() for pair in links]) for i in (0, 1))
    colour = colouring(n * n, a, b)
    assert colour.max() < len(PALETTE)
    assert (colour[a] != colour[b]).all()


def test_colours_are_used_about_equally_often():
    """A row of squares, which two colours would do for, uses the fewest colours evenly."""
    colour = colouring(100, np.arange(99), np.arange(1, 100))
    assert np.bincount(colour).tolist() == [100 // FEWEST] * FEWEST


def test_outline_is_the_colour_at_a_share_of_its_brightness():
    """Half of #80ff02 is #408001 (127.5 rounds to even)."""
    assert outline("#80ff02", 0.5) == "#408001"
