"""Coordinate systems that numbers without one may be in, and where each would put them.

Gauss-Krüger zones of 3° and 6° with the same central meridian are the same projection, so that a 6° zone is
a candidate only where the easting lies outside the 3° zone.
The datums CGCS2000, Xian 1980 and Beijing 1954 cannot be told apart by numbers: their positions differ by some
100 m; CGCS2000 is put first as it is the one in force since 2018.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from gridder.geometry.places import in_china, near_text
from gridder.geometry.whereabouts import degrees_outside, lonlat_of
from gridder.model import Box, Candidate, Text

MOST = 8
"""Candidates worth showing; more help nobody to choose."""
NEAR_DEG = 1.0
"""So far outside a region land may still belong to it."""
LOOKED_AROUND_DEG = 3.0
"""Coordinate systems are used so far outside the area that they are made for."""
HALF_3_DEG = 1.7
"""Degrees of longitude from its central meridian that a zone of 3° is used, with some overlap."""
METRES_PER_DEGREE = 111_200.0
MIDDLE_OF_CHINA = (112.0, 35.0)

PREFIXED_3 = range(25, 46)
PREFIXED_6 = range(13, 24)
_DATUMS = ("CGCS2000", "WGS 84", "Xian 1980", "Beijing 1954")
_FIRST_CODES = {
    "CGCS2000": {"prefixed-6": 4491, "plain-6": 4502, "prefixed-3": 4513, "plain-3": 4534},
    "Xian 1980": {"prefixed-6": 2327, "plain-6": 2338, "prefixed-3": 2349, "plain-3": 2370},
    "Beijing 1954": {"prefixed-6": 21413, "plain-6": 21453, "prefixed-3": 2401, "plain-3": 2422},
}
"""EPSG code of the westernmost zone, with the number of the zone before the easting or without it."""

_NAME = re.compile(r"(?P<datum>[^/]+) / (?P<three>3-degree )?Gauss-Kruger (?P<kind>zone|CM) (?P<at>\d+)E?$")
_DATUM_ZH = {
    "CGCS2000": "2000 国家大地坐标系",
    "Xian 1980": "1980 西安坐标系",
    "Beijing 1954": "1954 北京坐标系",
}


def crs_candidates(bounds: Box, *, region: Box | None = None, declared: CRS | None = None) -> list[Candidate]:
    """Return the coordinate systems that a range of numbers may be in, the likeliest first.

    Parameters
    ----------
    bounds
        Least first and second number, greatest first and second number.
    region
        Where the land is known to lie; candidates outside it are left out.
        Without it, only the systems in use in China and longitude and latitude are thought of.
    declared
        What the file names; the numbers may be its own the other way round.

    Returns
    -------
    list of Candidate
        At most `MOST`; empty where nothing is known that fits. Numbers are taken the other way round only
        where nothing fits as they stand.
    """
    if not np.isfinite(bounds).all():
        return []
    x0, y0, x1, y1 = bounds
    straight = _in_order((x0, y0, x1, y1), "", region, declared)
    return (straight or _in_order((y0, x0, y1, x1), "yx", region, declared))[:MOST]


def _in_order(bounds: Box, axes: str, region: Box | None, declared: CRS | None) -> list[Candidate]:
    known = [declared] if declared is not None and axes else []
    found: dict[str, Candidate] = {}
    for crs in [*known, *_thinkable(bounds, region)]:
        candidate = candidate_of(crs, bounds, axes)
        if candidate is not None and _fits(candidate, region, crs):
            found.setdefault(candidate.crs, candidate)
    ranked = sorted(found.values(), key=lambda c: _rank(c, region, declared))
    inside = [c for c in ranked if region is not None and apart_deg(c.bounds, region) == 0.0]
    return inside or ranked


def _thinkable(bounds: Box, region: Box | None) -> Iterator[CRS]:
    """Yield the CRSs to be tried."""
    if _are_degrees(bounds):
        yield from (CRS.from_epsg(code) for code in (4490, 4326))
        return
    yield from _chinese(bounds)
    if region is not None:
        in_use = _utm if in_china((region[0] + region[2]) / 2, (region[1] + region[3]) / 2) else _registered
        yield from in_use(region)


def _are_degrees(bounds: Box) -> bool:
    return -180 <= bounds[0] <= bounds[2] <= 180 and -90 <= bounds[1] <= bounds[3] <= 90


def _chinese(bounds: Box) -> Iterator[CRS]:
    """Yield the Gauss-Krüger zones that eastings and northings of China may be in."""
    west, south, east, north = bounds
    zone = int(west // 1_000_000)
    if not 1_500_000 <= south <= north <= 6_500_000 or zone != int(east // 1_000_000):
        return
    if zone in PREFIXED_3:
        yield from (CRS.from_epsg(codes["prefixed-3"] + zone - 25) for codes in _FIRST_CODES.values())
    elif zone in PREFIXED_6:
        yield from (CRS.from_epsg(codes["prefixed-6"] + zone - 13) for codes in _FIRST_CODES.values())
    elif 50_000 <= west <= east <= 950_000:
        latitude = (south + north) / 2 / METRES_PER_DEGREE
        off = abs((west + east) / 2 - 500_000.0) / (METRES_PER_DEGREE * np.cos(np.radians(latitude)))
        kind, step = ("plain-3", 3) if off <= HALF_3_DEG else ("plain-6", 6)
        count = (135 - 75) // step + 1
        yield from (CRS.from_epsg(codes[kind] + i) for codes in _FIRST_CODES.values() for i in range(count))


def _utm(region: Box) -> Iterator[CRS]:
    """Yield the UTM zones of a region north of the equator."""
    zones = range(int((region[0] + 180) // 6) + 1, int((region[2] + 180) // 6) + 2)
    yield from (CRS.from_epsg(32600 + zone) for zone in zones)


def _registered(region: Box) -> Iterator[CRS]:
    """Yield every projected CRS of the EPSG registry that is used in or near a region."""
    west, south, east, north = region
    around = AreaOfInterest(
        max(west - LOOKED_AROUND_DEG, -180.0),
        max(south - LOOKED_AROUND_DEG, -90.0),
        min(east + LOOKED_AROUND_DEG, 180.0),
        min(north + LOOKED_AROUND_DEG, 90.0),
    )
    listed = query_crs_info(auth_name="EPSG", pj_types=PJType.PROJECTED_CRS, area_of_interest=around)
    yield from (CRS.from_epsg(int(info.code)) for info in listed)


def candidate_of(crs: CRS, bounds: Box, axes: str = "") -> Candidate | None:
    """Return where a CRS puts the numbers, or None where that is nowhere on the earth.

    Its own datum is good enough for that.
    """
    corners = np.array(bounds, dtype=np.float64)[[[0, 1], [0, 3], [2, 1], [2, 3]]]
    lonlat = lonlat_of(corners, crs)
    if np.isnan(lonlat).any():
        return None
    west, south = (float(value) for value in lonlat.min(axis=0))
    east, north = (float(value) for value in lonlat.max(axis=0))
    authority = crs.to_authority()
    code = ":".join(authority) if authority else crs.to_string()
    near = near_text((west + east) / 2, (south + north) / 2)
    return Candidate(code, crs_name(crs), (west, south, east, north), near, axes)


def _fits(candidate: Candidate, region: Box | None, crs: CRS) -> bool:
    west, south, east, north = candidate.bounds
    if degrees_outside(np.array([[west, south], [east, north]]), crs).max() > LOOKED_AROUND_DEG:
        return False
    if region is not None:
        return apart_deg(candidate.bounds, region) <= NEAR_DEG
    return crs.is_geographic or bool(candidate.axes) or in_china((west + east) / 2, (south + north) / 2)


def apart_deg(a: Box, b: Box) -> float:
    """Return how far two boxes are apart, in degrees of longitude or latitude."""
    return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3], 0.0)


def _rank(candidate: Candidate, region: Box | None, declared: CRS | None) -> tuple[float, ...]:
    """Return what to sort by: the declared one, the datum, the distance from the region."""
    own = declared is not None and candidate.name.en == crs_name(declared).en
    datum = candidate.name.en.split(" / ", maxsplit=1)[0].split(",", maxsplit=1)[0]
    order = _DATUMS.index(datum) if datum in _DATUMS else len(_DATUMS)
    west, south, east, north = candidate.bounds
    if region is not None:
        middle = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    else:
        meridian = central_meridian(declared) if declared is not None else None
        middle = (meridian, (south + north) / 2) if meridian is not None else MIDDLE_OF_CHINA
    away = np.hypot((west + east) / 2 - middle[0], (south + north) / 2 - middle[1])
    return float(not own), float(order), float(np.round(away, 6))


def central_meridian(crs: CRS) -> float | None:
    """Return the central meridian of a Gauss-Krüger zone in degrees, None of any other CRS."""
    name = _NAME.match(crs.name)
    if name is None:
        return None
    at = float(name["at"])
    if name["kind"] == "CM":
        return at
    return at * 3.0 if name["three"] else at * 6.0 - 3.0


def crs_name(crs: CRS) -> Text:
    """Return the name of a CRS in plain words, in Chinese where it is one of China's."""
    name = _NAME.match(crs.name)
    if name is not None and name["datum"] in _DATUM_ZH:
        width = "3 度带" if name["three"] else "6 度带"
        at = (
            f"第 {name['at']} 带（坐标含带号）"
            if name["kind"] == "zone"
            else f"中央经线 {name['at']}°（坐标不含带号）"
        )
        return Text(crs.name, f"{_DATUM_ZH[name['datum']]} {width} {at}")
    plain = {
        "China Geodetic Coordinate System 2000": Text(
            "CGCS2000, longitude and latitude", "2000 国家大地坐标系 经纬度"
        ),
        "WGS 84": Text("WGS 84, longitude and latitude", "WGS 84 经纬度"),
    }
    return plain.get(crs.name, Text(crs.name, crs.name))
