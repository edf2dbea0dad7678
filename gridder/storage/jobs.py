"""The queue: every change is one transaction, and counts only for the attempt that holds the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from gridder.storage import tables
from gridder.storage.datasets import Dataset
from gridder.storage.engine import Turn, reading, take_turn, writing
from gridder.storage.ids import new_id
from gridder.storage.plans import PlanRow
from gridder.storage.tables import jobs

Status = Literal["accepted", "running", "successful", "failed", "dismissed"]
STATUSES: tuple[Status, ...] = get_args(Status)
Range = tuple[float | None, float | None]
UNFINISHED: tuple[Status, ...] = ("accepted", "running")


class QueueFullError(Exception):
    """As many jobs wait as may wait."""


class IdempotencyError(Exception):
    """The key of a request was used before for another request."""


class DatasetGoneError(Exception):
    """A request names datasets that are no more.

    Parameters
    ----------
    dataset_ids
        Their ids.
    """

    def __init__(self, dataset_ids: Sequence[str]) -> None:
        self.dataset_ids = tuple(dataset_ids)
        super().__init__(f"no dataset {', '.join(dataset_ids)}")


@dataclass(frozen=True)
class Job:
    """A job as it was when it was read."""

    id: str
    workspace: str
    key_id: str
    process: str
    request: Mapping[str, Any]
    idempotency: str | None
    request_hash: str
    status: Status
    attempt: int
    losses: int
    lease_until: float | None
    worker: str | None
    stage: str | None
    progress: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float
    result: Mapping[str, Any] | None
    problem: Mapping[str, Any] | None
    plan_id: str | None


def submit(
    engine: Engine,
    *,
    job_id: str | None = None,
    workspace: str,
    key_id: str,
    process: str,
    request: Mapping[str, Any],
    request_hash: str,
    idempotency: str | None,
    expires_at: float,
    queue_length: int,
    now: float,
) -> tuple[Job, bool]:
    """Put a job into the queue.

    Parameters
    ----------
    request
        What is wanted; `sources` names the datasets it reads, by role.
    request_hash
        What tells this request from others.
    idempotency
        The caller's own name for the request (None: it has none).
    queue_length
        How many jobs may wait.

    Returns
    -------
    tuple
        The job, and whether it is new: the same request sent again is the same job.

    Raises
    ------
    IdempotencyError
        The caller used the name for another request.
    QueueFullError
        No more jobs may wait.
    DatasetGoneError
        A dataset of the request does not exist.
    """
    with writing(engine) as connection:
        take_turn(connection, Turn.QUEUE)
        if idempotency is not None:
            row = connection.execute(_named(key_id, idempotency)).one_or_none()
            if row and row.request_hash != request_hash:
                raise IdempotencyError(idempotency)
            if row:
                return Job(**row._asdict()), False
        waiting = select(func.count()).select_from(jobs).where(jobs.c.status == "accepted")
        if connection.execute(waiting).scalar_one() >= queue_length:
            raise QueueFullError
        dataset_ids = _datasets_of(request)
        _require(connection, dataset_ids)
        new = insert(jobs).values(
            id=job_id or new_id(),
            workspace=workspace,
            key_id=key_id,
            process=process,
            request=dict(request),
            idempotency=idempotency,
            request_hash=request_hash,
            status="accepted",
            attempt=0,
            losses=0,
            progress=0,
            created_at=now,
            expires_at=expires_at,
        )
        job = Job(**connection.execute(new.returning(jobs)).one()._asdict())
        for dataset_id in dataset_ids:
            connection.execute(insert(tables.job_sources).values(job_id=job.id, dataset_id=dataset_id))
    return job, True


def claim(engine: Engine, *, worker: str, lease_s: float, now: float) -> Job | None:
    """Take the job that waits longest; nobody else gets it while its lease is renewed.

    Returns
    -------
    Job or None
        The job under its new attempt, or None where none waits.
    """
    oldest = (
        select(jobs.c.id)
        .where(jobs.c.status == "accepted")
        .order_by(jobs.c.created_at, jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with writing(engine) as connection:
        job_id = connection.execute(oldest).scalar_one_or_none()
        if job_id is None:
            return None
        taken = (
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(
                status="running",
                attempt=jobs.c.attempt + 1,
                worker=worker,
                lease_until=now + lease_s,
                started_at=now,
                stage=None,
                progress=0,
            )
        )
        return Job(**connection.execute(taken.returning(jobs)).one()._asdict())


def beat(
    engine: Engine, job_id: str, attempt: int, *, lease_s: float, stage: str | None, progress: int, now: float
) -> bool:
    """Renew the lease and tell how far the work is; return whether the job is still this attempt's."""
    return _change(
        engine, job_id, attempt, {"lease_until": now + lease_s, "stage": stage, "progress": progress}
    )


