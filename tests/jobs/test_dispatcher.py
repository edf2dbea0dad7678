"""The dispatcher with children that do as they are told: what happens to a job when something goes wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import event, exc

from gridder.jobs import slot
from gridder.jobs.house import place_of
from gridder.storage import jobs as queue
from gridder.storage.datasets import find_dataset
from gridder.storage.names import sealed_names, sealed_review
from gridder.storage.plans import find_plan, sources_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills groups of processes")


def test_a_result_becomes_a_plan_with_its_folder_and_names(station):
    """The folder, the row, the sources and the names are there together, and nothing stays in work."""
    station.start()
    job = station.ended(station.submit({"do": "result"}))
    assert (job.status, job.progress, job.attempt, job.problem) == ("successful", 100, 1, None)
    plan = find_plan(station.engine, job.plan_id, workspace="main", now=time.time())
    assert plan.title == "harvest"
    assert plan.job_id == job.id
    assert [role for role, _ in sources_of(station.engine, plan.id)] == ["fields"]
    assert sealed_names(station.engine, plan.id) == [b"sealed"]
    assert sealed_review(station.engine, plan.id) == [b"sealed addresses"]
    assert (station.folder.plan(plan.id) / "report.json").is_file()
    station.until(lambda: station.stays() == {"plans": [plan.id], "work": []})


def test_an_inspection_has_a_result_and_no_plan(station):
    """What the child found is the job's result."""
    station.start()
    job = station.ended(station.submit({"do": "inspect"}, process="inspect"))
    assert (job.status, job.result, job.plan_id) == ("successful", {"file": "fields.zip"}, None)
    station.until(lambda: station.stays() == {"plans": [], "work": []})


def test_a_lattice_becomes_a_dataset_of_the_jobs_workspace(station):
    """The sealed file, its row and the result are there together, and it ends when an upload would."""
    station.start(upload_days=3)
    job = station.ended(station.submit({"do": "cells"}, process="lattice"))
    own = job.result["dataset"]
    assert job.result == {"dataset": own, "cells": 3, "cell_m2": 50000.0, "findings": []}
    dataset = find_dataset(station.engine, own, workspace="main", now=time.time())
    assert (dataset.name, dataset.n_bytes, dataset.key_id) == ("farm-square-5ha.gpkg", 7, job.key_id)
    assert dataset.expires_at - dataset.created_at == 3 * 86_400
    assert station.folder.upload(own).read_bytes() == b"sealed cells"
    station.until(lambda: station.stays() == {"plans": [], "work": []})


def test_a_lattice_dismissed_at_its_end_leaves_nothing(station, monkeypatch):
    """The file that was put in its place goes again, as nobody knows of it."""

    def dismissed_first(engine, job_id, *more, **kept):
        queue.dismiss(engine, job_id, now=time.time())
        return finish(engine, job_id, *more, **kept)

    finish = queue.finish
    monkeypatch.setattr(queue, "finish", dismissed_first)
    station.start()
    job = station.ended(station.submit({"do": "cells"}, process="lattice"))
    assert (job.status, job.result) == ("dismissed", None)
    boundary = job.request["sources"]["boundary"][0]["dataset"]
    station.until(lambda: [path.name for path in station.folder.uploads.iterdir()] == [boundary])
    station.until(lambda: station.stays() == {"plans": [], "work": []})


def test_many_jobs_run_one_after_the_other_in_every_slot(station):
    """Two slots do seven jobs, each once."""
    jobs = [station.submit({"do": "result"}) for _ in range(7)]
    station.start(workers=2)
    assert {(station.ended(job).status, station.ended(job).attempt) for job in jobs} == {("successful", 1)}
    assert len(station.stays()["plans"]) == 7


@pytest.mark.parametrize(
    ("does", "kind", "n_faults"),
    [
        ({"do": "faults", "kind": "missing-crs"}, "bad-input", 1),
        ({"do": "faults", "kind": "out-of-memory"}, "out-of-memory", 0),
        ({"do": "faults", "kind": "disk-full"}, "disk-full", 0),
        ({"do": "crash"}, "job-failed", 0),
    ],
)
def test_what_a_child_complains_of_is_the_jobs_problem(station, does, kind, n_faults):
    """It fails at once, with the type of its problem, texts in both languages, and no second attempt."""
    station.start()
    job = station.ended(station.submit(does))
    assert (job.status, job.attempt) == ("failed", 1)
    assert job.problem["type"] == f"urn:gridder:problem:{kind}"
    assert job.problem["title"]
    assert job.problem["title_zh"]
    assert len(job.problem.get("faults", ())) == n_faults
    station.until(lambda: station.stays() == {"plans": [], "work": []})


