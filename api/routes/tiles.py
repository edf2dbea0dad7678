"""Vector tiles of a plan's grids and units; addresses and descriptions as OGC API - Tiles words them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import TILE_PATH, TILESET_PATH, CallerDep, LinksDep, ServiceDep
from api.errors import NOT_FOUND, ProblemError
from api.links import CRS84, GEOJSON, JSON
from api.responses import json_response
from api.routes.plans import find
from api.views import grid_level, open_features, units_from
from gridder.io.feature_file import FeatureFile
from gridder.io.features import COLLECTIONS
from gridder.io.mvt import MEDIA_TYPE
from gridder.io.tiles import DEEPEST, FORMAT, Tile, make_tile, tile_at
from gridder.model import Text
from gridder.storage.plans import PlanRow

router = APIRouter(tags=["Tiles"])

MATRIX_SET = "WebMercatorQuad"
_MATRIX_SET_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{MATRIX_SET}"
_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"


@router.get("/plans/{plan_id}/tiles", summary="Tile sets of a plan")
def list_tilesets(plan_id: str, service: ServiceDep, caller: CallerDep, links: LinksDep) -> Response:
    """Return the only set of tiles there is."""
    plan = find(service, caller, plan_id)
    entry = _about(plan) | {"links": [links.link("self", JSON, "This tile set", *_place(plan))]}
    here = [links.link("self", JSON, "Tile sets", "plans", plan.id, "tiles")]
    return json_response({"links": here, "tilesets": [entry]})


@router.get(TILESET_PATH, summary="What the tiles hold and where they are")
def read_tileset(plan_id: str, service: ServiceDep, caller: CallerDep, links: LinksDep) -> Response:
    """Return the description of the tiles, in the words of OGC and in those of TileJSON at once."""
    plan = find(service, caller, plan_id)
    folder = service.folder.plan(plan.id)
    with open_features(folder, caller.k) as features:
        extent = features.extent("grids")
    first = {"grids": 0, "units": units_from(folder, caller.k)}
    address = links.url(*_place(plan))
    template = f"{address}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    item = {"rel": "item", "type": MEDIA_TYPE, "title": "Tile", "href": template, "templated": True}
    more = [
        links.link("data", GEOJSON, part, "collections", f"{plan.id}.{part}", "items")
        for part in FeatureFile.collections
    ]
    shown = {name: zoom for name, zoom in first.items() if zoom <= DEEPEST}
    out = _about(plan) | {
        "links": [links.link("self", JSON, "This tile set", *_place(plan)), item, *more],
        "layers": [_layer(name, zoom) for name, zoom in shown.items()],
        "tilejson": "3.0.0",
        "name": plan.title or plan.id,
        "scheme": "xyz",
        "tiles": [f"{address}/{{z}}/{{y}}/{{x}}"],
        "minzoom": 0,
        "maxzoom": DEEPEST,
        "vector_layers": [
            {"id": name, "minzoom": zoom, "maxzoom": DEEPEST, "fields": dict(COLLECTIONS[name])}
            for name, zoom in shown.items()
        ],
    }
    return json_response(out | _where(extent) if extent else out)


@router.get(TILE_PATH, summary="One tile", response_class=Response)
def read_tile(
    plan_id: str,
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    zoom: Annotated[int, Path(alias="tileMatrix")],
    row: Annotated[int, Path(alias="tileRow")],
    column: Annotated[int, Path(alias="tileCol")],
    collections: Annotated[
        str | None,
        Query(pattern="^(grids|units)(,(grids|units))?$", description="Layers, by commas; both by default."),
    ] = None,
) -> Response:
    """Return a Mapbox Vector Tile; nothing (204) where the plan has nothing."""
    plan = find(service, caller, plan_id)
    tile = Tile(zoom, row, column)
    if not tile.exists:
        raise ProblemError(
            NOT_FOUND,
            Text("there is no such tile", "没有此瓦片"),
            Text(
                f"ask for a tile matrix from 0 to {DEEPEST} and a row and column in it",
                f"缩放级别须为 0 至 {DEEPEST}，行列号须在该级别范围内",
            ),
        )
    tag = f'"{FORMAT}-{caller.k}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    content = _made(service.folder.plan(plan.id), caller.k, tile, (collections or "grids,units").split(","))
    if not content:
        return Response(status_code=204, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def _made(folder: FilePath, k: int, tile: Tile, wanted: Sequence[str]) -> bytes:
    shown = {"grids": True, "units": tile.zoom >= units_from(folder, k)}
    parts = [name for name in FeatureFile.collections if name in wanted and shown[name]]
    with open_features(folder, k) as features:
        level = grid_level(folder, k, features, tile.zoom) if "grids" in parts else None
        return make_tile(features, tile, parts, level)


def _is_known(request: Request, tag: str) -> bool:
    """Return whether the caller has the tile already: plans never change, so that the tag says what may be seen."""
    tags = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    return tag in tags or tags == ["*"]


def _place(plan: PlanRow) -> tuple[str, ...]:
    return ("plans", plan.id, "tiles", MATRIX_SET)


def _about(plan: PlanRow) -> dict[str, Any]:
    return {
        "title": plan.title or plan.id,
        "dataType": "vector",
        "crs": _MERCATOR,
        "tileMatrixSetURI": _MATRIX_SET_URI,
    }


def _layer(name: str, zoom: int) -> dict[str, Any]:
    properties = {key: {"type": kind} for key, kind in COLLECTIONS[name].items()}
    return {
        "id": name,
        "dataType": "vector",
        "geometryDimension": 2,
        "minTileMatrix": str(zoom),
        "maxTileMatrix": str(DEEPEST),
        "propertiesSchema": {"type": "object", "properties": properties},
    }


def _where(extent: tuple[float, float, float, float]) -> dict[str, Any]:
    """Return the extent in both wordings, and the tiles of every zoom that it touches."""
    west, south, east, north = extent
    limits = []
    for zoom in range(DEEPEST + 1):
        first, last = tile_at(west, north, zoom), tile_at(east, south, zoom)
        limits.append(
            {
                "tileMatrix": str(zoom),
                "minTileRow": first.row,
                "maxTileRow": last.row,
                "minTileCol": first.column,
                "maxTileCol": last.column,
            }
        )
    return {
        "bounds": list(extent),
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84},
        "tileMatrixSetLimits": limits,
    }
