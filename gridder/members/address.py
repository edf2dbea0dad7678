"""A postal address as its parts: names, and the numbers of plot, building and stairwell.

Chinese addresses go from the large to the small (市 区 路 弄 号 小区 号楼 单元 室), European ones have a street
with a number before or behind it, and a place with a postcode (docs/design/addresses.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from gridder.members.wording import GLUED_ROADS, ROAD_WORDS, folded_address, street_key

LONGEST = 500
"""Taking a text apart takes time that grows with the square of its length."""
CHINESE = re.compile("[㐀-鿿]")
_BRACKETS = re.compile(r"[(\[【〔「].*?[)\]】〕」]")
_SEPARATORS = re.compile(r"[\s,;、|()\[\]【】〔〕「」:.。·•\"'“”/]+")

_NUMBER = r"(?P<n>[甲乙丙丁戊]?\d+(?:[a-z](?![a-z]))?(?:[-之]\d+(?=\s*(?:号|栋|幢|座|#)))?[甲乙丙丁]?|(?<![a-z])[a-z](?=\s*(?:座|栋|幢|号|区?楼))|[甲乙丙丁戊](?=[座栋幢]))"
_KIND = r"\s*(?P<u>号楼|号院|#楼|单元|号|#|栋|幢|座|楼|弄|门|层|室|户|房|院)"
_NUMBERED = re.compile(_NUMBER + _KIND)
_SHORTHAND = re.compile(
    r"(?<![\da-z])(?P<a>\d{1,4})(?:-(?P<b>\d{1,4}))?(?:-(?P<c>\d{1,4}))?(?![\da-z]|\s*[-㐀-鿿])"
)
_ROAD = re.compile(r"(?:路|街|巷|道|胡同|公路|大道|线|堤)$")
_REGION = re.compile(
    r"(?P<name>[^省市区县旗镇乡]{1,8}?)(?P<kind>特别行政区|自治区|省|自治州|市(?!之|花园|公寓|家园|景苑|广场|场|名|豪|人)|地区|新区|(?<![小社园宅片院校厂a-z\d])区|县|旗|街道|(?<![小古])镇|乡)"
)
_GENERIC = re.compile(
    r"(?:小区|社区|住宅区?|公寓|别墅|花园|花苑|新村|家园|大厦|大楼|广场|[东西南北中]?苑|\d+期|街区)+"
)
_PROVINCES = [
    "北京",
    "天津",
    "上海",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
]
_PREFIX = re.compile(
    rf"(?:中国)?(?:{'|'.join(_PROVINCES)})?(?>{_REGION.pattern.replace('?P<name>', '?:').replace('?P<kind>', '?:')})*"
)

_HOUSE = r"(?P<n>\d+)\s*(?:-?\s*(?P<letter>[a-z])(?![a-z]|\.\s?[a-z]))?(?:\s*(?P<sign>[-/])\s*(?P<sub>\d+)(?P<subletter>[a-z])?(?![a-z\d]))?"
_NUMBER_LAST = re.compile(rf"^(?P<name>.*[a-z].*?)[\s.,#]*(?:\b(?:nr|no|n)[.\s]*)?(?<!\d){_HOUSE}\s*$")
_NUMBER_FIRST = re.compile(rf"^{_HOUSE}[\s.]+(?P<name>[^\d]*[a-z][^\d]*|\d+(?:st|nd|rd|th)\b.*)$")
_INSIDE = re.compile(
    r"[\s,/#-]*\b(?:apartment|apt|unit|suite|ste|flat|room|rm|top|tuer|whg|wohnung|app|appartement|stiege|zimmer|bus|"
    r"bte|interno|int|scala|(?:\d+\s*)?(?:og|eg|dg|stock|etage|floor))\b.*$|\s*#\s*\w+\s*$"
)
_POSTCODE = re.compile(r"\b(?:[a-z]{1,3}-)?(?P<code>\d{4}\s?[a-z]{2}|\d{4,5})\b(?!\s*[-/])")


@dataclass(frozen=True)
class Place:
    """One way in which an address says where: a name with the numbers behind it.

    `plot` is the number on a street (号, 弄, 号院; a European house number), `building` that of a building
    in a compound, `stairwell` that of its 单元; each is empty where it is not said.
    `lane` tells 弄 from 号; `whole` is False where a word of the name was left out, and `note` is what stood
    in brackets and was left out.
    """

    name: str
    plot: str = ""
    building: str = ""
    stairwell: str = ""
    lane: bool = False
    whole: bool = True
    note: str = ""

    @property
    def numbers(self) -> tuple[str, str]:
        """Plot and building."""
        return self.plot, self.building


@dataclass(frozen=True)
class Address:
    """The places that an address names, and the regions around them by their kind (市, 区 …, postcode, city)."""

    places: tuple[Place, ...] = ()
    regions: dict[str, str] = field(default_factory=dict)


def parse_address(text: str, cities: Collection[str] = ()) -> Address:
    """Return the parts of an address.

    Parameters
    ----------
    text
        As people write it; one of more than `LONGEST` letters is none.
    cities
        Names of towns, as `town_key` returns them, that may stand beside a street without a comma.
    """
    folded = folded_address(text)
    if len(folded) > LONGEST:
        return Address()
    if CHINESE.search(folded):
        return _chinese(folded)
    return _european(folded, cities)


def town_key(text: str) -> str:
    """Return the name of a town as it is compared."""
    return re.sub(r"[^\w]|[\d_]", "", folded_address(text))


def _chinese(text: str) -> Address:
    places, regions = _chinese_places(_BRACKETS.sub(lambda m: " " + m.group()[1:-1] + " ", text))
    if _BRACKETS.search(text):
        bare, _ = _chinese_places(_BRACKETS.sub(" ", text))
        note = "".join(match.group()[1:-1] for match in _BRACKETS.finditer(text))
        places += [replace(place, note=note) for place in bare if place not in places]
    return Address(tuple(dict.fromkeys(places)), regions)


@dataclass
class _Found:
    """A name and the numbers read behind it."""

    name: str
    plot: str = ""
    building: str = ""
    stairwell: str = ""
    lane: bool = False
    inside: bool = False

    @property
    def numbered(self) -> bool:
        return bool(self.plot or self.building)

    def add(self, kind: str, number: str) -> None:
        """Take a number in by the word behind it."""
        if kind in ("单元", "门"):
            self.stairwell = self.stairwell or number
        elif (
            kind in ("层", "室", "户", "房")
            or (self.building and kind in ("号", "楼"))
            or (self.inside and self.numbered)
        ):
            self.inside = True
        elif kind in ("弄", "号院", "院") and not self.plot:
            self.plot, self.lane = number, kind == "弄"
        elif kind == "号" and not self.plot and _ROAD.search(self.name):
            self.plot = number
        else:
            self.building = f"{self.building}/{number}" if self.building else number


def _chinese_places(text: str) -> tuple[list[Place], dict[str, str]]:
    found, regions = [_Found("")], dict[str, str]()
    position = 0
    for start, end, numbers in _chinese_numbers(text):
        _name(found, text[position:start], regions, before_number=True)
        for kind, number in _sorted_shorthand(numbers, has_building=bool(found[-1].building)):
            found[-1].add(kind, number)
        position = end
    _name(found, text[position:], regions, before_number=False)
    if not found[0].name and len(found) > 1:
        first = found.pop(0)
        last = found[-1]
        if first.building and not any(one.building for one in found):
            last.building, last.stairwell = first.building, first.stairwell
    places = []
    for i, one in enumerate(found):
        if not one.name:
            continue
        later = found[i + 1] if i + 1 < len(found) else None
        if one.plot and not one.building and later is not None:
            places.append(Place(one.name, one.plot, later.building, later.stairwell, one.lane))
        elif later is None or one.numbered:
            places.append(Place(one.name, one.plot, one.building, one.stairwell, one.lane))
    return places[::-1], regions


def _chinese_numbers(text: str) -> list[tuple[int, int, list[tuple[str, str]]]]:
    """Return where numbers stand, with the words behind them; those of shorthand (12-3-501, last) have none."""
    found = [
        (m.start(), m.end(), [(m["u"], _plain_number(m["n"]))])
        for m in _NUMBERED.finditer(text)
        if m.end() == len(text) or not (m["u"] in "楼门院房户" and CHINESE.match(text[m.end()]))
    ]
    short = _SHORTHAND.search(text, found[-1][1] if found else 0)
    if short:
        numbers = [("", _plain_number(part)) for part in short.group("a", "b", "c") if part]
        found.append((short.start(), short.end(), numbers))
    return found


def _sorted_shorthand(numbers: list[tuple[str, str]], *, has_building: bool) -> list[tuple[str, str]]:
    """Return numbers with the words that shorthand leaves out: building, stairwell and room in turn."""
    if numbers[0][0]:
        return numbers
    kinds = ["单元", "室"] if has_building else ["栋", "单元", "室"]
    if len(numbers) < len(kinds) and len(numbers[-1][1]) > 2:
        kinds = [*kinds[: len(numbers) - 1], "室"]
    elif has_building and len(numbers) == 1:
        kinds = ["室"]
    return [(kind, number) for kind, (_, number) in zip(kinds, numbers, strict=False)]


def _plain_number(number: str) -> str:
    """Return a number without leading zeros."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", number.replace("之", "-"))


