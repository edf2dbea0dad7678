"""Pages for people: plans, uploads, jobs and how to use them from other programs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from api import words as texts
from api.accepted import CHOSEN_SUFFIXES, FORMATS
from api.auth import Caller
from api.deps import (
    LANG_COOKIE,
    CallerDep,
    LangDep,
    LinksDep,
    PlannerDep,
    Service,
    ServiceDep,
    get_caller,
    get_service,
    language_of,
)
from api.errors import NOT_FOUND, ProblemError
from api.in_page import rewrites
from api.links import Links
from api.render import page
from api.responses import timestamp
from api.routes import datasets, jobs, plans
from api.routes.processes import confirmed
from api.script_words import SCRIPT
from api.views import FEATURES, read_report, undamaged, view_file
from gridder.geometry.places import PROVINCES
from gridder.groups.codes import STANDARDS
from gridder.io import words
from gridder.io.columns import MEMBER_ROLES, UNIT_ROLES, ZONE_ROLES
from gridder.io.feature_file import FeatureFile
from gridder.jobs.product import made_dataset
from gridder.model import Lang, Text
from gridder.storage import jobs as queue
from gridder.storage.datasets import Dataset, find_dataset, list_datasets
from gridder.storage.names import has_review
from gridder.storage.plans import PlanRow, list_plans

router = APIRouter(include_in_schema=False)

PLANS_ON_PAGE = 30
GRIDS_ON_PAGE = 500
UPLOADS_SHOWN = 100
_YEAR_SECONDS = 365 * 86_400
_ALL = 2**31
_ROLES_OF_USE = {"units": UNIT_ROLES, "members": MEMBER_ROLES, "zones": ZONE_ROLES}


def home(request: Request) -> Response:
    """Return the entrance: the newest plans, and what is under way."""
    return _list_page(request, offset=0)


@router.get("/pages/plans")
def read_plans(request: Request, offset: Annotated[int, Query(ge=0, le=10**9)] = 0) -> Response:
    """Return older plans."""
    return _list_page(request, offset=offset)


@router.get("/pages/new")
def read_new(
    request: Request,
    service: ServiceDep,
    caller: PlannerDep,
    lang: LangDep,
    before: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    fields: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Return the way to a new plan: files, review, size; begun from an earlier job or with a file where one is named."""
    earlier = _earlier(jobs.find(service, caller, before), lang) if before else None
    if fields and not earlier:
        earlier = _begun_with(datasets.find(service, caller, fields))
    return page(
        request,
        "new.html.j2",
        earlier=earlier,
        roles=_said_pairs(texts.ROLES, lang),
        accept=",".join(CHOSEN_SUFFIXES),
        formats=[(f.name.say(lang), f.suffixes, f.hint.say(lang)) for f in FORMATS],
        standards=[(name, standard.name.say(lang)) for name, standard in STANDARDS.items()],
        uploads=_uploads(service, caller),
        **_for_review(lang),
    )


@router.get("/pages/datasets/{dataset_id}")
def read_dataset(
    dataset_id: str, request: Request, service: ServiceDep, caller: PlannerDep, lang: LangDep
) -> Response:
    """Return the review of one uploaded file."""
    dataset = datasets.find(service, caller, dataset_id)
    return page(
        request,
        "dataset.html.j2",
        dataset=_upload(dataset),
        options=dict(dataset.options),
        **_for_review(lang),
    )


