"""What every route answers, as the description of the service tells it: statuses, media types, schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.links import GEOJSON, HTML, JSON, OPENAPI
from api.routes.plans import EXPORT_FILES, PLANNER_FILES, XLSX, ZIP
from gridder.io.mvt import MEDIA_TYPE as MVT

SCHEMA = "application/schema+json"


class Fault(BaseModel):
    """One thing that is wrong with the request or its files."""

    kind: str
    what: str
    what_zh: str
    where: str | None = None
    file: str | None = None
    layername: str | None = None
    rows: list[int] | None = None
    remedy: str | None = None
    remedy_zh: str | None = None
    candidates: list[Candidate] | None = None


class Candidate(BaseModel):
    """A coordinate system that could be meant, and where it would put the file: west, south, east, north."""

    crs: str
    axes: str
    name: str
    name_zh: str
    bounds: list[float]
    near: str
    near_zh: str


class Problem(BaseModel):
    """An answer that is no success (RFC 9457); docs/errors.md lists the types."""

    type: str
    title: str
    status: int
    detail: str | None = None
    remedy: str | None = None
    faults: list[Fault] | None = None
    job: str | None = None


class Link(BaseModel):
    """A link to another resource."""

    href: str
    rel: str
    type: str
    title: str


class _Linked(BaseModel):
    links: list[Link]


class Landing(_Linked):
    """The entrance."""

    title: str
    description: str


class Conformance(BaseModel):
    """The conformance classes."""

    conformsTo: list[str]  # noqa: N815 - a word of the standard


class Document(BaseModel):
    """An OpenAPI document or a JSON schema."""


class SpatialExtent(BaseModel):
    """West, south, east, north in degrees."""

    bbox: list[list[float]]
    crs: str


class Extent(BaseModel):
    """Where the features are."""

    spatial: SpatialExtent


class Collection(_Linked):
    """The grids or the units of a plan."""

    id: str
    title: str
    itemType: Literal["feature"]  # noqa: N815 - a word of the standard
    crs: list[str]
    storageCrs: str  # noqa: N815 - a word of the standard
    extent: Extent | None = None


class Collections(_Linked):
    """All collections."""

    collections: list[Collection]


class Geometry(BaseModel):
    """A polygon or several (RFC 7946)."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any]


class Feature(BaseModel):
    """A grid or a unit."""

    type: Literal["Feature"]
    id: str
    geometry: Geometry
    properties: dict[str, Any]
    links: list[Link] | None = None


class Features(_Linked):
    """A page of features."""

    type: Literal["FeatureCollection"]
    numberMatched: int  # noqa: N815 - a word of the standard
    numberReturned: int  # noqa: N815 - a word of the standard
    timeStamp: str  # noqa: N815 - a word of the standard
    features: list[Feature]


class ProcessSummary(_Linked):
    """What a process is."""

    id: str
    title: str
    description: str
    version: str
    jobControlOptions: list[str]  # noqa: N815 - a word of the standard
    outputTransmission: list[str]  # noqa: N815 - a word of the standard