def finish(
    engine: Engine,
    job_id: str,
    attempt: int,
    *,
    result: Mapping[str, Any],
    plan: PlanRow | None,
    dataset: Dataset | None = None,
    sources: Sequence[tuple[str, str]],
    names: Sequence[bytes],
    review: Sequence[bytes] = (),
    now: float,
) -> bool:
    """Keep a result with its plan or dataset, whole or not at all.

    Parameters
    ----------
    plan, dataset
        What was made and is in its place (None: the process makes none).
    sources
        Role and id of the datasets that it was made from.
    names
        The sealed parts of the names of the plan's members.
    review
        The sealed parts of their doubtful addresses.

    Returns
    -------
    bool
        Whether it is kept; False where the job is no longer this attempt's.
    """
    with writing(engine) as connection:
        done = _held(job_id, attempt).values(
            **_ended("successful", now),
            progress=100,
            result=dict(result),
            plan_id=plan.id if plan else None,
        )
        if connection.execute(done).one_or_none() is None:
            return False
        if plan:
            _add_plan(connection, plan, sources)
            _add_sealed(connection, tables.names, plan.id, names)
            _add_sealed(connection, tables.address_reviews, plan.id, review)
        if dataset:
            _add_dataset(connection, dataset, sources)
    return True


def fail(engine: Engine, job_id: str, attempt: int, problem: Mapping[str, Any], *, now: float) -> bool:
    """End a job with what went wrong; return whether it was still this attempt's."""
    return _change(engine, job_id, attempt, _ended("failed", now) | {"problem": dict(problem)})


def put_back(engine: Engine, job_id: str, attempt: int) -> bool:
    """Let a job wait again without a loss, as at a shutdown; return whether it was still this attempt's."""
    return _change(engine, job_id, attempt, _WAITING)


def release(
    engine: Engine, job_id: str, attempt: int, *, most_attempts: int, problem: Mapping[str, Any], now: float
) -> Status | None:
    """Take a job back from an attempt whose process died.

    Returns
    -------
    str or None
        `accepted`, or `failed` with `problem` after so many losses; None where the job is no longer
        this attempt's.
    """
    with writing(engine) as connection:
        job = _release(connection, job_id, attempt, most_attempts=most_attempts, problem=problem, now=now)
    return job.status if job else None


def release_lost(engine: Engine, *, most_attempts: int, problem: Mapping[str, Any], now: float) -> list[Job]:
    """Take back, as `release`, all jobs whose lease is over; return them as they are now."""
    lost = (
        select(jobs.c.id, jobs.c.attempt)
        .where(jobs.c.status == "running", jobs.c.lease_until < now)
        .order_by(jobs.c.created_at, jobs.c.id)
        .with_for_update(skip_locked=True)
    )
    with writing(engine) as connection:
        rows = connection.execute(lost).all()
        released = [
            _release(connection, row.id, row.attempt, most_attempts=most_attempts, problem=problem, now=now)
            for row in rows
        ]
    return [job for job in released if job]


def dismiss(engine: Engine, job_id: str, *, now: float) -> Job | None:
    """Stop a job that waits or runs; others stay as they are.

    Returns
    -------
    Job or None
        The job as it is now, or None where there is none.
    """
    stop = update(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(UNFINISHED))
    with writing(engine) as connection:
        connection.execute(stop.values(**_ended("dismissed", now)))
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return Job(**row._asdict()) if row else None


def position(engine: Engine, job: Job) -> int:
    """Return the place of a job in the queue: 1 is next, 0 does not wait."""
    if job.status != "accepted":
        return 0
    at = jobs.c.created_at
    before = or_(at < job.created_at, and_(at == job.created_at, jobs.c.id < job.id))
    query = select(func.count()).select_from(jobs).where(jobs.c.status == "accepted", before)
    with reading(engine) as connection:
        return 1 + connection.execute(query).scalar_one()


def find_job(engine: Engine, job_id: str, *, workspace: str | None) -> Job | None:
    """Return a job of a workspace (None: of any), or None where there is none."""
    query = select(jobs).where(jobs.c.id == job_id)
    if workspace is not None:
        query = query.where(jobs.c.workspace == workspace)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return Job(**row._asdict()) if row else None


def find_by_idempotency(engine: Engine, key_id: str, idempotency: str) -> Job | None:
    """Return the job to whose request the caller gave this name, or None where there is none."""
    with reading(engine) as connection:
        row = connection.execute(_named(key_id, idempotency)).one_or_none()
    return Job(**row._asdict()) if row else None


