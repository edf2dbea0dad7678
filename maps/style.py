"""Colours of grids: safe for colour-blind readers, told apart in grey, and never shared by neighbours."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import numpy as np

from gridder.model import Ints

PALETTE = ("#F0E442", "#56B4E9", "#CC79A7", "#D55E00", "#0072B2", "#009E73", "#E69F00", "#999999")
"""Fills of neighbours, by Okabe and Ito (2008), the first five at steps of lightness that grey paper keeps apart."""
KINDS = ("#E69F00", "#009E73", "#56B4E9", "#F0E442", "#CC79A7", "#0072B2", "#D55E00")
"""Fills of crops and the like, by the same; the most frequent kind has the first."""
DIVERGING = ("#5E3C99", "#B2ABD2", "#F7F7F7", "#FDB863", "#E66101")
"""From below the target to above it: ColorBrewer's PuOr in five classes (Harrower and Brewer 2003)."""
SEQUENTIAL = ("#FFFFCC", "#A1DAB4", "#41B6C4", "#2C7FB8", "#253494")
"""From little to much: ColorBrewer's YlGnBu in five classes."""
MOVED, ARRIVED, LEFT = "#D55E00", "#009E73", "#56B4E9"
"""What moved, is new, or is gone, by Okabe and Ito."""
NONE = "#C9CDCF"
"""What has no value."""


FEWEST = 5
"""So many colours are used even where fewer would do: a chequerboard of two says less."""


def with_outlines(fills: Iterable[str]) -> list[list[str]]:
    """Return every fill with the colour of the line around it."""
    return [[fill, outline(fill)] for fill in fills]


def outline(colour: str, share: float = 0.55) -> str:
    """Return a darker shade of a colour `#rrggbb` for the line around its fill."""
    return "#" + "".join(f"{round(int(colour[i : i + 2], 16) * share):02x}" for i in (1, 3, 5))


def colouring(n: int, a: Ints, b: Ints) -> Ints:
    """Colour a graph so that neighbours differ, with few colours, each used about equally often.

    Nodes are coloured in smallest-last order (Matula and Beck 1983, doi:10.1145/2402.322385), which
    needs at most six colours for a planar graph; of the colours that no neighbour has, the least used
    is taken.

    Parameters
    ----------
    n
        Number of nodes.
    a, b
        Ends of the links, shape (m,), no pair twice, no node with itself.

    Returns
    -------
    array of int, shape (n,)
        Number of the colour of every node, from 0.
    """
    neighbours: list[list[int]] = [[] for _ in range(n)]
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        neighbours[i].append(j)
        neighbours[j].append(i)
    colour = np.full(n, -1, dtype=np.int64)
    used = [0] * FEWEST
    for node in reversed(_smallest_last(neighbours)):
        taken = {int(colour[j]) for j in neighbours[node]}
        free = [c for c in range(len(used)) if c not in taken]
        if not free:
            free = [len(used)]
            used.append(0)
        chosen = min(free, key=lambda c: (used[c], c))
        colour[node] = chosen
        used[chosen] += 1
    return colour


def _smallest_last(neighbours: list[list[int]]) -> list[int]:
    """Return the nodes in the order in which those of least remaining degree are taken away."""
    degree = [len(around) for around in neighbours]
    waiting = [(d, node) for node, d in enumerate(degree)]
    heapq.heapify(waiting)
    gone = [False] * len(neighbours)
    order = []
    while waiting:
        d, node = heapq.heappop(waiting)
        if gone[node] or d != degree[node]:
            continue
        gone[node] = True
        order.append(node)
        for j in neighbours[node]:
            if not gone[j]:
                degree[j] -= 1
                heapq.heappush(waiting, (degree[j], j))
    return order
