"""How much of a file may be read, with a variable of the environment for each limit.

Only the standard library is imported here, so that the child starts quickly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

PREFIX = "GRIDDER_READ_"


@dataclass(frozen=True)
class Limits:
    """The limits of reading one file; each is set by `GRIDDER_READ_` and its name in capitals.

    Attributes
    ----------
    file_mb
        Size of the file, with all parts of a set, as it is given.
    unpacked_mb
        What an archive holds when it is unpacked, archives inside it included.
    entries
        Files in an archive, archives inside it included.
    ratio
        How many times larger than packed an entry of an archive may be.
    nesting
        How deep archives may lie in an archive.
    layers
        Layers of a file that are looked at together.
    features
        Rows of a layer.
    vertices
        Vertices of all geometries of a layer.
    seconds
        Time until everything is read.
    memory_mb
        Memory of the process that reads.
    """

    file_mb: int = 2048
    unpacked_mb: int = 1024
    entries: int = 500
    ratio: int = 100
    nesting: int = 1
    layers: int = 100
    features: int = 5_000_000
    vertices: int = 200_000_000
    seconds: int = 900
    memory_mb: int = 8192


LARGEST = 10**9
NAMES = {f"{PREFIX}{field.name.upper()}": field.name for field in fields(Limits)}
"""Fields of `Limits` by variable of the environment."""


def wrong_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that set a limit to what is no whole number from 1 (nesting: 0) to 10⁹."""
    return {
        name: environment[name]
        for name, field in NAMES.items()
        if environment.get(name) and not _is_limit(environment[name], 0 if field == "nesting" else 1)
    }


def limits_of(environment: Mapping[str, str]) -> Limits:
    """Return the limits that an environment without wrong settings asks for."""
    return Limits(**{field: int(environment[name]) for name, field in NAMES.items() if environment.get(name)})


def _is_limit(text: str, least: int) -> bool:
    return text.isascii() and text.isdigit() and least <= int(text[:12]) <= LARGEST