def _name(found: list[_Found], text: str, regions: dict[str, str], *, before_number: bool) -> None:
    """Take the words between two numbers in: regions, or the name of a further place.

    What stands right before a number is a name, however it ends.
    """
    words = [word.strip("-#") for word in _SEPARATORS.split(text)]
    kept, last_region = [], ""
    for i, word in enumerate(words):
        if not word:
            continue
        if is_region(word) and not (before_number and i == len(words) - 1):
            regions |= regions_of(word)
            last_region = word
        else:
            kept.append(word)
    name = "".join(kept)
    if name and is_generic(name):
        name = last_region + name
    if not name:
        return
    if found[-1].name and not found[-1].numbered and not found[-1].inside:
        found[-1].name += name
    else:
        found.append(_Found(name))


def is_region(text: str) -> bool:
    """Return whether a Chinese text names nothing but provinces, cities, districts, towns.

    >>> is_region("北京市朝阳区"), is_region("芳草地社区"), is_region("")
    (True, False, True)
    """
    return _PREFIX.fullmatch(text) is not None


def regions_of(text: str) -> dict[str, str]:
    """Return the regions of a Chinese text by kind."""
    return {m["kind"]: m["name"] for m in _REGION.finditer(text)}


def is_generic(text: str) -> bool:
    """Return whether a Chinese text is made of words that name no place alone (小区, 花园, 2期)."""
    return _GENERIC.fullmatch(text) is not None


