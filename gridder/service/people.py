"""The people of one layer: placed in the settled units, each with what it counts for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridder.errors import InputError
from gridder.members.count import Counting, count_households, counting_of, numbers_of
from gridder.members.locate import (
    Placed,
    building_keys,
    field_keys,
    index_buildings,
    index_fields,
    place,
    points_of_layer,
    reason_without_key,
)
from gridder.model import AddressDecisions, Finding, Floats, Layer, Members, Size, Text, Units
from gridder.service.addresses import place_by_address
from gridder.service.ground import Ground
from gridder.units.settle import Settled, settle


@dataclass(frozen=True, eq=False)
class Peopled:
    """The settled units of a layer, the people in them and what each of them counts."""

    units: Units
    members: Members | None
    settled: Settled
    counting: Counting
    size: Size
    people: pd.DataFrame
    placed: Placed
    member_weight: Floats
    findings: tuple[Finding, ...]
    address_review: pd.DataFrame | None = None


def people_layer(
    units: Units,
    size: Size,
    ground: Ground,
    members: Members | None,
    people: pd.DataFrame,
    *,
    home_is_for: Layer,
    reach_m: float,
    cut_at_barriers: bool,
    decisions: AddressDecisions | None = None,
) -> Peopled:
    """Settle the units, place the people in them and weigh each of them.

    `people` is the roster's frame with its points in local metres.

    Raises
    ------
    InputError
        When the size cannot be counted, people are counted and not one can be placed, or a decision about an
        address names no unit.
    """
    counting = counting_of(size.of, units, members)
    settled = settle(
        units, ground.frame, barriers=ground.barriers if cut_at_barriers else ground.barriers[:0]
    )
    placed = _place(units, settled, people, home_is_for=home_is_for, reach_m=reach_m)
    noticed, review = list[Finding](), None
    if units.layer == "building" and members is not None:
        placed, noticed, review = place_by_address(
            units, settled, members, people, placed, decisions=decisions
        )
    if counting.of_people and not (placed.unit >= 0).any():
        raise InputError([_nobody_placed(units, members, placed)])
    weight, findings = member_weight(counting, members, people, placed)
    return Peopled(
        units,
        members,
        settled,
        counting,
        size,
        people,
        placed,
        weight,
        (*settled.findings, *noticed, *findings),
        review,
    )


def _place(
    units: Units, settled: Settled, people: pd.DataFrame, *, home_is_for: Layer, reach_m: float
) -> Placed:
    points, _ = points_of_layer(people, units.layer, home_is_for=home_is_for)
    own_ids = units.frame["unit_id"].to_numpy()[settled.named_row].tolist()
    if units.layer == "field":
        keys = field_keys(people["parcel"])
        index = index_fields(own_ids, settled.named_unit)
    else:
        compound, building, stairwell = (
            units.attributes[units.columns[role]].to_numpy()[settled.named_row].tolist()
            if role in units.columns
            else None
            for role in ("compound", "building", "stairwell")
        )
        keys = building_keys(people, with_stairwell=stairwell is not None)
        index = index_buildings(own_ids, compound, building, stairwell, settled.named_unit)
    return place(
        keys=keys,
        units_by_key=index,
        points=points,
        geoms=settled.geoms,
        rank=settled.rank,
        source_row=settled.source_row,
        reach_m=reach_m,
        without_key=reason_without_key(people, units.layer, home_is_for=home_is_for),
    )


def _nobody_placed(units: Units, members: Members | None, placed: Placed) -> Finding:
    reasons = pd.Series(placed.reason).value_counts()
    counted = ", ".join(f"{reason} {count}" for reason, count in reasons.items())
    name = "fields" if units.layer == "field" else "buildings"
    return Finding(
        "nobody-placed",
        Text(
            f"not one member can be placed in the {name} ({counted})",
            f"没有一名成员能落到{'地块' if units.layer == 'field' else '楼栋'}（{counted}）",
        ),
        members.source.file if members else units.source.file,
        members.source.layername if members else units.source.layername,
        remedy=Text(
            "give a parcel number (地块编号) or a second pair of coordinates (田块经度, 田块纬度), count "
            "fields by area (--of area_ha --building-of members), or leave this layer out",
            "请补充地块编号或田块经度/田块纬度，或按面积划分田块（--of area_ha --building-of members），"
            "或不划分这一图层",
        ),
    )


def member_weight(
    counting: Counting, members: Members | None, people: pd.DataFrame, placed: Placed
) -> tuple[Floats, list[Finding]]:
    """Return what every member counts for, shape (m,), and what was noticed of households."""
    n, rows = len(people), people["row"].to_numpy()
    if members is None or not counting.of_people:
        return np.zeros(n), []
    if counting.kind == "members":
        return np.ones(n), []
    if counting.kind == "member-column":
        table = members.attributes if counting.column in members.attributes else members.frame
        return numbers_of(table[counting.column], counting.column, rows, members.source), []
    households = count_households(people, placed.unit)
    findings = []
    for mask, kind, what in (
        (
            households.split,
            "household-split",
            Text(
                "members live apart from the first of their household; they stay there and add nothing to the size",
                "成员与本户首位成员不在同一处，保留原处，不计入规模",
            ),
        ),
        (
            households.unnumbered,
            "no-household-number",
            Text(
                "members have no household number and add nothing to the size",
                "成员没有户号，不计入规模",
            ),
        ),
    ):
        if mask.any():
            listed = tuple(int(r) for r in rows[mask])
            findings.append(Finding(kind, what, members.source.file, members.source.layername, listed))
    return households.weight, findings
