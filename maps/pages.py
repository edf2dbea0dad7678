"""How a plan is divided into the pages of an atlas, and what each of them shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.model import Ints, Lang, PlanView
from maps.style import PALETTE, colouring
from maps.words import WORDS

By = Literal["zone", "grid"]
NO_ZONE = "none"
"""What a plan calls the zone of units that lie in none."""


@dataclass(frozen=True, eq=False)
class Page:
    """One page of an atlas: a zone, or a grid.

    Attributes
    ----------
    number
        From 1, in the order of the plan.
    name
        The zone's name or the grid's code.
    own
        Positions in the view's grids of those that the page is about, shape (n,).
    shown
        Positions of those and of the grids beside them, shape (m,), ascending.
    beside
        Numbers of the pages whose grids lie beside its own.
    """

    number: int
    name: str
    own: Ints
    shown: Ints
    beside: tuple[int, ...]

    def say(self, lang: Lang) -> str:
        """Return the name, or the words for no zone."""
        return WORDS["no_zone"].say(lang) if self.name == NO_ZONE else self.name


class Book:
    """A plan divided into pages.

    Parameters
    ----------
    view
        What may be seen of the plan; at least one grid.
    by
        `zone` for a page each zone, with the grids of both layers; `grid` for a page each grid.

    Attributes
    ----------
    pages
        In the order in which their first grids stand in the plan.
    page_of
        Number of the page of every grid, shape (n_grids,).
    colour
        Number of the colour of every grid on all pages alike, shape (n_grids,).
    rows
        The facts of every grid as a named tuple, without its geometry.
    """

    def __init__(self, view: PlanView, by: By) -> None:
        self.view = view
        self.by = by
        n = len(view.grids)
        self.rows: list[Any] = list(_facts(view.grids).itertuples(index=False))
        self._position = pd.Series(np.arange(n), index=view.grids["grid_id"])
        a, b = (self._positions(view.neighbours[end]) for end in ("grid_a", "grid_b"))
        self.colour = colouring(n, a, b) % len(PALETTE)
        self._beside = _Lists(np.concatenate([a, b]), n, np.concatenate([b, a]))
        self._units = _Lists(self._positions(view.units["grid_id"]), n)
        self._composition = _Lists(self._positions(view.composition["grid_id"]), n)
        self._unit_facts = _facts(view.units)
        self._bridge_ends = self._grids_of_bridges()
        self._barriers = shapely.STRtree(view.barriers.geometry.to_numpy())

        if by == "grid":
            self.page_of, names = np.arange(1, n + 1), view.grids["code"].astype(str).tolist()
        else:
            numbers, zones = pd.factorize(view.grids["zone"].fillna(NO_ZONE))
            self.page_of, names = numbers + 1, [str(zone) for zone in zones]
        self._own = _Lists(self.page_of - 1, len(names))
        self.pages = tuple(self._page(number, name) for number, name in enumerate(names, start=1))

    def part(self, page: Page) -> PlanView:
        """Return of the view one page: its own grids with their units, and the grids beside them.

        The counts of the summary are those of its own grids.
        """
        view = self.view
        grids = view.grids.iloc[page.shown].reset_index(drop=True)
        own = view.grids.iloc[page.own]
        layers = set(own["layer"])
        return replace(
            view,
            grids=grids,
            units=view.units.iloc[self._units.of(page.own)].reset_index(drop=True),
            neighbours=self._pairs(page.shown),
            composition=view.composition.iloc[self._composition.of(page.shown)].reset_index(drop=True),
            bridges=view.bridges[np.isin(self._bridge_ends, page.own).any(axis=0)].reset_index(drop=True),
            zones=view.zones[view.zones["zone"].isin(set(grids["zone"]))].reset_index(drop=True),
            barriers=view.barriers.iloc[
                np.sort(self._barriers.query(shapely.box(*grids.total_bounds), predicate="intersects"))
            ].reset_index(drop=True),
            sizes={layer: size for layer, size in view.sizes.items() if layer in layers},
            summary={layer: _summary(own[own["layer"] == layer]) for layer in view.sizes if layer in layers},
        )

    def unit_facts(self, page: Page) -> pd.DataFrame:
        """Return the units of a page's own grids, without their geometries."""
        return self._unit_facts.iloc[self._units.of(page.own)]

    def composition(self, page: Page) -> pd.DataFrame:
        """Return how the groups of a page's own grids are made up."""
        return self.view.composition.iloc[self._composition.of(page.own)]

    def _page(self, number: int, name: str) -> Page:
        own = self._own.of(np.array([number - 1]))
        near = self._beside.of(own)
        beside = np.unique(self.page_of[near])
        return Page(
            number,
            name,
            own,
            np.union1d(own, near),
            tuple(beside[beside != number].tolist()),
        )

    def _positions(self, grid_ids: pd.Series[str]) -> Ints:
        return grid_ids.map(self._position).to_numpy(dtype=np.int64)

    def _pairs(self, shown: Ints) -> pd.DataFrame:
        """Return the pairs of neighbours among some grids."""
        ends = np.column_stack([self._beside.repeated(shown), self._beside.of(shown)])
        ends = ends[(ends[:, 0] < ends[:, 1]) & np.isin(ends[:, 1], shown)]
        ids = self.view.grids["grid_id"].to_numpy(dtype=object)
        return pd.DataFrame({"grid_a": ids[ends[:, 0]], "grid_b": ids[ends[:, 1]]}, dtype=object)

    def _grids_of_bridges(self) -> Ints:
        """Return the positions of the grids at both ends of every bridge, shape (2, n); -1 for none."""
        units = self.view.units
        keys = pd.MultiIndex.from_frame(units[["layer", "unit_id"]])
        owner = np.append(self._positions(units["grid_id"]), -1)
        bridges = self.view.bridges
        return np.stack(
            [
                owner[keys.get_indexer(pd.MultiIndex.from_frame(bridges[["layer", end]]))]
                for end in ("unit_a", "unit_b")
            ]
        )


class _Lists:
    """What belongs to each of `n` owners: rows, or `values` of the rows, in their order."""

    def __init__(self, owner: Ints, n: int, values: Ints | None = None) -> None:
        order = np.argsort(owner, kind="stable")
        self._values = order if values is None else values[order]
        self._start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))])

    def of(self, owners: Ints) -> Ints:
        """Return what belongs to some owners, one after the other."""
        parts = [self._values[self._start[i] : self._start[i + 1]] for i in owners]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def repeated(self, owners: Ints) -> Ints:
        """Return for each of `of(owners)` its owner."""
        return np.repeat(owners, np.diff(self._start)[owners])


def _facts(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry"))


def _summary(own: pd.DataFrame) -> dict[str, Any]:
    within = own["within_bounds"]
    return {
        "n_units": int(own["n_units"].sum()),
        "n_grids": len(own),
        "n_within": None if within.isna().any() else int(within.sum()),
        "placed": None,
        "unplaced": None,
    }
