"""Divide fields and buildings into grids and place people in them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.errors import InputError, finding_dict
from gridder.groups.codes import coding_faults
from gridder.io.key import pseudonym_key
from gridder.model import (
    IN_MEMORY,
    MEMBER_TEXT_COLUMNS,
    AddressDecisions,
    Barriers,
    Bridges,
    Coding,
    Finding,
    Layer,
    Locks,
    Members,
    Objective,
    Plan,
    PlanReport,
    Size,
    Source,
    Text,
    Units,
    Zones,
)
from gridder.privacy import pseudonyms
from gridder.progress import Progress, silent
from gridder.service.dedicated import column_faults, empty_sites
from gridder.service.ground import Ground, barrier_frame, lay_ground, zone_frame
from gridder.service.layer import Divided, Effort, Reaches, divide_layer
from gridder.service.old import plan_checksum
from gridder.service.people import Peopled, people_layer
from gridder.service.sizes import size_faults
from gridder.service.tables import LayerTables, roster_table, tabulate
from gridder.service.wishes import Wishes, wish_faults

VERSIONS_OF = ("gridder", "geopandas", "numba", "numpy", "pandas", "pyogrio", "pyproj", "scipy", "shapely")


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything that a plan is made from."""

    fields: Units | None
    buildings: Units | None
    members: Members | None
    zones: Zones | None
    barriers: Barriers | None
    bridges: Bridges | None
    locks: Locks | None = None
    dedicated: Zones | None = None
    address_decisions: AddressDecisions | None = None

    @property
    def layers(self) -> list[Units]:
        """The layers that are divided."""
        return [units for units in (self.fields, self.buildings) if units is not None]


