"""What a map page carries: the properties as columns of JSON, the geometries as integers (`maps.shapes`).

Both are zlib streams in base64, so that no name in them can be taken for markup.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.model import Ints, Lang, PlanView, Text
from maps.shapes import WORLD_BITS, Rings, pack_rings, to_rings, to_world
from maps.style import DIVERGING, KINDS, NONE, PALETTE, SEQUENTIAL, colouring, outline, with_outlines
from maps.words import WORDS

MOST_UNITS = 200_000
"""Above so many units they are left out of the file; the grids stay."""

SIMPLIFIED_M = 3.0
"""Where units are left out, so are corners of grids whose triangle is smaller than the square of this."""
_METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True)
class Payload:
    """The texts in base64 that the page decodes, the title in the language it opens in, and what is left out.

    Units, by far the most, are apart: the page is ready before they are decoded.
    """

    about: str
    geometry: str
    units: str
    unit_geometry: str
    heading: str
    leaves_units_out: bool


@dataclass(frozen=True)
class Tiles:
    """A base map of the user's own; nothing is asked of it before the map is opened.

    Parameters
    ----------
    url
        Address of a tile with `{z}`, `{x}` and `{y}` (Web Mercator), and `{s}` for one of `subdomains`.
    attribution
        Whose tiles they are; shown as text in the corner of the map.
    subdomains
        One letter or digit for each server, as `01234567`.
    max_zoom
        The deepest zoom that there are tiles for; beyond it they are enlarged.

    Raises
    ------
    ValueError
        The address is not that of tiles on the web.
    """

    url: str
    attribution: str = ""
    subdomains: str = "abc"
    max_zoom: int = 18

    def __post_init__(self) -> None:
        """Refuse what cannot be the address of tiles."""
        if not self.url.startswith(("https://", "http://")) or not all(
            part in self.url for part in ("{z}", "{x}", "{y}")
        ):
            raise ValueError(f"{self.url!r} is no address of tiles: https://…/{{z}}/{{x}}/{{y}}…")


def build_payload(
    view: PlanView,
    lang: Lang,
    title: str | None,
    open_grid: str | None = None,
    tiles: Sequence[Tiles] = (),
) -> Payload:
    """Pack a view for the page that opens in `lang`, under `title`, with the panel of `open_grid`."""
    leaves_units_out = len(view.units) > MOST_UNITS
    units = view.units.iloc[:0] if leaves_units_out else view.units
    grids = simplified(view.grids) if leaves_units_out else view.grids
    sections = {
        "grids": grids,
        "zones": view.zones,
        "barriers": view.barriers,
        "bridges": view.bridges,
    }
    position = pd.Series(np.arange(len(view.grids)), index=view.grids["grid_id"])
    neighbours = {
        end: view.neighbours[end].map(position).to_numpy(dtype=np.int64) for end in ("grid_a", "grid_b")
    }
    rings = {name: to_rings(frame.geometry.to_numpy()) for name, frame in sections.items()}
    counts, planes = pack_rings(Rings.joined(list(rings.values())))
    sections_of = {name: len(of.per_feature) for name, of in rings.items()}
    opened = None if open_grid is None else int(position[open_grid])
    titles = _titles(title, None if opened is None else str(view.grids["code"].iloc[opened]))
    about = {
        "lang": lang,
        "title": [titles.en, titles.zh],
        "open": opened,
        "k": view.k,
        "words": {key: [text.en, text.zh] for key, text in WORDS.items()},
        "palette": with_outlines(PALETTE),
        "ramps": {
            "diverging": with_outlines(DIVERGING),
            "sequential": with_outlines(SEQUENTIAL),
            "kinds": with_outlines(KINDS),
            "none": [NONE, outline(NONE)],
        },
        "sizes": {layer: dict(size) for layer, size in view.sizes.items()},
        "summary": dict(view.summary),
        "bits": WORLD_BITS,
        "counts": {**counts, "sections": sections_of},
        "zones": {"name": as_texts(view.zones["zone"]), "label": _labels(view.zones)},
        "grids": _grids(view.grids, neighbours["grid_a"], neighbours["grid_b"]),
        "neighbours": [neighbours["grid_a"].tolist(), neighbours["grid_b"].tolist()],
        "composition": _composition(view.composition, position),
        "units_left_out": len(view.units) if leaves_units_out else 0,
        "simplified_m": SIMPLIFIED_M if leaves_units_out else 0,
        "datum": view.datum,
        "valid_from": view.valid_from,
        "tiles": [asdict(layer) for layer in tiles],
    }
    of_units = _units(units, position)
    unit_counts, unit_planes = pack_rings(
        to_rings(units.geometry.to_numpy()), rings["grids"], np.array(of_units["grid"], dtype=np.int64)
    )
    of_units["counts"] = unit_counts
    return Payload(
        packed(_as_json(about)),
        packed(planes),
        packed(_as_json(of_units)),
        packed(unit_planes),
        titles.say(lang),
        leaves_units_out,
    )


def _as_json(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
    return text.encode()


def simplified(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return grids without the corners that hold less than the square of `SIMPLIFIED_M`, shared borders alike.

    Corners are taken away by Visvalingam and Whyatt (1993), border by border of each layer's coverage.
    """
    geoms = grids.geometry.to_numpy().copy()
    for layer in grids["layer"].unique():
        of_layer = (grids["layer"] == layer).to_numpy()
        geoms[of_layer] = shapely.coverage_simplify(geoms[of_layer], SIMPLIFIED_M / _METRES_A_DEGREE)
    return grids.set_geometry(gpd.GeoSeries(geoms, index=grids.index, crs=grids.crs))


