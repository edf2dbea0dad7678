"""Plans: what there is, maps, files, names with a reason, and deleting them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import CallerDep, LangDep, LinksDep, PlannerDep, Service, ServiceDep
from api.errors import NOT_FOUND, ProblemError
from api.headers import inline_policy
from api.links import GEOJSON, HTML, JSON, TILESETS, Links
from api.responses import StoredFile, json_response, timestamp
from api.schemas import NamesRequest
from api.views import (
    MOST_UNITS_IN_ATLAS,
    MOST_ZONES_IN_ATLAS,
    comparison_file,
    grid_map_file,
    undamaged,
    view_file,
)
from gridder.io.export import EXPORTS
from gridder.model import Text
from gridder.service.names import write_kept_review, write_named_rosters
from gridder.storage.audit import record
from gridder.storage.ids import is_id
from gridder.storage.names import sealed_names, sealed_review
from gridder.storage.plans import PlanRow, find_plan, list_plans
from gridder.storage.retention import delete_plan

router = APIRouter(tags=["Plans"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLANNER_FILES: Mapping[str, str] = {
    "plan.gpkg": "application/geopackage+sqlite3",
    "plan.json": JSON,
    "report.json": JSON,
    "report.html": HTML,
    "rosters.xlsx": XLSX,
}
"""Files of the plan's folder: units with their sizes and pseudonymous placements, so not for viewers."""
EXPORT_FILES = {f"grids{suffix}": (name, media) for name, (suffix, media) in EXPORTS.items()}
"""Files made from what the caller may see."""
ATLAS_FILE, ZIP = "atlas.zip", "application/zip"
TOO_LARGE_FOR_ATLAS = Text(
    f"the service makes no atlas of more than {MOST_UNITS_IN_ATLAS} units or {MOST_ZONES_IN_ATLAS} zones",
    f"单元超过 {MOST_UNITS_IN_ATLAS} 个或片区超过 {MOST_ZONES_IN_ATLAS} 个时，服务不生成图册",
)
MAKE_ATLAS = Text(
    "divide the same files with `gridder partition`, and make it with `gridder atlas`",
    "请用 gridder partition 划分相同的文件，再用 gridder atlas 生成",
)


