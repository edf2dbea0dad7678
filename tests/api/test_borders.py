"""What the review of the service found: each hole stays shut."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from api import views
from api.app import create_app
from api.errors import ProblemError
from gridder.config import Settings
from tests.api.conftest import Server, partition_body, people, squares
from tests.api.watch import until


@pytest.fixture(scope="module")
def server(sqlite_server: Server) -> Server:
    return sqlite_server


@pytest.fixture(scope="module")
def client(server: Server) -> httpx.Client:
    return server.client()


@pytest.fixture(scope="module")
def plan(client: httpx.Client) -> str:
    fields = squares(8, 6)
    for feature in fields["features"]:
        feature["properties"]["unit_id"] = feature["properties"]["unit_id"].replace("F00", "F/", 1)
    answer = client.post("/processes/partition/execution", json=partition_body(fields=fields))
    return answer.json()["plan"]


def test_nobody_sends_much_where_little_is_expected(server, client, plan):
    """Forms and short JSON have a small limit, before a key is asked for and before a role is."""
    form = b"key=" + b"%41" * 40_000
    headers = {"Origin": server.base, "Content-Type": "application/x-www-form-urlencoded"}
    assert httpx.post(f"{server.base}/sign-in", content=form, headers=headers).status_code == 413
    reason = {"reason": "x" * 100_000}
    for method, path in (("POST", f"/plans/{plan}/names"), ("PATCH", "/datasets/x")):
        assert client.request(method, path, json=reason).status_code == 413
    assert client.post("/processes/partition/execution", json=reason).status_code == 400


def test_endless_headers_are_refused(server):
    """Before a key is asked for, no more than some ten kilobytes are kept of a request."""
    host, port = server.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"x" * 200_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.slow
def test_keys_made_up_anew_for_each_request_do_not_evade_the_rate(own_server):
    """An unknown key counts for its address; known keys are counted apart from it."""
    server = own_server(requests_per_minute=60, workers=0)
    known = server.client()
    assert known.get("/plans").status_code == 200
    stranger = server.client("none")
    answers = [stranger.get("/plans", headers={"X-API-Key": f"made-up-{i}"}).status_code for i in range(150)]
    assert set(answers) == {401, 429}
    assert known.get("/plans").status_code == 200


def test_methods_that_nobody_knows_are_one_in_the_figures(server, client):
    for i in range(5):
        client.request(f"STRANGE{i}", "/plans")
    figures = client.get("/metrics").text
    assert "STRANGE" not in figures
    assert 'method="other"' in figures


def test_head_answers_as_get_without_a_body(client, plan):
    for path in ("/", f"/plans/{plan}/map", f"/collections/{plan}.grids/items", "/healthz"):
        head, got = client.head(path), client.get(path)
        assert head.status_code == got.status_code == 200, path
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.content == b""
    assert client.head("/jobs/x").status_code == 404
    assert client.head("/processes/partition/execution").status_code == 405


def test_a_slash_in_an_id_leads_to_its_feature(client, plan):
    for unit in client.get(f"/collections/{plan}.units/items?limit=5").json()["features"]:
        assert "/" in unit["id"]
        path = httpx.URL(client.base_url).copy_with(
            raw_path=f"/collections/{plan}.units/items/{unit['id'].replace('/', '%2F')}".encode()
        )
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json()["id"] == unit["id"]
        (own,) = [link["href"] for link in answer.json()["links"] if link["rel"] == "self"]
        assert client.get(own).json()["id"] == unit["id"]


@pytest.mark.parametrize(
    "inputs",
    [
        '{"size": {"of": "n", "n_grids": 1000000000000000000000000000000}}',
        '{"size": {"of": "n", "target": 1e999}}',
        '{"size": {"of": "n", "target": NaN}}',
        '{"size": {"of": "n", "target": 20}, "time_limit_s": Infinity}',
        '{"title": "\\ud800"}',
        '{"fields": {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": "\\ud800"}}]}}',
    ],
)
def test_numbers_and_texts_that_no_store_takes_are_refused(client, inputs):
    answer = client.post(
        "/processes/partition/execution",
        content=f'{{"inputs": {inputs}}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:gridder:problem:bad-request"


@pytest.mark.slow
def test_what_an_admin_makes_stays_in_the_workspace_of_its_data(server, client):
    """A plan or an inspection of somebody else's file is theirs, and nobody else's."""
    owner = server.client(server.new_key("planner", workspace="owner"))
    neighbour = server.client(server.new_key("planner"))
    content = json.dumps(squares(8, 6)).encode()
    theirs = owner.post("/datasets", params={"name": "theirs.geojson"}, content=content).json()["id"]
    answer = client.post("/processes/partition/execution", json=partition_body(fields={"dataset": theirs}))
    plan = answer.json()["plan"]
    assert owner.get(f"/plans/{plan}").status_code == 200
    assert neighbour.get(f"/plans/{plan}").status_code == 404
    client.post("/processes/inspect/execution", json={"inputs": {"dataset": theirs}})
    assert [job["processID"] for job in owner.get("/jobs").json()["jobs"]] == ["inspect", "partition"]
    ours = client.post("/datasets", params={"name": "ours.geojson"}, content=content).json()["id"]
    both = partition_body(fields={"dataset": theirs}, zones=[{"dataset": ours}])
    assert client.post("/processes/partition/execution", json=both).status_code == 400


def test_a_link_on_another_site_signs_nobody_in(server):
    """Otherwise that site could make people upload to a workspace of its own."""
    for site, status in (("cross-site", 200), ("same-site", 200), ("none", 303)):
        answer = httpx.get(
            f"{server.base}/sign-in", params={"token": server.admin}, headers={"Sec-Fetch-Site": site}
        )
        assert answer.status_code == status
        assert ("set-cookie" in answer.headers) == (status == 303)


def _open_files(server: Server) -> list[str]:
    assert server.process is not None
    files = []
    for handle in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            files.append(str(handle.readlink()))
    return files


def _begin_upload(server: Server, kind: str, start: bytes) -> socket.socket:
    host, port = server.base.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    head = (
        f"POST /datasets?name=members.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {server.admin}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(start) + 100}\r\n\r\n"
    )
    connection.sendall(head.encode() + start)
    return connection


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at the open files in /proc")
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/csv"])
@pytest.mark.slow
def test_an_upload_is_nowhere_in_clear_while_it_comes(own_server, kind):
    """Neither a form nor a plain body is spooled to a temporary file."""
    server = own_server(workers=0)
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="members.csv"\r\n\r\n'
    rows = "秘密,13900000000\n".encode() * 200_000
    with _begin_upload(server, kind, (form if "form" in kind else b"") + rows):
        time.sleep(1.0)
        assert not [path for path in _open_files(server) if "(deleted)" in path]
        for path in (server.data_dir / "uploads").iterdir():
            assert "秘密".encode() not in path.read_bytes()
    end = time.monotonic() + 20
    while list((server.data_dir / "uploads").iterdir()):
        assert time.monotonic() < end, "an upload that broke off stays"
        time.sleep(0.1)
    content = b"a,b\n" + rows
    told = server.client().post("/datasets", params={"name": "whole.csv"}, content=content).json()
    assert told["bytes"] == len(content)
    assert told["sha256"] == hashlib.sha256(content).hexdigest()


def test_names_are_gone_from_the_disk_before_they_are_sent(server, client):
    """Whoever takes them slowly keeps no file with names alive."""
    answer = client.post("/processes/partition/execution", json=partition_body(members=people(8, 6, 300)))
    plan = answer.json()["plan"]
    until(lambda: not list((server.data_dir / "work").iterdir()), "work is left")
    with client.stream("POST", f"/plans/{plan}/names", json={"reason": "test of slow reading"}) as slow:
        assert slow.status_code == 200
        assert "names.xlsx" in slow.headers["content-disposition"]
        assert not list((server.data_dir / "work").rglob("*.xlsx"))


@pytest.mark.parametrize(
    ("host", "own", "foreign"),
    [("fd00::5", "[fd00::5]:80", "fd00"), ("::", "[::1]:80", ""), ("0.0.0.0", "127.0.0.1", "0.0.0.0")],  # noqa: S104 - nothing listens
)
def test_the_own_address_is_answered_to_whatever_its_family(tmp_path, host, own, foreign):
    """The colons of IPv6 are no port."""
    app = create_app(Settings(data_dir=tmp_path, host=host, workers=0), worker_command=[])

    async def ask(name: str) -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://any") as client:
            return (await client.get("/healthz", headers={"Host": name})).status_code

    assert asyncio.run(ask(own)) == 200
    assert asyncio.run(ask(foreign)) == 421
    app.state.service.engine.dispose()


def _until(fact: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not fact():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.mark.slow
def test_slow_readers_and_waiting_executions_keep_nobody_from_reading(own_server):
    server = own_server(concurrent_requests=4, workers=1)
    client = server.client()
    plan = client.post("/processes/partition/execution", json=partition_body()).json()["plan"]
    host, port = server.base.removeprefix("http://").split(":")
    request = f"GET /plans/{plan}/map HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {server.admin}\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            slow = stack.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            slow.connect((host, int(port)))
            slow.sendall(request.encode() * 40)
        time.sleep(2.0)
        assert client.get("/plans").status_code == 200

    heavy = json.dumps(partition_body(30, 30, effort=10)).encode()
    headers = {"X-API-Key": server.admin, "Content-Type": "application/json"}

    def execute(i: int) -> int:
        address = f"{server.base}/processes/partition/execution"
        return httpx.post(address, content=heavy + b" " * i, headers=headers, timeout=90.0).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(execute, range(6))
        _until(lambda: client.get("/jobs?status=running").json()["jobs"] != [], "no job runs")
        assert client.get(f"/plans/{plan}").status_code == 200
        for job in client.get("/jobs?status=accepted,running").json()["jobs"]:
            client.delete(f"/jobs/{job['jobID']}")
        assert set(answers) <= {200, 410, 503}


def test_grid_maps_do_not_fill_the_disk(server, client, plan, monkeypatch):
    """A reader who asks for the map of every grid leaves only the newest there."""
    monkeypatch.setattr(views, "GRID_MAPS_KEPT", 3)
    folder = server.data_dir / "plans" / plan
    grids = client.get(f"/collections/{plan}.grids/items").json()["features"]
    made = [views.grid_map_file(folder, 1, grid["id"], "en") for grid in grids[:5]]
    assert [path.is_file() for path in made] == [False, False, True, True, True]


def test_comparisons_do_not_fill_the_disk(server, client, plan, monkeypatch, tmp_path):
    """A reader who compares all plans with all leaves only the newest there."""
    monkeypatch.setattr(views, "COMPARISONS_KEPT", 1)
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for folder in folders:
        shutil.copytree(server.data_dir / "plans" / plan, folder)
    made = [views.comparison_file(folders[0], other, 1, "en") for other in folders[1:]]
    assert [path.is_file() for path in made] == [False, True]


def test_the_map_of_a_grid_whose_plan_is_just_deleted_does_not_exist(server, client, plan, tmp_path):
    """The view is still in memory when the folder goes."""
    folder = tmp_path / "plan"
    shutil.copytree(server.data_dir / "plans" / plan, folder)
    first, second = client.get(f"/collections/{plan}.grids/items?limit=2").json()["features"]
    assert views.grid_map_file(folder, 1, first["id"], "en")
    shutil.rmtree(folder)
    with pytest.raises(ProblemError) as gone:
        views.grid_map_file(folder, 1, second["id"], "en")
    assert gone.value.kind.status == 404
