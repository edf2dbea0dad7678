"""A lattice over HTTP: land without parcels becomes a plan by two requests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Server
from tests.api.test_processes import OGC, wait_for

RUN = "/processes/lattice/execution"


def area(name: str, west: float, south: float, side: float) -> dict[str, Any]:
    """Return a square of degrees."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def boundary(*areas: dict[str, Any]) -> dict[str, Any]:
    """Return areas as one file."""
    return {"type": "FeatureCollection", "features": list(areas)}


def ask(boundary: Any, **more: Any) -> dict[str, Any]:
    """Return the body of an execution."""
    return {"inputs": {"boundary": boundary, "target_area": "10ha", **more}}


@pytest.fixture(scope="module")
def client(server: Server):
    return server.client(server.new_key("planner", workspace="lattices"))


def test_land_without_parcels_needs_two_requests(server, client):
    """Cells of two areas, each a zone of its own; the dataset is the fields of the plan, and both go together."""
    uploaded = client.post("/datasets?name=farm.geojson", json=boundary(area("西", 116.0, 40.0, 0.01))).json()
    both = [{"dataset": uploaded["id"]}, boundary(area("东", 116.02, 40.0, 0.01))]
    answer = client.post(RUN, json=ask(both, shape="hexagon"))
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(made) == {"dataset", "cells", "cell_m2", "findings", "links"}
    assert made["cell_m2"] == pytest.approx(100_000)
    told = client.get(f"/datasets/{made['dataset']}").json()
    assert told["name"] == "farm-hexagon-10ha.gpkg"
    assert made["links"] == told["links"]
    sealed = server.data_dir / "uploads" / made["dataset"]
    assert b"SQLite format" not in sealed.read_bytes()

    size = {"of": "area_ha", "target": 40, "minimum": 15, "maximum": 60}
    body = {"inputs": {"fields": {"dataset": made["dataset"]}, "size": size}}
    plan = client.post("/processes/partition/execution", json=body).json()
    layer = plan["report"]["layers"]["field"]
    assert layer["n_units"] == made["cells"] > 15
    assert layer["contiguous"] == 1.0

    stranger = server.client(server.new_key("planner", workspace="strangers"))
    assert stranger.get(f"/datasets/{made['dataset']}").status_code == 404
    assert stranger.post(RUN, json=ask({"dataset": made["dataset"]})).status_code == 404
    assert client.delete(f"/datasets/{uploaded['id']}").status_code == 204
    assert client.get(f"/datasets/{made['dataset']}").status_code == 404
    assert client.get(f"/plans/{plan['plan']}").status_code == 404
    assert not sealed.exists()


@pytest.mark.slow
def test_a_lattice_is_a_job_like_others(client):
    """Sent twice it is one job; its status names the dataset; without the dataset it has no results any more."""
    headers = {"Prefer": "respond-async", "Idempotency-Key": "a-lattice"}
    first, again = (
        client.post(RUN, json=ask(boundary(area("", 116, 40, 0.01))), headers=headers) for _ in range(2)
    )
    assert (first.status_code, first.json()["processID"]) == (201, "lattice")
    own = first.json()["jobID"]
    assert own == again.json()["jobID"]
    ended = wait_for(client, own)
    result = client.get(f"/jobs/{own}/results").json()
    assert ended["dataset"] == result["dataset"]
    assert {job["jobID"] for job in client.get("/jobs?processID=lattice").json()["jobs"]} >= {own}
    assert result["dataset"] in {dataset["id"] for dataset in client.get("/datasets").json()["datasets"]}
    assert client.delete(f"/datasets/{result['dataset']}").status_code == 204
    gone = client.get(f"/jobs/{own}/results")
    assert (gone.status_code, gone.json()["type"]) == (404, OGC + "no-such-job")


def test_what_is_wrong_with_a_lattice_is_told(server, client):
    """At the door what the schema says, from the job what only the work can know; viewers make none."""
    land = boundary(area("", 116, 40, 0.01))
    for wrong in ({"shape": "triangle"}, {"target_area": "1\nha"}, {"size": 5}):
        assert client.post(RUN, json=ask(land, **wrong)).json()["type"].endswith("bad-request")
    assert client.post(RUN, json={"inputs": {"target_area": "1ha"}}).status_code == 400
    answer = client.post(RUN, json=ask(land, target_area="5 acres"))
    assert answer.status_code == 400
    (fault,) = answer.json()["faults"]
    assert fault["kind"] == "bad-size"
    assert "50ha" in fault["remedy"]
    viewer = server.client(server.new_key("viewer", workspace="lattices"))
    assert viewer.post(RUN, json=ask(land)).status_code == 403
