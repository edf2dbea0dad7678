"""What the user says about the coordinates of a file, applied and written down.

A CRS that the file does not name, the order of the axes, the datum of Chinese web maps, the region.
"""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from gridder.errors import InputError
from gridder.geometry.bd09 import from_bd09
from gridder.geometry.candidates import candidate_of, crs_candidates, crs_name
from gridder.geometry.crs import horizontal
from gridder.geometry.gcj02 import from_gcj02
from gridder.geometry.places import region_box
from gridder.io.location import Location
from gridder.model import Box, Candidate, Finding, Floats, Geometries, Source, Text

DATUMS = {
    "gcj02": Text("GCJ-02 (Gaode, Tencent)", "GCJ-02（高德、腾讯）"),
    "bd09": Text("BD-09 (Baidu)", "BD-09（百度）"),
}
"""The shifted positions that can be converted to WGS 84."""
MOST_OTHERS = 3
"""Other systems that are shown beside the one that the user named."""


def wrong_words(location: Location) -> list[Finding]:
    """Return what is said of a file in words that mean nothing."""
    wrong = []
    if location.coordinates not in ("", "wgs84", *DATUMS):
        wrong.append(("coordinates", location.coordinates, "gcj02, bd09, wgs84"))
    if location.axes not in ("", "xy", "yx"):
        wrong.append(("axes", location.axes, "yx, xy"))
    if location.region and region_box(location.region) is None:
        wrong.append(("region", location.region, "黑龙江, Heilongjiang, 126.6,45.8"))
    return [
        Finding(
            f"unknown-{name}",
            Text(f"{name}={word[:60]} cannot be understood", f"无法理解 {name}={word[:60]}"),
            location.file,
            location.layername,
            remedy=Text(f"write one of: {known}", f"可写：{known}"),
        )
        for name, word, known in wrong
    ]


def named_crs(name: str, source: Source) -> CRS | None:
    """Return the CRS of a name, None where there is none.

    Raises
    ------
    InputError
        Where nothing is known by that name, or what has no place on the earth, such as heights.
    """
    if not name:
        return None
    try:
        crs = CRS.from_user_input(name)
        Transformer.from_crs(horizontal(crs), "EPSG:4326")
    except (ProjError, InputError):
        what = Text(f"the coordinate system {name[:60]!r} is not known", f"无法识别坐标系 {name[:60]!r}")
        remedy = Text(
            f"write its EPSG number, for example {source.file}|crs=EPSG:4549",
            f"请写 EPSG 编号，例如 {source.file}|crs=EPSG:4549",
        )
        raise InputError(
            [Finding("unknown-crs", what, source.file, source.layername, remedy=remedy)]
        ) from None
    return crs


def swapped(geometries: Geometries) -> Geometries:
    """Return geometries with the two numbers of every pair exchanged; heights stay."""
    return np.asarray(
        shapely.transform(geometries, lambda xy: xy[:, [1, 0, *range(2, xy.shape[1])]], include_z=True),
        dtype=np.object_,
    )


def to_wgs84(lonlat: Floats, datum: str) -> Floats:
    """Return longitudes and latitudes that are given in a datum of `DATUMS`, shape (n, 2)."""
    return from_bd09(lonlat) if datum == "bd09" else from_gcj02(lonlat)


def as_told(
    geometries: Geometries, crs: CRS | None, source: Source, *, declared: str, region: Box | None
) -> tuple[Geometries, list[Finding]]:
    """Return geometries as the user says that they are meant, and a record of it.

    Parameters
    ----------
    crs
        The CRS in use: the user's word, else the file's.
    declared
        What the file names, empty where it names none.
    """
    findings: list[tuple[str, Text, Text, tuple[Candidate, ...]]] = []
    if shapely.is_missing(geometries).all():
        return geometries, []
    if source.axes == "yx":
        geometries = swapped(geometries)
        what = Text(
            "on your word the two numbers of every pair were exchanged (northing or latitude came first)",
            "已按您的说明交换每对坐标的先后（原为北坐标或纬度在前）",
        )
        findings.append(("axes-swapped", what, Text("", ""), ()))
    if crs is not None and _differs(crs, declared):
        findings.append(_crs_told(geometries, crs, declared, region))
    if source.coordinates in DATUMS and crs is not None:
        geometries, shift = _unshifted(geometries, crs, source.coordinates)
        findings.append(shift)
    return geometries, [
        Finding(kind, what, source.file, source.layername, remedy=remedy, candidates=candidates)
        for kind, what, remedy, candidates in findings
    ]


def _differs(crs: CRS, declared: str) -> bool:
    return not declared or not CRS.from_user_input(declared).equals(crs)


def _crs_told(
    geometries: Geometries, crs: CRS, declared: str, region: Box | None
) -> tuple[str, Text, Text, tuple[Candidate, ...]]:
    west, south, east, north = (float(value) for value in shapely.total_bounds(geometries))
    bounds = (west, south, east, north)
    chosen = candidate_of(crs, bounds)
    others = [c for c in crs_candidates(bounds, region=region) if chosen is None or c.crs != chosen.crs]
    name = crs_name(crs)
    where = Text("", "") if chosen is None else Text(f": {chosen.near.en}", f"：{chosen.near.zh}")
    if declared:
        was = crs_name(CRS.from_user_input(declared))
        what = Text(
            f"the file says {was.en}; on your word {name.en} was used instead{where.en}",
            f"文件注明为 {was.zh}，已按您的说明改用 {name.zh}{where.zh}",
        )
    else:
        what = Text(
            f"the file names no coordinate system; on your word {name.en} was used{where.en}",
            f"文件没有坐标系信息，已按您的说明采用 {name.zh}{where.zh}",
        )
    remedy = Text("look whether the land lies right on the map", "请在地图上核对位置是否正确")
    return "crs-told", what, remedy, tuple(([chosen] if chosen else []) + others[:MOST_OTHERS])


def _unshifted(
    geometries: Geometries, crs: CRS, datum: str
) -> tuple[Geometries, tuple[str, Text, Text, tuple[Candidate, ...]]]:
    if not horizontal(crs).is_geographic:
        what = Text(
            f"{datum} is about longitude and latitude; this layer has metres and was left as it is",
            f"{datum} 只针对经纬度；本图层坐标以米为单位，未作转换",
        )
        return geometries, ("coordinates-not-degrees", what, Text("", ""), ())
    moved = shapely.transform(geometries, lambda xy: to_wgs84(xy, datum))
    return np.asarray(moved, dtype=np.object_), (
        "coordinates-converted",
        converted_text(datum),
        Text("", ""),
        (),
    )


def converted_text(datum: str) -> Text:
    """Return the record of a conversion."""
    return Text(
        f"on your word the longitudes and latitudes were taken for {DATUMS[datum].en} and converted to WGS 84",
        f"已按您的说明把经纬度从 {DATUMS[datum].zh} 转换为 WGS 84",
    )
