"""OGC API - Processes: what can be run, and running it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from api.auth import Caller
from api.catalogue import COLUMNS_OF_ROLE, PROCESSES, Process
from api.deps import EXECUTION_PATH, LangDep, LinksDep, PlannerDep, Service, ServiceDep
from api.errors import (
    CONFLICT,
    MEDIA,
    NO_PROCESS,
    NOT_FOUND,
    QUEUE_FULL,
    SYNC_TIMEOUT,
    TOO_LARGE,
    ProblemError,
    bad_request,
)
from api.invalid import invalid
from api.limits import MEGABYTE
from api.links import JSON, Links
from api.openapi import inlined_schema
from api.responses import json_response
from api.routes.jobs import job_problem, results_of, status_info
from api.schemas import DatasetSource, Execute, ValueSource
from api.uploads import keep_bytes
from gridder.model import Lang, Text
from gridder.storage import jobs as queue
from gridder.storage.datasets import Dataset, find_dataset
from gridder.storage.retention import delete_dataset

router = APIRouter(tags=["Processes"])

POLL_SECONDS = 0.05
PARSED_AT_ONCE = 2
"""Bodies of executions; one takes many times its length while it is parsed."""
_parsing = asyncio.Semaphore(PARSED_AT_ONCE)
DAY = 86_400.0
_LONGEST_IDEMPOTENCY = 200
_NO_DATASET = Text("a dataset of the request does not exist", "请求中的数据集不存在")


@router.get("/processes", summary="All processes")
def list_processes(links: LinksDep) -> Response:
    """Return a summary of every process."""
    return json_response(
        {
            "processes": [_summary(process, links) for process in PROCESSES.values()],
            "links": [links.link("self", JSON, "Processes", "processes")],
        }
    )


@router.get("/processes/{process_id}", summary="Description of one process")
def read_process(process_id: str, links: LinksDep) -> Response:
    """Return what a process takes and gives, as JSON schemas."""
    process = _find(process_id)
    schema = inlined_schema(process.inputs)
    required = set(schema.get("required", ()))
    return json_response(
        {
            **_summary(process, links),
            "inputs": {
                name: {
                    "title": name,
                    "description": part.get("description", name),
                    "minOccurs": int(name in required),
                    "maxOccurs": 1,
                    "schema": part,
                }
                for name, part in schema["properties"].items()
            },
            "outputs": {name: {"title": name, "schema": part} for name, part in process.outputs.items()},
        }
    )


@router.post(EXECUTION_PATH, summary="Run a process")
async def execute(
    process_id: str,
    request: Request,
    service: ServiceDep,
    caller: PlannerDep,
    links: LinksDep,
    lang: LangDep,
) -> Response:
    """Run a process, waiting for its end or, with `Prefer: respond-async`, as a job to look after."""
    process = _find(process_id)
    body = await _json_body(request)
    wait = "respond-async" not in request.headers.get("prefer", "")
    order = _Order(process, body, request.headers.get("idempotency-key"), wait, lang)
    async with _parsing:
        job = await run_in_threadpool(_accept, service, caller, order)
    service.dispatcher.wake()
    if not wait:
        return _accepted(job, service, links)
    ended = await _end_of(service, job)
    return await run_in_threadpool(results_of, ended, service, caller, links)


def _find(process_id: str) -> Process:
    if process_id not in PROCESSES:
        raise ProblemError(NO_PROCESS, remedy=Text("see /processes", "请查看 /processes"))
    return PROCESSES[process_id]


def _summary(process: Process, links: Links) -> dict[str, Any]:
    execute_rel = "http://www.opengis.net/def/rel/ogc/1.0/execute"
    return {
        "id": process.id,
        "title": process.title,
        "description": process.description,
        "version": "1.0.0",
        "jobControlOptions": ["sync-execute", "async-execute", "dismiss"],
        "outputTransmission": ["value"],
        "links": [
            links.link("self", JSON, "Description", "processes", process.id),
            links.link(execute_rel, JSON, "Run it", "processes", process.id, "execution"),
        ],
    }


async def _json_body(request: Request) -> bytes:
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind != JSON and not kind.endswith("+json"):
        raise ProblemError(MEDIA, remedy=Text("send application/json", "请以 application/json 发送"))
    return await request.body()


@dataclass(frozen=True)
class _Order:
    """A request to run something, before it is checked."""

    process: Process
    body: bytes
    idempotency: str | None
    wait: bool
    lang: Lang


def _accept(service: Service, caller: Caller, order: _Order) -> queue.Job:
    """Check a request and put it into the queue; the same idempotency key twice is one job."""
    now = time.time()
    mark = _idempotency_mark(order.idempotency)
    request_hash = hashlib.sha256(order.process.id.encode() + b"\0" + order.body).hexdigest()
    if mark is not None and (known := queue.find_by_idempotency(service.engine, caller.key.id, mark)):
        if known.request_hash != request_hash:
            raise ProblemError(CONFLICT)
        return known
    inputs = _parse(order.process, order.body)
    fresh: list[str] = []
    try:
        content, n_bytes, workspace = _job_request(service, caller, order, inputs, fresh)
        if order.wait:
            _check_sync(service, n_bytes)
        job, is_new = queue.submit(
            service.engine,
            workspace=workspace,
            key_id=caller.key.id,
            process=order.process.id,
            request=content,
            request_hash=request_hash,
            idempotency=mark,
            expires_at=now + service.settings.plan_days * DAY,
            queue_length=service.settings.queue_length,
            now=now,
        )
    except BaseException as error:
        _forget(service, fresh)
        if isinstance(error, queue.QueueFullError):
            raise ProblemError(QUEUE_FULL, headers={"Retry-After": "30"}) from error
        if isinstance(error, queue.IdempotencyError):
            raise ProblemError(CONFLICT) from error
        if isinstance(error, queue.DatasetGoneError):
            raise ProblemError(NOT_FOUND, _NO_DATASET) from error
        raise
    if not is_new:
        _forget(service, fresh)
    return job


def _idempotency_mark(given: str | None) -> str | None:
    if given is None:
        return None
    if not 1 <= len(given) <= _LONGEST_IDEMPOTENCY:
        raise bad_request("Idempotency-Key has 1 to 200 characters", "Idempotency-Key 长度须为 1 至 200")
    return hashlib.sha256(given.encode()).hexdigest()


def _check_sync(service: Service, n_bytes: int) -> None:
    if n_bytes > service.settings.sync_mb * MEGABYTE:
        raise ProblemError(
            TOO_LARGE,
            Text("too large to be answered at once", "输入过大，无法同步返回"),
            Text(
                "send Prefer: respond-async and look after the job",
                "请使用 Prefer: respond-async 异步执行",
            ),
        )


def _forget(service: Service, dataset_ids: list[str]) -> None:
    for dataset_id in dataset_ids:
        delete_dataset(service.engine, dataset_id)
    service.folder.remove_all(plan_ids=(), dataset_ids=dataset_ids)


def _parse(process: Process, body: bytes) -> BaseModel:
    try:
        parsed = Execute.model_validate(json.loads(body))
    except ValidationError as error:
        raise invalid(error.errors()) from error
    except (ValueError, RecursionError) as error:
        raise bad_request("the body is not JSON", "请求体不是 JSON") from error
    unknown = sorted(set(parsed.outputs or ()) - set(process.outputs))
    if unknown:
        names = ", ".join(name[:40] for name in unknown)
        raise bad_request(f"unknown outputs: {names}", f"未知的输出：{names}")
    try:
        return process.inputs.model_validate(_unqualified(parsed.inputs, process.roles))
    except ValidationError as error:
        raise invalid(error.errors(), prefix="inputs.") from error
    except RecursionError as error:
        raise bad_request("the body is nested too deeply", "请求体嵌套过深") from error


def _unqualified(inputs: Mapping[str, Any], roles: Sequence[str]) -> dict[str, Any]:
    """Return inputs of which those that are no files may also come as `{"value": …}`."""
    return {
        name: value["value"]
        if name not in roles and isinstance(value, dict) and set(value) in ({"value"}, {"value", "mediaType"})
        else value
        for name, value in inputs.items()
    }


def _job_request(
    service: Service, caller: Caller, order: _Order, inputs: BaseModel, fresh: list[str]
) -> tuple[dict[str, Any], int, str]:
    """Return the request as the queue keeps it, the bytes of its input, and the workspace that owns it.

    The workspace is that of the datasets, also for an administrator, who sees all of them.
    What came by value is kept as a dataset of its own; `fresh` gets the ids of these.
    """
    now = time.time()
    sources: dict[str, list[dict[str, Any]]] = {}
    n_bytes = len(order.body)
    workspaces = set()
    for role in order.process.roles:
        given = getattr(inputs, role)
        for i, source in enumerate(given if isinstance(given, list) else [given] if given else []):
            if isinstance(source, ValueSource):
                dataset = _keep_value(service, caller, source, f"{role}{i + 1 if i else ''}.geojson", now)
                fresh.append(dataset.id)
                options = {"columns": source.columns} if source.columns else {}
            else:
                dataset = _dataset(service, caller, source, now)
                n_bytes += dataset.n_bytes
                workspaces.add(dataset.workspace)
                kept = confirmed(dataset, role)
                options = kept | source.model_dump(exclude={"dataset"}, exclude_none=True)
            sources.setdefault(role, []).append(
                {"dataset": dataset.id, "name": dataset.name, "options": options}
            )
    if len(workspaces) > 1:
        raise bad_request("the datasets belong to several workspaces", "数据集属于不同的工作区")
    workspace = workspaces.pop() if workspaces else caller.key.workspace
    parameters = inputs.model_dump(exclude={*order.process.roles, "title"}, exclude_none=True)
    if order.process.id == "partition":
        parameters["lang"] = order.lang
    title = getattr(inputs, "title", None) or ""
    return {"sources": sources, "parameters": parameters, "title": title}, n_bytes, workspace


def confirmed(dataset: Dataset, role: str) -> dict[str, Any]:
    """Return how its user wants a file read, without columns that mean nothing in this role."""
    options = dict(dataset.options)
    means = COLUMNS_OF_ROLE.get(role, {})
    columns = {name: column for name, column in options.pop("columns", {}).items() if name in means}
    return options | ({"columns": columns} if columns else {})


def _keep_value(service: Service, caller: Caller, source: ValueSource, name: str, now: float) -> Dataset:
    try:
        content = json.dumps(source.value.model_dump(), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise bad_request(
            "the body holds half a character (a lone surrogate)", "请求体含有不完整的字符"
        ) from error
    return keep_bytes(service, caller, content, name, by_value=True, now=now)


def _dataset(service: Service, caller: Caller, source: DatasetSource, now: float) -> Dataset:
    dataset = find_dataset(service.engine, source.dataset, workspace=caller.workspace, now=now)
    if dataset is None:
        raise ProblemError(
            NOT_FOUND,
            _NO_DATASET,
            Text("upload the file to /datasets", "请先上传至 /datasets"),
        )
    return dataset


def _accepted(job: queue.Job, service: Service, links: Links) -> Response:
    return json_response(
        status_info(job, queue.position(service.engine, job), links),
        status=201,
        headers={"Location": links.url("jobs", job.id), "Preference-Applied": "respond-async"},
    )


async def _end_of(service: Service, job: queue.Job) -> queue.Job:
    """Return the job once it has ended; a problem that names it where that takes too long."""
    end = time.monotonic() + service.settings.sync_seconds
    while time.monotonic() < end:
        current = await run_in_threadpool(queue.find_job, service.engine, job.id, workspace=None)
        if current is None:
            raise job_problem(job)
        if current.status not in ("accepted", "running"):
            return current
        await asyncio.sleep(POLL_SECONDS)
    raise ProblemError(
        SYNC_TIMEOUT,
        remedy=Text("the job goes on: look after /jobs/{id}", "任务仍在进行，请查看 /jobs/{id}").format(
            id=job.id
        ),
        extra={"job": job.id},
    )
