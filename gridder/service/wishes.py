"""What a plan is asked for beside its size: a skill, likeness, a second size, locks, an old plan."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import get_args

import pandas as pd

from gridder.errors import InputError
from gridder.groups.composition import has_skill, split_skills
from gridder.members.count import counting_of
from gridder.members.locate import normal_id
from gridder.model import Coding, Finding, Layer, Locks, Members, Objective, Plan, Size, Source, Text, Units
from gridder.service.sizes import settle_bounds

MOST_CATEGORIES = 50
"""Different values that a column of categories may have."""
_MOST_LISTED = 20
_PART = re.compile(r"[/#]\d+$")
LAYER_NAMES: Mapping[Layer, Text] = {"field": Text("fields", "地块"), "building": Text("buildings", "楼栋")}


@dataclass(frozen=True, eq=False)
class Wishes:
    """The wishes of one call, as `gridder.partition` explains them."""

    objective: Objective = "mix"
    skill: str | None = None
    skill_minimum: int = 1
    alike: Mapping[str, float] = field(default_factory=dict)
    second_size: Size | None = None
    locks: Locks | None = None
    old: Plan | None = None
    stability: float = 10.0
    coding: Coding = field(default_factory=Coding)
    responsible: str | None = None
    valid_from: str | None = None
    dedicated_column: str | None = None


def wish_faults(wishes: Wishes, layers: Sequence[Units], members: Members | None) -> list[Finding]:
    """Return everything that is wrong with the wishes and can be told before any geometry is looked at."""
    faults = [
        *_number_faults(wishes),
        *_skill_faults(wishes, members),
        *_alike_faults(wishes, layers),
        *_old_faults(wishes, layers),
        *_lock_faults(wishes.locks, layers),
        *_date_faults(wishes.valid_from),
    ]
    if wishes.second_size is not None:
        faults += _second_faults(wishes.second_size, layers, members)
    return faults


def in_layer(locks: Locks, layer: Layer) -> pd.DataFrame:
    """Return the rows of the locks that are about a layer; rows that name none are about the only one."""
    return locks.frame[(locks.frame["layer"].isna() | (locks.frame["layer"] == layer)).to_numpy(dtype=bool)]


def countable(size: Size, units: Units, members: Members | None) -> bool:
    """Return whether a second size can be counted in a layer."""
    try:
        counting_of(size.of, units, members)
    except InputError:
        return False
    return True


def _fault(kind: str, what: Text, remedy: Text, source: Source | None = None) -> Finding:
    where = source or Source("")
    return Finding(kind, what, where.file, where.layername, remedy=remedy)


def _number_faults(wishes: Wishes) -> Iterator[Finding]:
    numbers = {
        "stability": (wishes.stability, 0.0),
        "skill_minimum": (wishes.skill_minimum, 1.0),
        **{f"alike {name}": (weight, 0.0) for name, weight in wishes.alike.items()},
    }
    for name, (value, least) in numbers.items():
        if not (math.isfinite(value) and value >= least):
            yield _fault(
                "bad-wish",
                Text(f"{name} is {value:g}", f"{name} 的值为 {value:g}"),
                Text(f"give a number from {least:g}", f"请给出不小于 {least:g} 的数"),
            )
    if wishes.objective not in get_args(Objective):
        known = ", ".join(get_args(Objective))
        yield _fault(
            "bad-objective",
            Text(f"there is no objective {wishes.objective!r}", f"没有目标函数 {wishes.objective!r}"),
            Text(f"use one of: {known}", f"可用：{known}"),
        )


def _skill_faults(wishes: Wishes, members: Members | None) -> Iterator[Finding]:
    word = wishes.skill
    if word is None:
        return
    if members is None:
        yield _fault(
            "no-members",
            Text("a skill is asked for, but no roster was given", "要求技能，但没有给出成员名册"),
            Text("give --members FILE, or leave --skill out", "请用 --members 给出名册，或不用 --skill"),
        )
    elif not word.strip() or not has_skill(members.frame["skill"], word).any():
        told = members.frame["skill"].dropna().astype(str).map(split_skills).explode().dropna()
        known = told.value_counts().index[:_MOST_LISTED].tolist()
        yield _fault(
            "no-such-skill",
            Text(
                f"nobody in the roster has the skill {word!r}",
                f"名册中没有人具备技能 {word!r}",
            ),
            Text(
                f"use one of: {', '.join(known)}"
                if known
                else "name the column of skills: --map-column members.skill=NAME",
                f"可用：{'、'.join(known)}" if known else "请指定技能列：--map-column members.skill=列名",
            ),
            members.source,
        )


def _alike_faults(wishes: Wishes, layers: Sequence[Units]) -> Iterator[Finding]:
    for name in wishes.alike:
        having = [units for units in layers if name in units.attributes]
        if not having:
            known = [str(column) for units in layers for column in units.attributes.columns]
            listed = ", ".join(dict.fromkeys(known)) or "-"
            yield _fault(
                "no-such-column",
                Text(f"the units have no column {name!r}", f"地块/楼栋没有列 {name!r}"),
                Text(f"use one of: {listed}", f"可用：{listed}"),
                layers[0].source,
            )
        for units in having:
            column = units.attributes[name]
            n_values = column.nunique()
            if not is_number(column) and n_values > MOST_CATEGORIES:
                yield _fault(
                    "too-many-categories",
                    Text(
                        f"column {name!r} has {n_values} different values, more than {MOST_CATEGORIES}",
                        f"列 {name!r} 有 {n_values} 种不同取值，超过 {MOST_CATEGORIES} 种",
                    ),
                    Text(
                        "use a column with fewer kinds, or one of numbers",
                        "请使用种类较少的列，或数值列",
                    ),
                    units.source,
                )


def is_number(column: pd.Series[float]) -> bool:
    """Return whether likeness in a column is that of numbers; truth values are two categories."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _date_faults(day: str | None) -> Iterator[Finding]:
    if day is None:
        return
    try:
        date.fromisoformat(day)
    except ValueError:
        yield _fault(
            "bad-date",
            Text(f"{day} is not a day", f"{day} 不是日期"),
            Text("write it as 2026-12-01", "请写作 2026-12-01"),
        )


