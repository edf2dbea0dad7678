"""The types that flow between the stages: inputs, graph, plan, report and view.

Every type is a value: it is built once and never changed.
Geometries of inputs and plans are in the CRS of their frame; the stages between work on arrays of
shapely geometries in *local metres*, the measuring CRS moved by a whole number of metres
(`gridder.geometry.crs.LocalFrame`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

Layer = Literal["field", "building"]
Objective = Literal["mix", "moment", "cut", "medoid"]
Lang = Literal["en", "zh"]
Datum = Literal["wgs84", "gcj02"]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Links = npt.NDArray[np.int32]
"""Neighbours in compressed sparse rows, the largest array of a graph: half the memory of `Ints`."""
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

IN_MEMORY = "<memory>"
"""Stands for the name of a file where there is none."""

SQUARE_METRES_PER_HA = 10_000.0
SQUARE_METRES_PER_MU = 2_000.0 / 3.0
MOST_CANDIDATES = 3
"""Buildings that a doubtful address is listed with."""

LINK_KINDS = ("shared", "gap", "bridge")
REASONS = (
    "unit-over-maximum",
    "component-under-minimum",
    "no-count-fits",
    "skill-short",
    "proved-infeasible",
    "not-found",
)
UNPLACED_REASONS = (
    "no-parcel",
    "no-location",
    "unknown-unit",
    "ambiguous-unit",
    "out-of-reach",
    "no-address-match",
)


ONE_OR_MANY = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")


@dataclass(frozen=True)
class Text:
    """One sentence in both languages of the interface.

    Templates carry `{name}` fields that `format` fills in both languages at once, and in English
    `[one|many]` words of which the first is taken where the field `n` is 1.

    >>> Text("{n} [row is|rows are] blank", "{n} 行空白").format(n=1).en
    '1 row is blank'
    """

    en: str
    zh: str

    def format(self, **facts: object) -> Text:
        """Return the text with its fields filled."""
        at = 1 if facts.get("n") == 1 else 2
        english = ONE_OR_MANY.sub(lambda words: words[at], self.en)
        return Text(english.format(**facts), self.zh.format(**facts))

    def say(self, lang: Lang) -> str:
        """Return the text in one language."""
        return self.zh if lang == "zh" else self.en


NO_TEXT = Text("", "")


@dataclass(frozen=True)
class Candidate:
    """A coordinate system that some numbers may be in, and where it would put them."""

    crs: str
    """As a user writes it: `EPSG:4549`."""
    name: Text
    bounds: Box
    near: Text
    axes: str = ""
    """`yx` where the first number of each pair is the northing or the latitude."""

    @property
    def option(self) -> str:
        """Return what to write behind the name of the file."""
        return f"|crs={self.crs}" + (f"|axes={self.axes}" if self.axes else "")

    def as_dict(self) -> dict[str, Any]:
        """Return the candidate as it is written to files."""
        return {
            "crs": self.crs,
            "axes": self.axes,
            "name": self.name.en,
            "name_zh": self.name.zh,
            "bounds": list(self.bounds),
            "near": self.near.en,
            "near_zh": self.near.zh,
        }


@dataclass(frozen=True)
class Finding:
    """What was noticed in an input: a repair that was made, or a fault that stops the work.

    `kind` is a stable slug (`ring-closed`, `missing-crs` …); `rows` are row numbers of the file,
    counted from 1; a finding about the whole layer has none.
    `remedy` tells the user what to do and is empty where nothing needs doing.
    `candidates` are the coordinate systems that could be meant, the likeliest first.
    """

    kind: str
    what: Text
    file: str = ""
    layername: str = ""
    rows: tuple[int, ...] = ()
    remedy: Text = NO_TEXT
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where an input came from: enough to find out whether the file has changed."""

    file: str
    """Name of the file, without its folder; `<memory>` where there is none."""
    layername: str = ""
    subset: str = ""
    sha256: str = ""
    driver: str = ""
    encoding: str = ""
    crs: str = ""
    n_rows: int = 0
    coordinates: str = ""
    """`gcj02` or `bd09` where the user said so; longitudes and latitudes were converted to WGS 84."""
    axes: str = ""
    """`yx` where the user said that the first number of each pair is the northing or the latitude."""


