"""What routes are given: the service's parts, the caller, the language and the address of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from api.auth import Caller
from api.errors import BAD_REQUEST, ProblemError
from api.links import Links
from gridder.config import Settings
from gridder.jobs.dispatcher import Dispatcher
from gridder.model import Lang, Text
from gridder.storage.folder import DataFolder
from gridder.storage.seal import Sealer

LANG_COOKIE = "gridder_lang"
FORMATS = ("json", "html")
TILESET_PATH = "/plans/{plan_id}/tiles/WebMercatorQuad"
TILE_PATH = TILESET_PATH + "/{tileMatrix}/{tileRow}/{tileCol}"
FORMATS_OF = {TILE_PATH: ("mvt",)}
"""What `f` may be where it is something else than `FORMATS`."""
ITEMS_PATH = "/collections/{collection_id}/items"
EXECUTION_PATH = "/processes/{process_id}/execution"


@dataclass(frozen=True)
class Service:
    """The parts that the routes work with; made by `create_app`."""

    settings: Settings
    engine: Engine
    folder: DataFolder
    sealer: Sealer
    dispatcher: Dispatcher


def get_service(request: Request) -> Service:
    """Return the parts of the running service."""
    return cast("Service", request.app.state.service)


def get_caller(request: Request) -> Caller:
    """Return who is calling; the gate before has refused everybody else."""
    return cast("Caller", request.scope["state"]["caller"])


def get_planner(request: Request) -> Caller:
    """Return the caller, who must be a planner or more."""
    caller = get_caller(request)
    caller.require("planner")
    return caller


def language_of(request: Request) -> Lang:
    """Return the language of the answer: `lang`, the cookie, else the first of Accept-Language that we speak."""
    for wish in (request.query_params.get("lang"), request.cookies.get(LANG_COOKIE)):
        if wish in ("en", "zh"):
            return cast("Lang", wish)
    wishes = []
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        lang = tag.lower()[:2]
        if lang in ("en", "zh"):
            wishes.append((-_number(quality), lang))
    return cast("Lang", min(wishes, key=lambda wish: wish[0])[1]) if wishes else "en"


def get_links(request: Request) -> Links:
    """Return the maker of addresses for this request."""
    settings = get_service(request).settings
    origin = settings.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    return Links(origin + settings.base_path.rstrip("/"))


def known_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not know, as OGC API asks.

    Items look after theirs themselves: every property of their collection is one.
    """
    route = request.scope["route"]
    formats = FORMATS_OF.get(route.path, FORMATS)
    if request.query_params.get("f", formats[0]) not in formats:
        raise ProblemError(
            BAD_REQUEST, Text(f"f is {' or '.join(formats)}", f"f 只能为 {' 或 '.join(formats)}")
        )
    if route.path == ITEMS_PATH:
        return
    known = {field.alias for field in route.dependant.query_params} | {"lang", "f"}
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        names = ", ".join(name[:40] for name in unknown)
        raise ProblemError(
            BAD_REQUEST,
            Text(f"unknown query parameters: {names}", f"未知的查询参数：{names}"),
            Text(f"known here: {', '.join(sorted(known))}", f"可用参数：{'、'.join(sorted(known))}"),
        )


def wants_html(request: Request) -> bool:
    """Return whether the caller asks for a page rather than JSON."""
    wished = request.query_params.get("f")
    if wished is not None:
        return wished == "html"
    return "text/html" in request.headers.get("accept", "")


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0


def at_once(make: Callable[[Request], Any]) -> Any:
    """Return a function as a dependency; FastAPI sends plain functions to a thread, which takes longer."""

    async def dependency(request: Request) -> Any:
        return make(request)

    return Depends(dependency)


ServiceDep = Annotated[Service, at_once(get_service)]
CallerDep = Annotated[Caller, at_once(get_caller)]
PlannerDep = Annotated[Caller, at_once(get_planner)]
LangDep = Annotated[Lang, at_once(language_of)]
LinksDep = Annotated[Links, at_once(get_links)]
