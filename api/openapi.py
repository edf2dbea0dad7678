"""The OpenAPI document: what FastAPI knows of the routes, with what they answer and what OGC clients look for."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.answers import ANSWERS, Answer, Problem
from api.auth import OPEN_PATHS
from api.deps import EXECUTION_PATH, FORMATS, FORMATS_OF, ITEMS_PATH
from api.errors import MEDIA_TYPE
from api.links import JSON, Links
from gridder.io.features import COLLECTIONS

LIMIT = {"minimum": 1, "maximum": 10_000, "default": 1_000}
_ANYWHERE = (401, 403, 421, 429, 500, 503, 507)
_OPERATION = "Operation"
_HEADERS = {
    "Prefer": "`respond-async` gives a job to look after instead of waiting for its end.",
    "Idempotency-Key": "The same key twice is one job, so that a request can be sent again.",
}


def describe(app: FastAPI, links: Links, executions: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """Return the description of all routes but the pages.

    QGIS reads the largest page from `components.parameters.limit`.

    Parameters
    ----------
    executions
        Inputs by process; each process has a path of its own, as each has a body of its own.
    """
    document = get_openapi(
        title=app.title,
        version=version("gridder"),
        openapi_version="3.0.3",
        description="OGC API - Processes for work, OGC API - Features for results.",
        routes=app.routes,
        servers=[{"url": links.base}],
    )
    paths = document["paths"]
    template = paths.pop(EXECUTION_PATH)["post"]
    for process_id, inputs in executions.items():
        paths[EXECUTION_PATH.format(process_id=process_id)] = {
            "post": _execution(template, process_id, inputs)
        }
    paths[ITEMS_PATH]["get"]["parameters"] += _property_parameters()
    for path, item in paths.items():
        for operation in item.values():
            _complete(operation, path)
    components = document.setdefault("components", {})
    components["schemas"] = _schemas(components.get("schemas", {}))
    components["responses"] = {
        f"Problem{status}": _problem(status) for status in sorted(_problem_statuses(paths))
    }
    components["securitySchemes"] = {
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
    }
    document["security"] = [{"key": []}, {"bearer": []}, {"basic": []}]
    components["parameters"] = {
        "limit": {
            "name": "limit",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", **LIMIT},
            "style": "form",
            "explode": False,
        },
        "f": _query_parameter("f", {"type": "string", "enum": list(FORMATS)}),
        "lang": _query_parameter("lang", {"type": "string", "enum": ["en", "zh"]}),
    }
    described = cast("dict[str, Any]", _to_3_0(document))
    for item in described["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                parameter.get("schema", {}).pop("nullable", None)
    return described


def inlined_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a model without references, in the words of OpenAPI 3.0.

    Titles are left out: where a model stands in several places, generators of clients would name several
    classes the same.
    """
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def inline(node: Any) -> Any:
        if isinstance(node, list):
            return [inline(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return inline(definitions[node["$ref"].rpartition("/")[2]])
        return {
            key: inline(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }

    return cast("dict[str, Any]", _to_3_0(inline(schema)))


def _execution(template: Mapping[str, Any], process_id: str, inputs: type[BaseModel]) -> dict[str, Any]:
    """Return the operation that runs one process."""
    body = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "inputs": inlined_schema(inputs),
            "outputs": {"type": "object", "nullable": True},
            "response": {"type": "string", "enum": ["raw", "document"]},
        },
    }
    parameters = [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": text}
        for name, text in _HEADERS.items()
    ]
    return {
        **template,
        "operationId": f"execute_{process_id}",
        "summary": f"Run {process_id}",
        "parameters": parameters,
        "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
    }


def _common_parameters(path: str) -> list[dict[str, Any]]:
    """Return the parameters that every route takes."""
    lang = {"$ref": "#/components/parameters/lang"}
    if path in FORMATS_OF:
        return [_query_parameter("f", {"type": "string", "enum": list(FORMATS_OF[path])}), lang]
    return [{"$ref": "#/components/parameters/f"}, lang]


def _property_parameters() -> list[dict[str, Any]]:
    """Return the properties of all collections as parameters, since each is a filter."""
    kinds = {name: kind for properties in COLLECTIONS.values() for name, kind in properties.items()}
    return [
        {**_query_parameter(name, {"type": kind}), "description": "Filter, where the collection has it."}
        for name, kind in kinds.items()
    ]


def _query_parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": dict(schema)}


def _complete(operation: dict[str, Any], path: str) -> None:
    """Say what an operation answers, in place of what FastAPI supposes."""
    answer = ANSWERS[operation["operationId"]]
    statuses = {*_ANYWHERE, *answer.problems}
    if "{" in path:
        statuses.add(404)
    if _OPERATION not in operation["tags"]:
        statuses.add(400)
        operation.setdefault("parameters", []).extend(_common_parameters(path))
    if path in OPEN_PATHS:
        statuses.discard(401)
        operation["security"] = []
    operation["responses"] = _successes(answer) | {
        str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)
    }


def _successes(answer: Answer) -> dict[str, Any]:
    return {
        str(status): {
            "description": HTTPStatus(status).phrase,
            **(
                {"content": {media: _content(media, model) for media, model in by_media.items()}}
                if by_media
                else {}
            ),
        }
        for status, by_media in answer.content.items()
    }


def _content(media_type: str, model: type[BaseModel] | None) -> dict[str, Any]:
    if model is not None:
        return {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    if media_type.endswith("json"):
        return {"schema": {"type": "object"}}
    text = media_type.startswith("text/")
    return {"schema": {"type": "string"} | ({} if text else {"format": "binary"})}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}


def _problem_statuses(paths: Mapping[str, Any]) -> set[int]:
    return {
        int(status)
        for item in paths.values()
        for operation in item.values()
        for status in operation["responses"]
        if int(status) >= 400
    }


def _schemas(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas of bodies and answers, without those of FastAPI's own errors."""
    models: set[type[BaseModel]] = {
        model
        for answer in ANSWERS.values()
        for by_media in answer.content.values()
        for model in by_media.values()
        if model is not None
    }
    by_name = sorted(models | {Problem}, key=lambda model: model.__name__)
    _, ours = models_json_schema(
        [(model, "validation") for model in by_name], ref_template="#/components/schemas/{model}"
    )
    bodies = {
        name: schema
        for name, schema in known.items()
        if name not in ("HTTPValidationError", "ValidationError")
    }
    described: dict[str, Any] = bodies | ours["$defs"]
    return described


def _to_3_0(node: Any) -> Any:
    """Return a schema of JSON Schema 2020 in the words of OpenAPI 3.0, which OGC API names."""
    if isinstance(node, list):
        return [_to_3_0(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _to_3_0(value) for key, value in node.items()}
    if isinstance(out.get("anyOf"), list) and {"type": "null"} in out["anyOf"]:
        rest = [option for option in out["anyOf"] if option != {"type": "null"}]
        del out["anyOf"]
        out |= _nullable(rest)
    if "const" in out:
        out["enum"] = [out.pop("const")]
    for bound, name in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(out.get(bound), int | float) and not isinstance(out.get(bound), bool):
            out[name] = out[bound]
            out[bound] = True
    return out


def _nullable(options: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of some options or null; `nullable` counts only beside a type."""
    if len(options) == 1:
        return (
            {**options[0], "nullable": True} if "type" in options[0] else {"nullable": True, "allOf": options}
        )
    return {"anyOf": [{**option, "nullable": True} if "type" in option else option for option in options]}
