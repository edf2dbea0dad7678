"""Coordinates that cannot be right in the CRS of their layer, each fault with the systems that could be meant."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import CRS

from gridder.geometry.candidates import NEAR_DEG, apart_deg, candidate_of, crs_candidates, crs_name
from gridder.geometry.whereabouts import central_box, centres, degrees_outside, in_degrees, lonlat_of
from gridder.io.formats import SHAPEFILE
from gridder.io.layers import LayerRows, finding
from gridder.model import Bools, Box, Candidate, Finding, Floats, Geometries, Source, Text

FAR_DEG = 10.0
"""So far outside the area that a CRS is made for nobody uses it; a neighbouring zone or two may be."""
JUST_DEG = 0.05
"""Nearer than this to the area of a CRS is in it."""
DEGREES = (180.0, 90.0, 180.0, 90.0)
MOST_ROWS_WRONG = 0.5
"""Where more than this share of the rows is off, it is the CRS that is wrong and not the rows."""


def crs_faults(rows: LayerRows, geometries: Geometries) -> list[Finding]:
    """Return the fault of a missing CRS, or of one that cannot be right for the coordinates."""
    if rows.crs is None:
        return [missing_crs(rows, geometries, _not_said(rows))]
    points = centres(geometries)
    off = off_earth(geometries, rows) & ~np.isnan(points).any(axis=1)
    if not off.any():
        return []
    if not _are_most(off, points):
        return [_stray_rows(rows, off)]
    candidates = _candidates(rows, points[off])
    turned = bool(candidates) and bool(candidates[0].axes)
    name = crs_name(rows.crs)
    if turned and candidates[0].name == name:
        what = Text(
            f"the two numbers of each pair are the wrong way round for {name.en}: latitude or northing comes first",
            f"坐标先后颠倒：纬度（或北坐标）写在前面，与“{name.zh}”不符",
        )
        return [_fault("swapped-axes", what, rows.source, candidates[:1])]
    what = Text(
        f"the file says {name.en}, but its numbers cannot be in it {_why(points[off], rows).en}",
        f"文件注明坐标系为 {name.zh}，但坐标数值与之不符{_why(points[off], rows).zh}",
    )
    return [_fault("wrong-crs", what, rows.source, candidates)]


def off_earth(geometries: Geometries, rows: LayerRows) -> Bools:
    """Return which geometries cannot be where the CRS of their layer puts them, shape (n,).

    They lie nowhere on the earth; those of a file also far from where the CRS is used, or with degrees where it
    counts metres. Where no other CRS fits either, as with the local grid of a town, the user's word is taken.
    Who gives a table in memory has set its CRS, and is believed wherever that is on the earth.
    """
    if rows.crs is None:
        return np.zeros(len(geometries), dtype=np.bool_)
    points = centres(geometries)
    lonlat = lonlat_of(points, rows.crs)
    missing = np.isnan(points).any(axis=1)
    nowhere = np.isnan(lonlat).any(axis=1) & ~missing
    if rows.crs.is_geographic:
        with np.errstate(invalid="ignore"):
            nowhere |= (np.abs(shapely.bounds(geometries)) > DEGREES).any(axis=1)
    if rows.is_in_memory:
        return np.asarray(nowhere)
    odd = (_outside(lonlat, rows.crs) > FAR_DEG) | in_degrees(points, rows.crs)
    may_be_local = rows.crs_is_told and _are_most(odd, points) and not nowhere.any()
    if may_be_local and not _candidates(rows, points[odd]):
        return np.asarray(nowhere)
    return np.asarray(nowhere | odd)


def _outside(lonlat: Floats, crs: CRS) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(degrees_outside(lonlat, crs))


def _are_most(off: Bools, points: Floats) -> bool:
    given = ~np.isnan(points).any(axis=1)
    return bool((off & given).sum() > MOST_ROWS_WRONG * given.sum())


def _candidates(rows: LayerRows, points: Floats) -> list[Candidate]:
    return crs_candidates(box_of(points), region=rows.region, declared=rows.crs)


def crs_remarks(rows: LayerRows, geometries: Geometries) -> list[Finding]:
    """Return what is odd about where a layer lies, though it can be so."""
    if rows.crs is None or off_earth(geometries, rows).any():
        return []
    points = centres(geometries)
    lonlat = lonlat_of(points, rows.crs)
    box = central_box(lonlat)
    if box is None:
        return []
    remarks = []
    degrees = _outside(lonlat, rows.crs)
    outside = degrees > JUST_DEG
    if (degrees > FAR_DEG).any():
        remarks.append(_far(rows, degrees > FAR_DEG))
    elif outside.any():
        name = crs_name(rows.crs)
        n, total = int(outside.sum()), len(outside)
        few, few_zh = ("all", "全部") if n == total else (f"{n} of {total}", f"{total} 个中有 {n} 个")
        what = Text(
            f"{few} lie a little outside the area that {name.en} is made for; this is common and does no harm "
            "if they lie right on the map",
            f"{few_zh}略超出 {name.zh} 的适用范围；这很常见，地图上位置正确即可",
        )
        where = None if outside.all() else rows.rows[outside]
        remarks.append(finding("outside-area-of-use", what, rows.source, where))
    if rows.region is not None:
        remarks += region_remark(rows.source, rows.crs, points, box=box, region=rows.region, of=OF_THE_REGION)
    return remarks


def _far(rows: LayerRows, far: Bools) -> Finding:
    name = crs_name(rows.crs) if rows.crs is not None else Text("", "")
    what = Text(
        f"{int(far.sum())} of {len(far)} lie far from where {name.en} is used, as local coordinates do: "
        "sizes and neighbours are right, the place on the map and the distance to other layers may not be",
        f"{len(far)} 个中有 {int(far.sum())} 个远离 {name.zh} 的适用范围（如地方独立坐标）：大小和相邻关系正确，"
        "但地图上的位置以及与其他图层的距离可能不对",
    )
    return finding("far-from-area-of-use", what, rows.source, None if far.all() else rows.rows[far])


OF_THE_REGION = Text("the region that you named", "您给出的地区")


def region_remark(
    source: Source, crs: CRS, points: Floats, *, box: Box, region: Box, of: Text
) -> list[Finding]:
    """Return the suspicion that a layer has another CRS, where it lies far from where it should."""
    if apart_deg(box, region) <= NEAR_DEG:
        return []
    here = candidate_of(crs, box_of(points))
    candidates = [
        c
        for c in crs_candidates(box_of(points), region=region, declared=crs)
        if here is None or c.option != here.option
    ]
    where = here.near if here is not None else Text("elsewhere", "别处")
    what = Text(
        f"the layer lies {where.en}, far from {of.en}",
        f"图层位于{where.zh}，远离{of.zh}",
    )
    remedy = (
        choose_remedy(source, candidates)
        if candidates
        else Text("check the coordinate system and the file", "请核对坐标系和文件")
    )
    return [finding("far-away", what, source, remedy=remedy, candidates=candidates)]


def box_of(points: Floats) -> Box:
    """Return the box of points, those that are missing left out."""
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def choose_remedy(source: Source, candidates: list[Candidate]) -> Text:
    """Return what to do where candidates are to choose from."""
    first = f"{source.file}{candidates[0].option}"
    if len({candidate.option for candidate in candidates}) == 1:
        return Text(
            f"if it should lie {candidates[0].near.en}, write {first}",
            f"如果它应位于{candidates[0].near.zh}，请写 {first}",
        )
    return Text(
        f"choose the one that puts the land where it is, and write it behind the name of the file: {first}",
        f"请从下列中选出位置正确的一个，写在文件名后面，例如 {first}",
    )


def _not_said(rows: LayerRows) -> Text:
    without_prj = rows.source.driver == SHAPEFILE
    return Text(
        "the file does not say in which coordinate system its numbers are"
        + (" (the .prj is missing)" if without_prj else ""),
        "文件没有说明坐标数值属于哪个坐标系" + ("（缺少 .prj 文件）" if without_prj else ""),
    )


def missing_crs(rows: LayerRows, geometries: Geometries, what: Text) -> Finding:
    """Return the fault of numbers whose CRS nobody says, with the systems that they may be in."""
    given = geometries[~shapely.is_missing(geometries)]
    points = centres(given)
    known = points[np.isfinite(points).all(axis=1)]
    candidates = crs_candidates(box_of(known), region=rows.region) if len(known) else []
    return _fault("missing-crs", what, rows.source, candidates, region_known=rows.region is not None)


def _fault(
    kind: str, what: Text, source: Source, candidates: list[Candidate], *, region_known: bool = True
) -> Finding:
    if not candidates:
        remedy = Text(
            f"ask whoever made the file, and write the EPSG number behind its name: {source.file}|crs=EPSG:… ; "
            f"with the region, likely ones are shown: {source.file}|region=黑龙江 ; "
            f"for the local grid of a town name a system in metres, {source.file}|crs=EPSG:4549 : sizes will be "
            "right, the place on the map will not",
            f"请向制作单位询问，并把 EPSG 编号写在文件名后面：{source.file}|crs=EPSG:…；"
            f"给出所在地区可列出可能的坐标系：{source.file}|region=黑龙江；"
            f"如为地方独立坐标，请写任一以米为单位的坐标系，如 {source.file}|crs=EPSG:4549："
            "面积正确，但地图上的位置不对",
        )
        return finding(kind, what, source, remedy=remedy)
    remedy = choose_remedy(source, candidates)
    places = {candidate.near.en for candidate in candidates}
    if not region_known and len(places) > 1:
        remedy = Text(
            f"{remedy.en}; naming the province shortens the list, for example {source.file}|region=黑龙江",
            f"{remedy.zh}；写明所在省份可缩短列表，例如 {source.file}|region=黑龙江",
        )
    return finding(kind, what, source, remedy=remedy, candidates=candidates)


def _stray_rows(rows: LayerRows, off: Bools) -> Finding:
    name = crs_name(rows.crs) if rows.crs is not None else Text("", "")
    what = Text(
        "{n} [shape lies|shapes lie] where nothing can be in {name_en}, unlike the others of the layer",
        "{n} 个图形的坐标在“{name_zh}”中不可能出现，与同图层其余图形不同",
    ).format(n=int(off.sum()), name_en=name.en, name_zh=name.zh)
    remedy = Text("correct these rows or delete them", "请改正或删除这些行")
    return finding("stray-coordinates", what, rows.source, rows.rows[off], remedy)


def _why(points: Floats, rows: LayerRows) -> Text:
    """Return in words what the numbers look like."""
    if rows.crs is None:
        return Text("", "")
    if in_degrees(points, rows.crs).all():
        return Text("(they look like degrees, it counts metres)", "（数值像是度，而该坐标系以米为单位）")
    if rows.crs.is_geographic:
        return Text("(they go beyond 180° or 90°)", "（超出 180° 或 90°）")
    if (np.abs(points[:, 0]) >= 1e7).all():
        return Text("(the first number begins with the number of a zone)", "（横坐标前带有带号）")
    return Text("(they lie far from where it is used)", "（远离该坐标系的适用范围）")
