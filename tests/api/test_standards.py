"""Codes by a standard and dedicated sites over HTTP."""

from __future__ import annotations

from tests.api.conftest import Server, partition_body


def _area(name: str, code: str, *bounds: float) -> dict:
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"name": name, "code": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _collection(*features: dict) -> dict:
    return {"value": {"type": "FeatureCollection", "features": list(features)}}


def test_codes_follow_a_standard_and_a_school_is_a_grid_of_its_own(server: Server):
    """Two communities with codes of three digits, county and street by request, a school of six fields."""
    client = server.client()
    zones = _collection(
        _area("西社区", "003", 115.99, 39.99, 116.004, 40.01),
        _area("东社区", "004", 116.004, 39.99, 116.02, 40.01),
    )
    school = _collection(_area("学校", "", 116.0, 40.0, 116.002, 40.003))
    coding = {"standard": "cjt349", "kind": "010100", "county": "110108", "street": "012"}
    body = partition_body(zones=zones, dedicated=school, coding=coding, valid_from="2026-12-01")
    answer = client.post("/processes/partition/execution", json=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    (site,) = made["report"]["layers"]["field"]["dedicated"]
    assert (site["site"], site["n_units"]) == ("学校", 6)
    items = client.get(f"/collections/{made['plan']}.grids/items?limit=100").json()["features"]
    codes = {feature["properties"]["code"] for feature in items}
    assert len(codes) == len(items)
    assert all(code.startswith(("010100110108012003", "010100110108012004")) for code in codes)
    assert {len(code) for code in codes} == {20}


def test_missing_parts_are_told_all_at_once(server: Server):
    """No kind of object, a wrong county, and no zones: a problem with three faults."""
    client = server.client()
    body = partition_body(coding={"standard": "cjt349", "county": "1101"}, valid_from="soon")
    answer = client.post("/processes/partition/execution", json=body)
    assert answer.status_code in {400, 422}, answer.text
    kinds = {fault["kind"] for fault in answer.json()["faults"]}
    assert kinds == {"bad-date", "bad-code-part", "missing-code-part", "missing-zone-code"}