@dataclass(frozen=True, eq=False)
class Units:
    """The fields or the buildings of one input, read and valid.

    `frame` has a RangeIndex and the columns `unit_id` (str, the file's own id, may repeat),
    `row` (int, row of the file, from 1) and `geometry` (valid 2-D polygons or multipolygons).
    `attributes` has the same index and the input's own columns under their own names.
    `columns` maps roles (`unit_id`, `compound`, `building`, `stairwell`, `households`, `address`,
    `date` …) to names in `attributes`.
    """

    frame: gpd.GeoDataFrame
    layer: Layer
    attributes: pd.DataFrame
    columns: Mapping[str, str] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source(IN_MEMORY))
    repairs: tuple[Finding, ...] = ()
    whereabouts: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What tells where a unit is, for matching addresses and written nowhere: by role, str or None."""

    def __repr__(self) -> str:
        """Show the counts, not the rows."""
        return f"Units({len(self.frame)} {self.layer}s of {self.source.file}, {self.frame.crs})"

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.frame)


@dataclass(frozen=True, eq=False)
class Members:
    """The people of a roster.

    `frame` has a RangeIndex and always these columns, missing where the roster has none:
    `member_id` (str, own id, unique; the row number where there is none), `row` (int, from 1),
    `home` and `field_point` (shapely points in `crs`, or None), and as str or None `name`,
    `phone`, `id_number`, `household`, `compound`, `building`, `stairwell`, `floor`, `room`,
    `parcel`, `address`, `skill`; `households` is a float (户数).
    `attributes` holds every other column of the roster under its own name.
    """

    frame: pd.DataFrame
    crs: Any
    attributes: pd.DataFrame
    columns: Mapping[str, str] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source(IN_MEMORY))
    repairs: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Show the count only: a roster is sensitive."""
        return f"Members({len(self.frame)} of {self.source.file})"

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.frame)


MEMBER_TEXT_COLUMNS = (
    "name",
    "phone",
    "id_number",
    "household",
    "compound",
    "building",
    "stairwell",
    "floor",
    "room",
    "parcel",
    "address",
    "skill",
)


