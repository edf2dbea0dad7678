"""OGC API - Processes: jobs, their results, and dismissing them."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import LinksDep, PlannerDep, Service, ServiceDep
from api.errors import (
    BAD_INPUT,
    DISMISSED,
    JOB_FAILED,
    NO_JOB,
    NOT_READY,
    Kind,
    ProblemError,
    bad_request,
)
from api.links import HTML, JSON, Links
from api.moments import interval
from api.responses import json_response, timestamp
from api.routes.datasets import dataset_links
from api.routes.plans import plan_links
from api.views import read_report
from gridder.jobs.product import made_dataset
from gridder.model import Text
from gridder.storage import jobs as queue
from gridder.storage.datasets import find_dataset
from gridder.storage.ids import is_id
from gridder.storage.plans import find_plan

router = APIRouter(tags=["Jobs"])

STATUSES = ("accepted", "running", "successful", "failed", "dismissed")


@router.get("/jobs", summary="All jobs")
def list_jobs(
    service: ServiceDep,
    caller: PlannerDep,
    links: LinksDep,
    status: Annotated[str | None, Query(description="Only jobs in these, by commas.")] = None,
    processID: Annotated[str | None, Query(description="Only of these, by commas.")] = None,
    type: Annotated[str | None, Query(description="`process`, as all jobs are.")] = None,
    datetime: Annotated[str | None, Query(description="Made at this moment or in this interval.")] = None,
    minDuration: Annotated[float | None, Query(ge=0, description="Seconds.")] = None,
    maxDuration: Annotated[float | None, Query(ge=0, description="Seconds.")] = None,
    limit: Annotated[int, Query(ge=1)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Return the jobs of the workspace, newest first."""
    wanted = tuple(status.split(",")) if status else ()
    if not set(wanted) <= set(STATUSES):
        raise bad_request(
            f"status is one of {', '.join(STATUSES)}", f"status 须为 {'、'.join(STATUSES)} 之一"
        )
    if type not in (None, "process"):
        raise bad_request("type is process", "type 只能为 process")
    limit = min(limit, 1000)
    found, n_found = queue.list_jobs(
        service.engine,
        workspace=caller.workspace,
        processes=tuple(processID.split(",")) if processID else (),
        status=wanted,
        created=interval(datetime),
        seconds=(minDuration, maxDuration),
        now=time.time(),
        limit=limit,
        offset=offset,
    )
    query = {
        "status": status,
        "processID": processID,
        "type": type,
        "datetime": datetime,
        "minDuration": minDuration,
        "maxDuration": maxDuration,
        "limit": limit,
    }
    content_links = [links.link("self", JSON, "Jobs", "jobs", **query, offset=offset or None)]
    if offset + len(found) < n_found:
        content_links.append(links.link("next", JSON, "Older jobs", "jobs", **query, offset=offset + limit))
    return json_response(
        {
            "jobs": [status_info(job, queue.position(service.engine, job), links) for job in found],
            "numberMatched": n_found,
            "links": content_links,
        }
    )


@router.get("/jobs/{job_id}", summary="How a job stands")
def read_job(job_id: str, service: ServiceDep, caller: PlannerDep, links: LinksDep) -> Response:
    """Return the status, stage and progress of a job, and its place in the queue."""
    job = find(service, caller, job_id)
    return json_response(status_info(job, queue.position(service.engine, job), links))


@router.get("/jobs/{job_id}/results", summary="What a job made")
def read_results(job_id: str, service: ServiceDep, caller: PlannerDep, links: LinksDep) -> Response:
    """Return the result of a job; a problem where it has not ended, or failed."""
    return results_of(find(service, caller, job_id), service, caller, links)


@router.delete("/jobs/{job_id}", summary="Dismiss a job")
def dismiss_job(job_id: str, service: ServiceDep, caller: PlannerDep, links: LinksDep) -> Response:
    """Stop a job that waits or runs; one that has ended stays as it is, and its plan with it."""
    job = find(service, caller, job_id)
    job = queue.dismiss(service.engine, job.id, now=time.time()) or job
    service.dispatcher.wake()
    return json_response(status_info(job, 0, links))


