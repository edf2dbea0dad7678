"""What an inspection found in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gridder.errors import finding_dict
from gridder.io.inspection_lines import inspection_lines
from gridder.io.location import Location
from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, Finding, Lang, Text

Preview = Sequence[Mapping[str, str]]
"""The first rows, identifying values masked."""


@dataclass(frozen=True)
class Reading:
    """Names of columns and some rows as they read in one encoding."""

    encoding: str
    columns: Sequence[str]
    rows: Preview


@dataclass(frozen=True, eq=False)
class LayerInspection:
    """One layer of a file."""

    name: str
    n_rows: int
    geometry_types: Mapping[str, int]
    crs: str
    crs_name: Text
    in_degrees: bool
    """Whether places are longitudes and latitudes, as far as that is known."""
    encoding: str
    encoding_origin: str
    """As `gridder.io.encoding.Choice` has it; empty where the format knows one encoding only."""
    area_m2: float | None
    roles: Mapping[str, Mapping[str, str]]
    """By use (`units`, `zones`, `members`): role to column."""
    columns: Sequence[str]
    preview: Preview
    faults: Sequence[Finding]
    """What must be settled before the layer can be used."""
    remarks: Sequence[Finding]
    """What was noticed besides."""

    readings: Sequence[Reading] = ()
    """Where the encoding is in doubt: as it was read, and in every other encoding that may be right."""

    @property
    def problems(self) -> tuple[Finding, ...]:
        """All that was noticed."""
        return (*self.faults, *self.remarks)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "name": self.name,
            "rows": self.n_rows,
            "geometry_types": dict(self.geometry_types),
            "crs": self.crs,
            "crs_name": self.crs_name.en,
            "crs_name_zh": self.crs_name.zh,
            "in_degrees": self.in_degrees,
            "encoding": self.encoding,
            "encoding_origin": self.encoding_origin,
            "area_ha": None if self.area_m2 is None else self.area_m2 / SQUARE_METRES_PER_HA,
            "area_mu": None if self.area_m2 is None else self.area_m2 / SQUARE_METRES_PER_MU,
            "columns": list(self.columns),
            "roles": {use: dict(roles) for use, roles in self.roles.items()},
            "preview": [dict(row) for row in self.preview],
            "readings": [
                {"encoding": r.encoding, "columns": list(r.columns), "preview": [dict(row) for row in r.rows]}
                for r in self.readings
            ],
            "problems": [
                finding_dict(replace(problem, file="", layername="")) | {"blocking": problem in self.faults}
                for problem in self.problems
            ],
        }


@dataclass(frozen=True, eq=False)
class Inspection:
    """What `gridder inspect` shows of a file."""

    location: Location
    layers: Sequence[LayerInspection]
    left_out: Sequence[str] = ()
    """Names of further layers, beyond the limit of those that are looked at together."""

    @property
    def file(self) -> str:
        """Return the name of the file without its folder."""
        return self.location.file

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, without the folder of the file."""
        return {
            "file": self.file,
            "layers": [layer.as_dict() for layer in self.layers],
            "layers_left_out": list(self.left_out),
        }

    def lines(self, lang: Lang) -> list[str]:
        """Return everything as lines for people."""
        return inspection_lines(self, lang)
