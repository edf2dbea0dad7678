"""The wishes of a call as arrays over the units of one layer, as the solver takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gridder.errors import InputError
from gridder.groups.composition import has_skill
from gridder.members.count import counting_of, numbers_of, sum_by_unit
from gridder.model import Finding, Floats, Ints, Locks, Size, Text
from gridder.service.alike import alike_columns
from gridder.service.dedicated import sliced, without_old_sites
from gridder.service.ground import Ground
from gridder.service.locks import LockedUnits, locked_units
from gridder.service.numbers import same_zone
from gridder.service.old import OldLayer
from gridder.service.people import Peopled, member_weight
from gridder.service.wishes import Wishes, countable, in_layer, second_bounds


@dataclass(frozen=True, eq=False)
class Layout:
    """The units of one layer after cutting.

    Attributes
    ----------
    ids
        Length n.
    parent, share
        Position of the settled unit and the part of its area, shape (n,).
    member_unit
        Position of the unit of every member, shape (m,), -1 for none.
    land_area_m2, mass
        Area of the land on the ellipsoid and in the plane, shape (n,).
    zone
        Position of the zone, shape (n,).
    """

    ids: Sequence[str]
    parent: Ints
    share: Floats
    member_unit: Ints
    land_area_m2: Floats
    mass: Floats
    zone: Ints


@dataclass(frozen=True, eq=False)
class Wanted:
    """What one layer is asked for beside its size; None where nothing is.

    Attributes
    ----------
    skilled
        People with the skill in every unit, shape (n,).
    similar
        Columns in which grids should be alike, shape (n, d).
    second
        The second size of every unit, shape (n,).
    locked, old
        Locks, and the old grid of every unit, shape (n,), -1 for none.
    """

    wishes: Wishes
    skilled: Floats | None = None
    similar: Floats | None = None
    second: Floats | None = None
    locked: LockedUnits | None = None
    old: Ints | None = None

    def only(self, units: Ints) -> Wanted:
        """Return what is asked for some units, ascending."""
        return replace(
            self,
            skilled=sliced(self.skilled, units),
            similar=sliced(self.similar, units),
            second=sliced(self.second, units),
            locked=self.locked.only(units) if self.locked is not None else None,
            old=sliced(self.old, units),
        )

    def as_problem(self) -> dict[str, Any]:
        """Return it in the words of `gridder.solver.Problem`."""
        wishes = self.wishes
        words: dict[str, Any] = {"objective": wishes.objective}
        if self.skilled is not None:
            words |= {"skill": self.skilled, "skill_minimum": float(wishes.skill_minimum)}
        if self.similar is not None:
            words |= {"similar": self.similar, "similarity": float(sum(wishes.alike.values()))}
        if self.second is not None and wishes.second_size is not None:
            least, most = second_bounds(wishes.second_size)
            words |= {"second": self.second, "second_minimum": least, "second_maximum": most}
        if self.locked is not None:
            words |= {
                "together": self.locked.together,
                "apart": self.locked.apart,
                "lock": self.locked.grid if (self.locked.grid >= 0).any() else None,
            }
        if self.old is not None:
            words |= {"old": self.old, "stability": wishes.stability}
        return words


def wanted_of(
    wishes: Wishes, peopled: Peopled, layout: Layout, ground: Ground, *, old: OldLayer | None
) -> Wanted:
    """Return what a layer is asked for: what it has no column or nobody for is left out.

    Raises
    ------
    InputError
        Where locks name no unit, or a grid of another zone.
    """
    return Wanted(
        wishes,
        skilled=_skilled(wishes, peopled, layout),
        similar=_similar(wishes, peopled, layout),
        second=_second(wishes.second_size, peopled, layout),
        locked=_locked(wishes.locks, peopled, layout, ground, old),
        old=without_old_sites(old.grid, old) if old is not None else None,
    )


def _skilled(wishes: Wishes, peopled: Peopled, layout: Layout) -> Floats | None:
    if wishes.skill is None or not (layout.member_unit >= 0).any():
        return None
    has = has_skill(peopled.people["skill"], wishes.skill)
    return sum_by_unit(layout.member_unit, has.astype(np.float64), len(layout.ids))


def _similar(wishes: Wishes, peopled: Peopled, layout: Layout) -> Floats | None:
    columns = alike_columns(
        peopled.units.attributes.iloc[peopled.settled.source_row[layout.parent]], wishes.alike, layout.mass
    )
    return columns if columns.shape[1] else None


def _second(size: Size | None, peopled: Peopled, layout: Layout) -> Floats | None:
    units, members = peopled.units, peopled.members
    if size is None or not countable(size, units, members):
        return None
    counting = counting_of(size.of, units, members)
    if counting.kind == "area":
        return layout.land_area_m2 * counting.per_m2
    if counting.of_people:
        weight, _ = member_weight(counting, members, peopled.people, peopled.placed)
        return sum_by_unit(layout.member_unit, weight, len(layout.ids))
    rows = units.frame["row"].to_numpy()
    values = numbers_of(units.attributes[counting.column], counting.column, rows, units.source)
    return (values[peopled.settled.source_row] * peopled.settled.share)[layout.parent] * layout.share


def _locked(
    locks: Locks | None, peopled: Peopled, layout: Layout, ground: Ground, old: OldLayer | None
) -> LockedUnits | None:
    if locks is None:
        return None
    rows = in_layer(locks, peopled.units.layer)
    if rows.empty:
        return None
    settled = peopled.settled
    own_ids = np.asarray(settled.own_ids, dtype=object)[layout.parent].tolist()
    n_old = len(old.grids) if old is not None else 0
    locked = locked_units(
        rows,
        layout.ids,
        own_ids,
        settled.source_row[layout.parent],
        old_grids=old.names if old is not None else {},
        n_old=n_old,
        source=locks.source,
    )
    if old is not None:
        to_old = np.where(locked.grid < n_old, locked.grid, -1)
        astray = (to_old >= 0) & ~same_zone(old, to_old, layout.zone, ground)
        if astray.any():
            raise InputError([_other_zone([layout.ids[i] for i in np.flatnonzero(astray).tolist()], locks)])
    return locked


def _other_zone(ids: Sequence[str], locks: Locks) -> Finding:
    listed = ", ".join(ids[:10])
    return Finding(
        "lock-in-another-zone",
        Text(
            f"units {listed} are locked to a grid of another zone",
            f"单元 {listed} 被锁定到另一片区的网格",
        ),
        locks.source.file,
        locks.source.layername,
        remedy=Text(
            "lock them to a grid of their own zone, or change the zones",
            "请锁定到本片区的网格，或调整片区",
        ),
    )
