"""Match addresses to units: exact in every number, near in the name, and never by a guess.

The score of a match is in 0..1: the similarity of the two names (1 − edits / letters of the longer one), less
what speaks against it (`LESS`). 1 is the same name and the same numbers (docs/design/addresses.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from gridder.members.address import (
    CHINESE,
    Address,
    Place,
    is_generic,
    is_region,
    is_road,
    parse_address,
    regions_of,
    town_key,
    without_region,
)
from gridder.members.sound import is_homophone
from gridder.model import MOST_CANDIDATES

TAKE = 0.85
"""A match of at least this score is taken, where no other unit is nearly as good."""
LIST = 0.6
"""One of at least this score is listed for a person to decide."""
MARGIN = 0.05
"""Another unit so near to the best one makes it doubtful."""
SLIP = 0.9
"""Score of a name of which letters were swapped or doubled."""
HOMOPHONE = 0.88
"""Score of a Chinese name of which one character was written as another that sounds the same."""
SHORT_CHINESE = 6
NEAREST_NAMES = 8

LESS = {
    "part": 0.07,  # a note in brackets or a word such as 小区 was left out of a name
    "first letter": 0.1,
    "few letters": 0.1,  # one edit in a Chinese name of up to six characters may be another place
    "telling word": 0.15,  # the character that sounds the same is one that tells places apart: 新城 and 心城
    "strange prefix": 0.2,  # what stands before the name is no region and no road
    "other kind": 0.2,  # 弄 against 号, or 号 against 号楼
    "coarser": 0.25,  # the unit has no number where others of its name have one
    "no stairwell": 0.3,
    "other note": 0.3,  # what stands in brackets differs, or is a number that only one of both has
    "other place": 0.4,  # another town, postcode or street number is said as well
}
_GENERIC = re.compile(r"(?:住宅小区|住宅区|小区|社区|家属院)$")
_KINDS = re.compile(r"小区|新村|大楼|大厦")
_SIGNS = re.compile(r"\d+|[东西南北中前后上下左右内外里新老旧大小甲乙丙丁]")
_COMPASS = ("n", "s", "e", "w")
_OLD_AND_NEW = re.compile(
    r"^(?:alte?[rsnm]?|neue?[rsnm]?|ober[ersnm]*|unter[ersnm]*|gross[ersnm]*|klein[ersnm]*|[nsew](?=[^aeiou]))"
)


@dataclass(frozen=True)
class UnitAddress:
    """What a unit says of where it is: addresses as text, and town and postcode of their own."""

    texts: tuple[str, ...]
    city: str = ""
    postcode: str = ""


@dataclass(frozen=True)
class Match:
    """What an address means.

    `unit` is the position taken, −1 where none is; `score` that of the best candidate, 0 without any;
    `candidates` are position and score, best first, those worth a look.
    """

    unit: int = -1
    score: float = 0.0
    candidates: tuple[tuple[int, float], ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should decide."""
        return self.unit < 0 and bool(self.candidates)


@dataclass(frozen=True)
class _Entry:
    unit: int
    place: Place


@dataclass(eq=False)
class AddressIndex:
    """The addresses of units, by name."""

    cities: frozenset[str]
    by_name: dict[str, list[_Entry]] = field(default_factory=dict)
    places: list[tuple[Place, ...]] = field(default_factory=list)
    regions: list[Mapping[str, str]] = field(default_factory=list)
    known: dict[str, Match] = field(default_factory=dict)

    @classmethod
    def of(cls, units: Sequence[UnitAddress]) -> AddressIndex:
        """Return the index of units in their order."""
        index = cls(frozenset(town_key(unit.city) for unit in units if unit.city))
        for position, unit in enumerate(units):
            index._add(position, unit)
        return index

    def _add(self, position: int, unit: UnitAddress) -> None:
        parsed = [parse_address(text, self.cities) for text in unit.texts if text]
        regions: dict[str, str] = {}
        for address in parsed:
            regions |= address.regions
        if unit.city:
            regions["city"] = town_key(unit.city)
        if unit.postcode:
            regions["postcode"] = unit.postcode.replace(" ", "").casefold()
        places = dict.fromkeys(alias for address in parsed for alias in _aliases(address.places))
        for place in places:
            head = place.name.removesuffix(without_region(place.name))
            regions |= regions_of(head)
            self.by_name.setdefault(place.name, []).append(_Entry(position, place))
        self.places.append(tuple(places))
        self.regions.append(regions)

    def match(self, text: str) -> Match:
        """Return what an address means."""
        if text not in self.known:
            self.known[text] = self._match(parse_address(text, self.cities))
        return self.known[text]

    def _match(self, address: Address) -> Match:
        scores: dict[int, float] = {}
        for place in address.places:
            for name, base, regions in self._names(place):
                for entry in self.by_name[name]:
                    score = base - self._against(place, entry, address, regions)
                    if score > scores.get(entry.unit, 0.0):
                        scores[entry.unit] = score
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return _decide([(unit, round(score, 4)) for unit, score in ranked if score >= LIST])

    def _names(self, place: Place) -> Iterable[tuple[str, float, Mapping[str, str]]]:
        """Yield names of the index that a name may mean, with the score of the name and the regions before it."""
        exact = list(self._exact_names(place.name))
        yield from exact
        if any(base > 1 - LESS["strange prefix"] for _, base, _ in exact):
            return
        name = without_region(place.name) if CHINESE.search(place.name) else place.name
        regions = regions_of(place.name.removesuffix(name))
        near = process.extract(
            _spelled(name),
            self._spelled_names,
            scorer=OSA.normalized_similarity,
            score_cutoff=LIST,
            limit=NEAREST_NAMES,
        )
        for _, similarity, other in near:
            if other != name and signs(other) == signs(name):
                yield other, _nearness(name, other, similarity), regions
            elif is_homophone(name, other):
                yield other, HOMOPHONE - LESS["telling word"], regions

    @cached_property
    def _spelled_names(self) -> dict[str, str]:
        """Names that are long enough to be known by likeness, as they are spelled out."""
        return {name: _spelled(name) for name in sorted(self.by_name) if len(name) > 2}

    def _exact_names(self, name: str) -> Iterable[tuple[str, float, Mapping[str, str]]]:
        if not CHINESE.search(name):
            if name in self.by_name:
                yield name, 1.0, {}
            return
        core = _GENERIC.sub("", name)
        for whole, less in ((name, 0.0), (core, LESS["part"])):
            if less and (core == name or len(core) < 2):
                continue
            for start in range(len(whole) - 1):
                tail = whole[start:]
                if tail not in self.by_name or (start and is_generic(tail)):
                    continue
                head = whole[:start]
                if is_region(head) or is_road(head):
                    yield tail, 1.0 - less, regions_of(head)
                    return
                yield tail, 1.0 - less - LESS["strange prefix"], regions_of(head)

    def _against(self, place: Place, entry: _Entry, address: Address, regions: Mapping[str, str]) -> float:
        """Return what is to be taken off for the numbers and the places around; 1 where they exclude each other."""
        less = _numbers_differ(place, entry.place, self.by_name[entry.place.name])
        if less >= 1:
            return 1.0
        if place.note or not entry.place.whole or entry.place.note:
            less += LESS["part"]
        notes = {place.note, entry.place.note}
        if len(notes) > 1 and ("" not in notes or re.search(r"\d", "".join(notes))):
            less += LESS["other note"]
        own = self.regions[entry.unit]
        said = {**address.regions, **regions}
        elsewhere = any(kind in own and not _same_region(own[kind], said[kind]) for kind in said)
        if elsewhere or _contradicted(address.places, self.places[entry.unit], place):
            less += LESS["other place"]
        return less


