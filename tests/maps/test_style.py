"""Colours: neighbours differ, few colours are used, outlines are darker."""

import itertools
import re
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.style import DIVERGING, FEWEST, KINDS, PALETTE, SEQUENTIAL, colouring, outline


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


# Machado, Oliveira and Fernandes (2009), severity 1: on linear sRGB
SIGHT = {
    "common": np.eye(3),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanope": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
STYLE = dict(
    re.findall(r"(\w+): \"?(#?[\w.]+)\"?,", (files("maps") / "assets" / "draw.js").read_text("utf-8"))
)


def painted(fill, alpha, sight):
    """Return lightness and the two colour axes (CIE 1976 L*a*b*) of a fill on the ground of a zone."""
    fill, ground = (
        np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for c in (fill, STYLE["zoneFill"])
    )
    mixed = alpha * fill + (1 - alpha) * ground
    linear = np.where(mixed <= 0.04045, mixed / 12.92, ((mixed + 0.055) / 1.055) ** 2.4)
    x = XYZ @ np.clip(SIGHT[sight] @ linear, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(
    ("fills", "alpha", "apart"),
    [
        (PALETTE[:FEWEST], "fill", 10),
        (PALETTE[: FEWEST + 1], "fill", 7),
        (KINDS, "kindFill", 12),
        (DIVERGING, "fill", 12),
        (SEQUENTIAL, "fill", 8),
    ],
    ids=["neighbours", "six neighbours", "kinds", "diverging", "sequential"],
)
def test_everybody_tells_the_fills_apart(fills, alpha, apart, sight):
    """As painted any two differ well beyond what an eye just notices (2.3), also in colour-blind eyes."""
    seen = [painted(fill, float(STYLE[alpha]), sight) for fill in fills]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= apart


@pytest.mark.parametrize(("fills", "step"), [(PALETTE[:FEWEST], 3), (SEQUENTIAL, 5)])
def test_grey_paper_keeps_the_fills_apart(fills, step):
    """Any two of the colours that neighbours mostly have differ in lightness."""
    lightness = [painted(fill, float(STYLE["fill"]), "common")[0] for fill in fills]
    assert min(np.diff(sorted(lightness))) >= step
