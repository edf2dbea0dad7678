"""The OpenAPI document: FastAPI's, with what OGC clients look for and it leaves out."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.links import Links

LIMIT = {"minimum": 1, "maximum": 10_000, "default": 1_000}


def describe(app: FastAPI, links: Links) -> dict[str, Any]:
    """Return the description of all routes but the pages.

    QGIS reads the largest page from `components.parameters.limit`.
    """
    document = get_openapi(
        title=app.title,
        version=version("gridder"),
        openapi_version="3.0.3",
        description="OGC API - Processes for work, OGC API - Features for results.",
        routes=app.routes,
        servers=[{"url": links.base}],
    )
    components = document.setdefault("components", {})
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
    }
    return cast("dict[str, Any]", _to_3_0(document))


def inlined_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a model without references, in the words of OpenAPI 3.0."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def inline(node: Any) -> Any:
        if isinstance(node, list):
            return [inline(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return inline(definitions[node["$ref"].rpartition("/")[2]])
        return {key: inline(value) for key, value in node.items()}

    return cast("dict[str, Any]", _to_3_0(inline(schema)))


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
        out |= {"nullable": True} | ({"allOf": rest} if len(rest) == 1 else {"anyOf": rest})
    if "const" in out:
        out["enum"] = [out.pop("const")]
    for bound, name in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(out.get(bound), int | float) and not isinstance(out.get(bound), bool):
            out[name] = out[bound]
            out[bound] = True
    return out