def test_a_child_knows_the_key_file_and_no_other_secret(station, monkeypatch):
    """The address of the store and whatever else a server knows stay with it."""
    monkeypatch.setenv("GRIDDER_DATABASE_URL", "postgresql://user:secret@host/store")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    station.start()
    job = station.ended(station.submit({"do": "environment"}, process="inspect"))
    assert "GRIDDER_KEY_FILE" in job.result["summary"]
    assert "secret" not in str(job.result)


def test_a_dismissed_job_is_killed_with_all_that_it_started(station):
    """Within a second or so the child and its own child are gone, and so is what they left."""
    station.start(lease_seconds=20)
    job_id = station.submit({"do": "sleep", "pids": str(station.tmp / "pids"), "input": True})
    pids = station.pids(station.tmp / "pids")
    station.until(lambda: station.job(job_id).stage == "solve")
    begun = time.monotonic()
    queue.dismiss(station.engine, job_id, now=time.time())
    station.until(lambda: all(station.is_gone(pid) for pid in pids))
    assert time.monotonic() - begun < 1.5
    station.until(lambda: station.stays() == {"plans": [], "work": []})
    assert station.job(job_id).status == "dismissed"


def test_progress_is_told_while_a_job_runs(station):
    """The stage and the whole's percentage are in the store."""
    station.start()
    job_id = station.submit({"do": "sleep"})
    job = station.until(lambda: (job := station.job(job_id)).progress > 0 and job)
    assert job.stage == "solve"
    assert 30 < job.progress < 80


def test_a_child_killed_once_is_replaced(station):
    """The second attempt succeeds."""
    station.start()
    job_id = station.submit(
        {"do": "sleep", "once": str(station.tmp / "once"), "pids": str(station.tmp / "pids")}
    )
    os.kill(station.pids(station.tmp / "pids")[0], signal.SIGKILL)
    job = station.ended(job_id)
    assert (job.status, job.attempt, job.losses) == ("successful", 2, 1)


def test_a_child_that_dies_every_time_fails_the_job(station):
    """After two attempts it is `worker-lost`, and no input stays."""
    station.start()
    job = station.ended(station.submit({"do": "die", "input": True}))
    assert (job.status, job.attempt) == ("failed", 2)
    assert job.problem["type"] == "urn:gridder:problem:worker-lost"
    station.until(lambda: station.stays() == {"plans": [], "work": []})


def test_a_job_that_takes_too_long_is_killed(station):
    """When it counts as failed its processes are gone."""
    station.start(job_seconds=0.8)
    job_id = station.submit({"do": "sleep", "pids": str(station.tmp / "pids")})
    pids = station.pids(station.tmp / "pids")
    job = station.ended(job_id)
    assert job.problem["type"] == "urn:gridder:problem:job-time-limit"
    assert job.attempt == 1
    station.until(lambda: all(station.is_gone(pid) for pid in pids))


def test_a_job_taken_over_is_let_go(station):
    """Where another server holds the job, our child is killed and nothing of it is kept."""
    station.start()
    job_id = station.submit({"do": "sleep", "pids": str(station.tmp / "pids")})
    pids = station.pids(station.tmp / "pids")
    with queue.writing(station.engine) as connection:
        connection.execute(
            queue.jobs.update().where(queue.jobs.c.id == job_id).values(attempt=2, worker="elsewhere")
        )
    station.until(lambda: all(station.is_gone(pid) for pid in pids))
    station.until(lambda: station.stays() == {"plans": [], "work": []})
    assert (station.job(job_id).worker, station.job(job_id).attempt) == ("elsewhere", 2)


def test_a_lease_that_is_over_gives_the_job_to_another(station):
    """A job of a server that is gone elsewhere is done here."""
    job_id = station.submit({"do": "result"})
    queue.claim(station.engine, worker="elsewhere/1/a/0", lease_s=0.5, now=time.time())
    station.start()
    job = station.ended(job_id)
    assert (job.status, job.attempt, job.losses) == ("successful", 2, 1)


