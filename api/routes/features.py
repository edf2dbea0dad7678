"""OGC API - Features: every plan as two collections, its grids and its units."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.auth import Caller
from api.deps import ITEMS_PATH, CallerDep, LinksDep, Service, ServiceDep
from api.errors import NOT_FOUND, ProblemError, bad_request
from api.links import CRS84, GEOJSON, HTML, JSON, TILESETS, Links
from api.moments import interval
from api.openapi import LIMIT
from api.responses import json_bytes, json_response, timestamp
from api.routes.plans import find
from api.views import open_features
from gridder.io.feature_file import FeatureFile
from gridder.model import Text
from gridder.storage.plans import PlanRow, list_plans

router = APIRouter(tags=["Features"])

_COLLECTIONS_AT_MOST = 500
_TITLES = {"grids": Text("grids", "网格"), "units": Text("units", "地块/楼栋")}
_OWN_PARAMETERS = frozenset({"limit", "offset", "bbox", "bbox-crs", "crs", "datetime", "f", "lang"})


@router.get("/collections", summary="All collections")
def list_collections(service: ServiceDep, caller: CallerDep, links: LinksDep) -> Response:
    """Return the grids and units of every plan."""
    found, _ = list_plans(
        service.engine, workspace=caller.workspace, limit=_COLLECTIONS_AT_MOST, offset=0, now=time.time()
    )
    collections = [entry for plan in found for entry in _collections(service, caller, plan, links)]
    return json_response(
        {"links": [links.link("self", JSON, "Collections", "collections")], "collections": collections}
    )


@router.get("/collections/{collection_id}", summary="One collection")
def read_collection(collection_id: str, service: ServiceDep, caller: CallerDep, links: LinksDep) -> Response:
    """Return what a collection holds and where."""
    plan, part = _named(service, caller, collection_id)
    return json_response(_collection(service, caller, plan, part, links))


@router.get("/collections/{collection_id}/queryables", summary="Properties to filter by")
def read_queryables(collection_id: str, service: ServiceDep, caller: CallerDep, links: LinksDep) -> Response:
    """Return the properties of a collection as a JSON schema."""
    plan, part = _named(service, caller, collection_id)
    with _features(service, caller, plan) as file:
        properties = {name: {"title": name, "type": kind} for name, kind in file.schema(part).items()}
    return json_response(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": links.url("collections", collection_id, "queryables"),
            "type": "object",
            "properties": properties,
        },
        media_type="application/schema+json",
    )


@router.get(ITEMS_PATH, summary="Features of a collection", response_class=Response)
def read_items(
    collection_id: str,
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    links: LinksDep,
    limit: Annotated[
        int, Query(ge=1, description="Features of a page; more than the maximum is the maximum.")
    ] = LIMIT["default"],
    offset: Annotated[int, Query(ge=0, le=10**12)] = 0,
    bbox: Annotated[str | None, Query(description="West, south, east, north in degrees.")] = None,
    bbox_crs: Annotated[str | None, Query(alias="bbox-crs")] = None,
    crs: Annotated[str | None, Query()] = None,
    datetime: Annotated[str | None, Query(description="Taken; the features have no time.")] = None,
) -> Response:
    """Return a page of features; every property of the collection is also a filter (`zone=East`)."""
    for name, value in (("crs", crs), ("bbox-crs", bbox_crs)):
        if value not in (None, CRS84):
            raise bad_request(f"{name} can only be {CRS84}", f"{name} 只能为 {CRS84}")
    interval(datetime)
    plan, part = _named(service, caller, collection_id)
    limit = min(limit, LIMIT["maximum"])
    filters = _filters(request)
    with _features(service, caller, plan) as file:
        unknown = sorted(set(filters) - set(file.schema(part)))
        if unknown:
            names = ", ".join(name[:40] for name in unknown)
            raise bad_request(f"unknown query parameters: {names}", f"未知的查询参数：{names}")
        try:
            page = file.page(part, bbox=_box(bbox), filters=filters, limit=limit, offset=offset)
        except ValueError as error:
            raise bad_request(str(error), str(error)) from error
    query = {**filters, "bbox": bbox, "limit": limit}
    here = ("collections", collection_id, "items")
    page_links = [
        links.link("self", GEOJSON, "This page", *here, **query, offset=offset or None),
        links.link("collection", JSON, "Collection", "collections", collection_id),
    ]
    if offset + page.number_returned < page.number_matched and page.number_returned > 0:
        page_links.append(links.link("next", GEOJSON, "Next page", *here, **query, offset=offset + limit))
    if offset > 0:
        page_links.append(
            links.link("prev", GEOJSON, "Page before", *here, **query, offset=max(0, offset - limit) or None)
        )
    head = {
        "type": "FeatureCollection",
        "numberMatched": page.number_matched,
        "numberReturned": page.number_returned,
        "timeStamp": timestamp(time.time()),
        "links": page_links,
    }
    body = json_bytes(head)[:-1] + b',"features":[' + page.features + b"]}"
    return Response(body, media_type=GEOJSON, headers=_headers())


@router.get(
    "/collections/{collection_id}/items/{feature_id:path}", summary="One feature", response_class=Response
)
def read_item(
    collection_id: str, feature_id: str, service: ServiceDep, caller: CallerDep, links: LinksDep
) -> Response:
    """Return one grid or unit."""
    plan, part = _named(service, caller, collection_id)
    with _features(service, caller, plan) as file:
        feature = file.feature(part, feature_id)
    if feature is None:
        raise ProblemError(NOT_FOUND)
    here = [
        links.link("self", GEOJSON, "This feature", "collections", collection_id, "items", feature_id),
        links.link("collection", JSON, "Collection", "collections", collection_id),
    ]
    body = feature[:-1] + b',"links":' + json_bytes(here) + b"}"
    return Response(body, media_type=GEOJSON, headers=_headers())


def _named(service: Service, caller: Caller, collection_id: str) -> tuple[PlanRow, str]:
    plan_id, _, part = collection_id.partition(".")
    if part not in FeatureFile.collections:
        raise ProblemError(NOT_FOUND)
    return find(service, caller, plan_id), part


def _features(service: Service, caller: Caller, plan: PlanRow) -> AbstractContextManager[FeatureFile]:
    return open_features(service.folder.plan(plan.id), caller.k)


def _collections(service: Service, caller: Caller, plan: PlanRow, links: Links) -> list[dict[str, Any]]:
    """Return the collections of a plan; none where it is damaged or just deleted, as its own address says."""
    try:
        return [_collection(service, caller, plan, part, links) for part in FeatureFile.collections]
    except ProblemError:
        return []


def _collection(service: Service, caller: Caller, plan: PlanRow, part: str, links: Links) -> dict[str, Any]:
    own = f"{plan.id}.{part}"
    with _features(service, caller, plan) as file:
        extent = file.extent(part)
    here = ("collections", own)
    out = {
        "id": own,
        "title": f"{plan.title or plan.id} · {_TITLES[part].zh} {_TITLES[part].en}",
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "links": [
            links.link("self", JSON, "This collection", *here),
            links.link("items", GEOJSON, "Features", *here, "items"),
            links.link("alternate", HTML, "The plan as a page", "pages", "plans", plan.id),
            links.link(TILESETS, JSON, "Vector tiles of the plan", "plans", plan.id, "tiles"),
            links.link(
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                "application/schema+json",
                "Properties to filter by",
                *here,
                "queryables",
            ),
        ],
    }
    return out | {"extent": {"spatial": {"bbox": [list(extent)], "crs": CRS84}}} if extent else out


def _filters(request: Request) -> dict[str, str]:
    names = list(request.query_params.keys())
    return {name: request.query_params[name] for name in names if name not in _OWN_PARAMETERS}


def _box(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise bad_request(
            "bbox is four or six numbers, by commas", "bbox 为以逗号分隔的四个或六个数"
        ) from error


def _headers() -> dict[str, str]:
    return {"Cache-Control": "private, no-cache", "Content-Crs": f"<{CRS84}>"}
