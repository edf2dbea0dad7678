"""The landing page, conformance, and the description of the service for programs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.catalogue import PROCESSES
from api.deps import LangDep, LinksDep, wants_html
from api.links import CONFORMANCE, HTML, JSON, OPENAPI, Links
from api.openapi import describe
from api.responses import json_response
from api.routes.pages import home

router = APIRouter(tags=["Service"])


@router.get("/", summary="Landing page")
def read_landing(request: Request, links: LinksDep, lang: LangDep) -> Response:
    """Return the entrance: a page for people, links for programs."""
    if wants_html(request):
        return home(request)
    title = "Gridder · 网格划分" if lang == "zh" else "Gridder"
    return json_response(
        {
            "title": title,
            "description": "Divides land and towns into grids and places people in them.",
            "links": _links(links),
        }
    )


@router.get("/conformance", summary="Standards that the service follows")
def read_conformance() -> Response:
    """Return the conformance classes."""
    return json_response({"conformsTo": list(CONFORMANCE)})


@router.get("/api", summary="Description of the service (OpenAPI)")
def read_openapi(request: Request, links: LinksDep) -> Response:
    """Return the OpenAPI document."""
    executions = {process.id: process.inputs for process in PROCESSES.values()}
    return json_response(describe(request.app, links, executions), media_type=OPENAPI)


def _links(links: Links) -> list[dict[str, Any]]:
    ogc = "http://www.opengis.net/def/rel/ogc/1.0/"
    return [
        links.link("self", JSON, "This document", f="json"),
        links.link("alternate", HTML, "This service as a page", f="html"),
        links.link("service-desc", OPENAPI, "Description for programs", "api"),
        links.link("service-doc", HTML, "Description for people", "pages", "help"),
        links.link("conformance", JSON, "Conformance classes", "conformance"),
        links.link("data", JSON, "Plans as collections of features", "collections"),
        links.link(f"{ogc}conformance", JSON, "Conformance classes", "conformance"),
        links.link(f"{ogc}processes", JSON, "Processes", "processes"),
        links.link(f"{ogc}job-list", JSON, "Jobs", "jobs"),
    ]
