"""Doubtful addresses over HTTP: taken out by who may see names, decided, given back; nowhere else to be seen."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.api.conftest import Server

WORKSPACE = "addresses"
HOUSES = ["芳草地社区1号楼", "芳草地社区2号楼", "芳草地社区3号楼"]
PEOPLE = ["芳草地社区1号楼201", "芳草地社区2号楼301", "朝外芳草地3栋", "朝外 芳草地 3 栋"]
NEEDLE = "芳草地"
RUN = "/processes/partition/execution"
REASON = {"reason": "与居委会核对地址"}


def houses() -> dict[str, Any]:
    """Return three houses in a row, known by their addresses."""
    features = []
    for i, address in enumerate(HOUSES):
        west, east, south, north = 116 + i * 0.0005, 116.0002 + i * 0.0005, 40.0, 40.0002
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        features.append(
            {
                "type": "Feature",
                "properties": {"编号": f"B{i + 1}", "地址": address},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def body(members: str, **more: Any) -> dict[str, Any]:
    """Return the body of a plan of the houses."""
    size = {"of": "members", "target": 2, "minimum": 1, "maximum": 4}
    return {"inputs": {"buildings": houses(), "members": {"dataset": members}, "size": size, **more}}


@pytest.fixture(scope="module")
def planner(server: Server):
    return server.client(server.new_key("planner", workspace=WORKSPACE))


@pytest.fixture(scope="module")
def reader(server: Server):
    return server.client(server.new_key("roster-reader", workspace=WORKSPACE))


@pytest.fixture(scope="module")
def members(planner):
    table = "成员编号,姓名,地址\n" + "".join(f"{i},秘密{i},{own}\n" for i, own in enumerate(PEOPLE))
    return planner.post("/datasets?name=people.csv", content=table.encode()).json()["id"]


@pytest.fixture(scope="module")
def plan(planner, members):
    answer = planner.post(RUN, json=body(members))
    assert answer.status_code == 200, answer.text
    return answer.json()["plan"]


def test_only_who_may_see_names_gets_the_addresses(server, planner, reader, plan):
    """The same role and the same refusal as for names; every reading is written down with its reason."""
    viewer = server.client(server.new_key("viewer", workspace=WORKSPACE))
    stranger = server.client(server.new_key("roster-reader", workspace="strangers"))
    for client in (viewer, planner, stranger):
        refused, names = (
            client.post(f"/plans/{plan}/{what}", json=REASON) for what in ("addresses", "names")
        )
        assert refused.status_code == (404 if client is stranger else 403)
        assert refused.json() == names.json()
    assert reader.post(f"/plans/{plan}/addresses", json={}).status_code == 400
    answer = reader.post(f"/plans/{plan}/addresses", json=REASON)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert PEOPLE[2] in list(cells(answer.content))
    noted = json.loads(server.admin_command("audit", "--json"))[0]
    assert (noted["action"], noted["plan"], noted["people"]) == ("addresses", plan, 2)
    assert noted["reason"] == REASON["reason"]


def cells(content: bytes) -> Iterator[Any]:
    """Yield what stands in a workbook."""
    for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True):
        yield from row


def decided(content: bytes, unit_id: str) -> bytes:
    """Return a list of doubtful addresses, each of which means one building."""
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    sheet = workbook.active
    head = next(row for row in sheet.iter_rows() if "decision" in [cell.value for cell in row])
    column = [cell.value for cell in head].index("decision") + 1
    for row in range(head[0].row + 1, sheet.max_row + 1):
        sheet.cell(row, column, unit_id)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def test_a_decision_places_everybody_with_the_address(planner, reader, members, plan):
    """The list as it came, filled in by its reader, makes the plan of a planner who has not seen it whole."""
    assert planner.get(f"/plans/{plan}").json()["summary"]["doubtful_addresses"] == {"n": 1, "n_members": 2}
    taken = reader.post(f"/plans/{plan}/addresses?lang=en", json=REASON)
    file = decided(taken.content, "B3")
    own = planner.post("/datasets?name=address_review.xlsx", content=file).json()["id"]
    seen = planner.post("/processes/inspect/execution", json={"inputs": {"dataset": own}})
    assert seen.status_code == 200
    assert NEEDLE not in seen.text
    answer = planner.post(RUN, json=body(members, address_decisions={"dataset": own}))
    assert answer.status_code == 200, answer.text
    assert answer.json()["report"]["members"]["building"] == {"placed": 4, "unplaced": {}}
    assert "doubtful_addresses" not in planner.get(f"/plans/{answer.json()['plan']}").json()["summary"]
    assert reader.post(f"/plans/{answer.json()['plan']}/addresses", json=REASON).status_code == 404


@pytest.mark.slow
def test_a_decision_may_come_in_the_request_and_a_wrong_one_is_told_by_its_row(planner, members):
    """A row that names no building of the file; the answer does not repeat the address."""
    row = {"type": "Feature", "geometry": None, "properties": {"address": PEOPLE[2], "decision": "B9"}}
    decisions = {"type": "FeatureCollection", "features": [row]}
    answer = planner.post(RUN, json=body(members, address_decisions=decisions))
    assert answer.status_code == 400
    assert [(fault["kind"], fault["rows"]) for fault in answer.json()["faults"]] == [
        ("unknown-decision-unit", [1])
    ]
    assert NEEDLE not in answer.text


def test_the_page_of_the_plan_says_how_many_and_offers_the_list_to_who_may_have_it(
    server, planner, reader, plan
):
    """A planner is told of whom to ask; a viewer sees nothing of it."""
    viewer = server.client(server.new_key("viewer", workspace=WORKSPACE))
    pages = {
        role: client.get(f"/pages/plans/{plan}?lang=en").text
        for role, client in (("viewer", viewer), ("planner", planner), ("reader", reader))
    }
    said = "but not surely: 1, of 2 members."
    assert {role: (said in page, 'id="addresses"' in page) for role, page in pages.items()} == {
        "viewer": (False, False),
        "planner": (True, False),
        "reader": (True, True),
    }
    assert not any(NEEDLE in page for page in pages.values())


def test_no_address_lies_in_the_clear_or_is_told(server, planner, reader, plan):
    """In no file of the service, also within archives, in no log, and in no answer to a planner."""
    reader.post(f"/plans/{plan}/addresses", json=REASON)
    needles = [NEEDLE.encode(code) for code in ("utf-8", "gbk")]
    needles.append(json.dumps(NEEDLE).strip('"').encode())
    for path in (path for path in server.data_dir.rglob("*") if path.is_file()):
        for part in contents(path):
            assert not any(needle in part for needle in needles), path
    assert not any(needle in server.log.read_bytes() for needle in needles)
    links = [link["href"] for link in planner.get(f"/plans/{plan}").json()["links"]]
    jobs = planner.get("/jobs").json()["jobs"]
    links += [f"/jobs/{job['jobID']}/results" for job in jobs]
    for address in (*links, "/jobs", "/datasets", "/plans"):
        assert not any(needle in planner.get(address).content for needle in needles), address


def contents(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, and of what lies within where it is an archive."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
