"""Pages of a plan and of its grids."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api import words as texts
from api.auth import Caller
from api.deps import CallerDep, LangDep, LinksDep, Service, ServiceDep
from api.errors import NOT_FOUND, ProblemError
from api.links import Links
from api.page_facts import for_script, listed, moment_of, percent, result_of
from api.render import page
from api.routes import plans
from api.views import FEATURES, read_report, undamaged, view_file
from gridder.io import words
from gridder.io.feature_file import FeatureFile
from gridder.model import Lang, Text
from gridder.storage.names import has_review
from gridder.storage.plans import PlanRow, list_plans

router = APIRouter(include_in_schema=False)

GRIDS_ON_PAGE = 500
OTHERS_SHOWN = 30
_ALL = 2**31


@router.get("/pages/plans/{plan_id}")
def read_plan(
    plan_id: str,
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    links: LinksDep,
    lang: LangDep,
    q: Annotated[str, Query(max_length=100)] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Return a plan: its map, scores, grids, downloads, and its addresses for GIS programs."""
    plan = plans.find(service, caller, plan_id)
    folder = service.folder.plan(plan.id)
    rows = _matching(_grid_rows(folder, caller.k), q, lang)
    return page(
        request,
        "plan.html.j2",
        plan=listed(plan, caller, lang),
        scores=_scores(folder, caller, lang),
        map_url=links.url("plans", plan.id, "map", lang=lang),
        grids=_grid_page(rows, offset, caller, lang),
        q=q,
        others=_others(service, caller, plan, links, lang),
        downloads=_downloads(plan, folder, caller, links, lang),
        has_names=caller.may("roster-reader") and (folder / "rosters.xlsx").is_file(),
        doubtful=_doubtful(service, plan, caller, lang),
        suppress_below=caller.k,
        **for_script(lang),
    )


@router.get("/pages/plans/{plan_id}/grids/{grid_id:path}")
def read_grid(
    plan_id: str,
    grid_id: str,
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    links: LinksDep,
    lang: LangDep,
) -> Response:
    """Return the map of one grid and its way to the neighbours in the list."""
    plan = plans.find(service, caller, plan_id)
    rows = _grid_rows(service.folder.plan(plan.id), caller.k)
    at = next((i for i, row in enumerate(rows) if row["grid_id"] == grid_id), None)
    if at is None:
        raise ProblemError(NOT_FOUND, Text("the plan has no such grid", "该方案中没有此网格"))
    beside = [_grid(rows[i], caller, lang) if 0 <= i < len(rows) else None for i in (at - 1, at + 1)]
    return page(
        request,
        "grid.html.j2",
        plan=listed(plan, caller, lang),
        grid=_grid(rows[at], caller, lang),
        before=beside[0],
        after=beside[1],
        map_url=links.url("plans", plan.id, "grids", grid_id, "map", lang=lang),
    )


def _doubtful(service: Service, plan: PlanRow, caller: Caller, lang: Lang) -> dict[str, Any] | None:
    """Return how many addresses are to be decided, to planners, and whether this caller may have their list."""
    found = plan.summary.get("doubtful_addresses")
    if not found or not caller.may("planner"):
        return None
    said = texts.WORDS["addresses_said"].format(n=found["n"], people=found["n_members"])
    may_read = caller.may("roster-reader") and has_review(service.engine, plan.id)
    return {"said": said.say(lang), "may_read": may_read}


def _scores(folder: Path, caller: Caller, lang: Lang) -> list[dict[str, Any]]:
    """Return the scores of every layer, to planners."""
    if not caller.may("planner"):
        return []
    report = read_report(folder)
    out = []
    for layer, part in report["layers"].items():
        people = report["members"].get(layer) if report["members"]["total"] else None
        placed = words.number(people["placed"]) if people else ""
        out.append(
            result_of(layer, part, lang)
            | {
                "contiguous": percent(part["contiguous"]),
                "deviation": percent(part["mean_abs_deviation"]),
                "compactness": f"{part['polsby_popper_mean']:.2f}",
                "placed": placed and f"{placed} / {words.number(report['members']['total'])}",
            }
        )
    return out


