"""Coordinates as people write them: degrees, minutes and seconds, letters, labels, two numbers in one cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from gridder.model import Bools, Floats

_MARKS = str.maketrans(
    {**dict.fromkeys("º˚度", "°"), **dict.fromkeys("′‘’ʹ`分", "'"), **dict.fromkeys("″“”ʺ秒", '"')}
)
_ANGLE = (
    r"(?P<before>[nsew])?\s*(?P<sign>[-+])?\s*(?P<d>\d+(?:\.\d+)?)\s*"
    r"(?:°\s*(?:(?P<m>\d+(?:\.\d+)?)\s*'(?:(?P<s>\d+(?:\.\d+)?)\"?|\s*(?P<apart>\d+(?:\.\d+)?)\s*\")?)?)?\s*(?P<after>[nsew])?(?![a-z])"
)
_ONE = re.compile(_ANGLE)
_LABEL = re.compile(r"(?P<lon>东经|西经|longitude|long?|lng)|(?P<lat>北纬|南纬|latitude|lat)")
_PLAIN = r"-?\d+(?:\.\d*)?"
_WKT = re.compile(rf"point\s*z?\s*\(\s*({_PLAIN})\s+({_PLAIN})(?:\s+{_PLAIN})?\s*\)")


def _plain(text: str) -> str:
    text = text.replace("经度", "lon ").replace("纬度", "lat ")
    narrow = unicodedata.normalize("NFKC", text.translate(_MARKS)).casefold().translate(_MARKS)
    return narrow.replace("''", '"').strip()


def parse_degrees(text: str) -> float | None:
    r"""Return one coordinate in degrees, None where the text is none.

    >>> parse_degrees("117°12'03.6\""), parse_degrees("117度12分E"), parse_degrees("W 3.5"), parse_degrees("东")
    (117.201, 117.2, -3.5, None)
    """
    plain = _LABEL.sub("", _plain(text)).strip(" :=")
    match = _ONE.fullmatch(plain)
    if match is None:
        return None
    value = _value(match)
    return None if value is None else (-value if re.search("西经|南纬", text) else value)


def _value(match: re.Match[str]) -> float | None:
    minutes, seconds = float(match["m"] or 0), float(match["s"] or match["apart"] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    value = float(match["d"]) + minutes / 60 + seconds / 3600
    south_or_west = (match["before"] or match["after"] or "") in ("s", "w")
    return -value if south_or_west or match["sign"] == "-" else value


def parse_points(texts: Sequence[str | None], *, latitude_first: bool | None = None) -> tuple[Floats, Bools]:
    """Return longitudes and latitudes of cells that hold both, and which cells say something else.

    Letters (E, N), labels (经度, lat) and WKT tell the order; else a number beyond 90 does, for the whole
    column; else `latitude_first` does, which the header may tell.

    Parameters
    ----------
    texts
        Length n.
    latitude_first
        None where the header tells nothing: pairs of unknown order are then not understood.

    Returns
    -------
    ndarray
        Degrees, shape (n, 2), missing where there is none.
    ndarray
        Shape (n,).
    """
    points = np.full((len(texts), 2), np.nan)
    wrong = np.zeros(len(texts), dtype=np.bool_)
    open_pairs: dict[int, tuple[float, float]] = {}
    for i, text in enumerate(texts):
        if text is None:
            continue
        pair, known = _pair(_plain(text))
        if pair is None:
            wrong[i] = True
        elif known:
            points[i] = pair
        else:
            open_pairs[i] = pair
    if open_pairs:
        pairs = np.array(list(open_pairs.values()))
        beyond = (np.abs(pairs) > 90).any(axis=0)
        swapped = bool(beyond[1]) if beyond.any() and not beyond.all() else latitude_first
        at = list(open_pairs)
        if swapped is None:
            wrong[at] = True
        else:
            points[at] = pairs[:, ::-1] if swapped else pairs
    return points, wrong


def _pair(text: str) -> tuple[tuple[float, float] | None, bool]:
    """Return two numbers, as longitude and latitude where the text tells which is which."""
    wkt = _WKT.search(text)
    if wkt:
        return (float(wkt[1]), float(wkt[2])), True
    labels = ["lon" if match["lon"] else "lat" for match in _LABEL.finditer(text)]
    south, west = "南纬" in text, "西经" in text
    angles = list(_ONE.finditer(_LABEL.sub(" ", text)))
    rest = re.sub(r"[\s,;:/|=()\[\]，；、]+", "", _ONE.sub("", _LABEL.sub(" ", text)))
    values = [_value(match) for match in angles]
    if len(values) != 2 or rest or values[0] is None or values[1] is None:
        return None, False
    first, second = values[0], values[1]
    letters = [match["before"] or match["after"] or "" for match in angles]
    kinds = ["lat" if letter in ("n", "s") else "lon" if letter else "" for letter in letters]
    if not all(kinds) and len(labels) == 2:
        kinds = labels
    if sorted(kinds) == ["lat", "lon"]:
        lon, lat = (first, second) if kinds[0] == "lon" else (second, first)
        return (-lon if west else lon, -lat if south else lat), True
    return (first, second), False
