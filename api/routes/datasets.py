"""Files that callers upload, what they confirm about them, and deleting them."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from anyio import from_thread
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartParser

from api.auth import Caller
from api.deps import LinksDep, PlannerDep, Service, ServiceDep
from api.errors import NOT_FOUND, ProblemError, bad_request
from api.links import HTML, JSON, Links
from api.responses import json_response, timestamp
from api.schemas import DatasetOptions
from api.uploads import CHUNK, keep, safe_name
from gridder.io.formats import PARTS_OF_SUFFIX
from gridder.model import Text
from gridder.storage.datasets import Dataset, find_dataset, list_datasets, set_options
from gridder.storage.ids import is_id
from gridder.storage.retention import delete_dataset

router = APIRouter(tags=["Datasets"])

MOST_FILES = 20
MOST_AT_ONCE = 4
"""Uploads that are received at the same time; others wait, as each may take memory and a thread."""
_room = asyncio.Semaphore(MOST_AT_ONCE)
MultiPartParser.spool_max_size = 0  # keeps forms in memory: a temporary file would hold names in clear


@router.post(
    "/datasets",
    summary="Upload a file",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "array", "items": {"type": "string", "format": "binary"}}
                        },
                    }
                },
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def upload(
    request: Request,
    service: ServiceDep,
    caller: PlannerDep,
    links: LinksDep,
    name: Annotated[
        str | None, Query(max_length=300, description="Name of a file sent as plain body.")
    ] = None,
) -> Response:
    """Keep a file, or the parts of one shapefile or MapInfo table together, until its day of deletion.

    Either as a form with one or more files, or the bytes of one file as body with `name` in the address.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    async with _room:
        if kind == "multipart/form-data":
            dataset = await _keep_form(request, service, caller)
        elif name:
            dataset = await _keep_body(request, service, caller, name)
        else:
            raise bad_request(
                "send a form with the field `file`, or the bytes of a file with ?name=",
                "请以表单字段 `file` 上传，或以 ?name= 指定文件名并直接发送内容",
            )
    return json_response(
        dataset_info(dataset, links), status=201, headers={"Location": links.url("datasets", dataset.id)}
    )


@router.get("/datasets", summary="Uploaded files")
def read_datasets(
    service: ServiceDep,
    caller: PlannerDep,
    links: LinksDep,
    limit: Annotated[int, Query(ge=1)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Return the files of the workspace, newest first."""
    found = list_datasets(
        service.engine, workspace=caller.workspace, limit=min(limit, 1000), offset=offset, now=time.time()
    )
    return json_response(
        {
            "datasets": [dataset_info(dataset, links) for dataset in found],
            "links": [links.link("self", JSON, "Datasets", "datasets")],
        }
    )


@router.get("/datasets/{dataset_id}", summary="One uploaded file")
def read_dataset(dataset_id: str, service: ServiceDep, caller: PlannerDep, links: LinksDep) -> Response:
    """Return what is known of a file; its content never comes back."""
    return json_response(dataset_info(find(service, caller, dataset_id), links))


@router.patch("/datasets/{dataset_id}", summary="Confirm how a file is read")
def change_dataset(
    dataset_id: str, options: DatasetOptions, service: ServiceDep, caller: PlannerDep, links: LinksDep
) -> Response:
    """Keep what the user confirmed: layer, rows, coordinate system, encoding, columns."""
    find(service, caller, dataset_id)
    set_options(service.engine, dataset_id, options.model_dump(exclude_none=True))
    return json_response(dataset_info(find(service, caller, dataset_id), links))


@router.delete("/datasets/{dataset_id}", summary="Delete a file and what was made from it", status_code=204)
def remove_dataset(dataset_id: str, service: ServiceDep, caller: PlannerDep) -> Response:
    """Delete a file, and every other file and plan that was made from it."""
    dataset = find(service, caller, dataset_id)
    gone = delete_dataset(service.engine, dataset.id)
    service.folder.remove_all(plan_ids=gone.plans, dataset_ids=gone.datasets)
    return Response(status_code=204)


def find(service: Service, caller: Caller, dataset_id: str) -> Dataset:
    """Return a dataset of the caller's workspace; a problem where there is none."""
    known = is_id(dataset_id)
    dataset = (
        find_dataset(service.engine, dataset_id, workspace=caller.workspace, now=time.time())
        if known
        else None
    )
    if dataset is None:
        raise ProblemError(NOT_FOUND)
    return dataset


def dataset_info(dataset: Dataset, links: Links) -> dict[str, Any]:
    """Return a dataset as it is told."""
    return {
        "id": dataset.id,
        "name": dataset.name,
        "bytes": dataset.n_bytes,
        "sha256": dataset.sha256,
        "options": dataset.options,
        "created": timestamp(dataset.created_at),
        "expires": timestamp(dataset.expires_at),
        "links": dataset_links(dataset.id, links),
    }


def dataset_links(dataset_id: str, links: Links) -> list[dict[str, Any]]:
    """Return where a dataset is told of."""
    return [
        links.link("self", JSON, "This file", "datasets", dataset_id),
        links.link("alternate", HTML, "Review", "pages", "datasets", dataset_id),
    ]


async def _keep_form(request: Request, service: Service, caller: Caller) -> Dataset:
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FILES) as form:
        files = [part for _, part in form.multi_items() if isinstance(part, UploadFile) and part.filename]
        if not files:
            raise bad_request("the form holds no file", "表单中没有文件")
        if len(files) == 1:
            chunks, name = _chunks(files[0]), files[0].filename or ""
        else:
            chunks, name = _zipped(files), _common_name(files)
        return await run_in_threadpool(keep, service, caller, chunks, name, by_value=False, now=time.time())


async def _keep_body(request: Request, service: Service, caller: Caller, name: str) -> Dataset:
    chunks = _pulled(request.stream())
    return await run_in_threadpool(keep, service, caller, chunks, name, by_value=False, now=time.time())


def _pulled(stream: AsyncIterator[bytes]) -> Iterator[bytes]:
    """Yield in a thread, as they come, the parts of a body that the event loop receives."""
    while (chunk := from_thread.run(anext, stream, None)) is not None:
        yield chunk


def _chunks(file: UploadFile) -> Iterator[bytes]:
    while chunk := file.file.read(CHUNK):
        yield chunk


def _zipped(files: list[UploadFile]) -> Iterator[bytes]:
    """Yield the parts of a set that came as single files as one archive."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            with archive.open(safe_name(file.filename or ""), "w") as target:
                for chunk in _chunks(file):
                    target.write(chunk)
    yield memory.getvalue()


def _common_name(files: list[UploadFile]) -> str:
    """Return the name of the archive; the files must be the parts of one set."""
    names = [safe_name(file.filename or "") for file in files]
    stems = {name.partition(".")[0].lower() for name in names}
    if len(stems) > 1 or not any(name.lower().endswith(tuple(PARTS_OF_SUFFIX)) for name in names):
        raise bad_request(
            "several files together must be the parts of one shapefile or one MapInfo table",
            "同时上传的多个文件须为同一个 Shapefile 或同一个 MapInfo 表的组成文件",
            remedy=Text(
                "choose the files with the same name before the dot, the .shp, .tab or .mif among them; give "
                "anything else one file at a time",
                "请选中主名相同的全部文件，其中须有 .shp、.tab 或 .mif；其他文件请逐个上传",
            ),
        )
    return names[0].partition(".")[0] + ".zip"