def without_region(text: str) -> str:
    """Return a Chinese name without the regions in front of it, unless nothing that names a place would be left."""
    match = _PREFIX.match(text)
    rest = text[match.end() if match else 0 :]
    return text if len(rest) < 2 or is_generic(rest) else rest


def is_road(name: str) -> bool:
    """Return whether a Chinese name ends as roads do."""
    return _ROAD.search(name) is not None


def _european(text: str, cities: Collection[str]) -> Address:
    regions: dict[str, str] = {}
    chunks = [chunk.strip() for chunk in re.split(r"[,;\n|]+", text) if chunk.strip()]
    places: list[Place] = []
    for chunk in chunks:
        if places and _INSIDE.fullmatch(chunk):
            continue
        alone = re.fullmatch(_HOUSE, chunk)
        if alone and places and not places[-1].plot:
            places[-1] = replace(places[-1], plot=_house_number(alone))
            continue
        rest = _take_town(chunk, regions, cities, is_first=not places)
        place = _street(rest, cities, regions) if rest else None
        if place is not None:
            places.append(place)
    numbered = [place for place in places if place.plot]
    return Address(tuple(numbered or places), regions)


def _take_town(chunk: str, regions: dict[str, str], cities: Collection[str], *, is_first: bool) -> str:
    """Return a chunk without postcode and town, which are kept as regions.

    A number of four or five digits in front of a street is that of a house.
    """
    match = _POSTCODE.search(chunk)
    if match:
        before, after = chunk[: match.start()].strip(), chunk[match.end() :].strip()
        if after and not re.search(r"\d", after) and not (is_first and not before and is_street(after)):
            regions["postcode"], regions["city"] = match["code"].replace(" ", ""), town_key(after)
            return before
        has_number = re.search(r"\d", before) is not None
        if before and not after and (has_number or not is_first or town_key(before) in cities):
            regions["postcode"] = match["code"].replace(" ", "")
            chunk = before
            if not has_number:
                regions["city"] = town_key(before)
                return ""
    if town_key(chunk) in cities and not re.search(r"\d", chunk):
        regions["city"] = town_key(chunk)
        return ""
    return chunk


def is_street(text: str) -> bool:
    """Return whether a European text begins or ends with a word of a street's kind."""
    words = re.findall(r"[^\W\d]+", text)
    return bool(words) and (
        words[-1] in ROAD_WORDS or words[0] in ROAD_WORDS or words[-1].endswith(GLUED_ROADS)
    )


def _street(chunk: str, cities: Collection[str], regions: dict[str, str]) -> Place | None:
    bare = _INSIDE.sub("", chunk).strip()
    bare = _without_town(bare, cities, regions)
    match = _NUMBER_LAST.match(bare) or _NUMBER_FIRST.match(bare)
    name, plot = (match["name"], _house_number(match)) if match else (bare, "")
    words = [word for word in re.split(r"[\s.\-'’]+", name) if word]
    key = re.sub(r"[^\w]", "", street_key(words))
    return Place(key, plot) if re.search(r"[^\W\d]", key) else None


def _without_town(text: str, cities: Collection[str], regions: dict[str, str]) -> str:
    """Return a street and its number without a town of up to three words before or behind them."""
    words = text.split()
    for n in range(min(3, len(words) - 1), 0, -1):
        for town, rest in ((words[:n], words[n:]), (words[-n:], words[:-n])):
            key = town_key("".join(town))
            if (
                key in cities
                and not re.search(r"\d", "".join(town))
                and re.search(r"[^\W\d]{3}", "".join(rest))
            ):
                regions["city"] = key
                return " ".join(rest)
    return text


def _house_number(match: re.Match[str] | None) -> str:
    """Return 12, 12a, 12/3 or 12-14."""
    if match is None:
        return ""
    number = match["n"].lstrip("0") + (match["letter"] or "")
    if match["sub"]:
        number += match["sign"] + match["sub"].lstrip("0") + (match["subletter"] or "")
    return number
