"""Pages made from templates, in the reader's language."""

from __future__ import annotations

from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api import assets
from api.auth import own_path
from api.deps import get_links, language_of
from api.errors import NOT_SIGNED_IN, ProblemError, problem_response
from api.headers import page_policy
from api.in_page import in_page
from api.words import WORDS
from gridder.model import Lang

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(assets.TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["in_page"] = in_page


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> Response:
    """Return a page; the template also knows `lang`, `t` (words), `url(path…)`, `base` and `caller`."""
    lang = language_of(request)
    links = get_links(request)
    content = _ENVIRONMENT.get_template(template).render(
        lang=lang,
        t={name: text.say(lang) for name, text in WORDS.items()},
        url=links.url,
        base=links.base,
        caller=request.scope.get("state", {}).get("caller"),
        path=request.url.path,
        **facts,
    )
    headers = {
        "Content-Security-Policy": page_policy(content),
        "Cache-Control": "no-store",
        "Content-Language": lang,
        "Vary": "Accept, Accept-Language, Cookie",
    }
    return HTMLResponse(content, status_code=status, headers=headers)


def answer_problem(request: Request, problem: ProblemError) -> Response:
    """Return a problem as a page to a browser, which may sign in there, and as JSON to everybody else."""
    lang: Lang = language_of(request)
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        signing_in = problem.kind is NOT_SIGNED_IN
        template = "sign_in.html.j2" if signing_in else "problem.html.j2"
        response = page(
            request,
            template,
            status=problem.kind.status,
            problem=problem.body(lang),
            wrong=False,
            next=own_path(request.scope),
        )
        response.headers.update(problem.headers)
        return response
    return problem_response(problem, lang)