def list_jobs(
    engine: Engine,
    *,
    workspace: str | None,
    processes: Sequence[str] = (),
    status: Sequence[str] = (),
    created: Range = (None, None),
    seconds: Range = (None, None),
    now: float,
    limit: int,
    offset: int,
) -> tuple[list[Job], int]:
    """Return a page of the jobs, the newest first, and how many there are in all.

    Parameters
    ----------
    workspace
        Only jobs of this one (None: of any).
    processes, status
        Only jobs of one of these, in one of these (none: of any, in any).
    created, seconds
        Only jobs made in this time, and that ran so long or have run so long by now; ends count, None is open.
    """
    lasted = func.coalesce(jobs.c.finished_at, now) - jobs.c.started_at
    chosen = [*_within(jobs.c.created_at, created), *_within(lasted, seconds)]
    if workspace is not None:
        chosen.append(jobs.c.workspace == workspace)
    if processes:
        chosen.append(jobs.c.process.in_(processes))
    if status:
        chosen.append(jobs.c.status.in_(status))
    query = select(jobs).where(*chosen).order_by(jobs.c.created_at.desc(), jobs.c.id)
    with reading(engine) as connection:
        total = connection.execute(select(func.count()).select_from(jobs).where(*chosen)).scalar_one()
        rows = connection.execute(query.limit(limit).offset(offset))
        return [Job(**row._asdict()) for row in rows], total


def _within(value: ColumnElement[float], bounds: Range) -> list[ColumnElement[bool]]:
    low, high = bounds
    conditions = [] if low is None else [value >= low]
    return conditions if high is None else [*conditions, value <= high]


def count_by_status(engine: Engine) -> dict[Status, int]:
    """Return how many jobs there are in each status."""
    query = select(jobs.c.status, func.count()).group_by(jobs.c.status)
    counts = dict.fromkeys(STATUSES, 0)
    with reading(engine) as connection:
        counts.update((status, n) for status, n in connection.execute(query))
    return counts


_WAITING: Mapping[str, Any] = {
    "status": "accepted",
    "lease_until": None,
    "worker": None,
    "stage": None,
    "progress": 0,
    "started_at": None,
}


def _named(key_id: str, idempotency: str) -> Select[Any]:
    return select(jobs).where(jobs.c.key_id == key_id, jobs.c.idempotency == idempotency)


def _ended(status: Status, now: float) -> dict[str, Any]:
    return {"status": status, "finished_at": now, "lease_until": None, "stage": None}


def _held(job_id: str, attempt: int) -> ReturningUpdate[Any]:
    """Return a change of a job that only the attempt that holds it can make."""
    return (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.attempt == attempt, jobs.c.status == "running")
        .returning(jobs)
    )


def _change(engine: Engine, job_id: str, attempt: int, values: Mapping[str, Any]) -> bool:
    with writing(engine) as connection:
        return connection.execute(_held(job_id, attempt).values(**values)).one_or_none() is not None


def _release(
    connection: Connection,
    job_id: str,
    attempt: int,
    *,
    most_attempts: int,
    problem: Mapping[str, Any],
    now: float,
) -> Job | None:
    row = connection.execute(_held(job_id, attempt).values(losses=jobs.c.losses + 1)).one_or_none()
    if row is None:
        return None
    gone = row.losses >= most_attempts
    values = _ended("failed", now) | {"problem": dict(problem)} if gone else _WAITING
    return Job(**connection.execute(_held(job_id, attempt).values(**values)).one()._asdict())


def _datasets_of(request: Mapping[str, Any]) -> list[str]:
    files = [file for role in request.get("sources", {}).values() for file in role]
    return sorted({file["dataset"] for file in files})


def _require(connection: Connection, dataset_ids: Sequence[str]) -> None:
    known = select(tables.datasets.c.id).where(tables.datasets.c.id.in_(dataset_ids))
    missing = set(dataset_ids).difference(connection.execute(known).scalars())
    if missing:
        raise DatasetGoneError(sorted(missing))


def _add_plan(connection: Connection, plan: PlanRow, sources: Sequence[tuple[str, str]]) -> None:
    connection.execute(insert(tables.plans).values(asdict(plan)))
    for role, dataset_id in sources:
        connection.execute(
            insert(tables.plan_sources).values(plan_id=plan.id, dataset_id=dataset_id, role=role)
        )


def _add_sealed(connection: Connection, table: Table, plan_id: str, parts: Sequence[bytes]) -> None:
    for part, sealed in enumerate(parts):
        connection.execute(insert(table).values(plan_id=plan_id, part=part, sealed=sealed))


def _add_dataset(connection: Connection, dataset: Dataset, sources: Sequence[tuple[str, str]]) -> None:
    connection.execute(insert(tables.datasets).values(asdict(dataset)))
    for source_id in sorted({source_id for _, source_id in sources}):
        connection.execute(insert(tables.dataset_sources).values(dataset_id=dataset.id, source_id=source_id))