def _second_faults(size: Size, layers: Sequence[Units], members: Members | None) -> Iterator[Finding]:
    bounds = second_bounds(size)
    given = [value for value in (size.minimum, size.target, size.maximum) if value is not None]
    if size.n_grids is not None or not given:
        yield _fault(
            "bad-second-size",
            Text("the second size has no bounds", "第二种规模没有上下限"),
            Text("give its minimum, its maximum or both", "请给出其下限、上限或两者"),
        )
    elif any(not math.isfinite(value) or value < 0 for value in given) or bounds[0] > bounds[1]:
        yield _fault(
            "bad-second-size",
            Text(
                f"the bounds of the second size, {bounds[0]:g} to {bounds[1]:g}, are not in order",
                f"第二种规模的上下限 {bounds[0]:g} 至 {bounds[1]:g} 次序不对",
            ),
            Text("choose 0 ≤ minimum ≤ maximum", "请满足 0 ≤ 下限 ≤ 上限"),
        )
    wrong: list[Finding] = []
    for units in layers:
        try:
            counting_of(size.of, units, members)
        except InputError as error:
            wrong += error.faults
    if len(layers) and len(wrong) >= len(layers):
        yield wrong[0]


def second_bounds(size: Size) -> tuple[float, float]:
    """Return minimum and maximum of a second size: what is not given does not bind, or follows from a target."""
    if size.target is not None:
        bounds = settle_bounds(size, None)
        return bounds.minimum, bounds.maximum
    return size.minimum or 0.0, math.inf if size.maximum is None else size.maximum


def _old_faults(wishes: Wishes, layers: Sequence[Units]) -> Iterator[Finding]:
    if wishes.old is None or any((wishes.old.grids["layer"] == units.layer).any() for units in layers):
        return
    held = ", ".join(LAYER_NAMES[layer].en for layer in wishes.old.report["layers"])
    held_zh = "、".join(LAYER_NAMES[layer].zh for layer in wishes.old.report["layers"])
    yield _fault(
        "old-plan-of-another-layer",
        Text(
            f"the old plan divides {held or 'nothing'}, and none of that is given",
            f"旧方案划分的是{held_zh or '空'}，而此次未给出",
        ),
        Text("give the layer that the old plan divides, or leave it out", "请给出旧方案的图层，或不用旧方案"),
    )


def _lock_faults(locks: Locks | None, layers: Sequence[Units]) -> Iterator[Finding]:
    if locks is None:
        return
    frame = locks.frame
    where = locks.source.file, locks.source.layername
    given = [units.layer for units in layers]
    other = frame["layer"].notna() & ~frame["layer"].isin(given)
    if len(given) > 1:
        other |= frame["layer"].isna()
    if other.any():
        yield Finding(
            "lock-of-another-layer",
            Text(
                f"{int(other.sum())} locks name a layer that is not divided, or none",
                f"{int(other.sum())} 条锁定的图层未参与划分或未填写",
            ),
            *where,
            tuple(int(row) for row in frame["row"][other]),
            Text("write field or building, whichever is divided", "请填写参与划分的图层：地块 或 楼栋"),
        )
    for units in layers:
        known = {normal_id(own) for own in units.frame["unit_id"]}
        rows = in_layer(locks, units.layer)
        rows = rows[~other.reindex(rows.index)]
        strange = [
            own not in known and _PART.sub("", own) not in known for own in rows["unit_id"].map(normal_id)
        ]
        if any(strange):
            listed = ", ".join(rows["unit_id"][strange][:5])
            yield Finding(
                "unknown-lock-unit",
                Text(
                    f"locks name {sum(strange)} {LAYER_NAMES[units.layer].en} that are not in the file: {listed}",
                    f"锁定表中有 {sum(strange)} 个{LAYER_NAMES[units.layer].zh}不在边界文件中：{listed}",
                ),
                *where,
                tuple(int(row) for row in rows["row"][strange]),
                Text("correct the unit ids, or delete these rows", "请更正编号，或删除这些行"),
            )
