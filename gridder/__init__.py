"""Gridder divides land and towns into grids of a target size and places people in them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridder import privacy, solver
    from gridder.errors import GridderError, InputError, OutputExistsError, Stopped
    from gridder.io.address_review import decisions_from_frame, read_decisions
    from gridder.io.inspect import inspect
    from gridder.io.lattice import write_lattice
    from gridder.io.locks import locks_from_frame, read_locks
    from gridder.io.members import members_from_frame, read_members
    from gridder.io.parts import write_parts
    from gridder.io.plan import load_plan, save_plan
    from gridder.io.read import read_barriers, read_bridges, read_units, read_zones, units_from_frame
    from gridder.model import (
        AddressDecisions,
        Barriers,
        Bridges,
        Coding,
        Lattice,
        Locks,
        Members,
        Plan,
        PlanReport,
        PlanView,
        Size,
        Units,
        Zones,
    )
    from gridder.service import make_lattice, partition, split_units

_HOMES = {
    "gridder.errors": ("GridderError", "InputError", "OutputExistsError", "Stopped"),
    "gridder.io.address_review": ("decisions_from_frame", "read_decisions"),
    "gridder.io.inspect": ("inspect",),
    "gridder.io.lattice": ("write_lattice",),
    "gridder.io.locks": ("locks_from_frame", "read_locks"),
    "gridder.io.members": ("members_from_frame", "read_members"),
    "gridder.io.parts": ("write_parts",),
    "gridder.io.plan": ("load_plan", "save_plan"),
    "gridder.io.read": ("read_barriers", "read_bridges", "read_units", "read_zones", "units_from_frame"),
    "gridder.model": (
        "AddressDecisions",
        "Barriers",
        "Bridges",
        "Coding",
        "Lattice",
        "Locks",
        "Members",
        "Plan",
        "PlanReport",
        "PlanView",
        "Size",
        "Units",
        "Zones",
    ),
    "gridder.service": ("make_lattice", "partition", "split_units"),
}
_MODULES = ("privacy", "solver")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AddressDecisions",
    "Barriers",
    "Bridges",
    "Coding",
    "GridderError",
    "InputError",
    "Lattice",
    "Locks",
    "Members",
    "OutputExistsError",
    "Plan",
    "PlanReport",
    "PlanView",
    "Size",
    "Stopped",
    "Units",
    "Zones",
    "decisions_from_frame",
    "inspect",
    "load_plan",
    "locks_from_frame",
    "make_lattice",
    "members_from_frame",
    "partition",
    "privacy",
    "read_barriers",
    "read_bridges",
    "read_decisions",
    "read_locks",
    "read_members",
    "read_units",
    "read_zones",
    "save_plan",
    "solver",
    "split_units",
    "units_from_frame",
    "write_lattice",
    "write_parts",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that using one type loads no engine."""
    if name in _MODULES:
        return import_module(f"gridder.{name}")
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'gridder' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
