"""The size that the user asks for: checked, and every number settled."""

from __future__ import annotations

import math

from gridder.metrics.report import Bounds
from gridder.model import Finding, Floats, Layer, Size, Text

DEFAULT_SHARES = (0.5, 1.5)
"""Minimum and maximum as shares of the target where the user gives none."""


def size_faults(size: Size | None, layer: Layer) -> list[Finding]:
    """Return everything that is wrong with the size of a layer."""
    name = Text("fields", "地块") if layer == "field" else Text("buildings", "楼栋")
    if size is None or (size.target is None and size.n_grids is None):
        return [
            _fault(
                "no-size",
                Text(f"no size was given for the {name.en}", f"没有给出{name.zh}的目标规模"),
                Text(
                    "give --target (with --min and --max), or --n-grids",
                    "请给出 --target（及 --min、--max），或 --n-grids",
                ),
            )
        ]
    faults = []
    numbers = {"target": size.target, "minimum": size.minimum, "maximum": size.maximum}
    for role, value in numbers.items():
        if value is not None and (
            not math.isfinite(value) or value < 0 or (value == 0 and role != "minimum")
        ):
            faults.append(
                _fault(
                    "bad-size",
                    Text(
                        f"the {role} {value:g} of the {name.en} is not a positive number",
                        f"{name.zh}的{role} {value:g} 不是正数",
                    ),
                    Text("give a number above 0", "请给出大于 0 的数"),
                )
            )
    if size.n_grids is not None and size.n_grids < 1:
        faults.append(
            _fault(
                "bad-size",
                Text(f"{size.n_grids} grids cannot be made", f"网格数 {size.n_grids} 无效"),
                Text("ask for at least one grid", "至少 1 个网格"),
            )
        )
    if not faults and size.target is not None:
        bounds = settle_bounds(size, None)
        if not bounds.minimum <= bounds.target <= bounds.maximum:
            faults.append(
                _fault(
                    "bad-size",
                    Text(
                        f"the sizes of the {name.en} are not in order: minimum {bounds.minimum:g}, "
                        f"target {bounds.target:g}, maximum {bounds.maximum:g}",
                        f"{name.zh}的规模次序不对：下限 {bounds.minimum:g}，目标 {bounds.target:g}，"
                        f"上限 {bounds.maximum:g}",
                    ),
                    Text("choose minimum ≤ target ≤ maximum", "请满足 下限 ≤ 目标 ≤ 上限"),
                )
            )
    return faults


def settle_bounds(size: Size, weight: Floats | None) -> Bounds:
    """Return the bounds with every number settled.

    With K grids and no target, the target is the total of `weight` / K; missing bounds are 0.5 and
    1.5 of the target.
    """
    target = size.target
    if target is None:
        total = float(weight.sum()) if weight is not None else math.inf
        target = total / (size.n_grids or 1)
    low, high = DEFAULT_SHARES
    return Bounds(
        size.of,
        target,
        low * target if size.minimum is None else size.minimum,
        high * target if size.maximum is None else size.maximum,
    )


def _fault(kind: str, what: Text, remedy: Text) -> Finding:
    return Finding(kind, what, remedy=remedy)
