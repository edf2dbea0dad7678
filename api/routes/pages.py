"""Pages for people: lists, uploads, a new plan, jobs and how to use them from other programs."""

from __future__ import annotations

import time
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from api import words as texts
from api.accepted import CHOSEN_SUFFIXES, FORMATS
from api.auth import Caller
from api.deps import (
    LANG_COOKIE,
    LangDep,
    LinksDep,
    PlannerDep,
    Service,
    ServiceDep,
    get_caller,
    get_service,
    language_of,
)
from api.in_page import rewrites
from api.page_facts import bytes_text, for_script, listed, moment_of, said, said_pairs
from api.render import page
from api.responses import timestamp
from api.routes import datasets, jobs
from api.routes.processes import confirmed
from gridder.geometry.places import PROVINCES
from gridder.groups.codes import STANDARDS
from gridder.io import words
from gridder.io.columns import MEMBER_ROLES, UNIT_ROLES, ZONE_ROLES
from gridder.jobs.product import made_dataset
from gridder.model import Lang
from gridder.storage import jobs as queue
from gridder.storage.datasets import Dataset, find_dataset, list_datasets
from gridder.storage.plans import list_plans

router = APIRouter(include_in_schema=False)

PLANS_ON_PAGE = 30
SEVERAL = ("zones", "barriers", "bridges", "dedicated")
"""Roles that may have several files."""
UPLOADS_SHOWN = 100
_YEAR_SECONDS = 365 * 86_400
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
        roles=said_pairs(texts.ROLES, lang),
        accept=",".join(CHOSEN_SUFFIXES),
        formats=[(f.name.say(lang), f.suffixes, f.hint.say(lang)) for f in FORMATS],
        several=SEVERAL,
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
        made=moment_of(job.created_at),
        started=timestamp(job.started_at),
        position=queue.position(service.engine, job),
        stages=said(texts.STAGES, lang),
        standing=texts.STATUSES[job.status].say(lang),
        problem=jobs.job_problem(job).body(lang) if job.status == "failed" else None,
        **for_script(lang),
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
        plans=[listed(plan, caller, lang) for plan in found],
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
            "made": moment_of(job.created_at),
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
        "size": bytes_text(dataset.n_bytes),
        "made": moment_of(dataset.created_at),
        "ends": moment_of(dataset.expires_at),
    }


def _earlier(job: queue.Job, lang: Lang) -> dict[str, Any]:
    """Return what a job was asked for, and what was wrong with it."""
    problem = jobs.job_problem(job).body(lang) if job.status == "failed" else None
    return {**job.request, "problem": problem}


def _for_review(lang: Lang) -> dict[str, Any]:
    """Return what the review of a file needs: words, the roles of columns by use, and provinces to suggest."""
    uses = {
        use: [[role, words.COLUMN_ROLES[role].say(lang)] for role in roles]
        for use, roles in _ROLES_OF_USE.items()
    }
    return {
        **for_script(lang),
        "column_roles": uses,
        "uses": said(texts.USES, lang),
        "rewrites": rewrites(lang),
        "provinces": [name.say(lang) for name, _ in PROVINCES],
    }