@dataclass(frozen=True, eq=False)
class Zones:
    """Areas that no grid may leave: `frame` has `zone` (str), `code` (str, may be empty), `row`, `geometry`."""

    frame: gpd.GeoDataFrame
    sources: tuple[Source, ...] = ()
    repairs: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Barriers:
    """Lines that no grid crosses: `frame` has `row` and `geometry` (lines; outlines of polygons)."""

    frame: gpd.GeoDataFrame
    sources: tuple[Source, ...] = ()
    repairs: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Bridges:
    """Crossings over barriers: `frame` has `row` and `geometry` (points and lines)."""

    frame: gpd.GeoDataFrame
    sources: tuple[Source, ...] = ()
    repairs: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Locks:
    """Wishes about single units.

    `frame` has `row` (int, from 1), `unit_id` (str) and as str or None `layer` (`field` or `building`; None
    where only one is divided), `grid` (id or code of a grid of the old plan, or any name: units that name the
    same share a grid, units that name others do not), `together` (units of one name share a grid) and `apart`
    (no two units of one name share a grid).
    """

    frame: pd.DataFrame
    source: Source = field(default_factory=lambda: Source(IN_MEMORY))
    repairs: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Show the count."""
        return f"Locks({len(self.frame)} units of {self.source.file})"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)


@dataclass(frozen=True)
class Coding:
    """How the codes of grids are made.

    Parameters
    ----------
    standard
        `cjt349` (CJ/T 349-2010, 20 digits), `db11` (DB11/T 2157, 15 digits), `db6101` (DB6101/T 3185-2024), or
        None.
    pattern
        Instead of a standard: text with `{number}` (`{number:03d}` for three digits) and any of `{zone_code}`,
        `{county}`, `{street}`, `{community}`, `{kind}`; by default `{zone_code}{number:03d}`, with more digits
        where fewer would not be unique.
    kind, county, street
        Digits that zone codes do not tell: 6 of the kind of object looked after (CJ/T 348), 6 of the county
        (GB/T 2260) and 3 of the street or town.
    """

    standard: str | None = None
    pattern: str | None = None
    kind: str = ""
    county: str = ""
    street: str = ""


LatticeShape = Literal["square", "hexagon", "h3"]


@dataclass(frozen=True, eq=False)
class Lattice:
    """A boundary divided into uniform cells.

    Attributes
    ----------
    cells
        One row a cell in the measuring CRS: `cell_id`, `row` and `col` from the north-western corner (or `h3`,
        the index of the cell), `area_ha` on the ellipsoid, `zone`, `zone_code`, `geometry`. They cover the
        boundary without gap or overlap.
    shape, target_m2
        What was asked for.
    cell_m2
        Area of a whole cell on the ellipsoid.
    least_m2
        Pieces below this area were joined to a neighbour, where they have one.
    side_m
        Side of a square in whole metres, else None.
    resolution
        That of H3, else None.
    findings
        Repairs of the boundary, pieces that were joined, and those that stay small.
    """

    cells: gpd.GeoDataFrame
    shape: LatticeShape
    target_m2: float
    cell_m2: float
    least_m2: float
    side_m: int | None = None
    resolution: int | None = None
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Show the counts."""
        return f"Lattice({len(self.cells)} {self.shape} cells of {self.cell_m2 / SQUARE_METRES_PER_HA:g} ha)"

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.cells)


