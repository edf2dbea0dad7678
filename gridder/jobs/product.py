"""What a job leaves beside its result: a plan or a dataset, put in its place before the store knows of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridder.config import Settings
from gridder.jobs.model import CELLS, NAMES, PLAN, REVIEW
from gridder.storage.datasets import Dataset
from gridder.storage.folder import DataFolder
from gridder.storage.ids import new_id
from gridder.storage.jobs import Job
from gridder.storage.plans import PlanRow

DAY = 86_400.0


@dataclass(frozen=True)
class Product:
    """What lies in the data folder and becomes known with the end of its job.

    Parameters
    ----------
    result
        The job's result.
    plan, dataset
        Its row in the store, where the process makes one.
    names
        The sealed parts of the names of the plan's members.
    review
        The sealed parts of their doubtful addresses.
    """

    result: Mapping[str, Any]
    plan: PlanRow | None = None
    dataset: Dataset | None = None
    names: tuple[bytes, ...] = ()
    review: tuple[bytes, ...] = ()

    def renew(self, folder: DataFolder) -> None:
        """Make it young for the sweeper, however long the store was away."""
        if self.plan:
            os.utime(folder.plan(self.plan.id))
        if self.dataset:
            os.utime(folder.upload(self.dataset.id))

    def remove(self, folder: DataFolder) -> None:
        """Remove it, since its job is no longer ours."""
        if self.plan:
            folder.remove_plan(self.plan.id)
        if self.dataset:
            folder.remove_upload(self.dataset.id)

    def is_of(self, job: Job) -> bool:
        """Return whether a job has ended with it."""
        if self.plan:
            return job.plan_id == self.plan.id
        return self.dataset is not None and made_dataset(job) == self.dataset.id


def made_dataset(job: Job) -> str | None:
    """Return the id of the dataset that a job made, or None."""
    return (job.result or {}).get("dataset") if job.process == "lattice" else None


def put_in_place(
    job: Job, result: Mapping[str, Any], draft: Path, folder: DataFolder, settings: Settings, *, now: float
) -> Product:
    """Move what a job made from its draft to where it stays."""
    match job.process:
        case "partition":
            return _publish_plan(
                job, result, draft, folder, expires_at=now + settings.plan_days * DAY, now=now
            )
        case "lattice":
            return _keep_cells(
                job, result, draft, folder, expires_at=now + settings.upload_days * DAY, now=now
            )
    return Product(result)


def _publish_plan(
    job: Job, result: Mapping[str, Any], draft: Path, folder: DataFolder, *, expires_at: float, now: float
) -> Product:
    plan = PlanRow(
        id=new_id(),
        workspace=job.workspace,
        key_id=job.key_id,
        job_id=job.id,
        title=job.request.get("title", ""),
        summary=result["summary"],
        created_at=now,
        expires_at=expires_at,
    )
    names, review = (
        tuple(path.read_bytes() for path in sorted((draft / part).glob("*"))) for part in (NAMES, REVIEW)
    )
    folder.publish(draft / PLAN, plan.id)
    return Product(result, plan=plan, names=names, review=review)


def _keep_cells(
    job: Job, result: Mapping[str, Any], draft: Path, folder: DataFolder, *, expires_at: float, now: float
) -> Product:
    told = dict(result)
    dataset = Dataset(
        id=new_id(),
        workspace=job.workspace,
        key_id=job.key_id,
        by_value=False,
        options={},
        created_at=now,
        expires_at=expires_at,
        **told.pop("file"),
    )
    folder.keep_upload(draft / CELLS, dataset.id)
    return Product({"dataset": dataset.id, **told}, dataset=dataset)
