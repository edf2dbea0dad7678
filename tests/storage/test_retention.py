"""What ends, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from gridder.storage import tables
from gridder.storage.datasets import Dataset, find_dataset
from gridder.storage.engine import reading
from gridder.storage.ids import new_id
from gridder.storage.jobs import Job, beat, claim, dismiss, find_job, finish
from gridder.storage.names import has_review, sealed_names
from gridder.storage.plans import PlanRow, find_plan
from gridder.storage.retention import (
    Ended,
    Gone,
    delete_dataset,
    delete_job,
    delete_plan,
    end_dataset,
    expired,
)

NOW = 1_000_000.0

Make = Callable[..., str]
"""What adds a dataset."""
MakePlan = Callable[[Mapping[str, str]], PlanRow]


@pytest.fixture
def publish(
    engine: Engine, send: Callable[..., tuple[Job, bool]], make_plan: Callable[..., PlanRow]
) -> MakePlan:
    """Return a function that makes a plan from datasets, by role, through the queue."""

    def make(sources: Mapping[str, str]) -> PlanRow:
        send(request=_request(sources))
        job = claim(engine, worker="w", lease_s=9, now=NOW)
        assert job
        plan = make_plan(job)
        pairs = list(sources.items())
        sealed = {"names": [b"sealed"], "review": [b"sealed too"]}
        assert finish(engine, job.id, 1, result={}, plan=plan, sources=pairs, **sealed, now=NOW)
        return plan

    return make


@pytest.fixture
def make_lattice(engine: Engine, send: Callable[..., tuple[Job, bool]]) -> Callable[[list[str]], str]:
    """Return a function that makes a dataset from boundaries through the queue."""

    def make(boundaries: list[str]) -> str:
        request = {"sources": {"boundary": [{"dataset": own} for own in boundaries]}}
        send(request=request, process="lattice")
        job = claim(engine, worker="w", lease_s=9, now=NOW)
        assert job
        pairs, cells = [("boundary", own) for own in boundaries], _cells()
        assert finish(
            engine, job.id, 1, result={}, plan=None, dataset=cells, sources=pairs, names=[], now=NOW
        )
        return cells.id

    return make


def _cells() -> Dataset:
    return Dataset(
        id=new_id(),
        workspace="main",
        key_id="k",
        name="cells.gpkg",
        n_bytes=7,
        sha256="0" * 64,
        by_value=False,
        options={},
        created_at=NOW,
        expires_at=NOW + 1000,
    )


def test_a_dataset_goes_with_all_that_came_from_it(
    engine: Engine, make_dataset: Make, publish: MakePlan
) -> None:
    fields, members, others = make_dataset(), make_dataset(), make_dataset()
    with_it = [publish({"fields": fields, "members": members}), publish({"members": members})]
    without = publish({"fields": fields})
    assert delete_dataset(engine, others) == Gone([], [others])
    assert delete_dataset(engine, members) == Gone(sorted(plan.id for plan in with_it), [members])
    assert delete_dataset(engine, members) == Gone([], [])
    for plan in with_it:
        assert find_plan(engine, plan.id, workspace=None, now=NOW) is None
        assert find_job(engine, plan.job_id, workspace=None) is None
        assert sealed_names(engine, plan.id) == []
        assert not has_review(engine, plan.id)
    assert find_plan(engine, without.id, workspace=None, now=NOW) == without
    assert find_job(engine, without.job_id, workspace=None)
    assert sealed_names(engine, without.id) == [b"sealed"]
    assert find_dataset(engine, fields, workspace=None, now=NOW)
    for table in (tables.plan_sources, tables.job_sources, tables.names):
        assert _count(engine, table) == 1


def test_what_was_made_from_a_dataset_goes_with_it(
    engine: Engine,
    make_dataset: Make,
    publish: MakePlan,
    make_lattice: Callable[..., str],
    send: Callable[..., tuple[Job, bool]],
) -> None:
    """A lattice of a boundary, the plan of that lattice, and the job that waits to read it."""
    boundary, other = make_dataset(), make_dataset()
    cells, others = make_lattice([boundary]), make_lattice([other])
    plan = publish({"fields": cells})
    waiting, _ = send(request=_request({"fields": cells}))
    assert find_dataset(engine, cells, workspace="main", now=NOW)
    assert delete_dataset(engine, boundary) == Gone([plan.id], sorted([boundary, cells]))
    assert find_dataset(engine, cells, workspace=None, now=NOW) is None
    assert find_job(engine, waiting.id, workspace=None) is None
    assert find_dataset(engine, others, workspace=None, now=NOW)


def test_a_lattice_goes_without_its_uploaded_boundary_and_with_what_was_sent_inside(
    engine: Engine, make_dataset: Make, make_lattice: Callable[..., str]
) -> None:
    uploaded, sent = make_dataset(), make_dataset(by_value=True)
    cells, others = make_lattice([uploaded, sent]), make_lattice([uploaded])
    assert delete_dataset(engine, cells) == Gone([], sorted([cells, sent]))
    assert find_dataset(engine, uploaded, workspace=None, now=NOW)
    assert find_dataset(engine, others, workspace=None, now=NOW)


def test_a_lattice_outlives_the_day_of_its_boundary(
    engine: Engine, make_dataset: Make, make_lattice: Callable[..., str]
) -> None:
    boundary = make_dataset()
    cells = make_lattice([boundary])
    end_dataset(engine, boundary)
    assert find_dataset(engine, cells, workspace=None, now=NOW)


def test_a_lattice_whose_job_was_dismissed_is_not_kept(
    engine: Engine, make_dataset: Make, send: Callable[..., tuple[Job, bool]]
) -> None:
    job, _ = send(request=_request({"boundary": make_dataset()}), process="lattice")
    assert claim(engine, worker="w", lease_s=9, now=NOW)
    dismiss(engine, job.id, now=NOW)
    cells = _cells()
    assert not finish(engine, job.id, 1, result={}, plan=None, dataset=cells, sources=[], names=[], now=NOW)
    assert find_dataset(engine, cells.id, workspace=None, now=NOW) is None


def test_jobs_in_work_lose_their_lease_with_the_dataset(
    engine: Engine, make_dataset: Make, send: Callable[..., tuple[Job, bool]]
) -> None:
    dataset_id = make_dataset()
    running, _ = send(request=_request({"fields": dataset_id}))
    assert claim(engine, worker="w", lease_s=9, now=NOW)
    waiting, _ = send(request=_request({"fields": dataset_id}))
    assert delete_dataset(engine, dataset_id).plans == []
    assert not beat(engine, running.id, 1, lease_s=9, stage=None, progress=1, now=NOW)
    assert claim(engine, worker="w", lease_s=9, now=NOW) is None
    assert find_job(engine, waiting.id, workspace=None) is None


def test_no_plan_outlives_its_dataset_however_close_it_ends(
    engine: Engine,
    make_dataset: Make,
    send: Callable[..., tuple[Job, bool]],
    make_plan: Callable[..., PlanRow],
) -> None:
    for _ in range(8):
        dataset_id = make_dataset()
        job, _ = send(request=_request({"fields": dataset_id}))
        assert claim(engine, worker="w", lease_s=9, now=NOW)
        plan = make_plan(job)
        barrier = Barrier(2)

        def delete(dataset_id: str = dataset_id, barrier: Barrier = barrier) -> list[str]:
            barrier.wait()
            return delete_dataset(engine, dataset_id).plans

        with ThreadPoolExecutor(1) as pool:
            deleting = pool.submit(delete)
            barrier.wait()
            sources = [("fields", dataset_id)]
            kept = finish(engine, job.id, 1, result={}, plan=plan, sources=sources, names=[b"x"], now=NOW)
        assert deleting.result() == ([plan.id] if kept else [])
    assert [_count(engine, table) for table in (tables.plans, tables.names, tables.jobs)] == [0, 0, 0]


def test_a_plan_goes_with_its_names_its_job_and_what_was_sent_inside(
    engine: Engine, make_dataset: Make, publish: MakePlan
) -> None:
    uploaded, sent = make_dataset(), make_dataset(by_value=True)
    plan = publish({"fields": uploaded, "members": sent})
    other = publish({"fields": uploaded})
    assert delete_plan(engine, plan.id)
    assert not delete_plan(engine, plan.id)
    assert find_plan(engine, plan.id, workspace=None, now=NOW) is None
    assert find_job(engine, plan.job_id, workspace=None) is None
    assert sealed_names(engine, plan.id) == []
    assert not has_review(engine, plan.id)
    assert find_dataset(engine, uploaded, workspace=None, now=NOW)
    assert find_dataset(engine, sent, workspace=None, now=NOW) is None
    assert find_plan(engine, other.id, workspace=None, now=NOW) == other


def test_a_job_is_deleted_when_it_has_ended(engine: Engine, send: Callable[..., tuple[Job, bool]]) -> None:
    job, _ = send()
    assert not delete_job(engine, job.id)
    dismiss(engine, job.id, now=NOW)
    assert delete_job(engine, job.id)
    assert find_job(engine, job.id, workspace=None) is None
    assert not delete_job(engine, new_id())


def test_what_is_past_its_time_is_named(
    engine: Engine, make_dataset: Make, publish: MakePlan, send: Callable[..., tuple[Job, bool]]
) -> None:
    dataset_id = make_dataset(expires_at=NOW + 5)
    plan = publish({"fields": make_dataset(expires_at=NOW + 5000)})
    send(expires_at=NOW + 1)
    assert expired(engine, now=NOW + 4) == Ended([], [], [])
    assert expired(engine, now=NOW + 5) == Ended([dataset_id], [], [])
    assert expired(engine, now=NOW + 1000) == Ended([dataset_id], [plan.id], [plan.job_id])


def _request(sources: Mapping[str, str]) -> dict[str, Any]:
    return {"sources": {role: [{"dataset": dataset_id}] for role, dataset_id in sources.items()}}


def _count(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_was_shown_of_a_dataset_ends_with_it(
    engine: Engine, send: Callable[..., tuple[Job, bool]], make_dataset: Make, publish: MakePlan
) -> None:
    """An inspection holds first rows of a file; a plan made from the file goes on."""
    dataset = make_dataset()
    plan = publish({"fields": dataset})
    send(process="inspect", request=_request({"dataset": dataset}))
    job = claim(engine, worker="w", lease_s=9, now=NOW)
    assert job
    assert finish(
        engine, job.id, job.attempt, result={"preview": []}, plan=None, sources=[], names=[], now=NOW
    )
    end_dataset(engine, dataset)
    assert find_job(engine, job.id, workspace=None) is None
    assert find_plan(engine, plan.id, workspace=None, now=NOW)
    assert find_job(engine, plan.job_id, workspace=None)