def _grid_rows(folder: Path, k: int) -> Sequence[Mapping[str, Any]]:
    path = view_file(folder, k, FEATURES)
    with undamaged(folder):
        return _read_grid_rows(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_grid_rows(path: Path, changed_ns: int) -> Sequence[Mapping[str, Any]]:  # noqa: ARG001 - part of the key
    with FeatureFile(path) as file:
        found = file.page("grids", limit=_ALL)
    return tuple(feature["properties"] for feature in json.loads(b"[" + found.features + b"]"))


def _matching(rows: Sequence[Mapping[str, Any]], q: str, lang: Lang) -> Sequence[Mapping[str, Any]]:
    wanted = q.strip().casefold()
    if not wanted:
        return rows
    return [
        row
        for row in rows
        if wanted in str(row["code"]).casefold() or wanted in words.zone(row["zone"]).say(lang).casefold()
    ]


def _grid_page(rows: Sequence[Mapping[str, Any]], offset: int, caller: Caller, lang: Lang) -> dict[str, Any]:
    shown = rows[offset : offset + GRIDS_ON_PAGE]
    return {
        "rows": [_grid(row, caller, lang) for row in shown],
        "first": offset + 1,
        "last": offset + len(shown),
        "n": len(rows),
        "before": max(0, offset - GRIDS_ON_PAGE) if offset else None,
        "after": offset + GRIDS_ON_PAGE if offset + len(shown) < len(rows) else None,
    }


def _grid(row: Mapping[str, Any], caller: Caller, lang: Lang) -> dict[str, Any]:
    hidden = f"<{caller.k}" if row["suppressed"] else ""
    size, deviation, n_units = row["size"], row["deviation"], row["n_units"]
    return {
        "id": row["grid_id"],
        "code": row["code"],
        "zone": words.zone(row["zone"]).say(lang),
        "layer": words.word(words.LAYERS, row["layer"]).say(lang),
        "size": hidden if size is None else words.number(round(size, 2)),
        "deviation": "" if deviation is None else f"{round(deviation, 2) + 0.0:+.0%}".replace("+0%", "0%"),
        "n_units": "" if n_units is None else words.number(n_units),
        "remark": words.word(words.OUT_OF_BOUNDS, row["reason"]).say(lang) if row["reason"] else "",
    }


def _downloads(plan: PlanRow, folder: Path, caller: Caller, links: Links, lang: Lang) -> list[dict[str, Any]]:
    made = {"map.html", *plans.EXPORT_FILES}
    made |= {plans.ATLAS_FILE} if plans.has_atlas(plan) else set()
    kept = {name for name in plans.PLANNER_FILES if caller.may("planner") and (folder / name).is_file()}
    groups = []
    for group, names in texts.FILE_GROUPS.items():
        files = [
            {
                "name": name,
                "title": texts.FILES[name][0].say(lang),
                "help": texts.FILES[name][1].say(lang),
                "url": links.url("plans", plan.id, "files", name, lang=lang),
                "opens": name == "report.html",
            }
            for name in names
            if name in made | kept
        ]
        if files:
            groups.append({"title": texts.WORDS[group].say(lang), "files": files})
    return groups


def _others(
    service: Service, caller: Caller, plan: PlanRow, links: Links, lang: Lang
) -> list[dict[str, Any]]:
    """Return the newest other plans, each with the map of what differs from the older to the newer."""
    found, _ = list_plans(
        service.engine, workspace=caller.workspace, limit=OTHERS_SHOWN, offset=0, now=time.time()
    )
    return [
        {
            "title": other.title,
            "made": moment_of(other.created_at),
            "url": links.url("plans", first.id, "compare", second.id, lang=lang),
        }
        for other in found
        if other.id != plan.id
        for first, second in [sorted((plan, other), key=lambda one: (one.created_at, one.id))]
    ]
