"""A map of one plan: a `folium.Map` that is written as one file and opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, cast

import folium
from branca.element import Figure
from jinja2 import Template

from gridder.model import Lang, PlanView
from maps.offline import Inline, number_ids, scripts, styles, tile_scripts
from maps.payload import Tiles, build_payload
from maps.words import OLD_BROWSER


class PlanMap(folium.Map):
    """The interactive map of a plan; `save(path)` writes it.

    Nothing in the file is fetched but the tiles of a base map that was asked for: scripts, styles and data are inside.
    Folium's own lists of scripts, which all maps of a process share, are left alone.
    Equal views give equal bytes.

    Parameters
    ----------
    view
        What may be seen of the plan.
    lang
        Language in which the page opens.
    title
        Title of the page.
    open_grid
        The grid whose panel is open; the view is fitted to it, and the others are light.
    tiles
        Base maps, the lowest first; the only thing that the page asks a network for.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            {% if not this.tiles %}<meta name="referrer" content="no-referrer" />{% endif %}
            <link rel="icon" href="data:," />
        {% endmacro %}
        {% macro html(this, kwargs) %}
            <div class="folium-map" id="{{ this.get_name() }}"></div>
            <p class="g-old" hidden>{{ this.old_browser.zh }}<br>{{ this.old_browser.en }}</p>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = Gridder.createMap("{{ this.get_name() }}");
            Gridder.open({{ this.get_name() }});
        {% endmacro %}
        """
    )
    old_browser = OLD_BROWSER

    def __init__(
        self,
        view: PlanView,
        *,
        lang: Lang = "en",
        title: str | None = None,
        open_grid: str | None = None,
        tiles: Sequence[Tiles] = (),
    ) -> None:
        west, south, east, north = view.grids.total_bounds.tolist()
        super().__init__(location=((south + north) / 2, (west + east) / 2), tiles=None)
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        number_ids(self)
        self.tiles = tuple(tiles)
        payload = build_payload(view, lang, title, open_grid, tiles)
        self._heading = escape(payload.heading)
        self._inlined = {
            "style": Inline("style", styles()),
            "about": Inline("script", payload.about, 'type="text/plain" id="gridder-about"'),
            "geometry": Inline("script", payload.geometry, 'type="text/plain" id="gridder-geometry"'),
            "units": Inline("script", payload.units, 'type="text/plain" id="gridder-units"'),
            "unit-geometry": Inline(
                "script", payload.unit_geometry, 'type="text/plain" id="gridder-unit-geometry"'
            ),
            "script": Inline("script", tile_scripts() if payload.leaves_units_out else scripts()),
        }

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]  # so do folium's own maps
        """Write the map and all that it needs into its page."""
        page = cast("Figure", self.get_root())
        number_ids(self)
        page.title = self._heading
        for name, element in self._inlined.items():
            page.header.add_child(element, name=f"gridder-{name}")
        super().render(**kwargs)  # type: ignore[no-untyped-call]  # folium's has no types


def plan_map(
    view: PlanView, *, lang: Lang = "en", title: str | None = None, tiles: Sequence[Tiles] = ()
) -> PlanMap:
    """Return the map of a plan.

    Parameters
    ----------
    view
        What may be seen of the plan, from `gridder.privacy.view`; at least one grid.
    lang
        Language in which the page opens; the reader can change it there.
    title
        Title of the page; a plain word for grids where there is none.
    tiles
        Base maps of the user's own, the lowest first; where their positions are shifted (GCJ-02), the view
        must be too (`gridder.privacy.view(plan, datum="gcj02")`).

    Returns
    -------
    PlanMap
        A `folium.Map`; `save(path)` writes one file that opens with the network cut.
    """
    return PlanMap(view, lang=lang, title=title, tiles=tiles)
