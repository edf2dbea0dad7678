"""Datasets, plans and the audit: what is kept comes back, and only to those whose it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gridder.storage.audit import read_audit, record
from gridder.storage.datasets import find_dataset, list_datasets, set_options
from gridder.storage.engine import writing
from gridder.storage.ids import is_id, new_id
from gridder.storage.jobs import claim, finish
from gridder.storage.names import has_review, sealed_names, sealed_review
from gridder.storage.plans import PlanRow, find_plan, list_plans, sources_of

NOW = 1_000_000.0


def test_ids_have_one_form() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(map(is_id, ids))


@pytest.mark.parametrize(
    "text", ["", "a" * 19, "a" * 21, "A" * 20, "a" * 19 + "1", "a" * 20 + "\n", "../" * 7]
)
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id(text)


def test_a_dataset_is_found_in_its_workspace_until_it_ends(
    engine: Engine, make_dataset: Callable[..., str]
) -> None:
    dataset_id = make_dataset(expires_at=NOW + 5)
    found = find_dataset(engine, dataset_id, workspace="main", now=NOW)
    assert found
    assert found.name == "田块.geojson"
    assert found.options == {"layername": "田块"}
    assert find_dataset(engine, dataset_id, workspace=None, now=NOW) == found
    assert find_dataset(engine, dataset_id, workspace="west", now=NOW) is None
    assert find_dataset(engine, dataset_id, workspace="main", now=NOW + 5) is None
    assert list_datasets(engine, workspace="main", limit=9, offset=0, now=NOW + 5) == []


def test_datasets_are_listed_newest_first_without_those_inside_requests(
    engine: Engine, make_dataset: Callable[..., str]
) -> None:
    ids = [make_dataset(created_at=NOW + i) for i in range(3)]
    make_dataset(by_value=True)
    west = make_dataset(workspace="west", created_at=NOW + 9)

    def listed(workspace: str | None, limit: int, offset: int) -> list[str]:
        rows = list_datasets(engine, workspace=workspace, limit=limit, offset=offset, now=NOW)
        return [row.id for row in rows]

    assert listed("main", 2, 0) == [ids[2], ids[1]]
    assert listed("main", 2, 2) == [ids[0]]
    assert listed(None, 9, 0) == [west, *reversed(ids)]


def test_how_a_dataset_is_read_can_be_set(engine: Engine, make_dataset: Callable[..., str]) -> None:
    dataset_id = make_dataset()
    assert set_options(engine, dataset_id, {"columns": {"id": "编号"}})
    assert not set_options(engine, new_id(), {})
    found = find_dataset(engine, dataset_id, workspace=None, now=NOW)
    assert found
    assert found.options == {"columns": {"id": "编号"}}


def test_a_plan_comes_back_with_its_sources_and_names(
    engine: Engine, send: Callable[..., Any], make_plan: Callable[..., PlanRow]
) -> None:
    send()
    job = claim(engine, worker="w", lease_s=9, now=NOW)
    assert job
    plan = make_plan(job)
    parts = [bytes([i]) * 10 for i in range(12)]
    sources = [("fields", "a" * 20), ("members", "b" * 20), ("barriers", "a" * 20)]
    assert finish(
        engine,
        job.id,
        1,
        result={"plan": plan.id},
        plan=plan,
        sources=sources,
        names=parts,
        review=parts[:2],
        now=NOW,
    )
    assert find_plan(engine, plan.id, workspace="main", now=NOW) == plan
    assert find_plan(engine, plan.id, workspace=None, now=NOW) == plan
    assert find_plan(engine, plan.id, workspace="west", now=NOW) is None
    assert find_plan(engine, plan.id, workspace="main", now=plan.expires_at) is None
    assert sources_of(engine, plan.id) == sorted(sources)
    assert sealed_names(engine, plan.id) == parts
    assert sealed_names(engine, new_id()) == []
    assert sealed_review(engine, plan.id) == parts[:2]
    assert has_review(engine, plan.id)
    assert not has_review(engine, new_id())


def test_plans_are_listed_newest_first(
    engine: Engine, send: Callable[..., Any], make_plan: Callable[..., PlanRow]
) -> None:
    plans = []
    for i, workspace in enumerate(["main", "west", "main", "main"]):
        send(workspace=workspace)
        job = claim(engine, worker="w", lease_s=9, now=NOW)
        assert job
        plans.append(make_plan(job, created_at=NOW + i, expires_at=NOW + 1000 * i + 500))
        assert finish(engine, job.id, 1, result={}, plan=plans[-1], sources=[], names=[], now=NOW)
    assert list_plans(engine, workspace="main", limit=2, offset=0, now=NOW) == ([plans[3], plans[2]], 3)
    assert list_plans(engine, workspace="main", limit=2, offset=2, now=NOW) == ([plans[0]], 3)
    assert list_plans(engine, workspace="main", limit=9, offset=0, now=NOW + 500) == ([plans[3], plans[2]], 2)
    assert list_plans(engine, workspace=None, limit=9, offset=0, now=NOW)[1] == 4


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET reason = 'none'",
        "UPDATE audit SET n_people = 0 WHERE id = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
    ],
)
def test_the_audit_can_only_be_added_to(engine: Engine, change: str) -> None:
    _record_two(engine)
    before = read_audit(engine, limit=10)
    _assert_refused(engine, change)
    assert read_audit(engine, limit=10) == before


def test_the_audit_cannot_be_replaced_or_emptied_at_once(engine: Engine, kind: str) -> None:
    _record_two(engine)
    before = read_audit(engine, limit=10)
    values = "VALUES (1, 0, 'k', 'a', 's', 'none', 0)"
    _assert_refused(
        engine, f"INSERT OR REPLACE INTO audit {values}" if kind == "sqlite" else "TRUNCATE audit"
    )
    assert read_audit(engine, limit=10) == before


def test_the_audit_is_read_newest_first(engine: Engine) -> None:
    _record_two(engine)
    rows = read_audit(engine, limit=10)
    assert [(row.at, row.reason, row.n_people) for row in rows] == [
        (NOW + 1, "回访", 7),
        (NOW, "分组培训", 120),
    ]
    assert read_audit(engine, limit=1) == rows[:1]


def _record_two(engine: Engine) -> None:
    for now, reason, n_people in ((NOW, "分组培训", 120), (NOW + 1, "回访", 7)):
        record(
            engine, key_id="k", action="rosters", subject="plan", reason=reason, n_people=n_people, now=now
        )


def _assert_refused(engine: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only be added to"), writing(engine) as connection:
        connection.execute(text(statement))
