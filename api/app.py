"""The application: gates around routes, all made from the settings that it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from api import assets
from api.auth import Authenticate
from api.base_path import BasePath
from api.deps import Service, at_once, known_parameters
from api.errors import (
    BAD_REQUEST,
    INTERNAL,
    MEDIA,
    METHOD,
    NOT_FOUND,
    Kind,
    ProblemError,
)
from api.head import Head
from api.headers import Hosts, SecurityHeaders, host_name
from api.invalid import invalid
from api.limits import Bodies, Concurrency, Rate
from api.observe import Metrics, Observe
from api.render import answer_problem
from api.routes import (
    datasets,
    features,
    jobs,
    landing,
    ops,
    pages,
    plan_pages,
    plans,
    processes,
    session,
    sketches,
    tiles,
)
from gridder.config import Settings
from gridder.jobs.dispatcher import Dispatcher
from gridder.storage.engine import migrate, open_store
from gridder.storage.folder import DataFolder
from gridder.storage.seal import installation_sealer

_KIND_OF_STATUS: dict[int, Kind] = {400: BAD_REQUEST, 404: NOT_FOUND, 405: METHOD, 415: MEDIA}


def create_app(settings: Settings, *, worker_command: Sequence[str]) -> FastAPI:
    """Return the service.

    Parameters
    ----------
    settings
        All settings; the environment is not read.
    worker_command
        Command that starts a process for one job (`gridder worker`).
    """
    service = _build_service(settings, worker_command)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.dispatcher.start()
        try:
            yield
        finally:
            service.dispatcher.stop(settings.grace_seconds)
            service.engine.dispose()

    app = FastAPI(
        title="Gridder",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = service
    app.state.metrics = metrics
    for router in (landing, features, processes, jobs, datasets, plans, tiles):
        app.include_router(router.router, dependencies=[at_once(known_parameters)])
    for router in (ops, session, pages, plan_pages, sketches):
        app.include_router(router.router)
    app.mount("/static", StaticFiles(directory=assets.STATIC), name="static")
    app.add_exception_handler(ProblemError, _answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)

    app.add_middleware(Authenticate, engine=service.engine, suppress_below=settings.suppress_below)
    app.add_middleware(
        Bodies, body_mb=settings.body_mb, upload_mb=settings.upload_mb, seconds=settings.body_seconds
    )
    app.add_middleware(Concurrency, most=settings.concurrent_requests)
    app.add_middleware(Rate, per_minute=settings.requests_per_minute)
    app.add_middleware(Hosts, names=_host_names(settings))
    app.add_middleware(Observe, metrics=metrics)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(BasePath, base_path=settings.base_path)
    app.add_middleware(Head)
    return app


def _build_service(settings: Settings, worker_command: Sequence[str]) -> Service:
    folder = DataFolder(settings.data_dir)
    engine = open_store(settings.store_url)
    migrate(engine)
    return Service(
        settings=settings,
        engine=engine,
        folder=folder,
        sealer=installation_sealer(),
        dispatcher=Dispatcher(settings, engine, folder, worker_command),
    )


def _host_names(settings: Settings) -> list[str]:
    names = [*settings.allowed_hosts, settings.host]
    if settings.public_url:
        names.append(host_name(urlsplit(settings.public_url).netloc))
    return [name for name in names if name not in ("", "0.0.0.0", "::")]  # noqa: S104 - no name of a host


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class alone
    return answer_problem(request, error)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    kind = _KIND_OF_STATUS.get(error.status_code, INTERNAL)
    status = HTTPStatus(error.status_code)
    kind = Kind(kind.type, status, kind.title)
    return answer_problem(request, ProblemError(kind, headers=dict(error.headers or {})))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    return answer_problem(request, invalid(error.errors()))