def find(service: Service, caller: Caller, job_id: str) -> queue.Job:
    """Return a job of the caller's workspace; a problem where there is none."""
    job = queue.find_job(service.engine, job_id, workspace=caller.workspace) if is_id(job_id) else None
    if job is None:
        raise ProblemError(NO_JOB)
    return job


def status_info(job: queue.Job, position: int, links: Links) -> dict[str, Any]:
    """Return a job in the words of the standard; what is ours stands beside them."""
    out: dict[str, Any] = {
        "jobID": job.id,
        "processID": job.process,
        "type": "process",
        "status": job.status,
        "progress": job.progress,
        "created": timestamp(job.created_at),
        "links": [
            links.link("self", JSON, "Status", "jobs", job.id),
            links.link("alternate", HTML, "Status as a page", "pages", "jobs", job.id),
        ],
    }
    moments = {"started": job.started_at, "finished": job.finished_at}
    out |= {name: timestamp(moment) for name, moment in moments.items() if moment is not None}
    if job.status == "running" and job.stage:
        out |= {"message": job.stage, "stage": job.stage, "attempt": job.attempt}
    if job.status == "accepted":
        out |= {"message": f"waiting, place {position}", "position": position}
    if job.status == "failed" and job.problem:
        out |= {"message": job.problem.get("title", "failed"), "problem": job.problem}
    if job.status == "successful":
        rel = "http://www.opengis.net/def/rel/ogc/1.0/results"
        out["links"].append(links.link(rel, JSON, "Results", "jobs", job.id, "results"))
        made = {"plan": job.plan_id, "dataset": made_dataset(job)}
        out |= {name: own for name, own in made.items() if own}
    return out


def results_of(job: queue.Job, service: Service, caller: Caller, links: Links) -> Response:
    """Return the results of a job that has ended well; raise what came of it otherwise."""
    if job.status != "successful":
        raise job_problem(job)
    if job.process == "lattice":
        return _lattice_results(job, service, links)
    if job.plan_id is None:
        return json_response(job.result or {})
    plan = find_plan(service.engine, job.plan_id, workspace=job.workspace, now=time.time())
    if plan is None:
        raise ProblemError(NO_JOB, Text("its plan was deleted", "其方案已被删除"))
    return json_response(
        {
            "plan": plan.id,
            "links": plan_links(service, plan, caller, links),
            "report": read_report(service.folder.plan(plan.id)),
        },
        headers=_monitor(job, links),
    )


def _lattice_results(job: queue.Job, service: Service, links: Links) -> Response:
    own = made_dataset(job) or ""
    dataset = find_dataset(service.engine, own, workspace=job.workspace, now=time.time())
    if dataset is None:
        raise ProblemError(NO_JOB, Text("its cells were deleted", "其单元文件已被删除"))
    content = {**(job.result or {}), "links": dataset_links(dataset.id, links)}
    return json_response(content, headers=_monitor(job, links))


def _monitor(job: queue.Job, links: Links) -> dict[str, str]:
    return {"Link": f'<{links.url("jobs", job.id)}>; rel="monitor"'}


def job_problem(job: queue.Job) -> ProblemError:
    """Return why a job has no results."""
    if job.status == "dismissed":
        return ProblemError(DISMISSED)
    if job.status != "failed":
        return ProblemError(NOT_READY, headers={"Retry-After": "1"})
    problem = job.problem or {}
    faults = problem.get("faults", ())
    if faults:
        return ProblemError(BAD_INPUT, faults=faults)
    kind = JOB_FAILED
    title = Text(problem.get("title", kind.title.en), problem.get("title_zh", kind.title.zh))
    kind = Kind(problem.get("type", kind.type), kind.status, title)
    return ProblemError(
        kind,
        Text(problem.get("detail", ""), problem.get("detail_zh", "")),
        Text(problem.get("remedy", ""), problem.get("remedy_zh", "")),
    )
