"""The members of the farm: made-up people with homes in the town and fields on the land."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sample_geo.town import Building

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

N_MEMBERS = 3_000
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
GIVEN_FIRST = "建国志明文玉春秀海晓永德金振立庆福长广忠学凤桂淑丽雪思雨子佳俊宇欣梦浩天一成新"
GIVEN_LAST = "军华平强伟林峰东辉斌生民义山江涛波龙梅兰英芳红霞燕玲萍琴云娟静婷颖洋磊鑫博宁"
SKILLS = {
    "农机手": 0.16, "技术员": 0.045, "水利员": 0.03, "植保员": 0.03, "电工": 0.02, "会计": 0.02,
    "卫生员": 0.02, "驾驶员": 0.03, "网格员": 0.02, "兽医": 0.01,
}  # fmt: skip
FULL_FIELD = 14
"""Members on the fullest field."""
N_FARMING = 2_700
TOWER_LIMIT = 40
FULL_TOWERS = (54, 50)
"""Members in the two fullest buildings, above the usual maximum of a grid."""
FAR_M = 75_800.0
"""How far off one home lies: about a degree of longitude, a digit mistyped."""


@dataclass(frozen=True)
class Person:
    """One member; `home` in metres of the land, None where the roster has no coordinates; "" is a blank."""

    member_id: str
    name: str
    phone: str
    household: str
    compound: str
    building: str
    stairwell: str
    floor: str
    room: str
    parcel: str
    skill: str
    home: tuple[float, float] | None


def build_people(
    rng: np.random.Generator, buildings: Sequence[Building], parcels: Sequence[str], parcel_m2: Floats
) -> list[Person]:
    """Build the roster: households building by building, most with one field.

    Parameters
    ----------
    rng
        The random stream.
    buildings
        All buildings.
    parcels, parcel_m2
        Number and size of every field, shape (n_fields,).
    """
    in_building = _shared_out(
        rng, N_MEMBERS, np.array([b.households for b in buildings]), np.array([b.kind for b in buildings])
    )
    homes = [
        home
        for building, n in zip(buildings, in_building, strict=True)
        for home in _households(rng, building, int(n))
    ]
    fields = _farmed(rng, homes, parcel_m2)
    people: list[Person] = []
    for household, (home, field) in enumerate(zip(homes, fields, strict=True), start=1):
        surname = _surname(rng)
        for _ in range(home.n):
            name = surname + _given(rng)
            surname = surname if rng.uniform() < 0.55 else _surname(rng)
            skill = str(rng.choice([*SKILLS, ""], p=[*SKILLS.values(), 1 - sum(SKILLS.values())]))
            at = home.building.stairwells[home.stairwell - 1]
            people.append(
                Person(
                    f"CH{len(people) + 1:05d}",
                    name,
                    f"1390000{rng.integers(10_000):04d}",
                    f"{household:05d}",
                    home.building.compound,
                    f"{home.building.number}号楼",
                    f"{home.stairwell}单元",
                    str(home.floor),
                    home.room,
                    "" if field < 0 else parcels[field],
                    skill,
                    (at[0] + float(rng.normal(0, 2.0)), at[1] + float(rng.normal(0, 2.0))),
                )
            )
    return _with_faults(rng, people)


@dataclass(frozen=True)
class _Household:
    building: Building
    stairwell: int
    floor: int
    room: str
    n: int


def _falling(n: int) -> Floats:
    weight = 1.0 / (np.arange(n) + 3.0)
    share: Floats = weight / weight.sum()
    return share


def _surname(rng: np.random.Generator) -> str:
    return str(rng.choice(list(SURNAMES), p=_falling(len(SURNAMES))))


def _given(rng: np.random.Generator) -> str:
    last = str(rng.choice(list(GIVEN_LAST)))
    return last if rng.uniform() < 0.25 else str(rng.choice(list(GIVEN_FIRST))) + last


def _shared_out(rng: np.random.Generator, total: int, households: Ints, kind: npt.NDArray[np.str_]) -> Ints:
    """Return how many members live in each building, the fullest two towers as given, the sum exact."""
    weight = households**0.75 * rng.lognormal(0.0, 0.3, len(households))
    towers = np.flatnonzero(kind == "塔楼")
    full = towers[np.argsort(-weight[towers], kind="stable")[: len(FULL_TOWERS)]]
    count = np.zeros(len(households), dtype=np.int64)
    count[full] = FULL_TOWERS
    rest = np.setdiff1d(np.arange(len(households)), full)
    count[rest] = _apportioned(total - sum(FULL_TOWERS), weight[rest], TOWER_LIMIT)
    return count


def _apportioned(total: int, weight: Floats, most: int) -> Ints:
    """Share a total out by weight, no part above `most`, the largest remainders rounded up."""
    share = np.minimum(weight / weight.sum() * total, most)
    share[share < most] *= (total - share[share >= most].sum()) / share[share < most].sum()
    count: Ints = np.floor(share).astype(np.int64)
    count[np.argsort(count - share, kind="stable")[: total - count.sum()]] += 1
    return count


def _households(rng: np.random.Generator, building: Building, n: int) -> list[_Household]:
    """Share n people out to households of one to three, each in a flat of its own."""
    per_stairwell = building.households // len(building.stairwells)
    flats_a_floor = per_stairwell // building.floors
    flats = rng.permutation(building.households)
    found: list[_Household] = []
    left = n
    while left:
        size = min(left, int(rng.choice([1, 2, 3], p=[0.62, 0.31, 0.07])))
        flat = int(flats[len(found) % len(flats)])
        stairwell, place = divmod(flat, per_stairwell)
        floor, door = divmod(place, flats_a_floor)
        found.append(_Household(building, stairwell + 1, floor + 1, f"{floor + 1}{door + 1:02d}", size))
        left -= size
    return sorted(found, key=lambda home: (home.stairwell, home.floor, home.room))


def _farmed(rng: np.random.Generator, homes: Sequence[_Household], m2: Floats) -> Ints:
    """Return the field of every household, -1 for those that farm none.

    Larger fields have more members, about one in five has none, and one is full.
    """
    size = np.array([home.n for home in homes])
    order = rng.permutation(len(homes))
    farming = order[np.cumsum(size[order]) <= N_FARMING]
    weight = np.where(rng.uniform(size=len(m2)) < 0.2, 0.0, np.sqrt(m2)) * rng.lognormal(0.0, 0.25, len(m2))
    full = int(np.argsort(m2, kind="stable")[len(m2) // 2])
    weight[full] = 0.0
    field = np.full(len(homes), -1)
    load = np.zeros(len(m2))
    for home in farming:
        if load[full] + size[home] <= FULL_FIELD:
            chosen = full
        else:
            waiting = load + rng.uniform(0.0, 1.8, len(m2))
            chosen = int(
                np.argmin(np.divide(waiting, weight, out=np.full(len(m2), np.inf), where=weight > 0))
            )
        field[home] = chosen
        load[chosen] += size[home]
    return field


def _with_faults(rng: np.random.Generator, people: Sequence[Person]) -> list[Person]:
    """Spoil a few entries, as rosters are: numbers mistyped, coordinates or buildings missing, one far away."""
    spoiled = list(people)
    at = [int(i) for i in rng.permutation(len(people))]
    for i in at[:40]:
        spoiled[i] = replace(spoiled[i], home=None)
    for i in at[40:52]:
        spoiled[i] = replace(spoiled[i], building="", stairwell="", floor="", room="")
    for i in at[52:55]:
        spoiled[i] = replace(spoiled[i], home=None, compound="", building="", stairwell="", floor="", room="")
    for i in [i for i in at[55:] if people[i].parcel][:6]:
        spoiled[i] = replace(spoiled[i], parcel=f"G9-{i % 900:03d}-01")
    far, home = at[-1], people[at[-1]].home
    if home is not None:
        spoiled[far] = replace(
            spoiled[far],
            home=(home[0] - FAR_M, home[1]),
            compound="",
            building="",
            stairwell="",
            floor="",
            room="",
        )
    return spoiled