def test_jobs_of_a_dead_server_of_this_place_need_no_waiting(station):
    """Its lease would last for ten minutes; its draft goes with it."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    job_id = station.submit({"do": "result"})
    queue.claim(
        station.engine, worker=f"{place_of(station.folder)}/{dead.pid}/a/0", lease_s=600, now=time.time()
    )
    (station.folder.draft(job_id, 1) / "in").mkdir(parents=True)
    station.start()
    assert station.ended(job_id).attempt == 2
    station.until(lambda: station.stays()["work"] == [])


def test_jobs_of_a_server_that_lives_are_left_to_it(station):
    """Another server on the same folder keeps its job."""
    job_id = station.submit({"do": "result"})
    queue.claim(
        station.engine, worker=f"{place_of(station.folder)}/{os.getppid()}/a/0", lease_s=600, now=time.time()
    )
    station.start()
    station.ended(station.submit({"do": "result"}))
    assert (station.job(job_id).status, station.job(job_id).attempt) == ("running", 1)


def test_a_result_that_comes_after_the_dismissal_leaves_nothing(station, monkeypatch):
    """The job is dismissed when its plan is published already: the folder goes again."""
    finish = queue.finish
    published = []

    def late(engine, job_id, attempt, **rest):
        published.extend(station.stays()["plans"])
        queue.dismiss(engine, job_id, now=time.time())
        return finish(engine, job_id, attempt, **rest)

    monkeypatch.setattr(slot.queue, "finish", late)
    station.start()
    job_id = station.submit({"do": "result"})
    assert station.ended(job_id).status == "dismissed"
    station.until(lambda: published and station.stays() == {"plans": [], "work": []})


def test_a_commit_whose_answer_is_lost_is_found_again(station, monkeypatch):
    """The store has the result, but the connection broke: it is kept with its folder."""
    finish = queue.finish
    calls = []

    def deaf(*args, **rest):
        calls.append(finish(*args, **rest))
        if len(calls) == 1:
            raise exc.OperationalError("COMMIT", {}, sqlite3.OperationalError("gone"))
        return calls[-1]

    monkeypatch.setattr(slot.queue, "finish", deaf)
    station.start()
    job = station.ended(station.submit({"do": "result"}))
    station.until(lambda: len(calls) == 2 and station.stays()["work"] == [])
    assert calls == [True, False]
    assert station.stays()["plans"] == [job.plan_id]


@pytest.mark.slow
def test_a_store_that_is_away_for_a_while_costs_no_result(station):
    """It goes while the child works and comes back when the child has ended and the lease is over."""
    away = threading.Event()

    def refuse(*_):
        if away.is_set():
            raise exc.OperationalError("BEGIN", {}, sqlite3.OperationalError("unable to open database file"))

    event.listen(station.engine, "before_cursor_execute", refuse)
    dispatcher = station.start(lease_seconds=2.0)
    job_id = station.submit({"do": "result", "seconds": 1.0, "pids": str(station.tmp / "pids")})
    station.pids(station.tmp / "pids")
    away.set()
    time.sleep(4.5)
    assert dispatcher.alive
    away.clear()
    job = station.ended(job_id)
    assert (job.status, job.attempt, job.losses) == ("successful", 1, 0)
    assert station.stays()["plans"] == [job.plan_id]


def test_a_full_disk_is_told(station, monkeypatch):
    """A plan that cannot be brought to the disk fails the job, and nothing stays."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(station.folder, "publish", full)
    station.start()
    job = station.ended(station.submit({"do": "result"}))
    assert job.problem["type"] == "urn:gridder:problem:disk-full"
    station.until(lambda: station.stays() == {"plans": [], "work": []})


def test_a_store_on_a_full_disk_takes_the_folder_back(station, monkeypatch):
    """The rows of the plan do not fit: the folder goes, and the failure is told as soon as there is room."""

    def full(*_, **__):
        raise exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(slot.queue, "finish", full)
    station.start()
    job = station.ended(station.submit({"do": "result"}))
    assert job.problem["type"] == "urn:gridder:problem:disk-full"
    station.until(lambda: station.stays() == {"plans": [], "work": []})


def test_a_stop_puts_running_jobs_back_without_a_loss(station):
    """The child is gone when `stop` returns, and the next server does the job."""
    first = station.start(job_attempts=1)
    job_id = station.submit(
        {"do": "sleep", "once": str(station.tmp / "once"), "pids": str(station.tmp / "pids")}
    )
    pids = station.pids(station.tmp / "pids")
    first.stop(0.2)
    assert not first.alive
    assert all(station.is_gone(pid) for pid in pids)
    job = station.job(job_id)
    assert (job.status, job.losses, job.worker) == ("accepted", 0, None)
    assert station.stays() == {"plans": [], "work": []}
    station.start(job_attempts=1)
    assert station.ended(job_id).status == "successful"


def test_a_stop_lets_jobs_end_in_time(station):
    """What ends within the grace is kept, and nothing new is begun."""
    dispatcher = station.start()
    job_id = station.submit({"do": "result", "seconds": 0.8, "pids": str(station.tmp / "pids")})
    station.pids(station.tmp / "pids")
    waiting = station.submit({"do": "result"})
    dispatcher.stop(10)
    assert station.job(job_id).status == "successful"
    assert station.job(waiting).status == "accepted"


def test_children_that_cannot_start_do_not_spin(station, monkeypatch):
    """A command that ends at once is tried again after a pause that grows; the dispatcher lives."""
    started = []
    real = slot.Process

    def counted(command, bell):
        started.append(time.monotonic())
        return real((sys.executable, "-S", "-c", ""), bell)

    monkeypatch.setattr(slot, "Process", counted)
    dispatcher = station.start()
    time.sleep(2.0)
    assert dispatcher.alive
    assert 2 <= len(started) <= 4
