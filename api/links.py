"""Addresses and links between resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss",
)
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True)
class Links:
    """Makes addresses below the public address of the service."""

    base: str

    def url(self, *path: str, **query: object) -> str:
        """Return the address of a resource; every part of the path is quoted."""
        address = f"{self.base}/" + "/".join(quote(part, safe="") for part in path)
        wanted = {name: value for name, value in query.items() if value is not None}
        return f"{address}?{urlencode(wanted)}" if wanted else address

    def link(self, rel: str, media_type: str, title: str, *path: str, **query: object) -> dict[str, Any]:
        """Return a link to a resource of the service."""
        return {"rel": rel, "type": media_type, "title": title, "href": self.url(*path, **query)}
