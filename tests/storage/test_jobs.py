"""The queue: no job is lost, none is done twice, and only the attempt that holds a job changes it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from gridder.storage.ids import new_id
from gridder.storage.jobs import (
    DatasetGoneError,
    IdempotencyError,
    Job,
    QueueFullError,
    beat,
    claim,
    count_by_status,
    dismiss,
    fail,
    find_by_idempotency,
    find_job,
    finish,
    list_jobs,
    position,
    put_back,
    release,
    release_lost,
)
from gridder.storage.plans import PlanRow, find_plan

NOW = 1_000_000.0
LOST = {"type": "worker-lost"}

T = TypeVar("T")
Send = Callable[..., tuple[Job, bool]]


def test_a_job_goes_its_way(engine: Engine, send: Send, make_plan: Callable[..., PlanRow]) -> None:
    job, new = send(job_id="j" * 20, request={"title": "村里"})
    assert new
    assert (job.id, job.status, job.attempt, job.progress) == ("j" * 20, "accepted", 0, 0)
    assert find_job(engine, job.id, workspace="main") == job
    taken = _claim(engine, now=NOW + 1)
    assert (taken.id, taken.status, taken.attempt, taken.worker) == (job.id, "running", 1, "w")
    assert (taken.started_at, taken.lease_until) == (NOW + 1, NOW + 11)
    assert beat(engine, job.id, 1, lease_s=10, stage="solve", progress=40, now=NOW + 5)
    running = find_job(engine, job.id, workspace=None)
    assert running
    assert (running.stage, running.progress, running.lease_until) == ("solve", 40, NOW + 15)
    plan = make_plan(job)
    result = {"plan": plan.id}
    assert finish(engine, job.id, 1, result=result, plan=plan, sources=[], names=[], now=NOW + 9)
    done = find_job(engine, job.id, workspace="main")
    assert done
    assert (done.status, done.progress, done.finished_at) == ("successful", 100, NOW + 9)
    assert (done.result, done.plan_id, done.lease_until) == (result, plan.id, None)
    assert done.request == {"title": "村里"}


def test_a_job_that_makes_no_plan_keeps_its_result(engine: Engine, send: Send) -> None:
    send(process="inspect")
    job = _claim(engine)
    assert finish(engine, job.id, 1, result={"layers": []}, plan=None, sources=[], names=[], now=NOW)
    done = find_job(engine, job.id, workspace=None)
    assert done
    assert (done.result, done.plan_id) == ({"layers": []}, None)


def test_who_waits_longest_is_next(engine: Engine, send: Send) -> None:
    late, _ = send(now=NOW + 2)
    tied = sorted((send(now=NOW + 1)[0] for _ in range(2)), key=lambda job: job.id)
    early, _ = send(now=NOW)
    order = [early, *tied, late]
    assert [position(engine, job) for job in order] == [1, 2, 3, 4]
    first = _claim(engine)
    assert first.id == early.id
    assert position(engine, first) == 0
    assert [position(engine, job) for job in order[1:]] == [1, 2, 3]
    assert [_claim(engine).id for _ in range(3)] == [job.id for job in order[1:]]
    assert claim(engine, worker="w", lease_s=10, now=NOW) is None


def test_no_two_workers_get_the_same_job(engine: Engine, send: Send) -> None:
    ids = {send(now=NOW + i)[0].id for i in range(24)}
    barrier = Barrier(4)

    def work(worker: str) -> list[str]:
        barrier.wait()
        got = []
        while job := claim(engine, worker=worker, lease_s=10, now=NOW):
            got.append(job.id)
        return got

    with ThreadPoolExecutor(4) as pool:
        got = [job_id for found in pool.map(work, "abcd") for job_id in found]
    assert len(got) == 24
    assert set(got) == ids


def test_a_lost_lease_is_taken_over_and_the_old_attempt_refused(
    engine: Engine, send: Send, make_plan: Callable[..., PlanRow]
) -> None:
    job, _ = send()
    _claim(engine)
    assert release_lost(engine, most_attempts=2, problem=LOST, now=NOW + 10) == []
    released = release_lost(engine, most_attempts=2, problem=LOST, now=NOW + 10.1)
    assert [(one.id, one.status, one.losses) for one in released] == [(job.id, "accepted", 1)]
    _assert_refused(engine, job.id, 1, make_plan(job))
    taken = _claim(engine, now=NOW + 11)
    assert taken.attempt == 2
    _assert_refused(engine, job.id, 1, make_plan(job))
    plan = make_plan(job)
    assert finish(engine, job.id, 2, result={}, plan=plan, sources=[], names=[], now=NOW + 12)
    _assert_refused(engine, job.id, 2, make_plan(job))
    assert find_plan(engine, plan.id, workspace=None, now=NOW) == plan


def test_a_late_heartbeat_keeps_what_nobody_took(engine: Engine, send: Send) -> None:
    job, _ = send()
    _claim(engine)
    assert beat(engine, job.id, 1, lease_s=10, stage=None, progress=1, now=NOW + 50)
    assert release_lost(engine, most_attempts=2, problem=LOST, now=NOW + 55) == []


def test_only_one_server_takes_a_lost_job_back(engine: Engine, send: Send) -> None:
    for _ in range(8):
        send()
        _claim(engine)
    barrier = Barrier(3)

    def sweep(_: int) -> list[Job]:
        barrier.wait()
        return release_lost(engine, most_attempts=2, problem=LOST, now=NOW + 99)

    with ThreadPoolExecutor(3) as pool:
        released = [job for found in pool.map(sweep, range(3)) for job in found]
    assert len({job.id for job in released}) == len(released) == 8
    assert {job.losses for job in released} == {1}


def test_a_job_that_kills_its_worker_fails_in_the_end(engine: Engine, send: Send) -> None:
    job, _ = send()
    _claim(engine)
    assert release(engine, job.id, 1, most_attempts=2, problem=LOST, now=NOW) == "accepted"
    assert release(engine, job.id, 1, most_attempts=2, problem=LOST, now=NOW) is None
    again = _claim(engine)
    assert (again.id, again.attempt) == (job.id, 2)
    assert release(engine, job.id, 2, most_attempts=2, problem=LOST, now=NOW + 3) == "failed"
    failed = find_job(engine, job.id, workspace=None)
    assert failed
    assert (failed.problem, failed.finished_at, failed.lease_until) == (LOST, NOW + 3, None)


def test_a_shutdown_is_no_loss(engine: Engine, send: Send) -> None:
    job, _ = send()
    for attempt in range(1, 4):
        assert _claim(engine).attempt == attempt
        assert put_back(engine, job.id, attempt)
        assert not put_back(engine, job.id, attempt)
    _claim(engine)
    assert release(engine, job.id, 4, most_attempts=2, problem=LOST, now=NOW) == "accepted"


def test_a_job_put_back_keeps_its_place(engine: Engine, send: Send) -> None:
    first, _ = send(now=NOW)
    send(now=NOW + 1)
    _claim(engine)
    assert put_back(engine, first.id, 1)
    waiting = find_job(engine, first.id, workspace=None)
    assert waiting
    assert (waiting.worker, waiting.stage, waiting.started_at) == (None, None, None)
    assert position(engine, waiting) == 1


def test_a_failure_is_kept(engine: Engine, send: Send) -> None:
    job, _ = send()
    assert not fail(engine, job.id, 0, LOST, now=NOW)
    _claim(engine)
    assert fail(engine, job.id, 1, {"type": "disk-full"}, now=NOW + 4)
    assert not fail(engine, job.id, 1, LOST, now=NOW + 5)
    failed = find_job(engine, job.id, workspace=None)
    assert failed
    assert (failed.status, failed.problem, failed.finished_at) == ("failed", {"type": "disk-full"}, NOW + 4)


def test_a_result_is_kept_whole_or_not_at_all(
    engine: Engine, send: Send, make_plan: Callable[..., PlanRow]
) -> None:
    job, _ = send()
    _claim(engine)
    plan = make_plan(job)
    twice = [("fields", "a" * 20), ("fields", "a" * 20)]
    with pytest.raises(IntegrityError):
        finish(engine, job.id, 1, result={}, plan=plan, sources=twice, names=[b"x"], now=NOW)
    running = find_job(engine, job.id, workspace=None)
    assert running
    assert (running.status, running.plan_id) == ("running", None)
    assert find_plan(engine, plan.id, workspace=None, now=NOW) is None
    assert finish(engine, job.id, 1, result={}, plan=plan, sources=twice[:1], names=[b"x"], now=NOW)


def test_dismissing_stops_a_job_that_waits_or_runs(
    engine: Engine, send: Send, make_plan: Callable[..., PlanRow]
) -> None:
    job, _ = send()
    stopped = dismiss(engine, job.id, now=NOW + 1)
    assert stopped
    assert (stopped.status, stopped.finished_at) == ("dismissed", NOW + 1)
    assert claim(engine, worker="w", lease_s=10, now=NOW) is None
    job, _ = send()
    _claim(engine)
    stopped = dismiss(engine, job.id, now=NOW + 2)
    assert stopped
    assert (stopped.status, stopped.lease_until) == ("dismissed", None)
    _assert_refused(engine, job.id, 1, make_plan(job))
    assert release_lost(engine, most_attempts=2, problem=LOST, now=NOW + 99) == []
    assert dismiss(engine, job.id, now=NOW + 9) == stopped


def test_dismissing_changes_nothing_that_has_ended(engine: Engine, send: Send) -> None:
    job, _ = send()
    _claim(engine)
    assert finish(engine, job.id, 1, result={}, plan=None, sources=[], names=[], now=NOW)
    done = find_job(engine, job.id, workspace=None)
    assert dismiss(engine, job.id, now=NOW + 9) == done
    assert dismiss(engine, new_id(), now=NOW) is None


def test_a_result_and_a_dismissal_at_once_have_one_winner(
    engine: Engine, send: Send, make_plan: Callable[..., PlanRow]
) -> None:
    for _ in range(6):
        job, _ = send()
        _claim(engine)
        plan = make_plan(job)
        barrier = Barrier(2)

        def end(job: Job = job, plan: PlanRow = plan, barrier: Barrier = barrier) -> bool:
            barrier.wait()
            return finish(engine, job.id, 1, result={}, plan=plan, sources=[], names=[], now=NOW)

        with ThreadPoolExecutor(1) as pool:
            ending = pool.submit(end)
            barrier.wait()
            dismissed = dismiss(engine, job.id, now=NOW)
        kept = find_plan(engine, plan.id, workspace=None, now=NOW) is not None
        assert dismissed
        assert ending.result() == kept == (dismissed.status == "successful")


def test_the_same_request_is_the_same_job(engine: Engine, send: Send) -> None:
    first, new = send(idempotency="once", request_hash="a")
    assert new
    assert find_by_idempotency(engine, first.key_id, "once") == first
    assert find_by_idempotency(engine, "o" * 20, "once") is None
    assert send(idempotency="once", request_hash="a", now=NOW + 9, queue_length=1) == (first, False)
    with pytest.raises(IdempotencyError):
        send(idempotency="once", request_hash="b")
    other, new = send(idempotency="once", request_hash="b", key_id="o" * 20)
    assert new
    assert other.id != first.id
    assert all(send(request_hash="a")[1] for _ in range(2))


def test_the_same_request_after_its_end_is_not_done_again(engine: Engine, send: Send) -> None:
    job, _ = send(idempotency="once")
    _claim(engine)
    assert finish(engine, job.id, 1, result={"n": 1}, plan=None, sources=[], names=[], now=NOW)
    again, new = send(idempotency="once")
    assert not new
    assert (again.id, again.result) == (job.id, {"n": 1})


def test_of_requests_sent_at_once_one_is_new(engine: Engine, send: Send) -> None:
    answers = _at_once(6, lambda _: send(idempotency="once"))
    assert sum(new for _, new in answers) == 1
    assert len({job.id for job, _ in answers}) == 1
    assert count_by_status(engine)["accepted"] == 1


def test_of_different_requests_under_one_name_one_is_taken(engine: Engine, send: Send) -> None:
    def put(i: int) -> bool:
        try:
            return send(idempotency="once", request_hash=str(i))[1]
        except IdempotencyError:
            return False

    assert sum(_at_once(6, put)) == 1
    assert count_by_status(engine)["accepted"] == 1


def test_the_queue_is_never_longer_than_it_may_be(engine: Engine, send: Send) -> None:
    def put(_: int) -> bool:
        try:
            return send(queue_length=3)[1]
        except QueueFullError:
            return False

    assert sum(_at_once(6, put)) == 3
    _claim(engine)
    assert put(0)
    assert not put(0)
    assert count_by_status(engine) == {
        "accepted": 3,
        "running": 1,
        "successful": 0,
        "failed": 0,
        "dismissed": 0,
    }


def test_a_job_needs_its_datasets(engine: Engine, send: Send, make_dataset: Callable[..., str]) -> None:
    there, gone = make_dataset(), new_id()
    sources = {"fields": [{"dataset": there}, {"dataset": there}], "members": [{"dataset": gone}]}
    with pytest.raises(DatasetGoneError) as caught:
        send(request={"sources": sources})
    assert caught.value.dataset_ids == (gone,)
    assert count_by_status(engine)["accepted"] == 0
    assert send(request={"sources": {"fields": sources["fields"], "zones": []}})[1]


def test_jobs_are_listed_newest_first(engine: Engine, send: Send) -> None:
    jobs = [send(now=NOW + i, process="inspect" if i == 1 else "partition")[0] for i in range(4)]
    west, _ = send(workspace="west", now=NOW + 9)
    first = _claim(engine)

    def listed(**chosen: Any) -> tuple[list[str], int]:
        page: dict[str, Any] = {"workspace": "main", "now": NOW + 20, "limit": 9, "offset": 0}
        rows, total = list_jobs(engine, **page | chosen)
        return [job.id for job in rows], total

    newest = [job.id for job in reversed(jobs)]
    assert listed() == (newest, 4)
    assert listed(workspace=None) == ([west.id, *newest], 5)
    assert listed(limit=2, offset=1) == (newest[1:3], 4)
    assert listed(processes=("inspect", "magic")) == ([jobs[1].id], 1)
    assert listed(created=(NOW + 1, NOW + 2)) == ([jobs[2].id, jobs[1].id], 2)
    assert listed(seconds=(20, None)) == ([first.id], 1)
    assert listed(seconds=(None, 19)) == ([], 0)
    assert listed(status=("running", "failed")) == ([first.id], 1)
    assert find_job(engine, west.id, workspace="main") is None


def _claim(engine: Engine, now: float = NOW) -> Job:
    job = claim(engine, worker="w", lease_s=10, now=now)
    assert job
    return job


def _assert_refused(engine: Engine, job_id: str, attempt: int, plan: PlanRow) -> None:
    """Assert that an attempt can do nothing to a job any more."""
    before = find_job(engine, job_id, workspace=None)
    assert not beat(engine, job_id, attempt, lease_s=10, stage="solve", progress=99, now=NOW + 20)
    assert not finish(
        engine, job_id, attempt, result={}, plan=plan, sources=[("fields", "a")], names=[b"x"], now=NOW + 20
    )
    assert not fail(engine, job_id, attempt, LOST, now=NOW + 20)
    assert not put_back(engine, job_id, attempt)
    assert release(engine, job_id, attempt, most_attempts=1, problem=LOST, now=NOW + 20) is None
    assert find_job(engine, job_id, workspace=None) == before
    assert find_plan(engine, plan.id, workspace=None, now=NOW) is None


def _at_once(n: int, call: Callable[[int], T]) -> list[T]:
    barrier = Barrier(n)

    def wait_and_call(i: int) -> T:
        barrier.wait()
        return call(i)

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(wait_and_call, range(n)))