@dataclass(frozen=True, eq=False)
class AddressDecisions:
    """What people decided about doubtful addresses.

    `frame` has `row` (int, from 1), `address` (str) and `unit_id` (str; None: in no unit).
    """

    frame: pd.DataFrame
    source: Source = field(default_factory=lambda: Source(IN_MEMORY))
    repairs: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Show the count only: addresses are sensitive."""
        return f"AddressDecisions({len(self.frame)} of {self.source.file})"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)


@dataclass(frozen=True)
class Size:
    """What is balanced between the grids, and its bounds.

    Parameters
    ----------
    of
        `members`, `households`, `area_ha`, `area_mu` or a numeric column of units or members.
    target, minimum, maximum
        In the unit of `of`; minimum <= target <= maximum.
    n_grids
        Exactly so many grids in the layer; then the target may be left out, and the bounds are by
        default 0.5 and 1.5 of it.
    """

    of: str = "members"
    target: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    n_grids: int | None = None


@dataclass(frozen=True, eq=False)
class UnitGraph:
    """Neighbouring units: one row a link, `a < b`, sorted by (a, b), no pair twice.

    Attributes
    ----------
    n
        Number of units.
    a, b
        Positions of the two units, shape (m,), int64.
    kind
        Position in `LINK_KINDS`, shape (m,), int8.
    gap_m, shared_m
        Distance of the two, and the length on which they face each other (0 for bridges), metres.
    """

    n: int
    a: Ints
    b: Ints
    kind: npt.NDArray[np.int8]
    gap_m: Floats
    shared_m: Floats

    def __repr__(self) -> str:
        """Show the counts."""
        return f"UnitGraph({self.n} units, {len(self.a)} links)"


@dataclass(frozen=True)
class Certificate:
    """Why a grid may be out of bounds; can be checked from the input alone (docs/design/partition.md).

    Ids are positions in the solver and strings in a plan.
    """

    reason: str
    grid_ids: tuple[Any, ...]
    unit_ids: tuple[Any, ...]
    weight: float
    minimum: float
    maximum: float

    def as_dict(self) -> dict[str, Any]:
        """Return the certificate as it is written to files."""
        return {
            "reason": self.reason,
            "grid_ids": list(self.grid_ids),
            "unit_ids": list(self.unit_ids),
            "weight": self.weight,
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


@dataclass(frozen=True)
class PlanReport:
    """All scores of one plan and everything that was repaired; `content` is `report.json`."""

    content: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        """Return one part of the report."""
        return self.content[key]

    def __repr__(self) -> str:
        """Show the counts of each layer."""
        layers = ", ".join(
            f"{name}: {part['n_units']} units in {part['n_grids']} grids"
            for name, part in self.content["layers"].items()
        )
        return f"PlanReport({layers})"


@dataclass(frozen=True, eq=False)
class Plan:
    """The whole result: which unit and which person is in which grid, and how good that is.

    The frames are the tables of `plan.gpkg`; their geometries are in the measuring CRS.
    `roster` is the only part with names and own ids; it is None in a plan read from files and is
    written nowhere but to `rosters.xlsx`.
    """

    grids: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    adjacency: pd.DataFrame
    placements: pd.DataFrame
    composition: pd.DataFrame
    """How the groups are made up: `layer, grid_id, attribute, value, count`."""
    zones: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    report: PlanReport
    recipe: Mapping[str, Any]
    """Content of `plan.json`: inputs, parameters, versions."""
    roster: pd.DataFrame | None = None
    address_review: pd.DataFrame | None = None
    """Doubtful addresses with their candidates, as sensitive as `roster` and written with names only."""

    @property
    def assignment(self) -> pd.Series[str]:
        """Grid id of every unit, indexed by (layer, unit_id)."""
        return cast("pd.Series[str]", self.units.set_index(["layer", "unit_id"])["grid_id"])

    def __repr__(self) -> str:
        """Show the counts."""
        return f"Plan({len(self.units)} units in {len(self.grids)} grids)"


@dataclass(frozen=True, eq=False)
class PlanView:
    """What somebody may see of a plan: no name, address, own id or home point is in it.

    Geometries are in CRS84.
    Where a count was suppressed the number is missing and the row's `suppressed` is True.
    """

    grids: gpd.GeoDataFrame
    """Columns of the plan's grids that name nobody, `certificate_weight` and `suppressed`."""
    units: gpd.GeoDataFrame
    """`unit_id, grid_id, layer, zone, size, area_ha, kind, suppressed`; `kind` is a crop or the like."""
    neighbours: pd.DataFrame
    """Neighbouring grids: `grid_a, grid_b`."""
    composition: pd.DataFrame
    bridges: gpd.GeoDataFrame
    """Lines between the units that a bridge joins: `layer, unit_a, unit_b, gap_m`."""
    zones: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    sizes: Mapping[str, Mapping[str, Any]]
    """By layer: `of, target, minimum, maximum`."""
    summary: Mapping[str, Any]
    """By layer: `n_units, n_grids, n_within, placed, unplaced`; counts of people may be missing."""
    k: int = 1
    datum: Datum = "wgs84"
    """What the positions refer to: `gcj02` where they are shifted to match a Chinese web map."""
    valid_from: str | None = None
    """The day from which the plan is valid, as YYYY-MM-DD, where one was given."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between two plans, as far as it may be seen.

    Attributes
    ----------
    units
        Every unit of either plan: `layer, unit_id, grid_before, grid_after, status`; the status is `kept`,
        `moved`, `new` or `gone`, and a grid is missing where the unit is not in that plan.
    matches
        Which grid carries on which: `layer, grid_before, grid_after`.
    flows
        What moved between grids, the most units first: `layer, grid_before, grid_after, n_units, area_ha, size`;
        the size is missing where a view hides it.
    totals
        By layer the number of units of every status, and the area of those that moved in `moved_ha`.
    """

    units: pd.DataFrame
    matches: pd.DataFrame
    flows: pd.DataFrame
    totals: Mapping[str, Mapping[str, float]]
