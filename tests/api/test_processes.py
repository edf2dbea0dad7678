"""OGC API - Processes, part 1 (18-062r2): named are the requirements that a test holds."""

from __future__ import annotations

import io
import json
import time
import zipfile

import httpx
import pytest

from tests.api.conftest import Server, partition_body, people, squares

OGC = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
PLANNER_FILES = {"plan.gpkg", "plan.json", "report.json", "report.html", "rosters.xlsx"}


def wait_for(client: httpx.Client, job_id: str, seconds: float = 60.0) -> dict:
    """Return the status of a job once it has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        info = client.get(f"/jobs/{job_id}").json()
        if info["status"] not in ("accepted", "running"):
            return info
        time.sleep(0.1)
    raise AssertionError(info)


@pytest.fixture(scope="module")
def client(server: Server):
    return server.client()


@pytest.fixture(scope="module")
def made(client):
    """One plan with people, run synchronously."""
    body = partition_body(members={"value": people(8, 6, 60)}, size={"of": "members", "target": 10})
    answer = client.post("/processes/partition/execution", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_landing_page_names_its_parts(client):
    """/req/core/landingpage-success: links to description, conformance, processes and jobs."""
    rels = {link["rel"] for link in client.get("/").json()["links"]}
    ogc = "http://www.opengis.net/def/rel/ogc/1.0/"
    assert {"service-desc", "conformance", "data", f"{ogc}processes", f"{ogc}job-list"} <= rels


def test_conformance_names_core(client):
    """/req/core/conformance-success."""
    classes = client.get("/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core" in classes
    assert "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss" in classes


def test_every_process_is_listed_and_described(client):
    """/req/core/process-list-success, /req/core/process-success, /req/ogc-process-description/json-encoding."""
    listed = client.get("/processes").json()["processes"]
    assert [process["id"] for process in listed] == ["partition", "lattice", "inspect"]
    for process in listed:
        assert {"sync-execute", "async-execute", "dismiss"} == set(process["jobControlOptions"])
        described = client.get(f"/processes/{process['id']}").json()
        assert described["inputs"]
        assert all(
            "schema" in part for part in [*described["inputs"].values(), *described["outputs"].values()]
        )
        assert "$ref" not in str(described)


def test_an_unknown_process_is_a_problem(client):
    """/req/core/process-exception/no-such-process."""
    for answer in (client.get("/processes/magic"), client.post("/processes/magic/execution", json={})):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == OGC + "no-such-process"


def test_a_partition_by_value_is_answered_at_once(made):
    """/req/core/process-execute-sync-document: the plan, its links and its report."""
    assert set(made) == {"plan", "links", "report"}
    layer = made["report"]["layers"]["field"]
    assert layer["n_units"] == 48
    assert layer["contiguous"] == 1.0
    assert made["report"]["members"]["field"]["placed"] == 60


def test_every_link_of_a_plan_works(client, made):
    """Links are absolute and lead somewhere."""
    for link in made["links"]:
        if link["rel"] != "alternate":
            answer = client.get(link["href"])
            assert answer.status_code == 200, link
            assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0]
    names = {link["title"] for link in made["links"]}
    assert names >= PLANNER_FILES


def test_a_bare_collection_is_taken_too(client):
    """A FeatureCollection may stand for itself."""
    body = partition_body(fields=squares(6, 5))
    assert client.post("/processes/partition/execution", json=body).status_code == 200


def test_a_job_is_accepted_run_and_read(client):
    """/req/core/process-execute-success-async, /req/core/job-success, /req/core/job-results-async-document."""
    answer = client.post(
        "/processes/partition/execution", json=partition_body(), headers={"Prefer": "respond-async"}
    )
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "respond-async"
    info = answer.json()
    assert answer.headers["location"].endswith(f"/jobs/{info['jobID']}")
    assert info["type"] == "process"
    assert info["status"] in ("accepted", "running")
    early = client.get(f"/jobs/{info['jobID']}/results")
    if early.status_code != 200:
        assert (early.status_code, early.json()["type"]) == (404, OGC + "result-not-ready")
    ended = wait_for(client, info["jobID"])
    assert ended["status"] == "successful"
    assert ended["progress"] == 100
    assert client.get(f"/jobs/{info['jobID']}/results").json()["plan"] == ended["plan"]
    assert info["jobID"] in {job["jobID"] for job in client.get("/jobs").json()["jobs"]}


def test_an_unknown_job_is_a_problem(client):
    """/req/core/job-exception-no-such-job, also for its results and for dismissing it."""
    for answer in (
        client.get("/jobs/none"),
        client.get("/jobs/" + "a" * 20 + "/results"),
        client.delete("/jobs/" + "a" * 20),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, OGC + "no-such-job")


def test_the_same_idempotency_key_twice_is_one_job(client):
    """A request that is sent again is not run again; another one under the same key is refused."""
    headers = {"Idempotency-Key": "once-and-only", "Prefer": "respond-async"}
    first, again = (
        client.post("/processes/partition/execution", json=partition_body(), headers=headers)
        for _ in range(2)
    )
    assert first.json()["jobID"] == again.json()["jobID"]
    other = client.post("/processes/partition/execution", json=partition_body(rng=5), headers=headers)
    assert other.status_code == 409
    wait_for(client, first.json()["jobID"])


def test_a_file_is_uploaded_inspected_and_divided(client, tmp_path):
    """By dataset id: the same plan as by value; the roster is a table in an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("名单.csv", "成员编号,经度,纬度\n1,116.0005,40.0005\n2,116.0015,40.0005\n")
    roster = client.post("/datasets", files={"file": ("名单.zip", packed.getvalue())}).json()["id"]
    file = {"file": ("地块.geojson", json.dumps(squares(8, 6)).encode())}
    dataset = client.post("/datasets", files=file)
    assert dataset.status_code == 201
    own = dataset.json()["id"]
    seen = client.post("/processes/inspect/execution", json={"inputs": {"dataset": {"dataset": own}}})
    assert seen.status_code == 200, seen.text
    assert seen.json()["layers"][0]["rows"] == 48
    body = partition_body(fields={"dataset": own}, members={"dataset": roster})
    answer = client.post("/processes/partition/execution", json=body).json()
    assert answer["report"]["layers"]["field"]["n_units"] == 48
    assert answer["report"]["members"]["field"]["placed"] == 2
    assert client.delete(f"/datasets/{own}").status_code == 204
    assert client.get(f"/plans/{answer['plan']}").status_code == 404
    assert client.get(f"/datasets/{own}").status_code == 404


