"""A store, a data folder and dispatchers on them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gridder.config import Settings
from gridder.jobs.dispatcher import Dispatcher
from gridder.storage import jobs as queue
from gridder.storage.datasets import Dataset, add_dataset
from gridder.storage.engine import migrate, open_store
from gridder.storage.folder import DataFolder
from gridder.storage.ids import new_id
from gridder.storage.seal import installation_sealer

FAKE = (sys.executable, "-S", str(Path(__file__).with_name("fake_child.py")))
REAL = (sys.executable, "-m", "gridder", "worker")


@dataclass
class Station:
    """A service without HTTP."""

    engine: Engine
    folder: DataFolder
    tmp: Path
    dispatchers: list[Dispatcher] = field(default_factory=list)

    def start(self, *, real: bool = False, **settings: Any) -> Dispatcher:
        """Start a dispatcher, with fake children where no real ones are wanted."""
        chosen = {"workers": 1, "lease_seconds": 2.0, **settings}
        dispatcher = Dispatcher(
            Settings(data_dir=self.folder.path, **chosen), self.engine, self.folder, REAL if real else FAKE
        )
        dispatcher.start()
        self.dispatchers.append(dispatcher)
        return dispatcher

    def upload(self, content: bytes, name: str, **more: Any) -> str:
        """Keep a file, and return the id of its dataset."""
        dataset_id = new_id()
        with self.folder.upload(dataset_id).open("xb") as target:
            installation_sealer().seal_stream([content], target)
        now = time.time()
        row = {"by_value": False, "created_at": now, "expires_at": now + 1000, **more}
        add_dataset(
            self.engine,
            Dataset(dataset_id, "main", "k", name, len(content), "0" * 64, options={}, **row),
        )
        return dataset_id

    def submit(
        self,
        parameters: Mapping[str, Any],
        *,
        process: str = "partition",
        sources: Mapping[str, list[dict[str, Any]]] | None = None,
    ) -> str:
        """Put a job into the queue, and return its id."""
        if sources is None:
            file = {"dataset": self.upload(b"x", "fields.zip"), "name": "fields.zip", "options": {}}
            role = {"inspect": "dataset", "lattice": "boundary"}.get(process, "fields")
            sources = {role: [file]}
        job, _ = queue.submit(
            self.engine,
            workspace="main",
            key_id="k",
            process=process,
            request={"sources": sources, "parameters": parameters, "title": "harvest"},
            request_hash="h",
            idempotency=None,
            expires_at=time.time() + 1000,
            queue_length=100,
            now=time.time(),
        )
        for dispatcher in self.dispatchers:
            dispatcher.wake()
        return job.id

    def job(self, job_id: str) -> queue.Job:
        """Return a job as it is now."""
        job = queue.find_job(self.engine, job_id, workspace=None)
        assert job is not None
        return job

    def until(self, truth: Callable[[], Any], seconds: float = 15.0) -> Any:
        """Wait until something is true, and return it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = truth()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError("it did not come true in time")

    def ended(self, job_id: str, seconds: float = 15.0) -> queue.Job:
        """Wait until a job has ended."""
        done = ("successful", "failed", "dismissed")
        return self.until(lambda: (job := self.job(job_id)).status in done and job, seconds)

    def pids(self, path: Path) -> list[int]:
        """Wait until a fake child has noted its processes, and return them."""
        return [int(pid) for pid in self.until(lambda: path.exists() and path.read_text().split())]

    def stays(self) -> dict[str, list[str]]:
        """Return what lies in the folders of plans and of work."""
        return {
            part.name: sorted(path.name for path in part.iterdir())
            for part in (self.folder.plans, self.folder.work)
        }

    def is_gone(self, pid: int) -> bool:
        """Return whether a process has ended; one that nobody has waited for yet counts as ended."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """Return a station on SQLite; its dispatchers are stopped at the end."""
    folder = DataFolder(tmp_path / "data")
    engine = open_store(f"sqlite:///{(tmp_path / 'data' / 'store.sqlite').as_posix()}")
    migrate(engine)
    station = Station(engine, folder, tmp_path)
    yield station
    for dispatcher in station.dispatchers:
        dispatcher.stop(0)
    engine.dispose()