class ProcessDescription(ProcessSummary):
    """What a process takes and gives."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Processes(_Linked):
    """All processes."""

    processes: list[ProcessSummary]


class StatusInfo(_Linked):
    """How a job stands."""

    jobID: str  # noqa: N815 - a word of the standard
    processID: str  # noqa: N815 - a word of the standard
    type: Literal["process"]
    status: Literal["accepted", "running", "successful", "failed", "dismissed"]
    progress: int
    created: str
    started: str | None = None
    finished: str | None = None
    message: str | None = None
    stage: str | None = None
    attempt: int | None = None
    position: int | None = None
    problem: dict[str, Any] | None = None
    plan: str | None = None
    dataset: str | None = None


class Jobs(_Linked):
    """A page of jobs."""

    jobs: list[StatusInfo]
    numberMatched: int  # noqa: N815 - a word of the standard


class PartitionResult(_Linked):
    """The plan that was made and its report."""

    plan: str
    report: dict[str, Any]


class LatticeResult(_Linked):
    """The dataset of cells that was made, and what was noticed on the way."""

    dataset: str
    cells: int
    cell_m2: float
    findings: list[Fault]


class InspectResult(BaseModel):
    """What a file holds."""

    layers: list[dict[str, Any]]


class Results(BaseModel):
    """The result of a job, as its process describes it."""


class DatasetInfo(_Linked):
    """What is known of an uploaded file."""

    id: str
    name: str
    bytes: int
    sha256: str
    options: dict[str, Any]
    created: str
    expires: str


class Datasets(_Linked):
    """Uploaded files."""

    datasets: list[DatasetInfo]


class PlanInfo(_Linked):
    """What a plan is; its summary is for planners."""

    id: str
    title: str
    created: str
    expires: str
    summary: dict[str, Any] | None = None


class Plans(_Linked):
    """A page of plans."""

    plans: list[PlanInfo]
    numberMatched: int  # noqa: N815 - a word of the standard


class TileSetItem(_Linked):
    """A set of tiles (OGC Two Dimensional Tile Matrix Set and Tile Set Metadata, 17-083r4)."""

    title: str
    dataType: Literal["vector"]  # noqa: N815 - a word of the standard
    crs: str
    tileMatrixSetURI: str  # noqa: N815 - a word of the standard


class TileSets(_Linked):
    """The sets of tiles of a plan."""

    tilesets: list[TileSetItem]


class TileSet(TileSetItem):
    """What tiles hold and where they are, with the words of TileJSON 3.0 beside those of OGC."""

    layers: list[dict[str, Any]]
    boundingBox: dict[str, Any] | None = None  # noqa: N815 - a word of the standard
    tileMatrixSetLimits: list[dict[str, Any]] | None = None  # noqa: N815 - a word of the standard
    tilejson: str
    name: str
    scheme: str
    tiles: list[str]
    minzoom: int
    maxzoom: int
    bounds: list[float] | None = None
    vector_layers: list[dict[str, Any]]


class State(BaseModel):
    """Whether the service is well."""

    status: str


@dataclass(frozen=True)
class Answer:
    """How an operation answers when all is well.

    Parameters
    ----------
    content
        Schemas by status and media type; a media type without a schema is a file or a page.
    problems
        Statuses of problems beside those that any operation may have.
    """

    content: Mapping[int, Mapping[str, type[BaseModel] | None]]
    problems: tuple[int, ...] = field(default=())


def _json(model: type[BaseModel], *problems: int, status: int = 200, media_type: str = JSON) -> Answer:
    return Answer({status: {media_type: model}}, problems)


def _file(*media_types: str) -> Answer:
    return Answer({200: dict.fromkeys(media_types)})


_RUN = (408, 409, 413, 415, 504)
ANSWERS: Mapping[str, Answer] = {
    "read_landing": Answer({200: {JSON: Landing, HTML: None}}),
    "read_conformance": _json(Conformance),
    "read_openapi": _json(Document, media_type=OPENAPI),
    "list_collections": _json(Collections),
    "read_collection": _json(Collection),
    "read_queryables": _json(Document, media_type=SCHEMA),
    "read_items": _json(Features, media_type=GEOJSON),
    "read_item": _json(Feature, media_type=GEOJSON),
    "list_processes": _json(Processes),
    "read_process": _json(ProcessDescription),
    "execute_partition": Answer({200: {JSON: PartitionResult}, 201: {JSON: StatusInfo}}, (404, 410, *_RUN)),
    "execute_lattice": Answer({200: {JSON: LatticeResult}, 201: {JSON: StatusInfo}}, (404, 410, *_RUN)),
    "execute_inspect": Answer({200: {JSON: InspectResult}, 201: {JSON: StatusInfo}}, (404, 410, *_RUN)),
    "list_jobs": _json(Jobs),
    "read_job": _json(StatusInfo),
    "read_results": _json(Results, 410),
    "dismiss_job": _json(StatusInfo),
    "upload": _json(DatasetInfo, 408, 413, status=201),
    "read_datasets": _json(Datasets),
    "read_dataset": _json(DatasetInfo),
    "change_dataset": _json(DatasetInfo, 408, 413),
    "remove_dataset": Answer({204: {}}),
    "read_plans": _json(Plans),
    "read_plan": _json(PlanInfo),
    "remove_plan": Answer({204: {}}),
    "read_map": _file(HTML),
    "read_grid_map": _file(HTML),
    "read_comparison": _file(HTML),
    "read_file": _file(*sorted({HTML, ZIP, *PLANNER_FILES.values(), *(m for _, m in EXPORT_FILES.values())})),
    "list_tilesets": _json(TileSets),
    "read_tileset": _json(TileSet),
    "read_tile": Answer({200: {MVT: None}, 204: {}, 304: {}}),
    "read_names": Answer({200: {XLSX: None}}, (408, 413)),
    "read_addresses": Answer({200: {XLSX: None}}, (408, 413)),
    "read_health": _json(State),
    "read_readiness": _json(State),
    "read_metrics": _file(CONTENT_TYPE_LATEST),
}
"""By operation id; an operation that is missing here cannot be described."""