@router.get("/plans", summary="All plans")
def read_plans(
    service: ServiceDep,
    caller: CallerDep,
    links: LinksDep,
    limit: Annotated[int, Query(ge=1)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Return the plans of the workspace, newest first."""
    found, n_found = list_plans(
        service.engine, workspace=caller.workspace, limit=min(limit, 1000), offset=offset, now=time.time()
    )
    return json_response(
        {
            "plans": [plan_info(service, plan, caller, links) for plan in found],
            "numberMatched": n_found,
            "links": [links.link("self", JSON, "Plans", "plans")],
        }
    )


@router.get("/plans/{plan_id}", summary="One plan")
def read_plan(plan_id: str, service: ServiceDep, caller: CallerDep, links: LinksDep) -> Response:
    """Return what a plan is and where its map, features and files are."""
    return json_response(plan_info(service, find(service, caller, plan_id), caller, links))


@router.delete("/plans/{plan_id}", summary="Delete a plan", status_code=204)
def remove_plan(plan_id: str, service: ServiceDep, caller: PlannerDep) -> Response:
    """Delete a plan with its map, files and names."""
    plan = find(service, caller, plan_id)
    delete_plan(service.engine, plan.id)
    service.folder.remove_plan(plan.id)
    return Response(status_code=204)


@router.get("/plans/{plan_id}/map", summary="Map of a plan", response_class=Response)
def read_map(plan_id: str, service: ServiceDep, caller: CallerDep, lang: LangDep) -> Response:
    """Return the map of a plan as one page that needs no network."""
    plan = find(service, caller, plan_id)
    return _page(view_file(service.folder.plan(plan.id), caller.k, f"map-{lang}.html"))


@router.get("/plans/{plan_id}/grids/{grid_id:path}/map", summary="Map of one grid", response_class=Response)
def read_grid_map(
    plan_id: str, grid_id: str, service: ServiceDep, caller: CallerDep, lang: LangDep
) -> Response:
    """Return the map of the group of one grid."""
    plan = find(service, caller, plan_id)
    page = grid_map_file(service.folder.plan(plan.id), caller.k, grid_id, lang)
    if page is None:
        raise ProblemError(NOT_FOUND, Text("the plan has no such grid", "该方案中没有此网格"))
    return _page(page)


@router.get("/plans/{plan_id}/compare/{other_id}", summary="Map of what differs", response_class=Response)
def read_comparison(
    plan_id: str, other_id: str, service: ServiceDep, caller: CallerDep, lang: LangDep
) -> Response:
    """Return the map of a plan and a later one, side by side and as what moved between them."""
    before, after = (service.folder.plan(find(service, caller, own).id) for own in (plan_id, other_id))
    return _page(comparison_file(before, after, caller.k, lang))


@router.get("/plans/{plan_id}/files/{name}", summary="One file of a plan", response_class=Response)
def read_file(plan_id: str, name: str, service: ServiceDep, caller: CallerDep, lang: LangDep) -> Response:
    """Return a file of a plan, or one made from what the caller may see."""
    plan = find(service, caller, plan_id)
    if name == "map.html":
        page = view_file(service.folder.plan(plan.id), caller.k, f"map-{lang}.html")
        return _page(page, download=f"{plan.id}-map.html")
    if name == ATLAS_FILE:
        if not has_atlas(plan):
            raise ProblemError(NOT_FOUND, TOO_LARGE_FOR_ATLAS, MAKE_ATLAS)
        path = view_file(service.folder.plan(plan.id), caller.k, f"atlas-{lang}.zip")
        return StoredFile(path, media_type=ZIP, filename=f"{plan.id}-{name}", headers=_FRESH)
    if name in EXPORT_FILES:
        path, media_type = view_file(service.folder.plan(plan.id), caller.k, name), EXPORT_FILES[name][1]
        return StoredFile(path, media_type=media_type, filename=f"{plan.id}-{name}", headers=_FRESH)
    if name not in PLANNER_FILES:
        raise ProblemError(NOT_FOUND, remedy=Text("see the links of the plan", "请查看方案的链接"))
    caller.require("planner")
    path = service.folder.plan(plan.id) / name
    if not path.is_file():
        raise ProblemError(NOT_FOUND, Text("this plan has no such file", "该方案没有此文件"))
    if name == "report.html":
        return _page(path)
    return StoredFile(path, media_type=PLANNER_FILES[name], filename=f"{plan.id}-{name}", headers=_FRESH)


@router.post("/plans/{plan_id}/names", summary="Rosters with names", response_class=Response)
def read_names(
    plan_id: str, wish: NamesRequest, service: ServiceDep, caller: CallerDep, lang: LangDep
) -> Response:
    """Return the rosters with names, phones and own ids; who asked, and why, is kept for ever."""
    plan = _find_for_reader(service, caller, plan_id)
    sealed = sealed_names(service.engine, plan.id)
    if not sealed:
        raise ProblemError(NOT_FOUND, Text("this plan has no people", "该方案没有成员"))
    folder = service.folder.plan(plan.id)

    def write(parts: Iterable[bytes], path: Path) -> int:
        with undamaged(folder):
            return write_named_rosters(folder, parts, path, lang=lang)

    return _hand_out(service, caller, plan, sealed, write, action="names", reason=wish.reason)


@router.post("/plans/{plan_id}/addresses", summary="Doubtful addresses", response_class=Response)
def read_addresses(
    plan_id: str, wish: NamesRequest, service: ServiceDep, caller: CallerDep, lang: LangDep
) -> Response:
    """Return the doubtful addresses to be decided, for the input `address_decisions`; kept like names are."""
    plan = _find_for_reader(service, caller, plan_id)
    sealed = sealed_review(service.engine, plan.id)
    if not sealed:
        raise ProblemError(NOT_FOUND, Text("this plan has no doubtful addresses", "该方案没有存疑地址"))

    def write(parts: Iterable[bytes], path: Path) -> int:
        return write_kept_review(parts, path, lang=lang)

    return _hand_out(service, caller, plan, sealed, write, action="addresses", reason=wish.reason)


def _find_for_reader(service: Service, caller: Caller, plan_id: str) -> PlanRow:
    plan = find(service, caller, plan_id)
    caller.require("roster-reader")
    return plan


def _hand_out(
    service: Service,
    caller: Caller,
    plan: PlanRow,
    sealed: Sequence[bytes],
    write: Callable[[Iterable[bytes], Path], int],
    *,
    action: str,
    reason: str,
) -> Response:
    """Return the workbook that `write` makes of sealed parts, once it is written down who asked and why.

    It is gone from the disk before the first byte is sent, however slowly it is taken.
    """
    with tempfile.TemporaryDirectory(dir=service.folder.work) as own:
        path = Path(own) / "sealed.xlsx"
        n_people = write((service.sealer.unseal(part) for part in sealed), path)
        content = path.read_bytes()
    record(
        service.engine,
        key_id=caller.key.id,
        action=action,
        subject=plan.id,
        reason=reason,
        n_people=n_people,
        now=time.time(),
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{plan.id}-{action}.xlsx"',
    }
    return Response(content, media_type=XLSX, headers=headers)


_FRESH = {"Cache-Control": "private, no-cache"}


def find(service: Service, caller: Caller, plan_id: str) -> PlanRow:
    """Return a plan of the caller's workspace; a problem where there is none."""
    plan = (
        find_plan(service.engine, plan_id, workspace=caller.workspace, now=time.time())
        if is_id(plan_id)
        else None
    )
    if plan is None:
        raise ProblemError(NOT_FOUND)
    return plan


def plan_info(service: Service, plan: PlanRow, caller: Caller, links: Links) -> dict[str, Any]:
    """Return a plan as it is told; its scores to planners only, as they are counts of people."""
    out = {
        "id": plan.id,
        "title": plan.title,
        "created": timestamp(plan.created_at),
        "expires": timestamp(plan.expires_at),
        "links": plan_links(service, plan, caller, links),
    }
    return out | {"summary": plan.summary} if caller.may("planner") else out


def plan_links(service: Service, plan: PlanRow, caller: Caller, links: Links) -> list[dict[str, Any]]:
    """Return where the parts of a plan are, as far as the caller may see them."""
    out = [
        links.link("self", JSON, "This plan", "plans", plan.id),
        links.link("alternate", HTML, "This plan as a page", "pages", "plans", plan.id),
        links.link("map", HTML, "Map", "plans", plan.id, "map"),
        links.link("items", GEOJSON, "Grids", "collections", f"{plan.id}.grids", "items"),
        links.link("items", GEOJSON, "Units", "collections", f"{plan.id}.units", "items"),
        links.link(TILESETS, JSON, "Vector tiles", "plans", plan.id, "tiles"),
    ]
    files = {name: media for name, (_, media) in EXPORT_FILES.items()} | {"map.html": HTML}
    if has_atlas(plan):
        files |= {ATLAS_FILE: ZIP}
    if caller.may("planner"):
        folder = service.folder.plan(plan.id)
        files |= {name: media for name, media in PLANNER_FILES.items() if (folder / name).is_file()}
    return out + [
        links.link("enclosure", media, name, "plans", plan.id, "files", name) for name, media in files.items()
    ]


def has_atlas(plan: PlanRow) -> bool:
    """Return whether a plan is small enough for the service to make its atlas."""
    n_units = sum(int(layer["n_units"]) for layer in plan.summary["layers"].values())
    return n_units <= MOST_UNITS_IN_ATLAS and plan.summary.get("n_zones", 0) <= MOST_ZONES_IN_ATLAS


def _page(path: Path, *, download: str | None = None) -> StoredFile:
    return StoredFile(
        path,
        media_type=HTML,
        filename=download,
        headers={"Content-Security-Policy": inline_policy(path), **_FRESH},
    )