@router.get("/pages/jobs/{job_id}")
def read_job(
    job_id: str, request: Request, service: ServiceDep, caller: PlannerDep, links: LinksDep, lang: LangDep
) -> Response:
    """Return how a job stands; what it made is shown itself."""
    job = jobs.find(service, caller, job_id)
    plan_path = service.folder.plan(job.plan_id) if job.plan_id else None
    if plan_path is not None and plan_path.is_dir():
        return RedirectResponse(links.url("pages", "plans", job.plan_id or ""), status_code=303)
    cells = made_dataset(job)
    if cells and find_dataset(service.engine, cells, workspace=caller.workspace, now=time.time()):
        return RedirectResponse(links.url("pages", "datasets", cells), status_code=303)
    return page(
        request,
        "job.html.j2",
        job=job,
        title=_title(job, lang),
        made=_moment(job.created_at),
        started=timestamp(job.started_at),
        position=queue.position(service.engine, job),
        stages=_said(texts.STAGES, lang),
        standing=texts.STATUSES[job.status].say(lang),
        problem=jobs.job_problem(job).body(lang) if job.status == "failed" else None,
        **_for_script(lang),
    )


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
        plan=_listed(plan, caller, lang),
        scores=_scores(folder, caller, lang),
        map_url=links.url("plans", plan.id, "map", lang=lang),
        grids=_grid_page(rows, offset, caller, lang),
        q=q,
        others=_others(service, caller, plan, links, lang),
        downloads=_downloads(plan, folder, caller, links, lang),
        has_names=caller.may("roster-reader") and (folder / "rosters.xlsx").is_file(),
        doubtful=_doubtful(service, plan, caller, lang),
        suppress_below=caller.k,
        **_for_script(lang),
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
        plan=_listed(plan, caller, lang),
        grid=_grid(rows[at], caller, lang),
        before=beside[0],
        after=beside[1],
        map_url=links.url("plans", plan.id, "grids", grid_id, "map", lang=lang),
    )


@router.get("/pages/help")
def read_help(request: Request) -> Response:
    """Return how to use plans from other programs."""
    return page(request, "help.html.j2")


