"""The service gives the atlas of a plan as one zip, made from what the caller may see."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest

from api.auth import Caller
from api.links import Links
from api.routes.plans import has_atlas, plan_links
from api.views import MOST_UNITS_IN_ATLAS, MOST_ZONES_IN_ATLAS
from gridder.storage.keys import Key
from gridder.storage.plans import PlanRow
from tests.api.conftest import Server, partition_body, people


@pytest.fixture(scope="module")
def client(sqlite_server: Server):
    return sqlite_server.client()


@pytest.fixture(scope="module")
def plan(client) -> str:
    size = {"of": "members", "target": 12, "minimum": 6, "maximum": 20}
    body = partition_body(8, 6, members={"value": people(8, 6, 200)}, size=size)
    answer = client.post("/processes/partition/execution", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["plan"])


def _atlas(client, plan, lang):
    answer = client.get(f"/plans/{plan}/files/atlas.zip?lang={lang}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert f"{plan}-atlas.zip" in answer.headers["content-disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_an_atlas_is_pages_that_link_to_each_other_and_a_pdf(client, plan):
    """Overview, a page a grid where all is one zone, and what they share; every link leads to a file."""
    package = _atlas(client, plan, "zh")
    names = set(package.namelist())
    n_grids = client.get(f"/collections/{plan}.grids/items").json()["numberMatched"]
    pages = {f"atlas/pages/{number}.html" for number in range(1, n_grids + 1)}
    assert names == pages | {f"atlas/{name}" for name in ("index.html", "atlas.js", "atlas.css", "atlas.pdf")}
    overview = package.read("atlas/index.html").decode()
    assert set(re.findall(r"\batlas\.(?:js|css)\b", overview)) == {"atlas.js", "atlas.css"}
    assert package.read("atlas/atlas.pdf").startswith(b"%PDF")
    assert "<title>网格图" in overview
    assert "网格图" not in _atlas(client, plan, "en").read("atlas/index.html").decode()[:200]


def test_the_page_of_a_plan_leads_there(client, plan):
    assert f"/plans/{plan}/files/atlas.zip?lang=zh" in client.get(f"/pages/plans/{plan}?lang=zh").text
    links = client.get(f"/plans/{plan}").json()["links"]
    assert any(link["href"].endswith(f"/plans/{plan}/files/atlas.zip") for link in links)


def test_viewers_have_an_atlas_of_their_own(sqlite_server, client, plan):
    """It is not the one that planners have."""
    viewer = sqlite_server.client(sqlite_server.new_key("viewer"))
    own, theirs = (_atlas(c, plan, "en").read("atlas/index.html") for c in (client, viewer))
    assert own != theirs
    stranger = sqlite_server.client(sqlite_server.new_key("planner", workspace="elsewhere"))
    assert stranger.get(f"/plans/{plan}/files/atlas.zip").status_code == 404


def test_plans_by_zones_have_a_page_a_zone(client):
    zones = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": name},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [[w, 40.0], [w + 0.004, 40.0], [w + 0.004, 40.01], [w, 40.01], [w, 40.0]]
                    ],
                },
            }
            for name, w in (("East", 116.004), ("West", 116.0))
        ],
    }
    body = partition_body(8, 6, zones={"value": zones})
    plan = client.post("/processes/partition/execution", json=body).json()["plan"]
    names = _atlas(client, plan, "en").namelist()
    assert {name for name in names if "pages/" in name} == {"atlas/pages/1.html", "atlas/pages/2.html"}


@pytest.mark.parametrize("more", [0, 1])
def test_large_plans_have_none(more):
    layers = {"field": {"n_units": MOST_UNITS_IN_ATLAS - 5}, "building": {"n_units": 5 + more}}
    row = PlanRow("p", "main", "key", "job", "title", {"layers": layers}, created_at=0.0, expires_at=1.0)
    assert has_atlas(row) == (more == 0)
    of_zones = replace(row, summary={"layers": {}, "n_zones": MOST_ZONES_IN_ATLAS + more})
    assert has_atlas(of_zones) == (more == 0)


@pytest.mark.parametrize("more", [0, 1])
def test_a_plan_that_is_too_large_leads_to_none(more):
    """A link would lead to a refusal."""
    summary = {"layers": {}, "n_zones": MOST_ZONES_IN_ATLAS + more}
    row = PlanRow("p", "main", "key", "job", "title", summary, created_at=0.0, expires_at=1.0)
    viewer = Caller(Key("key", "name", "viewer", "main", 0.0, None, None), suppress_below=5)
    links = plan_links(None, row, viewer, Links("http://localhost"))
    assert any("atlas" in link["href"] for link in links) == (more == 0)
