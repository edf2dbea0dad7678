"""Who may do what: keys, roles, workspaces, the browser's cookie, and what strangers get."""

from __future__ import annotations

import base64
import io
import json
import stat
import time

import httpx
import pandas as pd
import pytest

from tests.api.conftest import Server, partition_body, people

COOKIE = "gridder_session"


@pytest.fixture(scope="module")
def plan(server: Server):
    with server.client() as client:
        body = partition_body(members={"value": people(8, 6, 60)}, size={"of": "members", "target": 10})
        return client.post("/processes/partition/execution", json=body).json()["plan"]


def test_strangers_get_nothing(server, plan):
    """Without a key everything but health and the sign-in page is a 401, what does not exist too."""
    with httpx.Client(base_url=server.base, timeout=90.0) as stranger:
        assert stranger.get("/healthz").status_code == 200
        assert stranger.get("/readyz").status_code == 200
        assert stranger.get("/sign-in").status_code == 200
        for path in (
            "/",
            "/api",
            "/conformance",
            "/processes",
            "/jobs",
            "/collections",
            f"/collections/{plan}.grids/items",
            f"/plans/{plan}/map",
            "/metrics",
            "/static/x.css",
            "/pages/new",
            "/nothing/here",
        ):
            answer = stranger.get(path)
            assert answer.status_code == 401, path
            assert "www-authenticate" in answer.headers
        assert stranger.post("/processes/partition/execution", json=partition_body()).status_code == 401
        page = stranger.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 401
        assert "<form" in page.text


def test_a_key_is_taken_in_three_ways(server):
    """As header, Bearer token and Basic password."""
    basic = base64.b64encode(f"anybody:{server.admin}".encode()).decode()
    for headers in (
        {"X-API-Key": server.admin},
        {"Authorization": f"Bearer {server.admin}"},
        {"Authorization": f"Basic {basic}"},
    ):
        assert httpx.get(f"{server.base}/plans", headers=headers).status_code == 200
    for headers in ({"X-API-Key": "gk_wrong"}, {"Authorization": "Basic !!"}):
        assert httpx.get(f"{server.base}/plans", headers=headers).status_code == 401


def test_the_admin_token_is_for_its_owner_alone(server):
    """Mode 600, and not in the log."""
    path = server.data_dir / "admin-token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.admin not in server.log.read_text()


def test_the_printed_link_becomes_a_cookie(server):
    """The token leaves the address at once; the cookie is strict and out of reach of scripts."""
    with httpx.Client(base_url=server.base, timeout=90.0) as browser:
        answer = browser.get("/sign-in", params={"token": server.admin})
        assert answer.status_code == 303
        assert server.admin not in answer.headers["location"]
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert browser.get("/plans").status_code == 200
        assert browser.post("/sign-out", headers={"Origin": server.base}).status_code == 303
        assert browser.get("/plans").status_code == 401
    assert server.admin not in server.log.read_text()
    assert httpx.get(f"{server.base}/sign-in", params={"token": "wrong"}).status_code == 401


