"""What those who run the service ask: is it alive, is it ready, and its figures."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.deps import ServiceDep
from api.errors import UNAVAILABLE, ProblemError
from api.responses import json_response
from gridder.model import Text
from gridder.storage.engine import is_current
from gridder.storage.jobs import STATUSES, count_by_status

router = APIRouter(tags=["Operation"])


@router.get("/healthz", summary="Whether the process answers")
def read_health() -> Response:
    """Answer as long as the process does."""
    return json_response({"status": "ok"})


@router.get("/readyz", summary="Whether the service can work")
def read_readiness(service: ServiceDep) -> Response:
    """Answer 200 where the store can be reached, and jobs begin at once."""
    if not is_current(service.engine):
        raise ProblemError(UNAVAILABLE, Text("the store is of another version", "数据库版本不一致"))
    if not service.dispatcher.alive:
        raise ProblemError(UNAVAILABLE, Text("no worker is running", "没有正在运行的工作进程"))
    if not service.dispatcher.warm:
        raise ProblemError(UNAVAILABLE, Text("the workers are warming up", "工作进程正在准备"))
    return json_response({"status": "ready"})


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def read_metrics(request: Request, service: ServiceDep) -> Response:
    """Return counts of requests and jobs in the text format of Prometheus."""
    metrics = request.app.state.metrics
    counts = count_by_status(service.engine)
    for status in STATUSES:
        metrics.jobs.labels(status).set(counts.get(status, 0))
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
