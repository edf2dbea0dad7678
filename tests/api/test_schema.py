"""The description of the service is true: what fits it, or nearly does, is answered as it says."""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.answers import ANSWERS
from tests.api.conftest import Server, partition_body, people, squares, start_server
from tests.api.test_processes import wait_for

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TAKES_NOTHING = ("read_health", "read_readiness", "read_metrics")
EXAMPLES = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a service that may be asked as often as it can answer."""
    server = start_server(tmp_path_factory.mktemp("schema"), requests_per_minute=1_000_000)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def things(server: Server) -> dict[str, str]:
    """Return what lies on the server, by the parameter of a path that names it."""
    client = server.client()
    dataset = client.post("/datasets?name=a.geojson", content=b"{}").json()["id"]
    asynchronous = {"Prefer": "respond-async"}
    answer = client.post("/processes/partition/execution", json=partition_body(), headers=asynchronous)
    job = answer.json()["jobID"]
    plan = wait_for(client, job)["plan"]
    grid = client.get(f"/collections/{plan}.grids/items?limit=1").json()["features"][0]["id"]
    return {
        "plan_id": plan,
        "other_id": plan,
        "job_id": job,
        "dataset_id": dataset,
        "process_id": "partition",
        "collection_id": f"{plan}.grids",
        "feature_id": grid,
        "grid_id": grid,
        "name": "grids.geojson",
        "tileMatrix": "14",
        "tileRow": "6202",
        "tileCol": "13471",
    }


@pytest.fixture(scope="module")
def described(server: Server) -> schemathesis.BaseSchema:
    """Return the description, as a program reads it."""
    config = schemathesis.Config.from_dict(
        {"generation": {"deterministic": True, "database": "none", "with-security-parameters": False}}
    )
    return schemathesis.openapi.from_url(
        f"{server.base}/api", headers={"X-API-Key": server.admin}, config=config
    )


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *((name, GenerationMode.POSITIVE) for name in ANSWERS),
        *((name, GenerationMode.NEGATIVE) for name in ANSWERS if name not in TAKES_NOTHING),
    ],
)
def test_whatever_is_asked_is_answered_as_described(server, things, described, name, mode):
    """No fault of ours; statuses, media types, headers and schemas are those of the description.

    What reads is asked again for things that exist.
    """
    operation = described.find_operation_by_id(name)
    headers = {"X-API-Key": server.admin}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(headers=headers, checks=CHECKS)
        if operation.method == "get" and case.path_parameters:
            case.path_parameters = {name: things[name] for name in case.path_parameters}
            case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


def test_what_is_made_and_deleted_is_answered_as_described(server, described):
    """Uploading, confirming, running at once and as a job, names, dismissing and deleting."""
    client = server.client()

    def ask(name, method, path, status, **sent):
        answer = client.request(method, path, **sent)
        assert answer.status_code == status, answer.text
        described.find_operation_by_id(name).validate_response(answer)
        return answer.json() if status != 204 and "json" in answer.headers["content-type"] else None

    file = json.dumps(squares(8, 6)).encode()
    dataset = ask("upload", "POST", "/datasets?name=fields.geojson", 201, content=file)["id"]
    ask("change_dataset", "PATCH", f"/datasets/{dataset}", 200, json={"columns": {"unit_id": "unit_id"}})
    look, run = "/processes/inspect/execution", "/processes/partition/execution"
    ask("execute_inspect", "POST", look, 200, json={"inputs": {"dataset": dataset}})
    land = {"inputs": {"boundary": {"dataset": dataset}, "target_area": "5ha"}}
    cells = ask("execute_lattice", "POST", "/processes/lattice/execution", 200, json=land)["dataset"]
    ask("read_dataset", "GET", f"/datasets/{cells}", 200)
    body = partition_body(members={"value": people(8, 6, 60)}, size={"of": "members", "target": 10})
    plan = ask("execute_partition", "POST", run, 200, json=body)["plan"]
    ask(
        "read_addresses",
        "POST",
        f"/plans/{plan}/addresses",
        404,
        json={"reason": "a test of the description"},
    )
    ask("read_names", "POST", f"/plans/{plan}/names", 200, json={"reason": "a test of the description"})
    body = partition_body(fields={"dataset": dataset})
    job = ask("execute_partition", "POST", run, 201, json=body, headers={"Prefer": "respond-async"})["jobID"]
    ask("dismiss_job", "DELETE", f"/jobs/{job}", 200)
    ask("remove_plan", "DELETE", f"/plans/{plan}", 204)
    ask("remove_dataset", "DELETE", f"/datasets/{dataset}", 204)


def test_problems_are_described_as_they_are(described):
    """Every operation names its problems, each as `application/problem+json`, and none is a 422."""
    document = described.raw_schema
    for item in document["paths"].values():
        for operation in item.values():
            assert "422" not in operation["responses"]
            problems = {status for status in operation["responses"] if int(status) >= 400}
            assert {"403", "429", "500", "503"} <= problems
    for answer in document["components"]["responses"].values():
        assert list(answer["content"]) == ["application/problem+json"]
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert sorted(names) == sorted(ANSWERS)
    described.validate()