def test_wrong_input_names_file_row_and_remedy(client):
    """What is wrong with the features is told as it is on the command line."""
    fields = squares(4, 4)
    fields["features"][3]["geometry"] = None
    body = partition_body(fields=fields, size={"of": "people_count", "target": 5})
    answer = client.post("/processes/partition/execution", json=body)
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["type"] == "urn:gridder:problem:bad-input"
    assert all({"file", "layername", "rows", "what", "remedy"} <= set(fault) for fault in problem["faults"])
    assert problem["faults"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[]",
        b"{}",
        b'{"inputs": []}',
        b'{"inputs": {"fields": {"dataset": 5}}}',
        b'{"inputs": {"fields": {"value": {"type": "Feature"}}}}',
        b'{"inputs": {"magic": 1}}',
        b'{"inputs": {"size": {"target": -1}}}',
        b'{"inputs": {"rng": "x"}}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_cannot_be_understood_is_a_400(client, body):
    """/req/core/process-execute-inputs: never 422, never 500."""
    answer = client.post(
        "/processes/partition/execution", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["type"].startswith("urn:gridder:problem:bad-")


def test_nothing_to_divide_is_a_fault(client):
    """Neither fields nor buildings, told with a remedy."""
    answer = client.post("/processes/partition/execution", json={"inputs": {"size": {"target": 5}}})
    assert answer.status_code == 400
    assert answer.json()["faults"][0]["remedy"]


def test_unknown_query_parameters_are_refused(client):
    """/req/core/query-param-unknown of OGC API: 400."""
    for path in ("/processes?magic=1", "/jobs?limit=x", "/collections?x=1", "/?y=2"):
        assert client.get(path).status_code == 400, path


def test_dismissing_a_job_stops_it(client):
    """/req/dismiss/job-dismiss-success; sent again it changes nothing."""
    body = partition_body(30, 30, effort=100)
    job = client.post(
        "/processes/partition/execution", json=body, headers={"Prefer": "respond-async"}
    ).json()["jobID"]
    answer = client.delete(f"/jobs/{job}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "dismissed"
    assert client.delete(f"/jobs/{job}").json()["status"] == "dismissed"
    assert client.get(f"/jobs/{job}/results").status_code == 410


def test_languages_of_problems(client):
    """Problems speak the caller's language."""
    answer = client.get("/jobs/none", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert answer.json()["title"] == "没有该任务"
    assert answer.headers["content-language"] == "zh"


def test_the_list_of_jobs_can_be_narrowed(client, made):
    """/req/job-list: type, processID, status, datetime, minDuration and maxDuration."""
    jobs = client.get("/jobs", params={"limit": 1000}).json()["jobs"]
    assert made["plan"] in {job.get("plan") for job in jobs}
    everything = {job["jobID"] for job in jobs}

    def chosen(**query):
        answer = client.get("/jobs", params={"limit": 1000, **query})
        assert answer.status_code == 200, answer.text
        return {job["jobID"] for job in answer.json()["jobs"]}

    assert chosen(type="process", processID="partition,lattice,inspect") == everything
    assert chosen(processID="magic") == set()
    assert chosen(datetime="2020-01-01T00:00:00Z/..", minDuration=0) <= everything
    assert chosen(datetime="../2020-01-01T00:00:00Z") == set()
    assert chosen(minDuration=3600) == set()
    assert chosen(status="successful", maxDuration=3600) == chosen(status="successful")
    for query in ("type=magic", "status=magic", "datetime=2021/2020", "minDuration=-1"):
        assert client.get(f"/jobs?{query}").status_code == 400


def test_outputs_are_named_and_values_may_be_qualified(client):
    """/req/core/process-execute-inputs: `{"value": …}` for what is no file; an unknown output is refused."""
    described = client.get("/processes/partition").json()["outputs"]
    assert set(described) == {"plan", "links", "report"}
    body = partition_body(size={"value": {"of": "n", "target": 20}}, rng={"value": 3})
    answer = client.post("/processes/partition/execution", json=body, headers={"Accept-Language": "zh"})
    assert answer.status_code == 200, answer.text
    plan = answer.json()["plan"]
    assert "网格划分报告" in client.get(f"/plans/{plan}/files/report.html").text
    names = {link["title"] for link in client.get(f"/plans/{plan}").json()["links"]}
    assert "rosters.xlsx" not in names
    body["outputs"] = {"nope": {}}
    assert client.post("/processes/partition/execution", json=body).status_code == 400
