"""The outermost gate: a request's id, its log line and metrics, and an answer whatever happens inside."""

from __future__ import annotations

import re
import secrets
import time
import traceback

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import DISK_FULL, INTERNAL, UNAVAILABLE, Kind, ProblemError
from api.render import answer_problem
from gridder.jobs.patience import is_passing
from gridder.model import Text
from gridder.storage.room import is_out_of_room

log = structlog.get_logger("gridder.api")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Metrics:
    """What Prometheus is told of the requests."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gridder_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "gridder_request_seconds", "Seconds until the answer was sent.", ["route"], registry=self.registry
        )
        self.jobs = Gauge("gridder_jobs", "Jobs in the store.", ["status"], registry=self.registry)


class Observe:
    """Log and count every request, and turn what goes wrong inside into a problem.

    Logs hold the route, never the query, headers or bodies: no key and no name can get there.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see to its end."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        began, status = time.perf_counter(), 0

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_counted)
        except Exception as error:
            if status:
                _log_failure("broken", error, request_id)
                raise
            problem = _problem_of(error, request_id)
            await answer_problem(request, problem)(scope, receive, send_counted)
        finally:
            self._count(scope, status, time.perf_counter() - began, request_id)

    def _count(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            request_id=request_id,
        )


def _problem_of(error: Exception, request_id: str) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    kind = _kind_of(error)
    _log_failure("failed", error, request_id)
    return ProblemError(
        kind,
        remedy=Text(
            f"try again later; if it goes on, tell the administrator the request id {request_id}",
            f"请稍后再试；如持续出现，请将请求编号 {request_id} 告知管理员",
        ),
        headers={"Retry-After": "5"} if kind is UNAVAILABLE else {},
    )


def _kind_of(error: Exception) -> Kind:
    if is_out_of_room(error):
        return DISK_FULL
    return UNAVAILABLE if is_passing(error) else INTERNAL


def _log_failure(event: str, error: Exception, request_id: str) -> None:
    """Log what went wrong and where, without its message: that might name a person."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    at = [f"{frame.filename}:{frame.lineno}" for frame in frames]
    log.error(event, request_id=request_id, error=type(error).__name__, at=at)