def partition(
    *,
    fields: Units | None = None,
    buildings: Units | None = None,
    size: Size | None = None,
    building_size: Size | None = None,
    members: Members | None = None,
    zones: Zones | None = None,
    barriers: Barriers | None = None,
    bridges: Bridges | None = None,
    dedicated: Zones | None = None,
    dedicated_column: str | None = None,
    skill: str | None = None,
    skill_minimum: int = 1,
    alike: Mapping[str, float] | None = None,
    second_size: Size | None = None,
    locks: Locks | None = None,
    address_decisions: AddressDecisions | None = None,
    old: Plan | None = None,
    stability: float = 10.0,
    coding: Coding | None = None,
    responsible: str | None = None,
    valid_from: str | None = None,
    objective: Objective = "mix",
    rng: int = 0,
    effort: float = 1.0,
    time_limit_s: float | None = None,
    gap_m: float | None = None,
    bridge_m: float = 500.0,
    reach_m: float = 100.0,
    plot_reach_m: float = 30.0,
    cut_at_barriers: bool = False,
    progress: Progress = silent,
) -> Plan:
    """Divide fields, buildings or both into grids of a target size and place members in them.

    Parameters
    ----------
    fields, buildings
        At least one of them.
    size, building_size
        Size of the grids; buildings take `size` where `building_size` is None.
    members
        People to place; needed where the size counts people.
    zones, barriers
        Areas that no grid leaves, and lines that no grid crosses.
    bridges
        Crossings over barriers, points or lines from bank to bank: each links the units on both sides.
    dedicated, dedicated_column
        Sites that are looked after as one, such as schools and markets: areas with names (`read_zones`), a column
        of the units that names the site of each, or both. The units of a site, those of which more than half
        lies in its area, are one grid of their own for which no bounds hold, beside any number of grids asked for.
    skill, skill_minimum
        A skill, as a word of the roster's column of skills, and how many of its people every grid needs.
    alike
        Columns of the units in which the units of a grid should be alike, numbers or up to 50 categories, and the
        price of each: 1 is as dear as the whole of the shape.
    second_size
        A further size whose `minimum` and `maximum` are kept where that costs little; a miss is priced, not
        ruled out.
    locks
        Units that must be in a grid of the old plan, share a grid, or be in different ones.
    address_decisions
        Which unit a doubtful address means, as people decided.
    old, stability
        A plan to stay near, and the price of the share of people who change grid. Its units are known by their
        id, else by their place; grids that carry on old ones keep their id, number and code.
    coding
        How the codes of grids are made: by a standard or a pattern.
    responsible
        The body that is responsible for the grids, as a column of them.
    valid_from
        The day from which new grids are valid, as `2026-12-01`; grids that carry on keep theirs.
    objective
        What makes a grid compact: `moment` (its units are near its centre), `cut` (its borders are short),
        `medoid` (its units are near one of them), or `mix` of moment and cut.
    rng, effort, time_limit_s
        Random input, work of the solver, and a cap on its seconds for each layer.
        The same input, `rng` and `effort` give the same plan, whatever the order of rows.
    gap_m
        Fields are neighbours across gaps up to this width; chosen from the data where None.
    bridge_m
        How far a piece below the minimum may be joined to another of its zone.
    reach_m
        How far a member outside every unit may be from the nearest one.
    plot_reach_m
        How far the plot of a building extends from its footprint.
    cut_at_barriers
        Cut the units that a barrier runs through; they stay whole and are listed otherwise.
    progress
        Told the stage and its share done; may raise `Stopped`.

    Returns
    -------
    Plan
        Every unit in exactly one grid; every member in exactly one grid a layer, or with a reason.

    Raises
    ------
    InputError
        With every fault of the inputs.
    """
    inputs = Inputs(fields, buildings, members, zones, barriers, bridges, locks, dedicated, address_decisions)
    sizes = {"field": size, "building": building_size or size}
    wishes = Wishes(
        objective=objective,
        skill=skill,
        skill_minimum=skill_minimum,
        alike=alike or {},
        second_size=second_size,
        locks=locks,
        old=old,
        stability=stability,
        coding=coding or Coding(),
        responsible=responsible,
        valid_from=valid_from,
        dedicated_column=dedicated_column,
    )
    _check(inputs, sizes, wishes)
    clock = _Clock(progress)

    clock("measure", 0.0)
    ground = lay_ground(inputs.layers, zones, barriers, bridges, dedicated)
    people = _local_people(members, ground)
    clock("place", 0.0)
    peopled = _people_layers(inputs, sizes, ground, people, reach_m=reach_m, cut_at_barriers=cut_at_barriers)
    divided = [
        divide_layer(
            layer,
            ground,
            Reaches(gap_m, bridge_m, reach_m, plot_reach_m),
            wishes,
            Effort(rng, effort, time_limit_s),
            progress=clock,
        )
        for layer in peopled
    ]
    clock("report", 0.0)
    ids = pseudonyms(people["member_id"].tolist(), pseudonym_key()) if members is not None else []
    tables = [tabulate(layer, ground, ids) for layer in divided]
    parameters = {
        "size": _size_dict(sizes["field"]) if fields is not None else None,
        "building_size": _size_dict(sizes["building"]) if buildings is not None else None,
        "skill": skill,
        "skill_minimum": skill_minimum,
        "alike": dict(alike or {}),
        "second_size": _size_dict(second_size),
        "stability": stability,
        "coding": dict(vars(wishes.coding)),
        "responsible": responsible,
        "valid_from": valid_from,
        "dedicated_column": dedicated_column,
        "objective": objective,
        "rng": rng,
        "effort": effort,
        "time_limit_s": time_limit_s,
        "gap_m": gap_m,
        "bridge_m": bridge_m,
        "reach_m": reach_m,
        "plot_reach_m": plot_reach_m,
        "cut_at_barriers": cut_at_barriers,
    }
    report = _report(inputs, ground, divided, tables, seconds=clock.seconds())
    return Plan(
        grids=_stack([t.grids for t in tables]),
        units=_stack([t.units for t in tables]),
        plots=_stack([t.plots for t in tables]),
        adjacency=pd.concat([t.adjacency for t in tables], ignore_index=True),
        placements=_sorted_placements(tables, members),
        composition=pd.concat([t.composition for t in tables], ignore_index=True),
        zones=zone_frame(ground),
        barriers=barrier_frame(ground),
        report=report,
        recipe=_recipe(inputs, ground, divided, parameters)
        | {"last_numbers": {t.layer: t.last_numbers for t in tables}}
        | ({"old": {"sha256": plan_checksum(old)}} if old is not None else {}),
        roster=roster_table(members, ids) if members is not None else None,
        address_review=next((p.address_review for p in peopled if p.address_review is not None), None),
    )