def test_the_cookie_does_not_count_for_other_sites(server, plan):
    """A request that another site sends is refused, whatever browser brings it."""
    with httpx.Client(base_url=server.base, timeout=90.0) as browser:
        browser.get("/sign-in", params={"token": server.admin})
        body = partition_body()
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {},
        ):
            answer = browser.post("/processes/partition/execution", json=body, headers=headers)
            assert answer.status_code == 403, headers
            assert answer.json()["type"] == "urn:gridder:problem:cross-site"
            assert browser.delete(f"/plans/{plan}", headers=headers).status_code == 403
        assert browser.get(f"/plans/{plan}/map", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        own = {"Origin": server.base, "Sec-Fetch-Site": "same-origin"}
        assert browser.post("/processes/partition/execution", json=body, headers=own).status_code == 200


def test_signing_in_leads_only_to_own_pages(server):
    """`next` cannot send a browser elsewhere."""
    for wished in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = httpx.post(
            f"{server.base}/sign-in",
            data={"key": server.admin, "next": wished},
            headers={"Origin": server.base},
        )
        assert answer.headers["location"].rstrip("/") == server.base


def test_roles(server, plan):
    """Viewers look, planners run, roster-readers read names, admins see it all."""
    viewer, planner, reader = (
        server.client(server.new_key(role)) for role in ("viewer", "planner", "roster-reader")
    )
    assert viewer.get(f"/plans/{plan}").status_code == 200
    assert viewer.post("/processes/partition/execution", json=partition_body()).status_code == 403
    assert viewer.post("/datasets", files={"file": ("x.csv", b"a")}).status_code == 403
    assert viewer.get("/jobs").status_code == 403
    assert viewer.delete(f"/plans/{plan}").status_code == 403
    assert planner.post("/processes/partition/execution", json=partition_body()).status_code == 200
    reason = {"reason": "test of the roster"}
    for client, status in ((viewer, 403), (planner, 403), (reader, 200)):
        assert client.post(f"/plans/{plan}/names", json=reason).status_code == status
    assert reader.post(f"/plans/{plan}/names", json={}).status_code == 400


def test_names_are_sealed_and_every_reading_is_written_down(server, plan):
    """Names come out only with a reason, and lie nowhere in the clear."""
    reader = server.client(server.new_key("roster-reader"))
    answer = reader.post(f"/plans/{plan}/names", json={"reason": "宣讲会名单"})
    assert answer.headers["cache-control"] == "no-store"
    cells = pd.concat(
        pd.read_excel(io.BytesIO(answer.content), sheet_name=None, header=None, engine="openpyxl").values()
    )
    assert "秘密7" in set(cells.to_numpy().ravel().tolist())
    assert "宣讲会名单" in server.admin_command("audit", "--json")
    needles = [
        text.encode(code) for text in ("秘密7", "OWN-00007", "13900000007") for code in ("utf-8", "gbk")
    ]
    for path in (path for path in server.data_dir.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not any(needle in content for needle in needles), path
    assert not any(needle in server.log.read_bytes() for needle in needles)


def test_workspaces_do_not_see_each_other(server, plan):
    """What belongs to others does not exist."""
    other = server.client(server.new_key("planner", workspace="other"))
    for path in (
        f"/plans/{plan}",
        f"/plans/{plan}/map",
        f"/plans/{plan}/grids/F-001/map",
        f"/plans/{plan}/files/plan.gpkg",
        f"/collections/{plan}.grids",
        f"/collections/{plan}.grids/items",
    ):
        assert other.get(path).status_code == 404, path
    assert other.delete(f"/plans/{plan}").status_code == 404
    assert other.get("/plans").json()["plans"] == []
    assert other.get("/collections").json()["collections"] == []
    assert other.get("/jobs").json()["jobs"] == []
    with server.client() as admin:
        mine = admin.post("/datasets", files={"file": ("x.geojson", b"{}")}).json()["id"]
    assert other.get(f"/datasets/{mine}").status_code == 404
    assert other.delete(f"/datasets/{mine}").status_code == 404
    body = partition_body(fields={"dataset": mine})
    assert other.post("/processes/partition/execution", json=body).status_code == 404
    assert server.client().get(f"/plans/{plan}").status_code == 200


def test_expired_keys_are_refused(server):
    """A key ends at its hour."""
    key = server.new_key("viewer", seconds=0.5)
    time.sleep(1.0)
    assert httpx.get(f"{server.base}/plans", headers={"X-API-Key": key}).status_code == 401


def test_revoked_keys_are_refused(sqlite_server):
    """At once, and for the sessions that they opened too; the whole way by the command line."""
    server = sqlite_server
    key = server.admin_command("keys", "add", "for a test", "--workspace", "revoked").strip()
    with httpx.Client(base_url=server.base, timeout=90.0) as browser:
        browser.get("/sign-in", params={"token": key})
        assert browser.get("/plans").status_code == 200
        (row,) = (
            entry
            for entry in json.loads(server.admin_command("keys", "list", "--json"))
            if entry["workspace"] == "revoked"
        )
        server.admin_command("keys", "revoke", row["id"])
        assert browser.get("/plans").status_code == 401
    assert httpx.get(f"{server.base}/plans", headers={"X-API-Key": key}).status_code == 401
