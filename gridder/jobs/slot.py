"""One slot: a warm process at hand, one job at a time, watched to its end and settled in the store."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, exc

from gridder.config import Settings
from gridder.jobs.model import (
    DISK_FULL,
    Given,
    Order,
    Outcome,
    Problem,
    Progress,
    crashed,
    faults_problem,
    outcome_of,
    service_problem,
    steps_of,
    time_limit,
    trace_of,
    worker_lost,
)
from gridder.jobs.patience import Halt, insist, is_passing
from gridder.jobs.process import Process
from gridder.jobs.product import Product, put_in_place
from gridder.storage import jobs as queue
from gridder.storage.folder import DataFolder
from gridder.storage.jobs import Job
from gridder.storage.room import is_out_of_room

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""So often a running job is looked after: whether it was dismissed, took too long, or its process died."""
TELL_SECONDS = 1.0
"""So often, at most, the store is told how far a job is."""
IDLE_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Pauses between processes that die before they are ready."""


@dataclass(frozen=True)
class Slot:
    """What a thread of the dispatcher works with.

    Parameters
    ----------
    settings, engine, folder
        Of the service.
    command
        What starts a child.
    worker
        Name of this slot in the store.
    halt
        Whether the server stops.
    bell
        Rung when there may be something to do.
    warm
        Set once a child has been ready: everything is compiled, also for those that follow.
    """

    settings: Settings
    engine: Engine
    folder: DataFolder
    command: Sequence[str]
    worker: str
    halt: Halt
    bell: threading.Event = field(default_factory=threading.Event)
    warm: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Run jobs until the server stops."""
        spare: Process | None = None
        pause = FIRST_PAUSE
        try:
            while not self.halt.is_set:
                spare = spare or self._start()
                if spare is None or spare.has_ended():
                    _closed(spare)
                    spare = None
                    log.error("%s: a process ended before it was ready", self.worker)
                    self.halt.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                    continue
                if spare.ready.is_set():
                    self.warm.set()
                job = self._claim() if spare.ready.is_set() else None
                if job is None:
                    self._rest(IDLE_SECONDS)
                    continue
                pause = FIRST_PAUSE
                child, spare = spare, self._start()
                self._do(job, child)
        finally:
            _closed(spare)

    def _start(self) -> Process | None:
        if self.halt.is_set:
            return None
        try:
            return Process(self.command, self.bell)
        except OSError as error:
            log.error("%s: no process can be started (%s)", self.worker, type(error).__name__)  # noqa: TRY400 - no fault of the code
            return None

    def _rest(self, seconds: float) -> None:
        self.bell.wait(seconds)
        self.bell.clear()

    def _claim(self) -> Job | None:
        try:
            return queue.claim(
                self.engine, worker=self.worker, lease_s=self.settings.lease_seconds, now=time.time()
            )
        except exc.SQLAlchemyError as error:
            self._bear(error)
            return None

    def _bear(self, error: exc.SQLAlchemyError) -> None:
        """Log an error of the store that may pass; raise any other."""
        if not is_passing(error):
            raise error
        log.warning("%s: the store does not answer (%s)", self.worker, type(error).__name__)

    def _do(self, job: Job, child: Process) -> None:
        draft = self.folder.draft(job.id, job.attempt)
        log.info("job %s attempt %d begins in process %d", job.id, job.attempt, child.pid)
        try:
            try:
                draft.mkdir(mode=0o700)
                child.send(order_for(job, self.settings, self.folder, draft).line())
                outcome = self._watch(job, child)
            finally:
                child.close()
            log.info("job %s attempt %d: %s", job.id, job.attempt, outcome.end)
            self._settle(job, outcome, draft)
        except Exception as error:  # noqa: BLE001 - a job that breaks its slot must not come back to the next
            log.error("job %s: %s", job.id, trace_of(error))  # noqa: TRY400 - messages may hold values
            shutil.rmtree(draft, ignore_errors=True)
            full = is_out_of_room(error)
            self._fail(job, service_problem(DISK_FULL) if full else crashed(type(error).__name__))
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _watch(self, job: Job, child: Process) -> Outcome:
        """Follow a child to its end, tell the store how far it is, and notice when it must be stopped."""
        layers = sum(role in job.request["sources"] for role in ("fields", "buildings"))
        progress = told = Progress(steps_of(job.process, layers))
        begun = told_at = looked_at = time.monotonic()
        while True:
            ended = child.has_ended()
            if ended:
                child.close()
            for message in child.messages():
                outcome = outcome_of(message)
                if outcome is not None:
                    return outcome
                progress = progress.after(message["stage"], message["done"])
            now = time.monotonic()
            if ended:
                return Outcome("died")
            if now - begun > self.settings.job_seconds:
                return Outcome("too-long")
            if self.halt.is_due:
                return Outcome("halted")
            since = now - told_at
            news = progress.stage != told.stage or progress.percent != told.percent
            if since >= self.settings.lease_seconds / 4 or (news and since >= TELL_SECONDS):
                if not self._beat(job, progress):
                    return Outcome("lost")
                told, told_at, looked_at = progress, now, now
            elif now - looked_at >= LOOK_SECONDS:
                if not self._is_ours(job):
                    return Outcome("lost")
                looked_at = now
            self._rest(LOOK_SECONDS)

    def _beat(self, job: Job, progress: Progress) -> bool:
        """Renew the lease; a store that is away takes no job from us."""
        try:
            return queue.beat(
                self.engine,
                job.id,
                job.attempt,
                lease_s=self.settings.lease_seconds,
                stage=progress.stage,
                progress=progress.percent,
                now=time.time(),
            )
        except exc.SQLAlchemyError as error:
            self._bear(error)
            return True

    def _is_ours(self, job: Job) -> bool:
        try:
            found = queue.find_job(self.engine, job.id, workspace=None)
        except exc.SQLAlchemyError as error:
            self._bear(error)
            return True
        return found is not None and found.status == "running" and found.attempt == job.attempt

    def _settle(self, job: Job, outcome: Outcome, draft: Path) -> None:
        match outcome.end:
            case "result":
                self._keep(job, outcome.content, draft)
            case "faults":
                self._fail(job, faults_problem(outcome.content))
            case "crash":
                self._fail(job, crashed(outcome.content))
            case "too-long":
                self._fail(job, time_limit(self.settings.job_seconds))
            case "died":
                self._release(job, draft)
            case "halted":
                shutil.rmtree(draft, ignore_errors=True)
                insist(lambda: queue.put_back(self.engine, job.id, job.attempt), self.halt)
            case "lost":
                pass

    def _fail(self, job: Job, problem: Problem) -> None:
        insist(lambda: queue.fail(self.engine, job.id, job.attempt, problem, now=time.time()), self.halt)

    def _release(self, job: Job, draft: Path) -> None:
        shutil.rmtree(draft, ignore_errors=True)
        most = self.settings.job_attempts
        insist(
            lambda: queue.release(
                self.engine,
                job.id,
                job.attempt,
                most_attempts=most,
                problem=worker_lost(most),
                now=time.time(),
            ),
            self.halt,
        )

    def _keep(self, job: Job, result: Mapping[str, Any], draft: Path) -> None:
        """Put what was made in its place and commit its rows; it goes where the job is no longer ours."""
        product = put_in_place(job, result, draft, self.folder, self.settings, now=time.time())
        kept: bool | None = False
        try:
            kept = insist(lambda: self._finish(job, product), self.halt, unless=is_out_of_room)
        finally:
            if kept is False:
                product.remove(self.folder)

    def _finish(self, job: Job, product: Product) -> bool:
        """Commit the result; one whose answer got lost on an earlier call counts as committed."""
        product.renew(self.folder)
        kept = queue.finish(
            self.engine,
            job.id,
            job.attempt,
            result=product.result,
            plan=product.plan,
            dataset=product.dataset,
            sources=datasets_of(job),
            names=product.names,
            review=product.review,
            now=time.time(),
        )
        if kept:
            return True
        found = queue.find_job(self.engine, job.id, workspace=None)
        return found is not None and product.is_of(found)


def order_for(job: Job, settings: Settings, folder: DataFolder, draft: Path) -> Order:
    """Return what a child is told to do."""
    sources = {
        role: [
            Given(str(folder.upload(file["dataset"]).absolute()), file["name"], file.get("options", {}))
            for file in files
        ]
        for role, files in job.request["sources"].items()
    }
    return Order(
        job=job.id,
        process=job.process,
        sources=sources,
        parameters=job.request.get("parameters", {}),
        folder=str(draft.absolute()),
        suppress_below=settings.suppress_below,
        title=job.request.get("title", ""),
        memory_mb=settings.job_memory_mb,
        dataset_mb=settings.upload_mb,
    )


def datasets_of(job: Job) -> list[tuple[str, str]]:
    """Return role and id of the datasets that a job reads."""
    files = {(role, file["dataset"]) for role, given in job.request["sources"].items() for file in given}
    return sorted(files)


def _closed(process: Process | None) -> None:
    if process is not None:
        process.close()
