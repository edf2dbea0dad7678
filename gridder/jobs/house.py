"""What is done beside the jobs: taking back those that were lost, and removing what has ended."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import sys
import time

from sqlalchemy import Engine

from gridder.config import Settings
from gridder.jobs.model import worker_lost
from gridder.storage import jobs as queue
from gridder.storage import retention
from gridder.storage.folder import DataFolder

DAY = 86_400.0
MOST_RUNNING = 10_000
ORPHAN_SECONDS = 3600.0
"""What nobody owns is removed when it is so old."""


def place_of(folder: DataFolder) -> str:
    """Return what tells this machine and data folder from others, as it begins the names of workers."""
    path = hashlib.sha256(str(folder.path.resolve()).encode()).hexdigest()
    return f"{socket.gethostname()[:30]}/{path[:8]}"


def server_name(folder: DataFolder) -> str:
    """Return a name for this server; the names of its workers begin with it."""
    return f"{place_of(folder)}/{os.getpid()}/{secrets.token_hex(3)}"


def take_over(engine: Engine, folder: DataFolder, settings: Settings, own: str, *, now: float) -> None:
    """Take back at once the jobs of servers of this place that are dead, and remove their drafts.

    Parameters
    ----------
    own
        Name of this server.
    """
    running, _ = queue.list_jobs(
        engine, workspace=None, status=("running",), now=time.time(), limit=MOST_RUNNING, offset=0
    )
    for job in running:
        if not _is_orphan(job.worker or "", place_of(folder), own):
            continue
        shutil.rmtree(folder.draft(job.id, job.attempt), ignore_errors=True)
        queue.release(
            engine,
            job.id,
            job.attempt,
            most_attempts=settings.job_attempts,
            problem=worker_lost(settings.job_attempts),
            now=now,
        )


def _is_orphan(worker: str, place: str, own: str) -> bool:
    """Return whether a worker belongs to a dead server of this place.

    A process with our own number but another name is dead: we have the number now.
    """
    if not worker.startswith(place + "/") or worker.startswith(own + "/"):
        return False
    pid = int(worker.removeprefix(place + "/").split("/")[0])
    return pid == os.getpid() or not _lives(pid)


def _lives(pid: int) -> bool:
    """Return whether a process lives; Windows has no harmless way to ask, and there the lease decides."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def clean_up(engine: Engine, folder: DataFolder, settings: Settings, *, now: float) -> None:
    """Remove what is past its time, and files that nobody owns."""
    ended = retention.expired(engine, now=now)
    for dataset_id in ended.datasets:
        retention.end_dataset(engine, dataset_id)
        folder.remove_upload(dataset_id)
    retention.end_names(engine, made_before=now - settings.upload_days * DAY)
    for plan_id in ended.plans:
        retention.delete_plan(engine, plan_id)
        folder.remove_plan(plan_id)
    for job_id in ended.jobs:
        retention.delete_job(engine, job_id)
    running, _ = queue.list_jobs(
        engine, workspace=None, status=("running",), now=time.time(), limit=MOST_RUNNING, offset=0
    )
    known_plans, known_uploads = retention.known_ids(engine)
    folder.sweep(
        known_plans=known_plans,
        known_uploads=known_uploads,
        running={(job.id, job.attempt) for job in running},
        older_than=ORPHAN_SECONDS,
        now=now,
    )
