"""Real addresses with the faults that clerks make, drawn by a seed, and what each of them truly means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
from pypinyin import Style, pinyin

from benchmarks.data import DATA
from gridder.members.match import UnitAddress

HELD_OUT = 0.2
"""So large a share of the names is no unit's: people write them all the same."""
COMMON = bytes(b for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for b in (row, cell)).decode(
    "gb2312", errors="ignore"
)
"""The 3755 characters of the first level of GB 2312."""
BESIDE = 8
DIGITS = "零一二三四五六七八九"

Fault = Callable[["Home", np.random.Generator], str]


@dataclass(frozen=True)
class Home:
    """One building: its street or compound, its number, and its town."""

    name: str
    number: str
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, eq=False)
class Town:
    """The buildings of a data set, those that are no units, and the faults of its addresses."""

    title: str
    homes: Sequence[Home]
    others: Sequence[Home]
    units: Sequence[UnitAddress]
    faults: dict[str, Fault]
    wrong: dict[str, Fault]


def shanghai(n: int) -> Town:
    """Return n buildings in the residential compounds of Shanghai: real names, numbers drawn."""
    path = DATA / "buildings" / "china_compounds" / "shanghai_points.xlsx"
    names = pd.read_excel(path, engine="calamine")["小区名称"]
    return _numbered("Shanghai, compounds", names, n, most=12, rng=np.random.default_rng(0))


def beijing(n: int) -> Town:
    """Return up to n buildings of Beijing: the real names of buildings, numbers drawn."""
    names = gpd.read_file(DATA / "buildings" / "beijing_cn" / "buildings.json", ignore_geometry=True)["name"]
    return _numbered("Beijing, buildings", names, n, most=8, rng=np.random.default_rng(5))


def _numbered(title: str, column: pd.Series[str], n: int, *, most: int, rng: np.random.Generator) -> Town:
    names = column.dropna().astype(str).drop_duplicates()
    names = names[names.str.len() > 2].to_numpy()
    rng.shuffle(names)
    homes = [Home(name, str(k)) for name in names for k in range(1, 1 + int(rng.integers(2, most)))]
    kept, others = _held_out(homes, n, rng)
    units = [UnitAddress((f"{home.name}{home.number}号楼",)) for home in kept]
    return Town(title, kept, others, units, CHINESE, CHINESE_WRONG)


def european(n: int) -> Town:
    """Return up to n addresses of Liechtenstein, North Bayreuth and the Veluwe, each once."""
    rng = np.random.default_rng(0)
    frames = []
    for place in (
        "buildings/liechtenstein/liechtenstein.gpkg",
        "fields/north_bayreuth_de/north_bayreuth.gpkg",
    ):
        table = gpd.read_file(DATA / place, layer="address_points", ignore_geometry=True)
        columns = ["addr:street", "addr:housenumber", "addr:postcode", "addr:city"]
        frames.append(table[columns].set_axis(["name", "number", "postcode", "city"], axis=1).dropna())
    dutch = gpd.read_file(DATA / "points" / "dutch_addresses_28992.gpkg", ignore_geometry=True)
    number = dutch["huisnummer"].astype(str) + dutch["huisletter"].fillna("")
    frames.append(
        pd.DataFrame(
            {
                "name": dutch["straatnaam"],
                "number": number,
                "postcode": dutch["postcode"],
                "city": dutch["woonplaats"],
            }
        )
    )
    table = pd.concat(frames).drop_duplicates(["name", "number", "city"])
    table = table[table["number"].str.fullmatch(r"\d+\s?[a-zA-Z]?")]
    homes = [Home(*row) for row in table.astype(str).itertuples(index=False)]
    homes.sort(key=lambda home: (home.name, home.city, home.number))
    kept, others = _held_out(homes, n, rng)
    units = [UnitAddress((f"{h.name} {h.number}",), h.city, h.postcode) for h in kept]
    return Town("Liechtenstein, Bayreuth, Veluwe", kept, others, units, EUROPEAN, EUROPEAN_WRONG)


def _held_out(homes: Sequence[Home], n: int, rng: np.random.Generator) -> tuple[list[Home], list[Home]]:
    names = sorted({home.name for home in homes})
    out = set(rng.choice(names, int(HELD_OUT * len(names)), replace=False).tolist())
    kept = [home for home in homes if home.name not in out][:n]
    return kept, [home for home in homes if home.name in out]


def typo(text: str, rng: np.random.Generator) -> str:
    """Return a text with one letter left out, doubled, or swapped with the next."""
    at = int(rng.integers(1, max(len(text) - 1, 2)))
    kind = rng.integers(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at - 1] + text[at:]
    return text[: at - 1] + text[at : at + 1] + text[at - 1] + text[at + 1 :]


def homophone(text: str, rng: np.random.Generator) -> str:
    """Return a text with one Chinese character written as another common one that sounds the same."""
    places = [i for i, own in enumerate(text) if _alike(own)]
    if not places:
        return text
    at = int(rng.choice(places))
    return text[:at] + str(rng.choice(_alike(text[at]))) + text[at + 1 :]


