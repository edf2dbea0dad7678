"""OGC API - Features, part 1 (17-069r4): named are the requirements that a test holds."""

from __future__ import annotations

import pytest

from tests.api.conftest import Server, partition_body

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@pytest.fixture(scope="module")
def client(server: Server):
    return server.client()


@pytest.fixture(scope="module")
def plan(client):
    answer = client.post("/processes/partition/execution", json=partition_body(10, 10))
    return answer.json()["plan"]


def test_collections_and_their_links(client, plan):
    """/req/core/fc-md-success, /req/core/fc-md-items-links, /req/core/fc-md-extent."""
    document = client.get("/collections").json()
    own = {entry["id"]: entry for entry in document["collections"] if entry["id"].startswith(plan)}
    assert set(own) == {f"{plan}.grids", f"{plan}.units"}
    for entry in own.values():
        assert entry["crs"][0] == CRS84
        west, south, east, north = entry["extent"]["spatial"]["bbox"][0]
        assert (round(west, 3), round(south, 3), round(east, 3), round(north, 3)) == (116, 40, 116.01, 40.01)
        (items,) = [link for link in entry["links"] if link["rel"] == "items"]
        assert items["type"] == "application/geo+json"
        assert client.get(f"/collections/{entry['id']}").json() == entry


def test_items_are_paged_to_the_last(client, plan):
    """/req/core/fc-limit-response-1, /req/core/fc-links, numberMatched and numberReturned."""
    address, seen = f"/collections/{plan}.units/items?limit=7", []
    while address:
        page = client.get(address)
        assert page.headers["content-type"] == "application/geo+json"
        content = page.json()
        assert content["numberMatched"] == 100
        assert content["numberReturned"] == len(content["features"])
        seen += [feature["id"] for feature in content["features"]]
        following = [link["href"] for link in content["links"] if link["rel"] == "next"]
        address = following[0] if following else None
    assert len(seen) == len(set(seen)) == 100


def test_bbox_selects(client, plan):
    """/req/core/fc-bbox-definition, /req/core/fc-bbox-response."""
    items = f"/collections/{plan}.units/items"
    inside = client.get(items, params={"bbox": "116.0001,40.0001,116.0015,40.0005"}).json()
    assert inside["numberMatched"] == 2
    nothing = client.get(items, params={"bbox": "10,10,11,11"}).json()
    assert (nothing["numberMatched"], nothing["features"]) == (0, [])


def test_properties_filter(client, plan):
    """/rec/core/fc-filters: every property is a parameter."""
    grids = client.get(f"/collections/{plan}.grids/items").json()["features"]
    grid = grids[0]["properties"]["grid_id"]
    units = client.get(f"/collections/{plan}.units/items", params={"grid_id": grid}).json()
    assert {feature["properties"]["grid_id"] for feature in units["features"]} == {grid}
    assert units["numberMatched"] == grids[0]["properties"]["n_units"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=nan,0,1,1",
        "magic=1",
        "crs=EPSG:4490",
        "datetime=yesterday",
        "offset=-1",
        "size=large",
        "f=xml",
    ],
)
def test_wrong_parameters_are_a_400(client, plan, query):
    """/req/core/query-param-invalid, /req/core/query-param-unknown: 400, never 422."""
    answer = client.get(f"/collections/{plan}.grids/items?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_limit_above_the_maximum_is_the_maximum(client, plan):
    """/req/core/fc-limit-response-1: clamped, not refused."""
    assert client.get(f"/collections/{plan}.units/items?limit=100000000").json()["numberReturned"] == 100


def test_datetime_is_taken(client, plan):
    """/req/core/fc-time-definition: features without a time answer to any."""
    answer = client.get(f"/collections/{plan}.grids/items?datetime=2020-01-01T00:00:00Z/..")
    assert answer.json()["numberMatched"] > 0


def test_one_feature(client, plan):
    """/req/core/f-success, /req/core/f-links; an unknown one is a 404."""
    first = client.get(f"/collections/{plan}.grids/items?limit=1").json()["features"][0]
    own = client.get(f"/collections/{plan}.grids/items/{first['id']}").json()
    assert own.pop("links")
    assert own == first
    for path in (f"{plan}.grids/items/none", f"{plan}.people/items", "none.grids/items", "none"):
        assert client.get(f"/collections/{path}").status_code == 404


def test_the_description_has_what_clients_look_for(client):
    """/req/oas30/oas-definition-1; QGIS takes its page size from `components.parameters.limit`."""
    answer = client.get("/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = answer.json()
    assert document["openapi"].startswith("3.0")
    assert document["components"]["parameters"]["limit"]["schema"]["maximum"] >= 1000
    assert "/collections/{collection_id}/items" in document["paths"]
    assert '"type": "null"' not in answer.text


def test_viewers_see_no_small_counts(server, client):
    """Sizes below k are null for viewers, on units too, and shown to planners."""
    body = partition_body(6, 5, size={"of": "n", "target": 4, "minimum": 1, "maximum": 9})
    plan = client.post("/processes/partition/execution", json=body).json()["plan"]
    viewer = server.client(server.new_key("viewer"))
    for part in ("grids", "units"):
        mine, theirs = (
            c.get(f"/collections/{plan}.{part}/items").json()["features"] for c in (client, viewer)
        )
        assert all(feature["properties"]["size"] is not None for feature in mine)
        shown = [feature["properties"]["size"] for feature in theirs]
        assert all(size is None or size >= 5 for size in shown)
        assert None in shown
    assert viewer.get(f"/plans/{plan}/files/plan.gpkg").status_code == 403
    assert viewer.get(f"/plans/{plan}/map").status_code == 200
    assert "summary" not in viewer.get(f"/plans/{plan}").json()
