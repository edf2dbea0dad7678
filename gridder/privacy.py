"""What a viewer may see of a plan: pseudonyms, small counts suppressed, no identifying value."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.geometry.gcj02 import to_gcj02
from gridder.model import Bools, Datum, Floats, Ints, Plan, PlanView

PSEUDONYM_DIGITS = 16
LON_LAT = "EPSG:4326"
GRID_COLUMNS = (
    "grid_id",
    "code",
    "number",
    "layer",
    "zone",
    "size",
    "target",
    "deviation",
    "n_units",
    "n_members",
    "area_ha",
    "polsby_popper",
    "within_bounds",
    "contiguous",
    "reason",
)
UNIT_COLUMNS = ("unit_id", "grid_id", "layer", "zone", "size", "area_ha")
TOUCHING_M = 1.0
"""Grids of buildings are made of plots, which touch; only fields have lanes between them."""
AREA_SIZES = ("area_ha", "area_mu")

_PERSONAL_NAME = re.compile(
    r"姓名|名字|户名|户主|农户|种植大?户|种植者|承包|业主|居民|租户|联系|电话|手机|微信|邮箱|身份证|证件|地址|住址|门牌"
    r"|权利人|权属人|使用权?人|使用者|所有权?人|经营(者|人|户|主体)|负责人|(家庭|户|方)代表|cbf(mc|dbxm)"
    r"|owner|farmer|grower|cultivator|holder|contractor|proprietor|landlord|tenant|occupant|resident(s|_?name)?$"
    r"|person|contact|surname|(first|last|full|user)_?name|^name_?\d*$"
    r"|phone|mobile|e-?mail|wechat|id_?(number|card)|address",
    re.IGNORECASE,
)
_PERSONAL_VALUE = re.compile(r"1[3-9]\d{9}|\d{17}[\dXx]")


def pseudonyms(ids: Sequence[str], key: bytes) -> list[str]:
    """Return the pseudonym of every own id: the same id and key give the same one in every plan.

    Parameters
    ----------
    ids
        Own ids of members.
    key
        The secret key of the installation.

    Returns
    -------
    list of str
        The first 16 hexadecimal digits of HMAC-SHA-256 over each id in UTF-8 (RFC 2104, FIPS 180-4).
    """
    return [hmac.new(key, own_id.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_DIGITS] for own_id in ids]


def view(plan: Plan, *, k: int = 1, datum: Datum = "wgs84") -> PlanView:
    """Return what may be seen of a plan where counts of people below `k` are hidden.

    With `k` above 1 a grid with a count of people below `k` loses its counts and whether they are in
    bounds (missing, `suppressed` is True), and with it as many of the next smaller grids of its zone, and of the layer, as it takes
    for the hidden ones to be two at least and `k` people together; otherwise a total would betray
    them (complementary cell suppression, Cox 1980, doi:10.1080/01621459.1980.10477481).
    Compositions are treated in the same way within a grid, and no unit shows a count of people.
    How many have the skill asked for is told by the composition alone; that a grid has too few is hidden too.
    Every size but an area is taken for a count of people.

    Parameters
    ----------
    plan
        The whole plan; geometries in any CRS.
    k
        The smallest count that is shown, 1 or more; 1 hides nothing.
    datum
        `gcj02` shifts every position so that it matches a Chinese web map.

    Returns
    -------
    PlanView
        Geometries in longitude and latitude (EPSG:4326).

    Raises
    ------
    ValueError
        If `k` is below 1.
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, got {k}")
    layers: Mapping[str, Any] = plan.report["layers"]
    sizes = {layer: dict(part["size"]) for layer, part in layers.items()}
    people = {layer: size["of"] not in AREA_SIZES for layer, size in sizes.items()}

    grids = plan.grids[[*GRID_COLUMNS, "geometry"]].reset_index(drop=True)
    grids["certificate_weight"] = grids["grid_id"].map(_certificate_weights(layers)).astype(float)
    if not plan.report["members"]["total"]:
        grids["n_members"] = np.nan
    grids["suppressed"] = False
    composition = plan.composition[_pairs(plan.composition).isin(_shown_attributes(plan))].reset_index(
        drop=True
    )
    composition["suppressed"] = False
    units = plan.units[[*UNIT_COLUMNS, "geometry"]].reset_index(drop=True)
    units["kind"] = _kinds(plan.units.reset_index(drop=True), composition)
    units["suppressed"] = False

    if k > 1:
        grids = _suppress_grids(grids, people, k)
        composition = _suppress_composition(composition, grids, k)
        units = _suppress_units(units, people)

    return PlanView(
        grids=_in_degrees(grids, datum),
        units=_in_degrees(units, datum),
        neighbours=_neighbours(plan, layers),
        composition=composition,
        bridges=_in_degrees(_bridges(plan), datum),
        zones=_in_degrees(plan.zones[["zone", "geometry"]].reset_index(drop=True), datum),
        barriers=_in_degrees(plan.barriers[["geometry"]].reset_index(drop=True), datum),
        sizes=sizes,
        summary=_summary(plan, grids, k),
        k=k,
        datum=datum,
        valid_from=plan.recipe.get("parameters", {}).get("valid_from"),
    )


