"""The service compares two plans, for everybody with what they may see."""

from __future__ import annotations

import pytest

from tests.api.conftest import Server, partition_body, people


@pytest.fixture(scope="module")
def client(sqlite_server: Server):
    return sqlite_server.client()


def run(client, n_people: int, **more) -> str:
    size = {"of": "members", "target": 12, "minimum": 6, "maximum": 20}
    body = partition_body(8, 6, members={"value": people(8, 6, n_people)}, size=size, **more)
    answer = client.post("/processes/partition/execution", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["plan"])


@pytest.fixture(scope="module")
def plans(client) -> tuple[str, str]:
    return run(client, 200), run(client, 201, rng=1)


def test_two_plans_are_one_page(client, plans):
    before, after = plans
    answer = client.get(f"/plans/{before}/compare/{after}?lang=zh")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "方案对比" in answer.text
    assert "Two plans compared" in client.get(f"/plans/{before}/compare/{after}?lang=en").text
    assert client.get(f"/plans/{before}/compare/{before}").status_code == 200


def test_the_pages_of_plans_lead_there(client, plans):
    """From either plan to the same map, the older plan first."""
    before, after = plans
    for plan in plans:
        page = client.get(f"/pages/plans/{plan}?lang=zh").text
        assert f"/plans/{before}/compare/{after}?lang=zh" in page
        assert "与其他方案对比" in page


def test_others_do_not_exist_for_another_workspace(sqlite_server, client, plans):
    before, after = plans
    stranger = sqlite_server.client(sqlite_server.new_key("planner", workspace="elsewhere"))
    assert stranger.get(f"/plans/{before}/compare/{after}").status_code == 404
    assert client.get(f"/plans/{before}/compare/{'a' * 20}").status_code == 404


def test_viewers_have_a_page_of_their_own(sqlite_server, client, plans):
    """What a viewer gets is made from the view of viewers, and its page says what is hidden."""
    before, after = plans
    viewer = sqlite_server.client(sqlite_server.new_key("viewer"))
    theirs = viewer.get(f"/plans/{before}/compare/{after}?lang=en")
    assert theirs.status_code == 200
    assert theirs.text != client.get(f"/plans/{before}/compare/{after}?lang=en").text
    assert "differ by less than 5" in viewer.get(f"/pages/plans/{after}?lang=en").text


@pytest.mark.slow
def test_a_comparison_goes_with_either_plan(sqlite_server, client):
    before, after = run(client, 150), run(client, 160)
    client.get(f"/plans/{before}/compare/{after}")
    folder = sqlite_server.data_dir / "plans" / before
    assert list(folder.glob("view-*/compare-*"))
    assert client.delete(f"/plans/{after}").status_code == 204
    assert not list(folder.glob("view-*/compare-*"))
    assert client.get(f"/plans/{before}/compare/{after}").status_code == 404
    assert client.get(f"/plans/{before}/map").status_code == 200
