"""Vector tiles of a plan over HTTP: what is in them, who may see what, and what is no tile."""

from __future__ import annotations

import mapbox_vector_tile
import pytest
import shapely

from tests.api.conftest import Server, partition_body

MVT = "application/vnd.mapbox-vector-tile"
ZOOM, ROW, COLUMN = 14, 6202, 13471
"""Of 116.005° E 40.005° N, in the middle of the fields."""


@pytest.fixture(scope="module")
def client(server: Server):
    return server.client()


@pytest.fixture(scope="module")
def plan(client):
    body = partition_body(10, 10, size={"of": "n", "target": 6, "minimum": 2, "maximum": 12})
    return client.post("/processes/partition/execution", json=body).json()["plan"]


def tiles(plan):
    return f"/plans/{plan}/tiles/WebMercatorQuad"


def decoded(answer):
    """Return the features of every layer: id, shape and properties."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, MVT), answer.text
    tile = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
    return {
        name: [(f["id"], shapely.geometry.shape(f["geometry"]), f["properties"]) for f in layer["features"]]
        for name, layer in tile.items()
    }


def test_a_tile_holds_grids_and_units(client, plan):
    """Both collections are layers, with the properties of the features and nothing else."""
    layers = decoded(client.get(f"{tiles(plan)}/{ZOOM}/{ROW}/{COLUMN}"))
    assert set(layers) == {"grids", "units"}
    for name, features in layers.items():
        items = client.get(f"/collections/{plan}.{name}/items").json()["features"]
        for own_id, shape, properties in features:
            wanted = {
                key: value for key, value in items[own_id - 1]["properties"].items() if value is not None
            }
            assert properties == wanted
            assert shape.is_valid
    step = 360 / 2**ZOOM / 4096
    first = min(layers["units"], key=lambda unit: unit[2]["unit_id"])
    west = items[first[0] - 1]["geometry"]["coordinates"][0][0][0]
    assert -180 + (COLUMN * 4096 + first[1].bounds[0]) * step == pytest.approx(west, abs=step)


def test_a_tile_holds_the_collections_that_are_wanted(client, plan):
    """One, the other, or both in either order."""
    address = f"{tiles(plan)}/{ZOOM}/{ROW}/{COLUMN}"
    both = decoded(client.get(address))
    for wanted in ("grids", "units", "units,grids"):
        found = decoded(client.get(address, params={"collections": wanted}))
        assert found == {name: both[name] for name in wanted.split(",")}


def test_a_tile_that_the_caller_has_is_not_sent_again(server, client, plan):
    """The tag of a tile stays; a viewer's is another than a planner's, as they see different counts."""
    address = f"{tiles(plan)}/{ZOOM}/{ROW}/{COLUMN}"
    tag = client.get(address).headers["etag"]
    again = client.get(address, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["cache-control"] == "private, no-cache"
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    viewer = server.client(server.new_key("viewer"))
    assert viewer.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_viewers_see_no_small_counts(server, client, plan):
    """Sizes of units and small grids are missing for viewers, as they are from their features."""
    viewer = server.client(server.new_key("viewer"))
    address = f"{tiles(plan)}/{ZOOM}/{ROW}/{COLUMN}"
    mine, theirs = (decoded(caller.get(address)) for caller in (client, viewer))
    assert all("size" in properties for features in mine.values() for _, _, properties in features)
    sizes = [properties.get("size") for _, _, properties in theirs["grids"]]
    assert None in sizes
    assert all(size is None or size >= 5 for size in sizes)
    assert all("size" not in properties for _, _, properties in theirs["units"])


def test_nothing_is_a_204(client, plan):
    """Beside the plan, and where it is too small to be seen."""
    for place in (f"{ZOOM}/{ROW}/{COLUMN + 5}", "0/0/0"):
        answer = client.get(f"{tiles(plan)}/{place}")
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("place", ["17/0/0", "3/8/0", "3/0/8", "3/-1/0", "-1/0/0", f"{10**30}/0/0"])
def test_tiles_out_of_range_are_a_404(client, plan, place):
    """Outside the matrix, and beyond the deepest zoom."""
    answer = client.get(f"{tiles(plan)}/{place}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "query", ["a/0/0", "3/0/0?f=json", "3/0/0?f=png", "3/0/0?limit=1", "3/0/0?collections=people"]
)
def test_wrong_requests_are_a_400(client, plan, query):
    """What is no number, another format, a parameter that is not known."""
    assert client.get(f"{tiles(plan)}/{query}").status_code == 400


def test_plans_of_others_have_no_tiles(server, client, plan):
    """An unknown plan, one of another workspace, no key."""
    stranger = server.client(server.new_key("planner", workspace="elsewhere"))
    for path in (f"/plans/{plan}/tiles", tiles(plan), f"{tiles(plan)}/{ZOOM}/{ROW}/{COLUMN}"):
        assert client.get(path.replace(plan, "none")).status_code == 404
        assert stranger.get(path).status_code == 404
        assert server.client("wrong").get(path).status_code == 401
        assert client.get(path, params={"f": "mvt"}).status_code == (200 if path[-1].isdigit() else 400)


def test_the_tile_set_is_described(client, plan):
    """A plan leads to its tile set, whose template, limits and zooms lead to tiles with these layers."""
    rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
    for start in (f"/plans/{plan}", f"/collections/{plan}.units"):
        (sets,) = [link["href"] for link in client.get(start).json()["links"] if link["rel"] == rel]
    (entry,) = client.get(sets).json()["tilesets"]
    described = client.get(entry["links"][0]["href"]).json()
    assert described["tileMatrixSetURI"].endswith("/OGC/1.0/WebMercatorQuad")
    (template,) = [link["href"] for link in described["links"] if link["rel"] == "item"]
    limits = described["tileMatrixSetLimits"][ZOOM]
    assert (limits["minTileCol"], limits["maxTileRow"]) == (13471, 6202)
    place = {"tileMatrix": ZOOM, "tileRow": limits["maxTileRow"], "tileCol": limits["maxTileCol"]}
    layers = decoded(client.get(template.format(**place)))
    assert set(layers) == {layer["id"] for layer in described["layers"]}
    (address,) = described["tiles"]
    assert client.get(address.format(z=ZOOM, y=ROW, x=COLUMN)).status_code == 200
    assert described["bounds"] == pytest.approx([116, 40, 116.01, 40.01], abs=1e-6)
    assert {layer["id"] for layer in described["vector_layers"]} == set(layers)