def _in_degrees(frame: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Return a frame in longitude and latitude of a datum."""
    there = frame.to_crs(LON_LAT)
    if datum == "gcj02":
        there.geometry = shapely.transform(there.geometry.to_numpy(), to_gcj02)
    return there


def hide_small(count: Floats, group: Ints, k: int, hidden: Bools) -> Bools:
    """Return which cells to hide so that neither they nor the totals of groups tell a count below `k`.

    Parameters
    ----------
    count
        Counts, shape (n,); missing ones (NaN) neither need hiding nor help to hide others.
    group
        Group of each cell whose total is known, shape (n,).
    k
        The smallest count that may be known.
    hidden
        Cells that are hidden already, shape (n,).

    Returns
    -------
    array of bool, shape (n,)
        In every group with a hidden cell there are two of them with `k` together, or all are hidden.
    """
    hide = hidden | (count < k)
    known = ~np.isnan(count)
    order = np.lexsort((np.arange(len(count)), count, group))
    order = order[known[order]]
    for cells in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        within = cells[hide[cells]]
        if not len(within):
            continue
        number, total = len(within), float(count[within].sum())
        for cell in cells[~hide[cells]]:
            if number >= 2 and total >= k:
                break
            hide[cell] = True
            number, total = number + 1, total + float(count[cell])
    return hide


def _groups(frame: pd.DataFrame, columns: list[str]) -> Ints:
    return np.asarray(frame.groupby(columns).ngroup(), dtype=np.int64)


def _suppress_grids(grids: gpd.GeoDataFrame, people: Mapping[str, bool], k: int) -> gpd.GeoDataFrame:
    counts_people = grids["layer"].map(people).to_numpy(dtype=bool)
    size = np.where(counts_people, grids["size"].to_numpy(dtype=float), np.nan)
    n_members = grids["n_members"].to_numpy(dtype=float, na_value=np.nan)
    zone = _groups(grids, ["layer", "zone"])
    layer = _groups(grids, ["layer"])

    hide = np.zeros(len(grids), dtype=bool)
    for group in (zone, layer):
        for count in (size, n_members):
            hide = hide_small(count, group, k, hide)

    # a reason without a size out of bounds tells that too few have a skill
    in_bounds = grids["within_bounds"].to_numpy(dtype=bool)
    grids["n_members"] = np.where(hide, np.nan, n_members)
    for column in ("size", "deviation"):
        grids[column] = grids[column].astype(float).mask(hide & counts_people)
    grids["certificate_weight"] = np.where(counts_people, np.nan, grids["certificate_weight"])
    grids["within_bounds"] = grids["within_bounds"].astype("boolean").mask(hide & counts_people)
    grids["reason"] = grids["reason"].mask((hide & counts_people) | in_bounds)
    grids["suppressed"] = hide
    return grids


def _suppress_composition(composition: pd.DataFrame, grids: gpd.GeoDataFrame, k: int) -> pd.DataFrame:
    hidden_grids = set(grids.loc[grids["suppressed"], "grid_id"])
    count = composition["count"].to_numpy(dtype=float)
    group = _groups(composition, ["layer", "grid_id", "attribute"])
    of_hidden = composition["grid_id"].isin(hidden_grids).to_numpy()
    hide = hide_small(count, group, k, of_hidden)
    composition["count"] = np.where(hide, np.nan, count)
    composition["suppressed"] = hide
    return composition


def _suppress_units(units: gpd.GeoDataFrame, people: Mapping[str, bool]) -> gpd.GeoDataFrame:
    hide = units["layer"].map(people).to_numpy(dtype=bool)
    units["size"] = np.where(hide, np.nan, units["size"].to_numpy(dtype=float))
    units["suppressed"] = hide
    return units


def _shown_attributes(plan: Plan) -> list[tuple[str, str]]:
    """Return the (layer, attribute) pairs of the composition that identify nobody."""
    return [
        (layer, attribute)
        for layer, attribute in _pairs(plan.composition).unique()
        if not _is_personal(attribute, plan.composition, layer)
    ]


def _pairs(composition: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(composition[["layer", "attribute"]])


def _is_personal(attribute: str, composition: pd.DataFrame, layer: str) -> bool:
    rows = _pairs(composition).isin([(layer, attribute)])
    values = composition.loc[rows, "value"].astype(str)
    return bool(_PERSONAL_NAME.search(attribute)) or any(_PERSONAL_VALUE.search(v) for v in values)


def _kinds(units: gpd.GeoDataFrame, composition: pd.DataFrame) -> pd.Series[str]:
    """Return of every unit its value of the category column that varies most within grids, or ""."""
    kind = pd.Series("", index=units.index, dtype=object)
    own = composition[composition["attribute"].isin(units.columns)]
    for layer, rows in own.groupby("layer"):
        column = rows["attribute"].value_counts().index[0]
        of_layer = units["layer"] == layer
        kind[of_layer] = units.loc[of_layer, column].astype(object).fillna("").astype(str)
    return kind


def _certificate_weights(layers: Mapping[str, Any]) -> dict[str, float]:
    return {
        entry["grid_id"]: entry["certificate"]["weight"]
        for part in layers.values()
        for entry in part["out_of_bounds"]
        if entry["certificate"]
    }


def _neighbours(plan: Plan, layers: Mapping[str, Any]) -> pd.DataFrame:
    """Return the pairs of grids that a link of their units joins or that lie beside each other."""
    pairs = [_linked(plan)]
    for layer, part in layers.items():
        rows = plan.grids[plan.grids["layer"] == layer]
        geoms = rows.geometry.to_numpy()
        ids = rows["grid_id"].to_numpy(dtype=object)
        near_m = part["gap_m"] if layer == "field" else TOUCHING_M
        a, b = shapely.STRtree(geoms).query(geoms, predicate="dwithin", distance=near_m)
        pairs.append(pd.DataFrame({"grid_a": ids[a], "grid_b": ids[b]}))
    position = pd.Series(np.arange(len(plan.grids)), index=plan.grids["grid_id"])
    both = pd.concat(pairs, ignore_index=True)
    ends = np.column_stack([both[c].map(position).to_numpy(dtype=np.int64) for c in ("grid_a", "grid_b")])
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    ids = plan.grids["grid_id"].to_numpy(dtype=object)
    return pd.DataFrame({"grid_a": ids[ends[:, 0]], "grid_b": ids[ends[:, 1]]})


def _linked(plan: Plan) -> pd.DataFrame:
    links = plan.adjacency[["layer", "unit_a", "unit_b"]]
    grid_of = plan.assignment
    return pd.DataFrame(
        {
            end: grid_of.reindex(pd.MultiIndex.from_frame(links[["layer", unit]])).to_numpy(dtype=object)
            for end, unit in (("grid_a", "unit_a"), ("grid_b", "unit_b"))
        }
    )


def _bridges(plan: Plan) -> gpd.GeoDataFrame:
    """Return the shortest line between the units of every bridge."""
    links = plan.adjacency[plan.adjacency["kind"] == "bridge"].reset_index(drop=True)
    geometry = plan.units.set_index(["layer", "unit_id"]).geometry
    ends = [
        geometry.reindex(pd.MultiIndex.from_frame(links[["layer", unit]])).to_numpy()
        for unit in ("unit_a", "unit_b")
    ]
    return gpd.GeoDataFrame(
        links[["layer", "unit_a", "unit_b", "gap_m"]],
        geometry=shapely.shortest_line(*ends),
        crs=plan.units.crs,
    )


def _summary(plan: Plan, grids: pd.DataFrame, k: int) -> dict[str, Any]:
    """Return by layer the counts of units and grids, and of people placed and not placed.

    How many grids are in bounds is told where it is known of all of them.

    People placed and not placed add up to the same total in both layers, so that a small count of
    one layer hides the counts of people not placed in both.
    """
    members: Mapping[str, Any] = plan.report["members"]
    layers: Mapping[str, Any] = plan.report["layers"]
    unplaced = {layer: sum(members[layer]["unplaced"].values()) for layer in layers}
    tell_unplaced = k == 1 or min(unplaced.values()) >= k
    summary = {}
    for layer, part in layers.items():
        within = grids.loc[grids["layer"] == layer, "within_bounds"]
        placed = members[layer]["placed"]
        summary[layer] = {
            "n_units": part["n_units"],
            "n_grids": part["n_grids"],
            "n_within": None if within.isna().any() else int(within.sum()),
            "placed": placed if members["total"] and (k == 1 or placed >= k) else None,
            "unplaced": unplaced[layer] if members["total"] and tell_unplaced else None,
        }
    return summary
