"""What the words of options mean that are more than a number or a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gridder.model import Finding, Text
from gridder.service.order import Source

MAPPED = ("fields", "buildings", "members", "zones", "locks", "dedicated", "address_decisions")
"""Inputs whose columns may be named."""


def sources_of(
    files: Mapping[str, str | Sequence[str] | None],
    *,
    map_column: Sequence[str] | None,
    keep_column: Sequence[str] | None,
) -> tuple[dict[str, Source], list[Finding]]:
    """Return the files by role with the columns that were named for them, and what cannot be read."""
    columns, faults = _column_maps(map_column or ())
    given = {role: [paths] if isinstance(paths, str) else paths or [] for role, paths in files.items()}
    keep = tuple(keep_column or ())
    sources = {role: Source(paths, columns.get(role, {}), keep) for role, paths in given.items() if paths}
    return sources, faults


def _column_maps(pairs: Sequence[str]) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Return the columns named by `INPUT.ROLE=NAME`, by input and role, and what cannot be read."""
    columns: dict[str, dict[str, str]] = {}
    faults: list[Finding] = []
    for pair in pairs:
        where, equals, name = pair.partition("=")
        source, dot, role = where.partition(".")
        if not (equals and dot and role and name and source in MAPPED):
            faults.append(
                Finding(
                    "bad-map-column",
                    Text(f"--map-column {pair} cannot be read", f"无法理解 --map-column {pair}"),
                    remedy=Text(
                        "write fields.unit_id=NAME, buildings.…, members.…, zones.… or locks.…",
                        "请写作 fields.unit_id=列名（或 buildings.…、members.…、zones.…、locks.…）",
                    ),
                )
            )
            continue
        columns.setdefault(source, {})[role] = name
    return columns, faults


def alike_of(words: Sequence[str] | None) -> tuple[dict[str, float] | None, list[Finding]]:
    """Return the weight of every column of `COLUMN[:WEIGHT]`, and what cannot be read; a column may hold colons.

    >>> alike_of(["作物:0.5", "soil:type"])
    ({'作物': 0.5, 'soil:type': 1.0}, [])
    """
    if words is None:
        return None, []
    weights: dict[str, float] = {}
    faults: list[Finding] = []
    for word in words:
        name, colon, tail = word.rpartition(":")
        weight = _number(tail) if colon else None
        name, weight = (word, 1.0) if weight is None else (name, weight)
        if name:
            weights[name] = weight
        else:
            faults.append(
                Finding(
                    "bad-alike",
                    Text(f"--alike {word} names no column", f"--alike {word} 没有列名"),
                    remedy=Text("write COLUMN or COLUMN:WEIGHT", "请写作 列名 或 列名:权重"),
                )
            )
    return weights, faults


def second_of(word: str | None) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Return the second size of `OF:MIN:MAX`, and what cannot be read.

    >>> second_of("area_mu:500:")
    ({'of': 'area_mu', 'minimum': 500.0, 'maximum': None}, [])
    """
    if word is None:
        return None, []
    of, *bounds = word.rsplit(":", 2)
    numbers = [_number(text) for text in bounds]
    wrong = any(text and number is None for text, number in zip(bounds, numbers, strict=True))
    if not of or len(bounds) != 2 or wrong:
        what = Text(f"--second {word} cannot be read", f"无法理解 --second {word}")
        remedy = Text(
            "write what it counts, minimum and maximum: area_mu:500:1500; one of the two may be left out",
            "请写作 规模:下限:上限，如 area_mu:500:1500；上下限可省略其一",
        )
        return None, [Finding("bad-second-size", what, remedy=remedy)]
    return {"of": of, "minimum": numbers[0], "maximum": numbers[1]}, []


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
