"""The use cases that the command line and the service share: from files to a plan, or to a lattice."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, cast

from gridder.errors import InputError
from gridder.io.address_review import read_decisions
from gridder.io.location import Location, parse_location
from gridder.io.locks import read_locks
from gridder.io.members import read_members
from gridder.io.plan import load_plan
from gridder.io.read import read_barriers, read_bridges, read_units, read_zones
from gridder.model import Coding, Finding, Lattice, LatticeShape, Plan, Size, Text
from gridder.progress import Progress, silent
from gridder.service.areas import square_metres
from gridder.service.lattice import lattice_faults, make_lattice
from gridder.service.partition import Inputs, partition
from gridder.service.sizes import size_faults
from gridder.service.whereabouts import region_of, with_far_away

ROLES = (
    "fields",
    "buildings",
    "members",
    "zones",
    "barriers",
    "bridges",
    "locks",
    "dedicated",
    "address_decisions",
)
"""What a file may be to a plan."""
UNSURE_CRS = frozenset({"missing-crs", "wrong-crs", "swapped-axes"})
"""Faults whose candidates are fewer once the region is known."""


@dataclass(frozen=True)
class Source:
    """The files of one role.

    Parameters
    ----------
    paths
        In the syntax of `gridder.io.location`; only zones, barriers, bridges and dedicated sites may have
        several.
    columns
        Roles to names of columns, where the guess by header is wrong.
    keep
        Columns of units to keep although they look as if they named a person.
    """

    paths: Sequence[str | Location]
    columns: Mapping[str, str] = field(default_factory=dict)
    keep: Sequence[str] = ()


_READERS: Mapping[str, Callable[[Source], Any]] = {
    "fields": lambda s: read_units(_only(s), layer="field", columns=s.columns, keep=s.keep),
    "buildings": lambda s: read_units(_only(s), layer="building", columns=s.columns, keep=s.keep),
    "members": lambda s: read_members(_only(s), columns=s.columns),
    "zones": lambda s: read_zones(*s.paths, columns=s.columns),
    "barriers": lambda s: read_barriers(*s.paths),
    "bridges": lambda s: read_bridges(*s.paths),
    "dedicated": lambda s: read_zones(*s.paths, columns=s.columns),
    "locks": lambda s: read_locks(_only(s), columns=s.columns),
    "address_decisions": lambda s: read_decisions(_only(s), columns=s.columns),
}


def read_sources(
    sources: Mapping[str, Source],
    *,
    coordinates: str = "",
    region: str = "",
    faults: Sequence[Finding] = (),
    progress: Progress = silent,
) -> Inputs:
    """Read every file.

    Where the CRS of a file is missing or wrong, the files that could be read show in which region it must lie.

    Parameters
    ----------
    sources
        By role (`ROLES`); a role without paths has no input.
    coordinates, region
        What holds for every file that says nothing else (`gridder.io.location`).
    faults
        What is known to be wrong already.
    progress
        Told about stage `read`; may raise `Stopped`.

    Raises
    ------
    InputError
        With `faults` and those of all files together.
    """
    given = {
        role: _with_defaults(sources[role], coordinates=coordinates, region=region)
        for role in ROLES
        if role in sources and sources[role].paths
    }
    progress("read", 0.0)
    inputs, found = _read(given, progress)
    others = region_of(inputs) if not region else ""
    unsure = {role: given[role] for role, wrong in found.items() if {f.kind for f in wrong} & UNSURE_CRS}
    if others and unsure:
        nearer = {role: _with_defaults(source, region=others) for role, source in unsure.items()}
        found |= _read(nearer, silent)[1]
    if faults or found:
        raise InputError([*faults, *(fault for role in given for fault in found.get(role, ()))])
    return Inputs(**dict.fromkeys(ROLES) | with_far_away(inputs))


def _read(
    sources: Mapping[str, Source], progress: Progress
) -> tuple[dict[str, Any], dict[str, Sequence[Finding]]]:
    """Return what was read by role, and the faults of what could not be."""
    inputs: dict[str, Any] = {}
    found: dict[str, Sequence[Finding]] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {role: pool.submit(_READERS[role], source) for role, source in sources.items()}
        for done, role in enumerate(sources):
            try:
                inputs[role] = waiting[role].result()
            except InputError as error:
                found[role] = error.faults
            progress("read", (done + 1) / len(sources))
    return inputs, found


def _with_defaults(source: Source, *, coordinates: str = "", region: str = "") -> Source:
    """Return the files of a role with what holds for all, where they say nothing themselves."""
    paths = [
        replace(
            location,
            coordinates=location.coordinates or coordinates,
            region=location.region or region,
        )
        for location in map(parse_location, source.paths)
    ]
    return replace(source, paths=paths)


def run_partition(
    sources: Mapping[str, Source],
    *,
    size: Mapping[str, Any],
    building_size: Mapping[str, Any] | None = None,
    second_size: Mapping[str, Any] | None = None,
    coding: Mapping[str, Any] | None = None,
    old: str | os.PathLike[str] | None = None,
    coordinates: str | None = None,
    region: str | None = None,
    faults: Sequence[Finding] = (),
    progress: Progress = silent,
    **options: Any,
) -> Plan:
    """Read the files and divide what they hold.

    Parameters
    ----------
    sources
        By role (`ROLES`).
    size, building_size
        `of`, `target`, `minimum`, `maximum`, `n_grids`, each only where given (`gridder.model.Size`).
        Buildings with neither a target nor a count of their own take what they lack from `size`.
    second_size
        `of`, `minimum`, `maximum` of a further size.
    coding
        What is given of `gridder.model.Coding`.
    old
        Folder of an old plan to stay near.
    coordinates, region
        What holds for every file that says nothing else: the datum of longitudes and latitudes, and where the
        land lies (`gridder.io.location`).
    faults
        What is known to be wrong already.
    progress
        Told the stage and its share done; may raise `Stopped`.
    options
        The others of `partition`; what is None counts as not given.

    Raises
    ------
    InputError
        With `faults` and those of sizes and files together.
    """
    of_fields = size_from(size)
    of_buildings = size_for_buildings(of_fields, building_size or {})
    wrong = list(faults)
    wrong += size_faults(of_fields, "field") if "fields" in sources else []
    wrong += size_faults(of_buildings, "building") if "buildings" in sources else []
    old_plan, wrong_old = _load_old(old)
    inputs = read_sources(
        sources,
        coordinates=coordinates or "",
        region=region or "",
        faults=[*wrong, *wrong_old],
        progress=progress,
    )
    return partition(
        **vars(inputs),
        size=of_fields,
        building_size=of_buildings,
        second_size=size_from(second_size) if second_size is not None else None,
        coding=Coding(**{name: value for name, value in (coding or {}).items() if value is not None}),
        old=old_plan,
        progress=progress,
        **{name: value for name, value in options.items() if value is not None},
    )


def run_lattice(
    boundary: Source, *, shape: str, target_area: str | None, progress: Progress = silent
) -> Lattice:
    """Read the areas of a boundary and divide them into uniform cells.

    Parameters
    ----------
    boundary
        Files of areas.
    shape
        `square`, `hexagon` or `h3`.
    target_area
        Area of a cell with its unit, such as `50ha` (`gridder.service.areas`).
    progress
        Told the stage and its share done; may raise `Stopped`.

    Raises
    ------
    InputError
        With everything that is wrong with what is asked for, else with the files, else with `make_lattice`.
    """
    target_m2, faults = square_metres(target_area)
    faults = faults or lattice_faults(shape, target_m2)
    if faults:
        raise InputError(faults)
    progress("read", 0.0)
    zones = read_zones(*boundary.paths, columns=boundary.columns)
    return make_lattice(
        zones,
        shape=cast("LatticeShape", shape),
        target_m2=cast("float", target_m2),
        progress=progress,
    )


def _load_old(folder: str | os.PathLike[str] | None) -> tuple[Plan | None, Sequence[Finding]]:
    if folder is None:
        return None, ()
    try:
        return load_plan(folder), ()
    except InputError as error:
        return None, error.faults


def size_from(given: Mapping[str, Any]) -> Size:
    """Return a size from plain values; what is None counts as not given."""
    return Size(**{name: value for name, value in given.items() if value is not None})


def size_for_buildings(size: Size, own: Mapping[str, Any]) -> Size:
    """Return the size of building grids: with a target or count of their own, no bound comes from `size`."""
    asked = {"of": size.of} | {name: value for name, value in own.items() if value is not None}
    if "target" in asked or "n_grids" in asked:
        return Size(**asked)
    return Size(**(vars(size) | asked))


def _only(source: Source) -> str | Location:
    if len(source.paths) == 1:
        return source.paths[0]
    what = Text(
        f"{len(source.paths)} files were given where one is read",
        f"给出了 {len(source.paths)} 个文件，此处只能读取一个",
    )
    remedy = Text("give one file; join them in QGIS first", "请只给出一个文件；可先在 QGIS 中合并")
    raise InputError([Finding("several-files", what, remedy=remedy)])
