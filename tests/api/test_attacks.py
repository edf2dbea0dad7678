"""What hostile callers try: each is refused, and nothing is read or kept."""

from __future__ import annotations

import io
import json
import socket
import time
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Server, partition_body, squares
from tests.api.watch import until

ROOT = Path(__file__).resolve().parents[2]
SECRET = "only-on-this-disk-1729"  # noqa: S105 - a mark to look for


@pytest.fixture(scope="module")
def server(sqlite_server: Server) -> Server:
    return sqlite_server


@pytest.fixture(scope="module")
def client(server: Server):
    return server.client()


@pytest.fixture(scope="module")
def plan(client):
    return client.post("/processes/partition/execution", json=partition_body()).json()["plan"]


def _upload(client: httpx.Client, name: str, content: bytes) -> str:
    answer = client.post("/datasets", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def _divide(client: httpx.Client, dataset: str) -> httpx.Response:
    return client.post("/processes/partition/execution", json=partition_body(fields={"dataset": dataset}))


def _refused(server: Server, client: httpx.Client, name: str, content: bytes) -> dict:
    """Upload and divide a hostile file; it must end in a clear fault that gives nothing away."""
    dataset = _upload(client, name, content)
    answer = _divide(client, dataset)
    assert answer.status_code == 400, answer.text
    assert SECRET not in answer.text
    assert str(server.data_dir) not in answer.text
    assert "Traceback" not in answer.text
    client.delete(f"/datasets/{dataset}")
    until(lambda: not list((server.data_dir / "work").iterdir()), "work is left")
    return answer.json()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text(f"id,WKT\n{SECRET},POINT (0 0)\n")
    return path


@pytest.mark.parametrize("name", ["fields.geojson", "fields.kml", "fields.zip", "fields.gpkg", "fields.shp"])
@pytest.mark.slow
def test_a_vrt_in_disguise_reads_no_file(server, client, secret_file, name):
    vrt = (
        '<OGRVRTDataSource><OGRVRTLayer name="x">'
        f"<SrcDataSource>CSV:{secret_file}</SrcDataSource><SrcLayer>secret</SrcLayer>"
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    _refused(server, client, name, vrt.encode())


def _archive(**entries: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return memory.getvalue()


def test_zip_slip_writes_nowhere(server, client):
    _refused(server, client, "fields.zip", _archive(**{"..__..__..__escaped.shp": b"x", "a.shp": b"x"}))
    assert not list(server.data_dir.parent.rglob("escaped*"))


@pytest.mark.slow
def test_a_zip_bomb_is_not_unpacked(server, client):
    _refused(server, client, "fields.zip", _archive(**{"a.shp": bytes(300_000_000)}))


def test_a_nested_archive_is_not_opened(server, client):
    _refused(server, client, "fields.zip", _archive(**{"inner.zip": _archive(**{"a.shp": b"x"})}))


@pytest.mark.slow
def test_entities_are_not_expanded(server, client, secret_file):
    laughs = "".join(
        f'<!ENTITY l{i} "{"&l" + str(i - 1) + ";" if i else "ha"}{"&l" + str(i - 1) + ";" if i else ""}">'
        for i in range(30)
    )
    for doctype in (laughs, f'<!ENTITY l29 SYSTEM "file://{secret_file}">'):
        kml = (
            f'<?xml version="1.0"?><!DOCTYPE kml [{doctype}]><kml xmlns="http://www.opengis.net/kml/2.2">'
            "<Document><Placemark><name>&l29;</name></Placemark></Document></kml>"
        )
        _refused(server, client, "fields.kml", kml.encode())


def _raw(server: Server, request: bytes, *, wait: float = 20.0) -> bytes:
    host, port = server.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=wait) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            if b"\r\n\r\n" in answer and b'"status"' in answer:
                break
    return answer


def test_ten_gigabytes_claimed_in_a_header_are_refused_at_once(server):
    head = (
        f"POST /datasets?name=x.zip HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {server.admin}\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 10000000000\r\n\r\n"
    )
    assert _raw(server, head.encode()).startswith(b"HTTP/1.1 413")


@pytest.mark.slow
def test_a_body_longer_than_it_may_be_is_cut_off(own_server):
    server = own_server(upload_mb=1, body_mb=1, workers=0)
    client = server.client()
    answer = client.post("/datasets?name=x.zip", content=(b"x" * 100_000 for _ in range(40)))
    assert answer.status_code == 413
    assert not list((server.data_dir / "uploads").iterdir())


@pytest.mark.slow
def test_a_slow_body_is_cut_off(own_server):
    server = own_server(body_seconds=1, workers=0)
    head = (
        f"POST /datasets?name=x.zip HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {server.admin}\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nx"
    )
    assert _raw(server, head.encode()).startswith(b"HTTP/1.1 408")
    assert not list((server.data_dir / "uploads").iterdir())


@pytest.mark.slow
def test_too_many_requests_are_told_to_wait(own_server):
    server = own_server(requests_per_minute=20, workers=0)
    stranger = server.client("wrong")
    answers = [stranger.get("/plans") for _ in range(60)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert late
    assert int(late[0].headers["retry-after"]) >= 1


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_foreign_hosts_are_refused(server, host):
    answer = httpx.get(f"{server.base}/healthz", headers={"Host": host})
    assert answer.status_code in (400, 421)


NASTY = "'); DROP TABLE keys; --<script>alert(1)</script>\u202e\"&"


@pytest.mark.slow
def test_sql_and_script_in_names_and_values_do_nothing(server, client):
    fields = squares(6, 5)
    for feature in fields["features"]:
        feature["properties"] |= {NASTY: NASTY, "crop": NASTY}
        feature["properties"]["unit_id"] += NASTY
    body = partition_body(fields=fields, title=NASTY)
    answer = client.post("/processes/partition/execution", json=body)
    assert answer.status_code == 200, answer.text
    plan = answer.json()["plan"]
    for path in (f"/plans/{plan}/map", f"/plans/{plan}/files/report.html", f"/pages/plans/{plan}", "/"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        assert "<script>alert(1)" not in page.text, path
    unit = client.get(f"/collections/{plan}.units/items?limit=1").json()["features"][0]
    again = client.get(f"/collections/{plan}.units/items", params={"unit_id": unit["properties"]["unit_id"]})
    assert again.json()["numberMatched"] == 1
    for query in ({"zone": "' OR 1=1 --"}, {"grid_id": NASTY}):
        found = client.get(f"/collections/{plan}.units/items", params=query).json()
        assert found["numberMatched"] == 0
    assert client.get("/plans").status_code == 200


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "admin-token", "view-1", "plan.gpkg/.."]
)
def test_files_outside_of_the_list_do_not_exist(client, plan, name):
    answer = client.get(f"/plans/{plan}/files/{name}")
    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.slow
def test_a_hostile_file_name_stays_a_name(server, client):
    dataset = _upload(client, "../../../<b>x\r\n.geojson", json.dumps(squares(6, 5)).encode())
    told = client.get(f"/datasets/{dataset}").json()["name"]
    assert "/" not in told
    assert "\n" not in told
    assert _divide(client, dataset).status_code == 200


def test_maps_run_in_a_sandbox(client, plan):
    for path in (f"/plans/{plan}/map", f"/plans/{plan}/files/report.html"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("sandbox")
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy.split("style-src-attr")[0]
    page = client.get("/api").headers
    assert page["x-content-type-options"] == "nosniff"
    assert page["x-frame-options"] == "SAMEORIGIN"


def test_faults_give_no_inside_away(server, client):
    """No path, no stack, no SQL, whatever is sent."""
    for path in ("/jobs?limit=999999999999999999999", "/plans?offset=99999999999999999999", "/collections/x"):
        text = client.get(path).text
        inside = ("Traceback", "sqlalchemy", "SELECT", str(ROOT), str(server.data_dir), "site-packages")
        assert not any(word in text for word in inside)


@pytest.mark.slow
def test_a_dismissal_that_is_sent_again_does_nothing(client):
    job = client.post(
        "/processes/partition/execution", json=partition_body(), headers={"Prefer": "respond-async"}
    ).json()["jobID"]
    end = time.monotonic() + 60
    while client.get(f"/jobs/{job}").json()["status"] != "successful" and time.monotonic() < end:
        time.sleep(0.1)
    plan = client.get(f"/jobs/{job}").json()["plan"]
    for _ in range(2):
        assert client.delete(f"/jobs/{job}").json()["status"] == "successful"
    assert client.get(f"/plans/{plan}").status_code == 200