class _Clock:
    """Pass progress on and add up the seconds of every stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stage = ""
        self._since = 0.0
        self._seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: float) -> None:
        if stage != self._stage:
            self._close()
            self._stage, self._since = stage, time.perf_counter()
        self._progress(stage, done)

    def _close(self) -> None:
        if self._stage:
            spent = time.perf_counter() - self._since
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + spent

    def seconds(self) -> dict[str, float]:
        """Return the seconds of the stages so far."""
        self._close()
        self._since = time.perf_counter()
        return {stage: round(spent, 3) for stage, spent in self._seconds.items()}


def _check(inputs: Inputs, sizes: dict[str, Size | None], wishes: Wishes) -> None:
    if not inputs.layers:
        raise InputError(
            [
                Finding(
                    "no-units",
                    Text("neither fields nor buildings were given", "既没有给出地块，也没有给出楼栋"),
                    remedy=Text("give --fields, --buildings or both", "请给出 --fields 或 --buildings"),
                )
            ]
        )
    faults = [fault for units in inputs.layers for fault in size_faults(sizes[units.layer], units.layer)]
    faults += wish_faults(wishes, inputs.layers, inputs.members)
    faults += column_faults(wishes.dedicated_column, inputs.layers)
    faults += coding_faults(wishes.coding, inputs.zones)
    if faults:
        raise InputError(faults)


def _local_people(members: Members | None, ground: Ground) -> pd.DataFrame:
    """Return the roster's frame with its points in local metres; a point off the projection is none."""
    if members is None:
        columns = ("member_id", "row", "home", "field_point", *MEMBER_TEXT_COLUMNS, "households")
        return pd.DataFrame({name: pd.Series([], dtype=object) for name in columns})
    people = members.frame.copy()
    for name in ("home", "field_point"):
        points = gpd.GeoSeries(people[name].to_numpy(dtype=object), crs=members.crs)
        local = ground.frame.to_local(points)
        local[~np.isfinite(shapely.bounds(local)).all(axis=1)] = None
        people[name] = pd.Series(local, dtype=object, index=people.index)
    return people


def _people_layers(
    inputs: Inputs,
    sizes: dict[str, Size | None],
    ground: Ground,
    people: pd.DataFrame,
    *,
    reach_m: float,
    cut_at_barriers: bool,
) -> list[Peopled]:
    home_is_for: Layer = "building" if inputs.buildings is not None else "field"
    done: list[Peopled] = []
    faults: list[Finding] = []
    for units in inputs.layers:
        try:
            done.append(
                people_layer(
                    units,
                    cast("Size", sizes[units.layer]),
                    ground,
                    inputs.members,
                    people,
                    home_is_for=home_is_for,
                    reach_m=reach_m,
                    cut_at_barriers=cut_at_barriers,
                    decisions=inputs.address_decisions,
                )
            )
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return done


def _stack(frames: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)


def _sorted_placements(tables: Sequence[LayerTables], members: Members | None) -> pd.DataFrame:
    """Return all placements by layer and pseudonym, so that the roster's order does not show."""
    placements = pd.concat([t.placements for t in tables], ignore_index=True)
    if members is None:
        return placements.iloc[:0]
    return placements.sort_values(["layer", "member_id"], ascending=[False, True], ignore_index=True)


def _report(
    inputs: Inputs,
    ground: Ground,
    divided: Sequence[Divided],
    tables: Sequence[LayerTables],
    *,
    seconds: dict[str, float],
) -> PlanReport:
    given = (
        inputs.members,
        inputs.zones,
        inputs.barriers,
        inputs.bridges,
        inputs.dedicated,
        inputs.locks,
        inputs.address_decisions,
    )
    others = [x for x in given if x is not None]
    findings = [
        *(finding for item in [*inputs.layers, *others] for finding in item.repairs),
        *ground.findings,
        *(finding for layer in divided for finding in layer.findings),
        *_empty_sites(inputs, ground, divided),
    ]
    n_members = len(inputs.members) if inputs.members is not None else 0
    people: dict[str, Any] = {"total": n_members}
    for table in tables:
        people[table.layer] = {
            "placed": n_members - sum(table.unplaced.values()),
            "unplaced": table.unplaced,
        }
    return PlanReport(
        {
            "layers": {table.layer: table.report for table in tables},
            "members": people,
            "repairs": [finding_dict(finding) for finding in findings],
            "seconds": seconds,
        }
    )


def _empty_sites(inputs: Inputs, ground: Ground, divided: Sequence[Divided]) -> list[Finding]:
    if inputs.dedicated is None:
        return []
    sources = inputs.dedicated.sources or (Source(IN_MEMORY),)
    return empty_sites(ground, [layer.sites for layer in divided], sources[0])


def _recipe(
    inputs: Inputs, ground: Ground, divided: Sequence[Divided], parameters: dict[str, Any]
) -> dict[str, Any]:
    """Return what is needed to make the same plan again."""
    sources: dict[str, Any] = {}
    for name in ("fields", "buildings", "members", "locks", "address_decisions"):
        single = getattr(inputs, name)
        sources[name] = [dict(vars(single.source))] if single is not None else []
    for name in ("zones", "barriers", "bridges", "dedicated"):
        several = getattr(inputs, name)
        sources[name] = [dict(vars(source)) for source in several.sources] if several is not None else []
    return {
        "inputs": sources,
        "parameters": parameters,
        "effort_reached": {layer.layer: layer.effort for layer in divided},
        "crs": ground.frame.crs.to_string(),
        "crs_wkt": ground.frame.crs.to_wkt(),
        "versions": {name: version(name) for name in VERSIONS_OF},
    }


def _size_dict(size: Size | None) -> dict[str, Any] | None:
    return dict(vars(size)) if size is not None else None
