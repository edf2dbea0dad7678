"""Bars of a distribution, laid out for an SVG picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gridder.model import Bools, Floats

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 46, 38
FEWEST_BARS, MOST_BARS = 12, 32


@dataclass(frozen=True)
class Bar:
    """One bar: its place in the picture, what it counts, and the values that it stands for."""

    x: float
    y: float
    width: float
    height: float
    outside_height: float
    """Height of the part, at the foot, that is out of bounds."""
    count: int
    low: float
    high: float


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place and its number."""

    at: float
    value: float


@dataclass(frozen=True)
class Histogram:
    """All that a template needs to draw the picture, WIDTH by HEIGHT."""

    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[Tick, ...]
    """Places of the values that were asked for."""


def nice_step(span: float, most: int) -> float:
    """Return the smallest of 1, 2 or 5 times a power of ten of which `most` cover the span.

    >>> nice_step(30.0, 10), nice_step(0.9, 10)
    (5.0, 0.1)
    """
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next(float(f"{m * power:.12g}") for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9))


def build_histogram(values: Floats, outside: Bools, *, marks: tuple[float, ...] = ()) -> Histogram:
    """Count values in bins of a round width and lay out the bars.

    Parameters
    ----------
    values
        Shape (n,), n > 0, finite.
    outside
        Which of them are out of bounds, shape (n,).
    marks
        Values to mark; the axis reaches them all.

    Returns
    -------
    Histogram
        Whole numbers get bins centred on them when the bins are one wide.
    """
    low, high = min(values.min(), *marks, math.inf), max(values.max(), *marks, -math.inf)
    whole = bool((values == np.floor(values)).all())
    step = nice_step(max(high - low, 1.0 if whole else max(abs(high), 1.0) * 1e-3), MOST_BARS - 2)
    step = max(step, 1.0) if whole else step
    shift = step / 2 if whole and step == 1.0 else 0.0
    first = math.floor((low + shift) / step + 1e-9)
    n = math.floor((high + shift) / step + 1e-9) - first + 1
    spare = max(FEWEST_BARS - n, 0)
    first, n = first - min(spare // 2, first if first >= 0 else spare), n + spare
    at = np.clip(np.floor((values + shift) / step + 1e-9).astype(np.int64) - first, 0, n - 1)
    counts = np.bincount(at, minlength=n)
    outside_counts = np.bincount(at[outside], minlength=n)

    origin = first * step - shift
    bar_width = (WIDTH - LEFT - RIGHT) / n
    y_step = max(1.0, nice_step(float(counts.max()), 4))
    top = y_step * math.ceil(counts.max() / y_step)
    per_count = (HEIGHT - TOP - BOTTOM) / top
    ground = HEIGHT - BOTTOM

    def x_of(value: float) -> float:
        return round(float(LEFT + (value - origin) / step * bar_width), 2)

    bars = tuple(
        Bar(
            x=round(LEFT + i * bar_width + 1, 2),
            y=round(ground - counts[i] * per_count, 2),
            width=round(bar_width - 2, 2),
            height=round(counts[i] * per_count, 2),
            outside_height=round(outside_counts[i] * per_count, 2),
            count=int(counts[i]),
            low=origin + i * step,
            high=origin + (i + 1) * step,
        )
        for i in range(n)
        if counts[i]
    )
    x_step = max(step, nice_step(n * step, 10))
    x_values = np.arange(math.ceil(origin / x_step), math.floor((origin + n * step) / x_step) + 1) * x_step
    y_values = np.arange(0.0, top + y_step / 2, y_step)
    return Histogram(
        bars,
        tuple(Tick(x_of(float(value)), float(value)) for value in x_values),
        tuple(Tick(round(ground - float(value) * per_count, 2), float(value)) for value in y_values),
        tuple(Tick(x_of(value), value) for value in marks),
    )
