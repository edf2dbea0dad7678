"""Bodies of requests, as OGC API - Processes and DESIGN word them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ROLES = (
    "fields",
    "buildings",
    "members",
    "zones",
    "barriers",
    "bridges",
    "dedicated",
    "address_decisions",
)


_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class FeatureCollection(BaseModel):
    """GeoJSON by value, in longitude and latitude (RFC 7946); its features are read by the guarded reader."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class ReadingOptions(_Strict):
    """What a file does not say, and what the user has confirmed."""

    layername: str | None = Field(None, max_length=200, description="Layer of a file with several.")
    subset: str | None = Field(None, max_length=2000, description="Rows to take, as a filter of QGIS.")
    crs: str | None = Field(None, max_length=200, description="Coordinate system, e.g. EPSG:4549.")
    encoding: str | None = Field(None, max_length=40, description="Encoding of text, e.g. GBK.")
    axes: Literal["xy", "yx"] | None = Field(
        None, description="`yx` where the northing or the latitude comes first."
    )
    coordinates: Literal["wgs84", "gcj02", "bd09"] | None = Field(
        None, description="What longitudes and latitudes refer to; they are converted to WGS 84."
    )
    region: str | None = Field(
        None, max_length=100, description="Where the land lies: a province, or longitude,latitude."
    )
    columns: dict[str, str] | None = Field(None, description='Column of a role, e.g. {"unit_id": "FARM_NO"}.')


class DatasetSource(ReadingOptions):
    """A file that was uploaded to `/datasets`; options given here stand before those confirmed there."""

    dataset: str = Field(max_length=40)


class ValueSource(_Strict):
    """GeoJSON in the request itself."""

    value: FeatureCollection
    mediaType: str | None = Field(None, max_length=100)  # noqa: N815 - a word of the standard
    columns: dict[str, str] | None = None


def _wrap(value: Any) -> Any:
    """Take a bare FeatureCollection as one by value."""
    bare = isinstance(value, dict) and value.get("type") == "FeatureCollection"
    return {"value": value} if bare else value


def _as_list(value: Any) -> Any:
    return [_wrap(item) for item in value] if isinstance(value, list) else [_wrap(value)]


_Given = FeatureCollection | ValueSource | DatasetSource
Source = Annotated[ValueSource | DatasetSource, BeforeValidator(_wrap, json_schema_input_type=_Given)]
Sources = Annotated[
    list[ValueSource | DatasetSource],
    BeforeValidator(_as_list, json_schema_input_type=_Given | list[_Given]),
    Field(min_length=1, max_length=20),
]


class SizeIn(_Strict):
    """Size of a grid: a target with bounds, or a number of grids."""

    of: str = Field("members", max_length=200)
    target: float | None = Field(None, gt=0)
    minimum: float | None = Field(None, ge=0)
    maximum: float | None = Field(None, gt=0)
    n_grids: int | None = Field(None, ge=1, le=1_000_000_000)


class CodingIn(_Strict):
    """Codes of grids: by a standard, or a pattern of the user's own."""

    standard: Literal["cjt349", "db11", "db6101"] | None = Field(None, description="A standard for grids.")
    pattern: str | None = Field(
        None, max_length=200, pattern=_ONE_LINE, description="Such as `{zone_code}{number:03d}`."
    )
    kind: str | None = Field(None, max_length=20, description="Kind of object looked after, 6 digits.")
    county: str | None = Field(None, max_length=20, description="County code, 6 digits.")
    street: str | None = Field(None, max_length=20, description="Street or town code, 3 digits.")


