"""Sketches of where a file may lie, for the pages that ask which coordinate system it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.deps import LangDep, PlannerDep, ServiceDep
from api.errors import NOT_FOUND, ProblemError
from api.routes import jobs
from gridder.io.sketch import sketch

router = APIRouter(include_in_schema=False)


@router.get("/pages/jobs/{job_id}/sketch")
def read_sketch(
    job_id: str,
    service: ServiceDep,
    caller: PlannerDep,
    lang: LangDep,
    layer: Annotated[str, Query(max_length=300)],
) -> Response:
    """Return where the coordinate systems that fit a layer would put it, as a job `inspect` found them; SVG."""
    job = jobs.find(service, caller, job_id)
    candidates = _candidates(job.result or {}, layer) if job.process == "inspect" else []
    if not candidates:
        raise ProblemError(NOT_FOUND)
    return Response(
        sketch(candidates, lang), media_type="image/svg+xml", headers={"Cache-Control": "private, no-cache"}
    )


def _candidates(result: Mapping[str, Any], layer: str) -> list[dict[str, Any]]:
    """Return the candidates of the first problem of a layer that has some."""
    problems = [
        problem
        for shown in result.get("layers", ())
        if shown["name"] == layer
        for problem in shown["problems"]
    ]
    return next((problem["candidates"] for problem in problems if "candidates" in problem), [])
