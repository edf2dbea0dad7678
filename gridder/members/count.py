"""What every member counts for, and so what every unit weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridder.errors import InputError
from gridder.model import (
    SQUARE_METRES_PER_HA,
    SQUARE_METRES_PER_MU,
    Bools,
    Finding,
    Floats,
    Ints,
    Members,
    Source,
    Text,
    Units,
)


@dataclass(frozen=True, eq=False)
class Households:
    """How households count in one layer.

    Attributes
    ----------
    weight
        1 for the member that stands for its household, else 0, shape (m,).
    split
        Members placed in another unit than the rest of their household, shape (m,).
    unnumbered
        Placed members without a household number, shape (m,).
    """

    weight: Floats
    split: Bools
    unnumbered: Bools


def household_keys(people: pd.DataFrame) -> np.ndarray:
    """Return the household of each member: compound, building and household number; None without one."""
    keys = np.full(len(people), None, dtype=object)
    parts = people[["compound", "building", "household"]].astype(object)
    parts = parts.where(parts.notna(), "")
    for i, (compound, building, household) in enumerate(parts.itertuples(index=False)):
        if household != "":
            keys[i] = f"{compound}\x1f{building}\x1f{household}"
    return keys


def count_households(people: pd.DataFrame, unit: Ints) -> Households:
    """Count distinct households, each in the unit of its first placed member by member id.

    `people` has `member_id`, `compound`, `building` and `household`; `unit` (m,) is −1 where the
    member has no place.
    """
    keys = household_keys(people)
    placed = unit >= 0
    numbered = placed & np.array([key is not None for key in keys], dtype=bool)
    table = pd.DataFrame({"key": keys, "id": people["member_id"].to_numpy(), "unit": unit})[numbered]
    table = table.sort_values("id", kind="stable")
    first = table.drop_duplicates("key")
    weight = np.zeros(len(people))
    weight[first.index] = 1.0
    split = np.zeros(len(people), dtype=bool)
    home = table["key"].map(first.set_index("key")["unit"])
    split[table.index[home.to_numpy() != table["unit"].to_numpy()]] = True
    return Households(weight, split, placed & ~numbered)


def sum_by_unit(unit: Ints, weight: Floats, n: int) -> Floats:
    """Return the weight of each of n units from their members' weights."""
    placed = unit >= 0
    return np.bincount(unit[placed], weights=weight[placed], minlength=n).astype(float)


@dataclass(frozen=True)
class Counting:
    """What the size counts in one layer.

    `kind` is `members`, `households` (distinct numbers), `member-column` (each member counts by
    `column`), `unit-column` or `area`; `per_m2` turns square metres into the unit of an area.
    """

    kind: str
    column: str = ""
    per_m2: float = 0.0

    @property
    def of_people(self) -> bool:
        """Whether the size comes from placed members."""
        return self.kind in ("members", "households", "member-column")


def counting_of(of: str, units: Units, members: Members | None) -> Counting:
    """Return what `of` means for these inputs.

    Raises
    ------
    InputError
        When nothing in the inputs can be counted so; the remedy names the columns there are.
    """
    if of == "area_ha":
        return Counting("area", per_m2=1 / SQUARE_METRES_PER_HA)
    if of == "area_mu":
        return Counting("area", per_m2=1 / SQUARE_METRES_PER_MU)
    if of == "households":
        return _households(units, members)
    if of == "members":
        if members is None:
            raise InputError([_people_missing(units)])
        return Counting("members")
    if of in units.attributes:
        return Counting("unit-column", of)
    if members is not None and of in members.attributes:
        return Counting("member-column", of)
    raise InputError([_column_missing(of, units, members)])


def _households(units: Units, members: Members | None) -> Counting:
    if members is not None and members.frame["household"].notna().any():
        return Counting("households")
    if members is not None and members.frame["households"].notna().any():
        return Counting("member-column", "households")
    if "households" in units.columns:
        return Counting("unit-column", units.columns["households"])
    where = members.source if members is not None else units.source
    raise InputError(
        [
            Finding(
                "no-households",
                Text(
                    "there is neither a household number (户号) nor a count of households (户数)",
                    "既没有户号列，也没有户数列，无法按户计算",
                ),
                where.file,
                where.layername,
                remedy=Text(
                    "name the column with --map-column members.household=NAME, or use --of members",
                    "用 --map-column members.household=列名 指定，或改用 --of members",
                ),
            )
        ]
    )


def _people_missing(units: Units) -> Finding:
    return Finding(
        "no-members",
        Text("people are to be counted, but no roster was given", "要按人数划分，但没有给出成员名册"),
        units.source.file,
        units.source.layername,
        remedy=Text(
            "give --members FILE, or count something else: --of area_ha, --of area_mu or a numeric column",
            "用 --members 给出名册，或改按其他量划分：--of area_ha、--of area_mu 或某个数值列",
        ),
    )


def _column_missing(of: str, units: Units, members: Members | None) -> Finding:
    numeric = [str(c) for c in units.attributes.select_dtypes("number").columns]
    if members is not None:
        numeric += [str(c) for c in members.attributes.select_dtypes("number").columns]
    known = ", ".join(["members", "households", "area_ha", "area_mu", *numeric])
    return Finding(
        "no-such-size",
        Text(f"there is no column {of!r} to count by", f"没有可用于计算规模的列 {of!r}"),
        units.source.file,
        units.source.layername,
        remedy=Text(f"use one of: {known}", f"可用：{known}"),
    )


def numbers_of(values: pd.Series[float], name: str, rows: Ints, source: Source) -> Floats:
    """Return a column as weights.

    Raises
    ------
    InputError
        Where a value is negative, blank or no number, with its rows.
    """
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(numbers) | (numbers < 0)
    if bad.any():
        raise InputError(
            [
                Finding(
                    "bad-size-value",
                    Text(
                        f"column {name!r} is blank, negative or no number in {int(bad.sum())} rows",
                        f"列 {name!r} 有 {int(bad.sum())} 行为空、为负或不是数字",
                    ),
                    source.file,
                    source.layername,
                    tuple(int(r) for r in rows[bad]),
                    Text("fill these cells in (0 where nothing counts)", "请补全这些单元格（不计数的填 0）"),
                )
            ]
        )
    return numbers
