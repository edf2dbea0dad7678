"""A new plan beside an older one: its parameters unless given again, and its grids where they carry on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from gridder.errors import InputError
from gridder.io.plan import load_recipe
from gridder.model import Finding, Plan, Text
from gridder.progress import Progress, silent
from gridder.service.order import ROLES, Source, run_partition

OPTIONS = (
    "skill",
    "skill_minimum",
    "alike",
    "second_size",
    "stability",
    "dedicated_column",
    "coding",
    "responsible",
    "valid_from",
    "objective",
    "rng",
    "effort",
    "time_limit_s",
    "gap_m",
    "bridge_m",
    "reach_m",
    "plot_reach_m",
    "cut_at_barriers",
)
"""Parameters of a plan beside its sizes."""


def run_update(
    folder: str | os.PathLike[str],
    sources: Mapping[str, Source],
    *,
    size: Mapping[str, Any],
    building_size: Mapping[str, Any],
    faults: Sequence[Finding] = (),
    progress: Progress = silent,
    **options: Any,
) -> Plan:
    """Divide what the files hold now, near the plan of a folder and with its parameters.

    Parameters
    ----------
    folder
        The older plan.
    sources
        By role; every input that the older plan had must be given.
    size, building_size, options
        As `run_partition` takes them; what is None is as in the older plan.
    faults
        What is known to be wrong already.
    progress
        Told the stage and its share done; may raise `Stopped`.

    Raises
    ------
    InputError
        With `faults`, inputs that are missing, and everything that `run_partition` finds.
    """
    try:
        recipe = load_recipe(folder)
    except InputError as error:
        raise InputError([*faults, *error.faults]) from error
    told = recipe["parameters"]
    sizes = updated_sizes(told, size, building_size)
    asked = {name: told.get(name) if options.get(name) is None else options[name] for name in OPTIONS}
    asked["valid_from"] = options.get("valid_from")
    return run_partition(
        sources,
        size=sizes[0],
        building_size=sizes[1],
        old=folder,
        faults=[*faults, *_missing_inputs(recipe, sources, str(folder))],
        progress=progress,
        **asked,
    )


def updated_sizes(
    told: Mapping[str, Any], size: Mapping[str, Any], building_size: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the sizes of fields and buildings: those of an older plan with what is given again.

    Buildings that had the size of the fields, or were alone, follow what is given for all.
    """
    fields, buildings = told.get("size"), told.get("building_size")
    common = _with(fields or buildings or {}, size)
    if buildings is None or fields is None or fields == buildings:
        return common, _with({}, building_size)
    return common, _with(buildings, building_size)


def _with(old: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a size with what is given again; a target given alone stands for a number of grids, and a number for a target."""
    new = {name: value for name, value in given.items() if value is not None}
    kept = dict(old)
    if "target" in new:
        kept.pop("n_grids", None)
    if "n_grids" in new:
        kept.pop("target", None)
    return kept | new


def _missing_inputs(recipe: Mapping[str, Any], sources: Mapping[str, Source], folder: str) -> list[Finding]:
    """Return the inputs of an older plan that are not given."""
    options = {"locks": "--lock"}
    missing = [
        options.get(role, f"--{role}")
        for role in ROLES
        if role != "address_decisions"
        if recipe["inputs"].get(role) and not (role in sources and sources[role].paths)
    ]
    if not missing:
        return []
    listed = ", ".join(missing)
    return [
        Finding(
            "missing-input",
            Text(f"the older plan was made with {listed} too", f"旧方案还使用了 {listed}"),
            folder,
            remedy=Text(
                f"give {listed} as they are now; to leave one out use gridder partition --old {folder}",
                f"请给出现在的 {listed}；如不再使用，请改用 gridder partition --old {folder}",
            ),
        )
    ]