def _aliases(places: Iterable[Place]) -> Iterable[Place]:
    """Yield the places of a unit and what else people call them."""
    for place in places:
        if not CHINESE.search(place.name):
            for number in _house_numbers(place.plot):
                yield Place(place.name, number)
            continue
        yield place
        bare = without_region(place.name)
        core = _GENERIC.sub("", bare)
        if bare != place.name:
            yield replace(place, name=bare)
        if core != bare and len(core) > 1 and not is_generic(core):
            yield replace(place, name=core, whole=False)


def _house_numbers(plot: str) -> list[str]:
    """Return a house number, and the ends of a range of one side of a street (12-14)."""
    ends = re.fullmatch(r"(\d+)-(\d+)", plot)
    if ends and 0 < int(ends[2]) - int(ends[1]) <= 20 and (int(ends[2]) - int(ends[1])) % 2 == 0:
        return [plot, ends[1], ends[2]]
    return [plot]


def _numbers_differ(said: Place, own: Place, others: Sequence[_Entry]) -> float:
    """Return 1 where a number differs or is missing, else what to take off for how numbers are said."""
    less = LESS["other kind"] if said.plot and own.plot and said.lane != own.lane else 0.0
    numbers = [number for number in said.numbers if number], [number for number in own.numbers if number]
    if said.numbers != own.numbers:
        if numbers[0] == numbers[1]:
            less += LESS["other kind"]
        elif said.plot == own.plot and not own.building and said.building:
            if any(entry.place.building for entry in others if entry.place.plot == own.plot):
                less += LESS["coarser"]
        else:
            return 1.0
    if own.stairwell and said.stairwell != own.stairwell:
        return 1.0 if said.stairwell else less + LESS["no stairwell"]
    return less


def _contradicted(said: Iterable[Place], own: Iterable[Place], by: Place) -> bool:
    """Return whether another place of the address names the unit's own street or compound with other numbers."""
    return any(
        one.name.endswith(other.name) and one.numbers != other.numbers and all((one.plot, other.plot))
        for one in said
        if one is not by and one.name != by.name
        for other in own
    )


def _same_region(own: str, said: str) -> bool:
    return own == said or own.endswith(said) or said.endswith(own)


def signs(name: str) -> tuple[str, ...]:
    """Return what tells two names apart however alike they are: numbers, compass points, old and new."""
    found = _SIGNS.findall(_KINDS.sub("", name))
    match = _OLD_AND_NEW.match(name)
    return (*found, match.group()[:3] if match else "")


def _nearness(name: str, other: str, similarity: float) -> float:
    """Return the score of a name that was found by likeness.

    Letters swapped or written twice and homophones are slips of the hand; other edits may make another name.
    """
    if is_homophone(name, other):
        return max(similarity, HOMOPHONE)
    if name[0] != other[0]:
        return similarity - LESS["first letter"]
    if sorted(name) == sorted(other) or _once(name) == _once(other):
        return max(similarity, SLIP)
    if CHINESE.search(name) and max(len(name), len(other)) <= SHORT_CHINESE:
        return similarity - LESS["few letters"]
    return similarity


def _spelled(name: str) -> str:
    """Return a street with the word that most end in at full length, so that slips in it count like others."""
    return name + "asse" if name.endswith("str") and not CHINESE.search(name) else name


def _once(name: str) -> str:
    """Return a name in which no letter follows itself."""
    return re.sub(r"(.)\1+", r"\1", name)


def _decide(ranked: Sequence[tuple[int, float]]) -> Match:
    if not ranked:
        return Match()
    unit, best = ranked[0]
    alone = len(ranked) == 1 or ranked[1][1] < best - MARGIN
    return Match(unit if alone and best >= TAKE else -1, best, tuple(ranked[:MOST_CANDIDATES]))
