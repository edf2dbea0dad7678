"""The map of two plans: side by side, or what moved between them."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape
from typing import Any, cast

import folium
import numpy as np
import pandas as pd
from branca.element import Figure
from jinja2 import Template

from gridder.model import Comparison, Ints, Lang, PlanView
from maps.offline import Inline, compare_scripts, compare_styles, number_ids
from maps.payload import MOST_UNITS, Payload, as_texts, build_payload, packed
from maps.style import ARRIVED, LEFT, MOVED, PALETTE, colouring, with_outlines
from maps.words import OLD_BROWSER, WORDS

STATUSES = ("kept", "moved", "new", "gone")


class CompareMap(folium.Map):
    """The map of two plans; `save(path)` writes one file that opens with the network cut.

    Parameters
    ----------
    before, after
        What may be seen of the plans.
    comparison
        What differs between them, from `gridder.service.compare.compare`.
    lang
        Language in which the page opens.
    title
        Title of the page.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="referrer" content="no-referrer" />
            <link rel="icon" href="data:," />
        {% endmacro %}
        {% macro html(this, kwargs) %}
            <main class="c-panes">
            <section class="c-pane"><h2></h2><div class="folium-map" id="before"></div></section>
            <section class="c-pane"><h2></h2><div class="folium-map" id="after"></div></section>
            </main>
            <p class="g-old" hidden>{{ this.old_browser.zh }}<br>{{ this.old_browser.en }}</p>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            Gridder.openCompare("before", "after");
        {% endmacro %}
        """
    )
    old_browser = OLD_BROWSER

    def __init__(
        self,
        before: PlanView,
        after: PlanView,
        comparison: Comparison,
        *,
        lang: Lang = "en",
        title: str | None = None,
    ) -> None:
        west, south, east, north = after.grids.total_bounds.tolist()
        super().__init__(location=((south + north) / 2, (west + east) / 2), tiles=None)
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        titles = [title, title] if title else [WORDS["compared"].en, WORDS["compared"].zh]
        self._heading = escape(titles[lang == "zh"])
        self._inlined = {"style": Inline("style", compare_styles())}
        left_out = _left_out(comparison)
        before, old = _drawn(before, comparison, left_out)
        after, new = _drawn(after, comparison, left_out)
        for name, view in (("before", before), ("after", after)):
            self._inlined |= _elements(name, build_payload(view, lang, title))
        told = {"title": titles, "left_out": left_out, "status": [old, new]} | _told(
            before, after, comparison
        )
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        self._inlined["comparison"] = Inline(
            "script", packed(text.encode()), 'type="text/plain" id="gridder-comparison"'
        )
        self._inlined["script"] = Inline("script", compare_scripts())

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]  # so do folium's own maps
        """Write the map and all that it needs into its page."""
        page = cast("Figure", self.get_root())
        number_ids(self)
        page.title = self._heading
        for name, element in self._inlined.items():
            page.header.add_child(element, name=f"gridder-{name}")
        super().render(**kwargs)  # type: ignore[no-untyped-call]  # folium's has no types


def compare_map(
    before: PlanView,
    after: PlanView,
    comparison: Comparison,
    *,
    lang: Lang = "en",
    title: str | None = None,
) -> CompareMap:
    """Return the map of two plans, as `CompareMap`; equal views give equal bytes."""
    return CompareMap(before, after, comparison, lang=lang, title=title)


def _drawn(view: PlanView, comparison: Comparison, left_out: str) -> tuple[PlanView, list[int]]:
    """Return a view with the units that are drawn, and the number of the status of each, in `STATUSES`."""
    status = comparison.units.set_index(["layer", "unit_id"])["status"]
    names = status.reindex(pd.MultiIndex.from_frame(view.units[["layer", "unit_id"]])).to_numpy(dtype=str)
    stays = {"": np.ones(len(names), bool), "kept": names != "kept", "changed": np.zeros(len(names), bool)}[
        left_out
    ]
    units = view.units[stays].reset_index(drop=True)
    return replace(view, units=units), [STATUSES.index(name) for name in names[stays].tolist()]


def _left_out(comparison: Comparison) -> str:
    """Return which units one file cannot hold: none, those that kept their grid, or also those that changed."""
    n_kept = int((comparison.units["status"] == "kept").sum())
    n_changed = len(comparison.units) - n_kept
    if 2 * (n_kept + n_changed) <= MOST_UNITS:
        return ""
    return "kept" if 2 * n_changed <= MOST_UNITS else "changed"


def _elements(prefix: str, payload: Payload) -> dict[str, Inline]:
    texts = {
        "about": payload.about,
        "geometry": payload.geometry,
        "units": payload.units,
        "unit-geometry": payload.unit_geometry,
    }
    return {
        f"{prefix}-{name}": Inline("script", text, f'type="text/plain" id="{prefix}-{name}"')
        for name, text in texts.items()
    }


def _told(before: PlanView, after: PlanView, comparison: Comparison) -> dict[str, Any]:
    """Return pairs of grids, their colours, units that moved and flows, all by position, and the totals."""
    old, new = (
        pd.Series(np.arange(len(view.grids)), index=view.grids["grid_id"]) for view in (before, after)
    )
    pairs = np.column_stack(
        [
            old[comparison.matches["grid_before"]].to_numpy(dtype=np.int64),
            new[comparison.matches["grid_after"]].to_numpy(dtype=np.int64),
        ]
    )
    flows = comparison.flows
    size = flows["size"].astype(float)
    return {
        "palette": with_outlines((MOVED, ARRIVED, LEFT)),
        "pairs": pairs.tolist(),
        "colour": _colours(before, after, pairs),
        "moved": _moved(before, after, comparison),
        "flows": {
            "layer": as_texts(flows["layer"]),
            "before": old[flows["grid_before"]].astype(int).tolist(),
            "after": new[flows["grid_after"]].astype(int).tolist(),
            "units": flows["n_units"].astype(int).tolist(),
            "area_ha": flows["area_ha"].round(3).tolist(),
            "size": [None if np.isnan(value) else round(value, 2) for value in size.tolist()],
        },
        "totals": {layer: dict(counts) for layer, counts in comparison.totals.items()},
    }


def _colours(before: PlanView, after: PlanView, pairs: Ints) -> list[list[int]]:
    """Return the colours of the grids of both plans: a grid and the one that carries it on share theirs."""
    node_after = np.arange(len(after.grids))
    node_before = np.arange(len(before.grids)) + len(after.grids)
    node_before[pairs[:, 0]] = pairs[:, 1]
    ends = [
        pd.Series(nodes, index=view.grids["grid_id"])[view.neighbours[end]].to_numpy(dtype=np.int64)
        for view, nodes in ((before, node_before), (after, node_after))
        for end in ("grid_a", "grid_b")
    ]
    links = np.concatenate([np.column_stack(ends[:2]), np.column_stack(ends[2:])])
    links = np.unique(np.sort(links, axis=1), axis=0)
    colour = colouring(len(after.grids) + len(before.grids), links[:, 0], links[:, 1]) % len(PALETTE)
    return [colour[node_before].tolist(), colour[node_after].tolist()]


def _moved(before: PlanView, after: PlanView, comparison: Comparison) -> list[list[int]]:
    """Return where the units that moved are among those of either plan."""
    moved = pd.MultiIndex.from_frame(
        comparison.units.loc[comparison.units["status"] == "moved", ["layer", "unit_id"]]
    )
    places = (pd.MultiIndex.from_frame(view.units[["layer", "unit_id"]]) for view in (before, after))
    found = [index.get_indexer(moved) for index in places]
    shown = (found[0] >= 0) & (found[1] >= 0)
    return [at[shown].tolist() for at in found]
