"""Read the table of locks: units that are to be in a grid, to share one, or to be in different ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from gridder.errors import InputError
from gridder.io import formats
from gridder.io.columns import LOCK_ROLES, find_columns, or_none, said
from gridder.io.layers import LayerRows, finding, no_rows_fault, read_layer
from gridder.io.location import Location
from gridder.io.read import rows_of_frame
from gridder.model import Bools, Finding, Layer, Locks, Text

WISHES = ("grid", "together", "apart")
LAYER_WORDS: Mapping[str, Layer] = {
    "field": "field", "fields": "field", "地块": "field", "田块": "field", "田间": "field",
    "building": "building", "buildings": "building", "楼栋": "building", "楼宇": "building",
}  # fmt: skip


def read_locks(path: str | Path | Location, *, columns: Mapping[str, str] | None = None) -> Locks:
    """Read locks from a table.

    Parameters
    ----------
    path
        Excel (.xlsx) or CSV, with a column of unit ids and one or several of `grid`, `together`, `apart`;
        `layer` (`field` or `building`) is needed where both are divided.
    columns
        Roles to names of columns, where the guess by header is wrong.

    Raises
    ------
    InputError
        With all that is wrong with the file.
    """
    return locks_from_rows(read_layer(path, family=formats.ANY), columns)


def locks_from_frame(frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None) -> Locks:
    """Return the locks of a DataFrame, checked like a file.

    Raises
    ------
    InputError
        With all that is wrong with it.
    """
    return locks_from_rows(rows_of_frame(frame), columns)


def locks_from_rows(rows: LayerRows, columns: Mapping[str, str] | None = None) -> Locks:
    """Return the locks of a table that was read; rows without a unit and a wish are left out."""
    roles = find_columns(rows.attributes.columns, LOCK_ROLES, columns, rows.source)
    faults = [fault for fault in (no_rows_fault(rows), _missing_columns(rows, roles)) if fault]
    if faults:
        raise InputError(faults)
    frame = pd.DataFrame({"row": rows.rows})
    for role in LOCK_ROLES:
        frame[role] = or_none(said(rows.attributes[roles[role]])) if role in roles else None
    wished = frame[list(WISHES)].notna().any(axis=1).to_numpy()
    named = frame["unit_id"].notna().to_numpy()
    layer = frame["layer"].map(_layer_of, na_action="ignore")
    wrong_layer = (frame["layer"].notna() & layer.isna()).to_numpy()
    faults = list(_row_faults(rows, wished & ~named, named & ~wished, wrong_layer))
    if faults:
        raise InputError(faults)
    frame["layer"] = layer.astype(object).where(layer.notna(), None)
    return Locks(frame[wished & named].reset_index(drop=True), rows.source, rows.findings)


def _layer_of(word: str) -> Layer | None:
    return LAYER_WORDS.get(word.strip().lower())


def _missing_columns(rows: LayerRows, roles: Mapping[str, str]) -> Finding | None:
    if "unit_id" in roles and any(wish in roles for wish in WISHES):
        return None
    what = Text(
        "the table of locks needs a column of unit ids and one of grid, together or apart",
        "锁定表需要单元编号列，以及 网格、同组、分开 中的至少一列",
    )
    remedy = Text(
        "name the columns unit_id, layer, grid, together, apart",
        "列名可用：编号、图层、网格、同组、分开",
    )
    return finding("no-lock-columns", what, rows.source, remedy=remedy)


def _row_faults(
    rows: LayerRows, without_unit: Bools, without_wish: Bools, wrong_layer: Bools
) -> list[Finding]:
    told: tuple[tuple[Bools, str, Text, Text], ...] = (
        (
            without_unit,
            "lock-without-unit",
            Text("{n} locks name no unit", "{n} 条锁定没有单元编号"),
            Text("fill in the unit id, or delete the row", "请补填编号或删除该行"),
        ),
        (
            without_wish,
            "lock-without-wish",
            Text(
                "{n} units are named without a grid, together or apart", "{n} 个单元没有填写网格、同组或分开"
            ),
            Text("fill one of them in, or delete the row", "请补填其一或删除该行"),
        ),
        (
            wrong_layer,
            "unknown-layer",
            Text("{n} locks name an unknown layer", "{n} 条锁定的图层无法识别"),
            Text("write field or building (地块, 楼栋)", "请填写 地块 或 楼栋"),
        ),
    )
    return [
        finding(kind, what.format(n=int(mask.sum())), rows.source, rows.rows[np.asarray(mask)], remedy)
        for mask, kind, what, remedy in told
        if mask.any()
    ]