class PartitionInputs(_Strict):
    """Inputs of the process `partition`."""

    fields: Source | None = Field(None, description="Boundaries of the fields (polygons).")
    buildings: Source | None = Field(None, description="Footprints of the residential buildings (polygons).")
    members: Source | None = Field(None, description="People to place: points, or rows with ids of units.")
    zones: Sources | None = Field(None, description="Areas that no grid leaves.")
    barriers: Sources | None = Field(None, description="Lines that no grid crosses.")
    bridges: Sources | None = Field(
        None, description="Crossings over barriers: points, or lines from bank to bank."
    )
    dedicated: Sources | None = Field(
        None, description="Areas of sites looked after as one; the units of each are a grid of their own."
    )
    address_decisions: Source | None = Field(
        None, description="Decisions about doubtful addresses: `address_review.xlsx`, filled in."
    )
    dedicated_column: str | None = Field(
        None, max_length=200, description="Column of the units that names the dedicated site of each."
    )
    size: SizeIn | None = Field(None, description="Size of the grids.")
    building_size: SizeIn | None = Field(None, description="Size of the building grids where it differs.")
    skill: str | None = Field(
        None, max_length=200, description="A skill of the roster that every grid needs."
    )
    skill_minimum: int = Field(1, ge=1, le=1_000_000, description="People with the skill that a grid needs.")
    alike: dict[str, Annotated[float, Field(ge=0)]] | None = Field(
        None,
        max_length=20,
        description='Columns in which grids should be alike, and their prices: {"crop": 1}.',
    )
    second_size: SizeIn | None = Field(
        None, description="A second size; its minimum and maximum are kept where they can be."
    )
    coding: CodingIn | None = Field(None, description="How the codes of grids are made.")
    responsible: str | None = Field(
        None, max_length=200, pattern=_ONE_LINE, description="The body responsible for the grids."
    )
    valid_from: str | None = Field(
        None, max_length=10, description="Day from which grids are valid, as 2026-12-01."
    )
    objective: Literal["mix", "moment", "cut", "medoid"] | None = Field(
        None, description="What makes a grid compact; `mix` by default."
    )
    rng: int = Field(0, ge=0, lt=2**63, description="Random input; the same gives the same plan.")
    effort: float = Field(1.0, gt=0, le=100, description="Work of the solver.")
    time_limit_s: float | None = Field(None, gt=0, description="Cap on the seconds of the solver per layer.")
    gap_m: float | None = Field(None, ge=0, le=1000, description="Fields are neighbours across this.")
    bridge_m: float | None = Field(None, ge=0, le=100_000, description="How far isolated pieces are joined.")
    reach_m: float | None = Field(None, ge=0, le=100_000, description="How far members may be from a unit.")
    plot_reach_m: float | None = Field(None, gt=0, le=1000, description="How far a building's plot extends.")
    cut_at_barriers: bool = Field(False, description="Cut units that a barrier runs through.")
    title: str | None = Field(None, max_length=200, pattern=_ONE_LINE, description="Name of the plan.")


class LatticeInputs(_Strict):
    """Inputs of the process `lattice`."""

    boundary: Sources = Field(description="Areas to divide (polygons); the lattice keeps their borders.")
    shape: Literal["square", "hexagon", "h3"] = Field("square", description="Shape of the cells.")
    target_area: str = Field(
        max_length=40,
        pattern=_ONE_LINE,
        description="Area of a cell with its unit: `50ha`, `300mu` (or 300亩), `20000m2`, `2km2`.",
    )


class InspectInputs(_Strict):
    """Inputs of the process `inspect`."""

    dataset: Annotated[
        DatasetSource,
        BeforeValidator(
            lambda v: {"dataset": v} if isinstance(v, str) else v, json_schema_input_type=str | DatasetSource
        ),
    ]


class Execute(BaseModel):
    """Body of an execution; members of the standard that change nothing here are taken and ignored."""

    model_config = ConfigDict(extra="ignore")

    inputs: dict[str, Any]
    response: Literal["raw", "document"] = "document"
    outputs: dict[str, Any] | None = None


class DatasetOptions(ReadingOptions):
    """What the user confirms about an uploaded file."""


class NamesRequest(_Strict):
    """Why names or addresses are taken out of a plan."""

    reason: str = Field(min_length=3, max_length=500, pattern=_ONE_LINE)
