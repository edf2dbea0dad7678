"""What ends is removed, and what somebody needs is not."""

from __future__ import annotations

import os
import time

from gridder.config import Settings
from gridder.jobs.house import ORPHAN_SECONDS, clean_up
from gridder.storage import jobs as queue
from gridder.storage.datasets import find_dataset
from gridder.storage.names import has_review, sealed_names
from gridder.storage.plans import find_plan

DAY = 86_400.0


def test_uploads_and_names_end_before_plans_and_jobs(station):
    """Each has its own time; a plan outlives the upload that it was made from."""
    station.start()
    job = station.ended(station.submit({"do": "result"}))
    station.dispatchers.pop().stop(0)
    dataset_id = job.request["sources"]["fields"][0]["dataset"]
    settings = Settings(data_dir=station.folder.path, upload_days=30, plan_days=365)

    clean_up(station.engine, station.folder, settings, now=time.time() + 31 * DAY)
    assert find_dataset(station.engine, dataset_id, workspace=None, now=0) is None
    assert not station.folder.upload(dataset_id).exists()
    assert sealed_names(station.engine, job.plan_id) == []
    assert not has_review(station.engine, job.plan_id)
    assert find_plan(station.engine, job.plan_id, workspace=None, now=0) is not None
    assert station.folder.plan(job.plan_id).is_dir()

    clean_up(station.engine, station.folder, settings, now=time.time() + 366 * DAY)
    assert find_plan(station.engine, job.plan_id, workspace=None, now=0) is None
    assert station.stays() == {"plans": [], "work": []}
    assert queue.find_job(station.engine, job.id, workspace=None) is None


def test_only_old_orphans_are_swept(station):
    """A draft that runs, an upload in the store and everything young stay."""
    job_id = station.submit({"do": "result"})
    job = queue.claim(station.engine, worker="w", lease_s=600, now=time.time())
    upload = station.folder.upload(job.request["sources"]["fields"][0]["dataset"])
    sent = station.folder.upload(station.upload(b"x", "fields1.geojson", by_value=True))
    kept = [station.folder.draft(job_id, 1), upload, sent]
    orphans = [
        station.folder.draft(job_id, 0),
        station.folder.plan("a" * 20),
        station.folder.upload("b" * 20),
    ]
    for path in [kept[0], *orphans[:2]]:
        path.mkdir()
    orphans[2].touch()
    settings = Settings(data_dir=station.folder.path)
    clean_up(station.engine, station.folder, settings, now=time.time())
    assert all(path.exists() for path in [*kept, *orphans])
    old = time.time() - ORPHAN_SECONDS - 60
    for path in [*kept, *orphans]:
        os.utime(path, (old, old))
    clean_up(station.engine, station.folder, settings, now=time.time())
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in orphans)
