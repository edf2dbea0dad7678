"""Behind a proxy: a path in front of every address, and a public address."""

from __future__ import annotations

import httpx
import pytest


@pytest.fixture
def server(own_server):
    return own_server(base_path="/gridder", public_url="https://gis.example.org", workers=0)


def test_addresses_work_with_and_without_the_base_path(server):
    """A proxy may take the path off or pass it on."""
    with server.client() as client:
        for path in ("/plans", "/gridder/plans", "/gridder/static/page.css", "/gridder/"):
            assert client.get(path).status_code == 200, path
        for path in ("/gridder/gridder/plans", "/other/plans", "/gridderplans"):
            assert client.get(path).status_code == 404, path
    assert httpx.get(f"{server.base}/gridder/plans").status_code == 401
    assert httpx.get(f"{server.base}/gridder/healthz").status_code == 200


def test_links_lead_to_the_public_address(server):
    """What a client is told stands below the public address and the base path."""
    with server.client() as client:
        for path in ("/", "/collections", "/processes/partition"):
            links = client.get(path).json()["links"]
            assert all(link["href"].startswith("https://gis.example.org/gridder") for link in links)
        page = client.get("/", headers={"Accept": "text/html"}).text
        assert "https://gis.example.org/gridder/static/page.css" in page
        assert client.get("/", headers={"Host": "gis.example.org"}).status_code == 200


def test_signing_in_stays_below_the_base_path(server):
    """The cookie belongs to the base path and is for https alone."""
    with httpx.Client(base_url=server.base) as browser:
        page = browser.get("/gridder/pages/new", headers={"Accept": "text/html"})
        assert page.status_code == 401
        assert 'name="next" value="/pages/new"' in page.text
        answer = browser.post(
            "/gridder/sign-in",
            data={"key": server.admin, "next": "/pages/new"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.headers["location"] == "https://gis.example.org/gridder/pages/new"
        cookie = answer.headers["set-cookie"].lower()
        assert "path=/gridder" in cookie
        assert "secure" in cookie
