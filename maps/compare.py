"""The map of two plans: side by side, or what moved between them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, cast

import folium
import numpy as np
import pandas as pd
from branca.element import Figure
from jinja2 import Template

from gridder.model import Comparison, Lang, PlanView
from maps.offline import Inline, compare_scripts, compare_styles, number_ids
from maps.payload import Payload, as_texts, build_payload, packed
from maps.style import ARRIVED, LEFT, MOVED, with_outlines
from maps.words import OLD_BROWSER, WORDS

STATUSES = ("kept", "moved", "new", "gone")
MOST_FLOWS = 500


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
        for name, view in (("before", before), ("after", after)):
            self._inlined |= _elements(name, build_payload(view, lang, title))
        told = {"title": titles} | _told(before, after, comparison)
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
    """Return statuses in the order of the units of each plan, matches and flows by position, and totals."""
    old, new = (
        pd.Series(np.arange(len(view.grids)), index=view.grids["grid_id"]) for view in (before, after)
    )
    partner = pd.Series(-1, index=np.arange(len(new)))
    partner[new[comparison.matches["grid_after"]].to_numpy()] = old[
        comparison.matches["grid_before"]
    ].to_numpy()
    flows = comparison.flows.head(MOST_FLOWS)
    size = flows["size"].astype(float)
    return {
        "palette": with_outlines((MOVED, ARRIVED, LEFT)),
        "status": [_statuses(view, comparison) for view in (before, after)],
        "partner": partner.astype(int).tolist(),
        "flows": {
            "layer": as_texts(flows["layer"]),
            "before": old[flows["grid_before"]].astype(int).tolist(),
            "after": new[flows["grid_after"]].astype(int).tolist(),
            "units": flows["n_units"].astype(int).tolist(),
            "area_ha": flows["area_ha"].round(3).tolist(),
            "size": [None if np.isnan(value) else round(value, 2) for value in size.tolist()],
        },
        "n_flows": len(comparison.flows),
        "totals": {layer: dict(counts) for layer, counts in comparison.totals.items()},
    }


def _statuses(view: PlanView, comparison: Comparison) -> list[int]:
    """Return the number of the status of every unit of a view, in `STATUSES`."""
    status = comparison.units.set_index(["layer", "unit_id"])["status"]
    of_view: Sequence[str] = status.reindex(
        pd.MultiIndex.from_frame(view.units[["layer", "unit_id"]])
    ).tolist()
    return [STATUSES.index(name) for name in of_view]
