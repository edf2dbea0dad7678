"""Signing in and out with a browser: a key is exchanged for a cookie."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from api.auth import COOKIE, refuse_cross_site
from api.deps import LinksDep, Service, ServiceDep
from api.links import Links
from api.render import page
from gridder.storage.keys import close_session, find_key, open_session

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def read_sign_in(
    request: Request,
    service: ServiceDep,
    links: LinksDep,
    token: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Return the sign-in page; the printed link brings its token along and goes on at once.

    A link on a page of another site does not, or that site could sign people in with a key of its own.
    """
    if token is not None and request.headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return _signed_in(service, links, token, "") or _refused(request, "")
    return page(request, "sign_in.html.j2", wrong=False, next="")


@router.post("/sign-in")
async def sign_in(request: Request, service: ServiceDep, links: LinksDep) -> Response:
    """Exchange a key for a cookie and go on to the page that was asked for."""
    refuse_cross_site(request)
    form = parse_qs((await request.body()).decode("ascii", "replace"), max_num_fields=10)
    key, wished = form.get("key", [""])[0].strip(), form.get("next", [""])[0]
    response = await run_in_threadpool(_signed_in, service, links, key, wished)
    return response or _refused(request, wished)


@router.post("/sign-out")
def sign_out(request: Request, service: ServiceDep, links: LinksDep) -> Response:
    """End the session of the browser."""
    token = request.cookies.get(COOKIE)
    if token:
        close_session(service.engine, token)
    response = RedirectResponse(links.url("sign-in"), status_code=303)
    response.delete_cookie(COOKIE, path=_cookie_path(service))
    return response


def _signed_in(service: Service, links: Links, secret: str, wished: str) -> Response | None:
    now, hours = time.time(), service.settings.session_hours
    key = find_key(service.engine, secret, now=now)
    if key is None:
        return None
    token = open_session(service.engine, key.id, hours=hours, now=now)
    response = RedirectResponse(links.base + _local(wished), status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(hours * 3600),
        path=_cookie_path(service),
        secure=links.base.startswith("https://"),
        httponly=True,
        samesite="strict",
    )
    return response


def _refused(request: Request, wished: str) -> Response:
    return page(request, "sign_in.html.j2", status=401, wrong=True, next=wished)


def _local(path: str) -> str:
    """Return a path of this service; anything else, as an address of another site, is the entrance."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fine else "/"


def _cookie_path(service: Service) -> str:
    return service.settings.base_path.rstrip("/") or "/"
