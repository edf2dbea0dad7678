"""Keeps the work alive: takes jobs from the queue, gives each to a process, and commits what comes of it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, exc

from gridder.config import Settings
from gridder.jobs.house import clean_up, server_name, take_over
from gridder.jobs.model import trace_of, worker_lost
from gridder.jobs.patience import LAST_WORDS_SECONDS, Halt, insist
from gridder.jobs.slot import Slot
from gridder.storage import jobs as queue
from gridder.storage.folder import DataFolder

log = logging.getLogger(__name__)

LOST_SECONDS = 2.0
"""So often, jobs whose lease is over are taken back."""
CLEAN_SECONDS = 60.0
JOIN_SECONDS = 5.0 + LAST_WORDS_SECONDS
"""How long the threads may take to end once no job may go on."""


class Dispatcher:
    """The threads that run jobs: one a slot, and one that takes lost jobs back and removes what has ended.

    Parameters
    ----------
    settings, engine, folder
        Of the service; the tables of the store are up to date.
    command
        What starts a child (`gridder.jobs.child`).
    """

    def __init__(
        self, settings: Settings, engine: Engine, folder: DataFolder, command: Sequence[str]
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._folder = folder
        self._halt = Halt()
        self._name = server_name(folder)
        self._slots = [
            Slot(settings, engine, folder, command, f"{self._name}/{number}", self._halt)
            for number in range(settings.workers)
        ]
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in [
                ("jobs-house", self._keep_house),
                *((f"jobs-{number}", slot.run) for number, slot in enumerate(self._slots)),
            ]
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, grace_s: float) -> None:
        """Begin no more jobs, let those that run go on for a while, then put them back into the queue."""
        self._halt.set(grace_s)
        self.wake()
        end = time.monotonic() + grace_s + JOIN_SECONDS
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))

    def wake(self) -> None:
        """Look at once whether a job waits, or was dismissed."""
        for slot in self._slots:
            slot.bell.set()

    @property
    def alive(self) -> bool:
        """Return whether all threads run."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def warm(self) -> bool:
        """Return whether jobs begin at once; after an installation the first process compiles for a minute."""
        return not self._slots or any(slot.warm.is_set() for slot in self._slots)

    def _keep_house(self) -> None:
        """Do the chores; after a store was away, those that hold jobs have a lease's time to come back first."""
        insist(self._take_over, self._halt)
        self.wake()
        next_taking = next_cleaning = 0.0
        while not self._halt.is_set:
            now = time.monotonic()
            if now >= next_taking:
                is_there = self._attempt(self._take_back)
                next_taking = now + (0.0 if is_there else self._settings.lease_seconds)
            if now >= next_cleaning:
                self._attempt(self._clean_up)
                next_cleaning = now + CLEAN_SECONDS
            self._halt.wait(LOST_SECONDS)

    def _take_over(self) -> None:
        take_over(self._engine, self._folder, self._settings, self._name, now=time.time())

    def _take_back(self) -> None:
        most = self._settings.job_attempts
        lost = queue.release_lost(
            self._engine, most_attempts=most, problem=worker_lost(most), now=time.time()
        )
        for job in lost:
            shutil.rmtree(self._folder.draft(job.id, job.attempt), ignore_errors=True)
        if lost:
            log.warning("jobs taken back, as their lease was over: %s", ", ".join(job.id for job in lost))
            self.wake()

    def _clean_up(self) -> None:
        clean_up(self._engine, self._folder, self._settings, now=time.time())

    def _attempt(self, chore: Callable[[], None]) -> bool:
        """Do a chore and return whether it went well; otherwise it may go well the next time."""
        try:
            chore()
        except (exc.SQLAlchemyError, OSError) as error:
            log.warning("%s", trace_of(error))
            return False
        return True
