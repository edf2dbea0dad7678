"""What ends, and deleting a thing with everything that came from it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, select

from gridder.storage.engine import Turn, reading, take_turn, writing
from gridder.storage.jobs import UNFINISHED
from gridder.storage.tables import (
    address_reviews,
    dataset_sources,
    datasets,
    job_sources,
    jobs,
    names,
    plan_sources,
    plans,
)


@dataclass(frozen=True)
class Ended:
    """Ids of what is past its time."""

    datasets: list[str]
    plans: list[str]
    jobs: list[str]


def expired(engine: Engine, *, now: float) -> Ended:
    """Return what is past its time; a job that waits or runs is not."""
    with reading(engine) as connection:
        return Ended(
            list(connection.execute(select(datasets.c.id).where(datasets.c.expires_at <= now)).scalars()),
            list(connection.execute(select(plans.c.id).where(plans.c.expires_at <= now)).scalars()),
            list(
                connection.execute(
                    select(jobs.c.id).where(jobs.c.expires_at <= now, jobs.c.status.not_in(UNFINISHED))
                ).scalars()
            ),
        )


@dataclass(frozen=True)
class Gone:
    """Ids of what was deleted: plans whose folders, and datasets whose files, must go."""

    plans: list[str]
    datasets: list[str]


def delete_dataset(engine: Engine, dataset_id: str) -> Gone:
    """Delete a dataset with the datasets, plans and jobs made from it; jobs that run lose their lease."""
    with writing(engine) as connection:
        take_turn(connection, Turn.QUEUE)
        doomed = _with_what_was_made(connection, dataset_id)
        its_plans = select(plan_sources.c.plan_id).where(plan_sources.c.dataset_id.in_(doomed))
        gone = connection.execute(delete(plans).where(plans.c.id.in_(its_plans)).returning(plans.c.id))
        plan_ids = sorted(gone.scalars())
        sent = select(dataset_sources.c.source_id).where(dataset_sources.c.dataset_id.in_(doomed))
        ended = datasets.c.id.in_(doomed) | (datasets.c.by_value & datasets.c.id.in_(sent))
        deleted = connection.execute(delete(datasets).where(ended).returning(datasets.c.id))
        return Gone(plan_ids, sorted(deleted.scalars()))


def _with_what_was_made(connection: Connection, dataset_id: str) -> set[str]:
    """Delete the jobs that read a dataset or one made from it; return the ids of these datasets."""
    doomed, latest = {dataset_id}, {dataset_id}
    while latest:
        its_jobs = select(job_sources.c.job_id).where(job_sources.c.dataset_id.in_(latest))
        # a job that is being finished either has left what it made before the next statement or finds itself deleted
        connection.execute(delete(jobs).where(jobs.c.id.in_(its_jobs)))
        made = select(dataset_sources.c.dataset_id).where(dataset_sources.c.source_id.in_(latest))
        latest = set(connection.execute(made).scalars()) - doomed
        doomed |= latest
    return doomed


def delete_plan(engine: Engine, plan_id: str) -> bool:
    """Delete a plan with its names, its job, and what was sent inside the job's request.

    Returns
    -------
    bool
        Whether there was such a plan.
    """
    with writing(engine) as connection:
        take_turn(connection, Turn.QUEUE)
        gone = delete(plans).where(plans.c.id == plan_id).returning(plans.c.job_id)
        job_id = connection.execute(gone).scalar_one_or_none()
        if job_id is None:
            return False
        sent = select(job_sources.c.dataset_id).where(job_sources.c.job_id == job_id)
        connection.execute(delete(datasets).where(datasets.c.by_value, datasets.c.id.in_(sent)))
        connection.execute(delete(jobs).where(jobs.c.id == job_id))
    return True


def delete_job(engine: Engine, job_id: str) -> bool:
    """Delete a job that has ended, and not its plan; return whether there was such a job."""
    gone = delete(jobs).where(jobs.c.id == job_id, jobs.c.status.not_in(UNFINISHED))
    with writing(engine) as connection:
        return connection.execute(gone).rowcount == 1


def end_dataset(engine: Engine, dataset_id: str) -> None:
    """Delete a dataset whose time is over with what inspections showed of it.

    The plans and datasets made from it, and the jobs of these plans, have a time of their own.
    """
    its_jobs = select(job_sources.c.job_id).where(job_sources.c.dataset_id == dataset_id)
    shown = delete(jobs).where(
        jobs.c.id.in_(its_jobs), jobs.c.plan_id.is_(None), jobs.c.status.not_in(UNFINISHED)
    )
    with writing(engine) as connection:
        connection.execute(shown)
        connection.execute(delete(datasets).where(datasets.c.id == dataset_id))


def end_names(engine: Engine, *, made_before: float) -> int:
    """Delete names and addresses of plans made before a moment, and not the plans; return how many parts."""
    old = select(plans.c.id).where(plans.c.created_at < made_before)
    with writing(engine) as connection:
        return sum(
            connection.execute(delete(table).where(table.c.plan_id.in_(old))).rowcount
            for table in (names, address_reviews)
        )


def known_ids(engine: Engine) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of all plans and of all datasets, also of those past their time."""
    with reading(engine) as connection:
        return (
            frozenset(connection.execute(select(plans.c.id)).scalars()),
            frozenset(connection.execute(select(datasets.c.id)).scalars()),
        )