@cache
def _alike(character: str) -> tuple[str, ...]:
    """Return the characters of the same sound beside one in GB 2312, which orders them by their common reading."""
    at = COMMON.find(character)
    beside = COMMON[max(at - BESIDE, 0) : at + BESIDE + 1] if at >= 0 else ""
    return tuple(one for one in beside if one != character and _readings(one) & _readings(character))


@cache
def _readings(character: str) -> frozenset[str]:
    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])


def wide(text: str) -> str:
    """Return a text in full-width forms."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def numeral(number: str) -> str:
    """Return a number up to 99 in Chinese."""
    value = int(number)
    tens, ones = divmod(value, 10)
    return ((DIGITS[tens] if tens > 1 else "") + "十" if tens else "") + (
        DIGITS[ones] if ones or not tens else ""
    )


def _room(rng: np.random.Generator) -> str:
    return f"{rng.integers(1, 4)}单元{rng.integers(1, 7)}0{rng.integers(1, 5)}室"


CHINESE: dict[str, Fault] = {
    "as written": lambda h, rng: f"{h.name}{h.number}号楼",
    "栋, 幢, #, 座 for 号楼": lambda h, rng: f"{h.name}{h.number}{rng.choice(['栋', '幢', '#', '号'])}",
    "city and district in front": lambda h, rng: (
        f"上海市{rng.choice(['徐汇区', '浦东新区', '宝山区'])}{h.name}{h.number}号楼"
    ),
    "city and district behind": lambda h, rng: f"{h.name}{h.number}号楼，上海市徐汇区",
    "Chinese numerals": lambda h, rng: f"{h.name}{numeral(h.number)}号楼",
    "full-width": lambda h, rng: wide(f"{h.name}{h.number}#"),
    "stairwell and room": lambda h, rng: f"{h.name}{h.number}号楼{_room(rng)}",
    "12-3-501": lambda h, rng: f"{h.name}{h.number}-{rng.integers(1, 4)}-{rng.integers(1, 7)}01",
    "number first": lambda h, rng: f"{h.number}号楼 {h.name}",
    "typo in the name": lambda h, rng: f"{typo(h.name, rng)}{h.number}号楼",
    "homophone in the name": lambda h, rng: f"{homophone(h.name, rng)}{h.number}号楼",
    "several at once": lambda h, rng: wide(f"上海市徐汇区 {h.name} ") + f"{numeral(h.number)}栋{_room(rng)}",
}
CHINESE_WRONG: dict[str, Fault] = {
    "a number that is not there": lambda h, rng: f"{h.name}{int(h.number) + 20}号楼",
    "a compound that is not there": lambda h, rng: f"{h.name}{h.number}号楼",
}
_SHORT = (
    ("strasse", "str."),
    ("Strasse", "Str."),
    ("straße", "str."),
    ("Straße", "Str."),
    ("straat", "str."),
    ("platz", "pl."),
)


def _short(name: str) -> str:
    for long, short in _SHORT:
        name = re.sub(rf"{long}$", short, name)
    return name


def _plain(text: str) -> str:
    for accent, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(accent, letters)
    return text


EUROPEAN: dict[str, Fault] = {
    "as written": lambda h, rng: f"{h.name} {h.number}, {h.postcode} {h.city}",
    "Str. for Straße": lambda h, rng: f"{_short(h.name)} {h.number}, {h.postcode} {h.city}",
    "no town": lambda h, rng: f"{h.name} {h.number}",
    "town without postcode or comma": lambda h, rng: f"{h.name} {h.number} {h.city}",
    "town in front": lambda h, rng: f"{h.city}, {h.name} {h.number}",
    "number first": lambda h, rng: f"{h.number} {h.name}, {h.city}",
    "no umlauts, capitals": lambda h, rng: _plain(f"{h.name} {h.number}, {h.city}").upper(),
    "full-width": lambda h, rng: wide(f"{h.name} {h.number}") + f", {h.city}",
    "floor or flat behind": lambda h, rng: (
        f"{h.name} {h.number}, {rng.choice(['Top 3', '2. OG', 'Whg 4'])}, {h.postcode} {h.city}"
    ),
    "typo in the name": lambda h, rng: f"{typo(h.name, rng)} {h.number}, {h.postcode} {h.city}",
    "several at once": lambda h, rng: (
        f"{_short(_plain(h.name)).lower()}{h.number} top {rng.integers(1, 9)}, {h.city}"
    ),
}
EUROPEAN_WRONG: dict[str, Fault] = {
    "a number that is not there": lambda h, rng: (
        f"{h.name} {int(re.findall('[0-9]+', h.number)[0]) + 500}, {h.city}"
    ),
    "another letter": lambda h, rng: (
        f"{h.name} {h.number.rstrip('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ')}x, {h.city}"
    ),
    "a street that is not there": lambda h, rng: f"{h.name} {h.number}, {h.city}",
}
