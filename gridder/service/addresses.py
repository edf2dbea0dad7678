"""Place the people whom neither a number nor a point places, by their postal address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridder.errors import InputError
from gridder.members.address import CHINESE
from gridder.members.locate import Placed, normal_id
from gridder.members.match import AddressIndex, Match, UnitAddress
from gridder.members.wording import folded_address
from gridder.model import AddressDecisions, Finding, Ints, Members, Text, Units
from gridder.units.settle import Settled

TRIED = ("unknown-unit", "no-location", "no-address-match")
"""Reasons for having no unit beside which an address is tried: nothing contradicts it."""
REVIEW = ("address", "decision", "members", "rows", "score")
"""First columns of the list of doubtful addresses; `unit_1, address_1, score_1 …` follow."""


@dataclass(frozen=True, eq=False)
class _Meant:
    """What one address means: position of the unit or −1, its score, and whether it is doubtful."""

    unit: int
    score: float
    match: Match

    @property
    def is_doubtful(self) -> bool:
        return self.unit < 0 and self.match.is_doubtful


def place_by_address(
    units: Units,
    settled: Settled,
    members: Members,
    people: pd.DataFrame,
    placed: Placed,
    *,
    decisions: AddressDecisions | None,
) -> tuple[Placed, list[Finding], pd.DataFrame | None]:
    """Place those who are left by their address, or by what the roster says of compound and building.

    Returns
    -------
    Placed
        With method `address` and the score of those who were placed so.
    list of Finding
        Doubtful addresses, and decisions that were not needed.
    DataFrame or None
        The doubtful addresses with their candidates, to be decided by a person.

    Raises
    ------
    InputError
        When a decision names a unit that is not there, or two decisions contradict each other.
    """
    decided = _decided(decisions, settled)
    texts = [_texts(row) for row in people[[*_PARTS]].itertuples(index=False)]
    at = [i for i in np.flatnonzero(np.isin(placed.reason, TRIED)).tolist() if texts[i]]
    noticed = _unused(decisions, decided, {address_key(texts[i][0]) for i in at})
    if not at or units.whereabouts.empty:
        return placed, noticed, None
    own = [_unit_address(row) for row in units.whereabouts.to_dict("records")]
    index = AddressIndex.of(own)
    taken = _positions(settled, len(units))
    meant = {key: _meaning(key, index, taken, decided) for key in {texts[i] for i in at}}
    unit, method = placed.unit.copy(), placed.method.copy()
    reason, score, distance = placed.reason.copy(), placed.score.copy(), placed.distance_m.copy()
    for i in at:
        found = meant[texts[i]]
        if found.unit >= 0:
            unit[i], method[i], reason[i], score[i] = found.unit, "address", "", found.score
    doubtful = [i for i in at if meant[texts[i]].is_doubtful]
    review = None
    if doubtful:
        noticed.append(_doubtful(members, people["row"].to_numpy()[doubtful]))
        review = _review(
            [(i, texts[i][0], meant[texts[i]].match) for i in doubtful], people, own, settled, taken
        )
    return (
        replace(placed, unit=unit, method=method, reason=reason, score=score, distance_m=distance),
        noticed,
        review,
    )


_PARTS = ("address", "compound", "building", "stairwell")


def _texts(row: Sequence[str | None]) -> tuple[str, ...]:
    """Return the address of a member and, where compound and building are said apart, these as an address."""
    address, compound, building, stairwell = row
    return tuple(text for text in (address, _compound(compound, building, stairwell)) if text)


def _compound(compound: object, building: object, stairwell: object) -> str:
    """Return compound, building and stairwell as one address; a bare number counts what its column says."""
    if not isinstance(compound, str) or not compound:
        return ""
    words = [compound]
    for value, counts in ((building, "号楼"), (stairwell, "单元")):
        text = normal_id(value)
        words.append(text + counts if text.isalnum() and text.isascii() and text else text)
    return "".join(words)


def _unit_address(row: dict[Any, Any]) -> UnitAddress:
    said = {role: value for role, value in row.items() if isinstance(value, str)}
    texts = [said.get("address", ""), said.get("name", "")]
    texts.append(_compound(said.get("compound"), said.get("building"), said.get("stairwell")))
    street = said.get("street", "")
    for number in said.get("housenumber", "").replace(",", ";").split(";"):
        if street and number.strip():
            counts = "号" if CHINESE.search(street) and number.strip().isdigit() else ""
            texts.append(f"{street} {number.strip()}{counts}")
    return UnitAddress(tuple(text for text in texts if text), said.get("city", ""), said.get("postcode", ""))


def _positions(settled: Settled, n_rows: int) -> Ints:
    """Return the settled unit that each row of the file means: the largest where barriers cut it, −1 for none."""
    area = shapely.area(settled.geoms)[settled.named_unit]
    position = np.full(n_rows, -1, dtype=np.int64)
    order = np.argsort(area, kind="stable")
    position[settled.named_row[order]] = settled.named_unit[order]
    return position


def _meaning(texts: Sequence[str], index: AddressIndex, taken: Ints, decided: dict[str, int]) -> _Meant:
    key = address_key(texts[0])
    if key in decided:
        return _Meant(decided[key], 1.0, Match())
    found = [index.match(text) for text in texts]
    best = max(found, key=lambda match: (match.unit >= 0, match.score))
    return _Meant(int(taken[best.unit]) if best.unit >= 0 else -1, best.score, best)


def address_key(text: str) -> str:
    """Return an address as decisions name it."""
    return "".join(folded_address(text).split())


def _decided(decisions: AddressDecisions | None, settled: Settled) -> dict[str, int]:
    """Return the settled unit by address, −1 where a person decided for none."""
    if decisions is None:
        return {}
    position = {normal_id(unit_id): i for i, unit_id in enumerate(settled.ids)}
    frame = decisions.frame
    keys = frame["address"].map(address_key)
    units = [-1 if own is None else position.get(normal_id(own), -2) for own in frame["unit_id"]]
    several = pd.Series(units).groupby(keys.to_numpy()).transform("nunique").to_numpy() > 1
    unknown = np.asarray(units) == -2
    faults = list(_decision_faults(decisions, frame["row"].to_numpy(), unknown, several))
    if faults:
        raise InputError(faults)
    return dict(zip(keys, units, strict=True))


def _decision_faults(
    decisions: AddressDecisions, rows: Ints, unknown: np.ndarray, several: np.ndarray
) -> Iterator[Finding]:
    where = decisions.source.file, decisions.source.layername
    if unknown.any():
        yield Finding(
            "unknown-decision-unit",
            Text("decisions name units that are not in the file", "决定中的编号不在楼栋文件中"),
            *where,
            tuple(int(row) for row in rows[unknown]),
            Text("copy the unit id of a candidate, or write -", "请填写某个候选的编号，或填 -"),
        )
    if several.any():
        yield Finding(
            "two-decisions",
            Text("one address is decided in two ways", "同一地址有两种不同的决定"),
            *where,
            tuple(int(row) for row in rows[several]),
            Text("keep one of these rows", "请只保留其中一行"),
        )


def _unused(decisions: AddressDecisions | None, decided: dict[str, int], asked: set[str]) -> list[Finding]:
    unused = decided.keys() - asked
    if decisions is None or not unused:
        return []
    rows = decisions.frame["row"][decisions.frame["address"].map(address_key).isin(unused)]
    what = Text(
        "decisions were not needed: nobody is left with this address", "有决定未用到：没有待定成员使用该地址"
    )
    where = decisions.source.file, decisions.source.layername
    return [Finding("unused-decision", what, *where, tuple(int(row) for row in rows))]


def _doubtful(members: Members, rows: Ints) -> Finding:
    return Finding(
        "doubtful-address",
        Text(
            f"the addresses of {len(rows)} members may mean a building, but not surely; none was guessed",
            f"{len(rows)} 名成员的地址疑似对应某楼栋但不能确定，未作猜测",
        ),
        members.source.file,
        members.source.layername,
        tuple(sorted(int(row) for row in rows)),
        Text(
            "run with --names, fill in the decisions in address_review.xlsx, and give it back with "
            "--address-decisions; in the service, the page of the plan gives the file",
            "请加 --names 运行，在 address_review.xlsx 中填写“决定”，再用 --address-decisions 交回；"
            "网页服务中可在方案页面下载该文件",
        ),
    )


def _review(
    doubtful: Sequence[tuple[int, str, Match]],
    people: pd.DataFrame,
    own: Sequence[UnitAddress],
    settled: Settled,
    taken: Ints,
) -> pd.DataFrame:
    """Return one row for each doubtful address, those of most members first."""
    rows = people["row"].to_numpy()
    by_address: dict[str, list[int]] = {}
    said: dict[str, tuple[str, Match]] = {}
    for i, text, match in doubtful:
        key = address_key(text)
        by_address.setdefault(key, []).append(int(rows[i]))
        said.setdefault(key, (text, match))
    table = []
    for key in sorted(by_address, key=lambda key: (-len(by_address[key]), key)):
        text, match = said[key]
        line: dict[str, object] = {
            "address": text,
            "decision": "",
            "members": len(by_address[key]),
            "rows": ", ".join(map(str, sorted(by_address[key]))),
            "score": match.score,
        }
        for k, (unit, score) in enumerate(match.candidates, start=1):
            line |= {
                f"unit_{k}": settled.ids[taken[unit]] if taken[unit] >= 0 else "",
                f"address_{k}": " / ".join(dict.fromkeys((*own[unit].texts, own[unit].city))).strip(" /"),
                f"score_{k}": score,
            }
        table.append(line)
    return pd.DataFrame(table)
