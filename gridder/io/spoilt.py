"""Ids that a spreadsheet has turned into something else are told, and never used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from gridder.io.columns import texts
from gridder.io.layers import LayerRows, finding
from gridder.model import Finding, Text

OF_IDS = (
    "member_id", "id_number", "phone", "household", "parcel", "unit_id", "building", "stairwell", "floor", "room",
    "housenumber",
)  # fmt: skip
"""Roles whose cells are names and no numbers."""
ROUNDED = r"[-+]?\d(?:\.\d+)?[eE]\+\d+"
"""A number of more digits than a spreadsheet keeps, or than a narrow column showed when it was saved as text."""
DATE = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?"


def without_spoilt_ids(rows: LayerRows, roles: Mapping[str, str]) -> tuple[LayerRows, list[Finding]]:
    """Return rows in which spoilt ids are missing, and what was told of them.

    `1.23E+17` was an id of 18 digits, and `2026-03-01` house 3-1.
    """
    attributes, findings = rows.attributes, list[Finding]()
    for role in OF_IDS:
        name = roles.get(role)
        if name is None or pd.api.types.is_integer_dtype(attributes[name]):
            continue
        cells = texts(attributes[name])
        for kind, pattern, what in (
            (
                "rounded-id",
                ROUNDED,
                Text(
                    "Excel has rounded {n} [number|numbers] of column {name} (1.23E+17); such are not used",
                    "列“{name}”有 {n} 个号码被 Excel 变成科学计数（1.23E+17），已丢失数字，未使用",
                ),
            ),
            (
                "id-turned-date",
                DATE,
                Text(
                    "Excel has turned {n} [cell|cells] of column {name} into dates (3-1 became 1 March); such are not used",
                    "列“{name}”有 {n} 个单元格被 Excel 变成日期（3-1 变成 3月1日），未使用",
                ),
            ),
        ):
            spoilt = cells.str.fullmatch(pattern).fillna(value=False).to_numpy(dtype=bool)
            if spoilt.any():
                told = what.format(n=int(spoilt.sum()), name=name)
                findings.append(finding(kind, told, rows.source, rows.rows[spoilt], _REMEDY))
                attributes = attributes.assign(**{name: attributes[name].mask(spoilt)})
    return replace(rows, attributes=attributes), findings


_REMEDY = Text(
    "format the column as text and type the numbers in again, or take them from the system they came from",
    "请把该列设为“文本”格式后重新填写这些号码，或从原系统重新导出",
)