@router.post("/pages/language")
async def choose_language(request: Request, service: ServiceDep, links: LinksDep) -> Response:
    """Remember the language and go back to the page."""
    form = parse_qs((await request.body()).decode("ascii", "replace"), max_num_fields=10)
    base_path = service.settings.base_path.rstrip("/")
    wished = form.get("next", ["/"])[0].removeprefix(base_path)
    back = wished if wished.startswith("/pages/") and wished.isprintable() else "/"
    response = RedirectResponse(links.base + back, status_code=303)
    if form.get("lang", [""])[0] in ("en", "zh"):
        response.set_cookie(
            LANG_COOKIE,
            form["lang"][0],
            max_age=_YEAR_SECONDS,
            path=base_path or "/",
            secure=links.base.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
    return response


def _list_page(request: Request, *, offset: int) -> Response:
    service, caller, lang = get_service(request), get_caller(request), language_of(request)
    found, n_found = list_plans(
        service.engine, workspace=caller.workspace, limit=PLANS_ON_PAGE, offset=offset, now=time.time()
    )
    is_planner = caller.may("planner")
    return page(
        request,
        "home.html.j2",
        plans=[_listed(plan, caller, lang) for plan in found],
        jobs=_under_way(service, caller, lang) if is_planner and not offset else [],
        uploads=_uploads(service, caller) if is_planner and not offset else [],
        newer=max(0, offset - PLANS_ON_PAGE) if offset else None,
        older=offset + PLANS_ON_PAGE if offset + len(found) < n_found else None,
    )


def _under_way(service: Service, caller: Caller, lang: Lang) -> list[dict[str, Any]]:
    found, _ = queue.list_jobs(
        service.engine,
        workspace=caller.workspace,
        processes=("partition", "lattice"),
        status=("accepted", "running"),
        now=time.time(),
        limit=PLANS_ON_PAGE,
        offset=0,
    )
    return [
        {
            "id": job.id,
            "title": _title(job, lang),
            "made": _moment(job.created_at),
            "progress": job.progress,
            "status": words.word(texts.STAGES, job.stage).say(lang)
            if job.status == "running" and job.stage
            else texts.STATUSES[job.status].say(lang),
        }
        for job in found
    ]


def _title(job: queue.Job, lang: Lang) -> str:
    """Return the name of a plan to be, or whose cells are made; empty where there is none."""
    if job.process == "lattice":
        name = job.request["sources"]["boundary"][0]["name"]
        return texts.WORDS["lattice_of"].format(name=name).say(lang)
    return job.request.get("title") or ""


def _begun_with(dataset: Dataset) -> dict[str, Any]:
    """Return the request of a plan of which nothing is said yet but the file of its fields."""
    file = {"dataset": dataset.id, "name": dataset.name, "options": confirmed(dataset, "fields")}
    return {"sources": {"fields": [file]}, "parameters": {}, "title": ""}


def _uploads(service: Service, caller: Caller) -> list[dict[str, Any]]:
    found = list_datasets(
        service.engine, workspace=caller.workspace, limit=UPLOADS_SHOWN, offset=0, now=time.time()
    )
    return [_upload(dataset) for dataset in found]


def _upload(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "size": _bytes(dataset.n_bytes),
        "made": _moment(dataset.created_at),
        "ends": _moment(dataset.expires_at),
    }


def _earlier(job: queue.Job, lang: Lang) -> dict[str, Any]:
    """Return what a job was asked for, and what was wrong with it."""
    problem = jobs.job_problem(job).body(lang) if job.status == "failed" else None
    return {**job.request, "problem": problem}


def _listed(plan: PlanRow, caller: Caller, lang: Lang) -> dict[str, Any]:
    """Return a plan as the list and its own page name it; what made it and its scores to planners."""
    out: dict[str, Any] = {
        "id": plan.id,
        "job": plan.job_id,
        "title": plan.title,
        "made": _moment(plan.created_at),
        "ends": _moment(plan.expires_at),
        "sources": [],
        "layers": [],
    }
    if caller.may("planner"):
        made_from = plan.summary["sources"]
        out["sources"] = [
            {"role": name.say(lang), "files": made_from[role]}
            for role, (name, _) in texts.ROLES.items()
            if role in made_from
        ]
        out["layers"] = [_result(layer, part, lang) for layer, part in plan.summary["layers"].items()]
    return out


def _result(layer: str, part: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    size = part["size"]
    unit = words.word(words.SIZES, size["of"]).say(lang)
    bounds = " / ".join(words.number(round(size[name], 2)) for name in ("minimum", "target", "maximum"))
    return {
        "name": words.word(words.LAYERS, layer).say(lang),
        "n_grids": words.number(part["n_grids"]),
        "bounds": f"{bounds} {unit}",
        "within": _percent(part["within_bounds"]),
    }


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
            _result(layer, part, lang)
            | {
                "contiguous": _percent(part["contiguous"]),
                "deviation": _percent(part["mean_abs_deviation"]),
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
        service.engine, workspace=caller.workspace, limit=PLANS_ON_PAGE, offset=0, now=time.time()
    )
    return [
        {
            "title": other.title,
            "made": _moment(other.created_at),
            "url": links.url("plans", first.id, "compare", second.id, lang=lang),
        }
        for other in found
        if other.id != plan.id
        for first, second in [sorted((plan, other), key=lambda one: (one.created_at, one.id))]
    ]


def _for_script(lang: Lang) -> dict[str, Any]:
    """Return the words that the scripts put on the page."""
    return {"script_words": _said(SCRIPT, lang)}


def _for_review(lang: Lang) -> dict[str, Any]:
    """Return what the review of a file needs: words, the roles of columns by use, and provinces to suggest."""
    uses = {
        use: [[role, words.COLUMN_ROLES[role].say(lang)] for role in roles]
        for use, roles in _ROLES_OF_USE.items()
    }
    return {
        **_for_script(lang),
        "column_roles": uses,
        "uses": _said(texts.USES, lang),
        "rewrites": rewrites(lang),
        "provinces": [name.say(lang) for name, _ in PROVINCES],
    }


def _said(table: Mapping[str, Text], lang: Lang) -> dict[str, str]:
    return {name: text.say(lang) for name, text in table.items()}


def _said_pairs(table: Mapping[str, tuple[Text, Text]], lang: Lang) -> dict[str, tuple[str, str]]:
    return {name: (first.say(lang), second.say(lang)) for name, (first, second) in table.items()}


def _moment(seconds: float) -> dict[str, str]:
    """Return a moment for a `<time>`: for programs, and for people where no script says it in their zone."""
    local = datetime.fromtimestamp(seconds).astimezone()
    return {
        "iso": timestamp(seconds) or "",
        "text": local.strftime("%Y-%m-%d %H:%M"),
        "day": local.date().isoformat(),
    }


def _bytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:,.1f} kB"


def _percent(share: float) -> str:
    """Return a share as percent, never rounded up to a whole that was not reached."""
    return f"{int(share * 1000 + 1e-9) / 10:g} %"
