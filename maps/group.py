"""The map of one grid's group: the grid with its units, and its neighbours lightly beside it."""

from __future__ import annotations

from dataclasses import replace

import shapely

from gridder.model import Lang, PlanView
from maps.plan import PlanMap


def grid_map(view: PlanView, grid_id: str, *, lang: Lang = "en", title: str | None = None) -> PlanMap:
    """Return the map of one grid: its panel is open, and the view is fitted to it.

    Parameters
    ----------
    view
        What may be seen of the plan, from `gridder.privacy.view`.
    grid_id
        The grid.
    lang
        Language in which the page opens; the reader can change it there.
    title
        Title of the page; the grid's code where there is none.

    Returns
    -------
    PlanMap
        A `folium.Map`; `save(path)` writes one file that opens with the network cut.

    Raises
    ------
    KeyError
        The view has no such grid.
    """
    return PlanMap(around(view, grid_id), lang=lang, title=title, open_grid=grid_id)


def around(view: PlanView, grid_id: str) -> PlanView:
    """Return of a view one grid with its units and neighbours, and what crosses them.

    The counts of the summary are those of the grids that are left.

    Raises
    ------
    KeyError
        The view has no such grid.
    """
    own = view.grids[view.grids["grid_id"] == grid_id]
    if own.empty:
        raise KeyError(grid_id)
    layer = own["layer"].iloc[0]
    ends = view.neighbours[["grid_a", "grid_b"]]
    shown = {grid_id, *ends[(ends == grid_id).any(axis=1)].to_numpy().ravel()}

    grids = view.grids[view.grids["grid_id"].isin(shown)].reset_index(drop=True)
    units = view.units[view.units["grid_id"] == grid_id].reset_index(drop=True)
    bridged = view.bridges[["unit_a", "unit_b"]].isin(set(units["unit_id"])).any(axis=1)
    frame = shapely.box(*grids.total_bounds)
    return replace(
        view,
        grids=grids,
        units=units,
        neighbours=view.neighbours[ends.isin(shown).all(axis=1)].reset_index(drop=True),
        composition=view.composition[view.composition["grid_id"].isin(shown)].reset_index(drop=True),
        bridges=view.bridges[bridged & (view.bridges["layer"] == layer)].reset_index(drop=True),
        zones=view.zones[view.zones["zone"].isin(set(grids["zone"]))].reset_index(drop=True),
        barriers=view.barriers[view.barriers.intersects(frame)].reset_index(drop=True),
        sizes={layer: view.sizes[layer]},
        summary={
            layer: {
                "n_units": int(grids["n_units"].sum()),
                "n_grids": len(grids),
                "n_within": None
                if grids["within_bounds"].isna().any()
                else int(grids["within_bounds"].sum()),
                "placed": None,
                "unplaced": None,
            }
        },
    )
