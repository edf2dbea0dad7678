"""Texts of addresses in one form: width, case, accents, numerals and abbreviations."""

from __future__ import annotations

import re
import unicodedata

_DIGITS = {character: digit for digit, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = re.compile(r"[零一二三四五六七八九〇两十百千]+")
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—−﹣", "-"),
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "號": "号",
        "樓": "楼",
        "棟": "栋",
        "單": "单",
        "區": "区",
        "縣": "县",
        "鎮": "镇",
        "鄉": "乡",
        "東": "东",
        "門": "门",
        "層": "层",
        "戶": "户",
        "園": "园",
        "廈": "厦",
    }
)
_ACCENTS = re.compile("[̀-ͯ]")

ROAD_WORDS = {
    "street": "str", "st": "str", "str": "str", "strasse": "str", "straat": "str",
    "avenue": "ave", "av": "ave", "ave": "ave", "road": "rd", "rd": "rd", "boulevard": "blvd", "bd": "blvd",
    "blvd": "blvd", "drive": "dr", "dr": "dr", "lane": "ln", "ln": "ln", "court": "ct", "ct": "ct",
    "place": "pl", "platz": "pl", "plaza": "pl", "pl": "pl", "square": "sq", "sq": "sq", "circle": "cir",
    "cir": "cir", "terrace": "ter", "ter": "ter", "highway": "hwy", "hwy": "hwy", "parkway": "pkwy",
    "pkwy": "pkwy", "gasse": "gasse", "g": "gasse", "weg": "weg", "w": "weg", "allee": "allee", "laan": "laan",
    "dijk": "dijk", "chaussee": "ch", "ch": "ch", "via": "via", "ulica": "ul", "ul": "ul",
}  # fmt: skip
"""Words of a street's kind at its end, or alone at its beginning, as they are compared."""
_GLUED = (("strasse", "str"), ("straat", "str"), ("platz", "pl"), ("gasse", "gasse"), ("weg", "weg"))
GLUED_ROADS = (*(ending for ending, _ in _GLUED), "str")
_SAINT = ("st", "saint", "sankt", "skt", "sint")
_TITLES = {"doktor": "dr", "dr": "dr", "professor": "prof", "prof": "prof"}
_COMPASS = {"north": "n", "south": "s", "east": "e", "west": "w"}


def folded_address(text: str) -> str:
    """Return an address in narrow, small letters without accents; numerals as digits.

    >>> folded_address("朝阳路１２號樓 三单元"), folded_address("Stöckigstraße 12A")
    ('朝阳路12号楼 3单元', 'stoeckigstrasse 12a')
    """
    narrow = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_LETTERS)
    plain = unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", narrow)))
    return _NUMERAL.sub(_digits, plain)


def _digits(match: re.Match[str]) -> str:
    """Return a Chinese numeral in digits: 十二 is 12, 一〇三 is 103; what is none stays."""
    run = match.group()
    if not any(character in _PLACES for character in run):
        return "".join(str(_DIGITS[character]) for character in run) if run != "两" else run
    total, digit = 0, None
    for character in run:
        if character in _DIGITS:
            digit = _DIGITS[character]
            continue
        if digit is None and character != "十":
            return run
        total += (1 if digit is None else digit) * _PLACES[character]
        digit = None
    return str(total + (digit or 0))


def street_key(words: list[str]) -> str:
    """Return a street's name as it is compared: its kind abbreviated, without blanks.

    >>> street_key(["neuenreuther", "strasse"]), street_key(["hauptstr"]), street_key(["n", "main", "st"])
    ('neuenreutherstr', 'hauptstr', 'nmainstr')
    """
    found = [word for word in words if word]
    last = len(found) - 1
    for i, word in enumerate(found):
        if i == last and i and word in ROAD_WORDS:
            found[i] = ROAD_WORDS[word]
        elif i < last and word in _SAINT:
            found[i] = "st"
        elif i < last and word in _TITLES:
            found[i] = _TITLES[word]
        elif i < last and word in _COMPASS:
            found[i] = _COMPASS[word]
        elif i == 0 and i < last and word in ROAD_WORDS and len(word) > 1:
            found[i] = ROAD_WORDS[word]
    glued = "".join(found)
    for ending, short in _GLUED:
        if glued.endswith(ending) and glued != ending:
            return glued.removesuffix(ending) + short
    return glued
