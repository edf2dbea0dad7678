"""A service with a plan of 20 000 grids, for the programs that people will read it with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.api.conftest import partition_body, squares, start_server

COLUMNS, ROWS = 200, 100
ZONE = "East"
BBOX = (116.0405, 40.0205, 116.0805, 40.0705)
JOB_SECONDS = 600.0


@dataclass(frozen=True)
class Collection:
    """The grids of a plan, as a viewer reads them."""

    base: str
    name: str
    key: str
    client: httpx.Client

    def count(self, **query: object) -> int:
        """Return how many grids answer to a query, as the API counts them."""
        answer = self.client.get(f"/collections/{self.name}/items", params={"limit": 1, **query})
        return int(answer.json()["numberMatched"])

    @property
    def address(self) -> str:
        """Return the address of the collection."""
        return f"{self.base}/collections/{self.name}"


@pytest.fixture(scope="session")
def grids(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    """Divide 20 000 fields into as many grids and return them."""
    server = start_server(tmp_path_factory.mktemp("clients"), workers=1)
    try:
        plan = _divided(server.client())
        key = server.new_key("viewer")
        yield Collection(server.base, f"{plan}.grids", key, server.client(key))
    finally:
        server.stop()


def _zones() -> dict[str, Any]:
    """Return two zones, the western one of 60 columns."""
    middle, east, north = 116.06, 116.0 + COLUMNS * 0.001, 40.0 + ROWS * 0.001
    features = [
        {
            "type": "Feature",
            "properties": {"zone": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[w, 40.0], [e, 40.0], [e, north], [w, north], [w, 40.0]]],
            },
        }
        for name, w, e in (("West", 116.0, middle), (ZONE, middle, east))
    ]
    return {"type": "FeatureCollection", "features": features}


def _divided(client: httpx.Client) -> str:
    fields: dict[str, Any] = squares(COLUMNS, ROWS)
    for feature in fields["features"]:
        feature["properties"]["n"] = 1
    size = {"of": "n", "target": 1, "minimum": 1, "maximum": 1}
    body = partition_body(fields={"value": fields}, zones={"value": _zones()}, size=size)
    job = client.post("/processes/partition/execution", json=body, headers={"Prefer": "respond-async"})
    end = time.monotonic() + JOB_SECONDS
    while time.monotonic() < end:
        info = client.get(f"/jobs/{job.json()['jobID']}").json()
        if info["status"] not in ("accepted", "running"):
            return str(info["plan"])
        time.sleep(1)
    raise AssertionError(info)