def _titles(title: str | None, code: str | None) -> Text:
    if title:
        return Text(title, title)
    return WORDS["title"] if code is None else WORDS["title_of"].format(code=code)


def packed(content: bytes) -> str:
    """Return bytes as a zlib stream in base64."""
    return base64.b64encode(zlib.compress(content, 6)).decode()


def _grids(grids: gpd.GeoDataFrame, a: Ints, b: Ints) -> dict[str, Any]:
    return {
        "id": as_texts(grids["grid_id"]),
        "code": as_texts(grids["code"]),
        "number": _numbers(grids["number"], 0),
        "layer": as_texts(grids["layer"]),
        "zone": as_texts(grids["zone"]),
        "size": _numbers(grids["size"], 2),
        "deviation": _numbers(grids["deviation"], 4),
        "n_units": _numbers(grids["n_units"], 0),
        "n_members": _numbers(grids["n_members"], 0),
        "area_ha": _numbers(grids["area_ha"], 3),
        "polsby_popper": _numbers(grids["polsby_popper"], 3),
        "within": _numbers(grids["within_bounds"], 0),
        "reason": as_texts(grids["reason"]),
        "certificate_weight": _numbers(grids["certificate_weight"], 2),
        "suppressed": grids["suppressed"].astype(int).tolist(),
        "colour": (colouring(len(grids), a, b) % len(PALETTE)).tolist(),
        "label": _labels(grids),
    }


def _units(units: gpd.GeoDataFrame, position: pd.Series[int]) -> dict[str, Any]:
    return {
        "id": as_texts(units["unit_id"]),
        "grid": units["grid_id"].map(position).astype(int).tolist(),
        "size": _numbers(units["size"], 2),
        "area_ha": _numbers(units["area_ha"], 3),
        "kind": as_texts(units["kind"]),
    }


def _composition(composition: pd.DataFrame, position: pd.Series[int]) -> dict[str, Any]:
    return {
        "grid": composition["grid_id"].map(position).astype(int).tolist(),
        "attribute": as_texts(composition["attribute"]),
        "value": as_texts(composition["value"]),
        "count": _numbers(composition["count"], 0),
    }


def _labels(frame: gpd.GeoDataFrame) -> list[list[int]]:
    """Return a point inside the largest part of each geometry: x of all, y of all."""
    parts, feature = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    order = np.lexsort((-shapely.area(parts), feature))
    largest = parts[order][np.r_[True, np.diff(feature[order]) > 0][: len(order)]]
    middle = shapely.centroid(largest)
    inside = np.where(shapely.contains(largest, middle), middle, shapely.point_on_surface(largest))
    xy = to_world(shapely.get_coordinates(inside))
    return [xy[:, 0].tolist(), xy[:, 1].tolist()]


def as_texts(column: pd.Series[Any]) -> list[str]:
    """Return a column as texts, empty where something is missing."""
    missing = column.isna().tolist()
    return ["" if gone else str(value) for value, gone in zip(column.tolist(), missing, strict=True)]


def _numbers(column: pd.Series[Any], digits: int) -> list[float | int | None]:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    rounded = np.round(values, digits).tolist()
    return [None if v != v else int(v) if v == int(v) else v for v in rounded]  # noqa: PLR0124  (NaN)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written to a map")
