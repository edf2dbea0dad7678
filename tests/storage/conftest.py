"""A store of each kind, and things to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, make_url

from gridder.storage.datasets import Dataset, add_dataset
from gridder.storage.engine import migrate, open_store
from gridder.storage.ids import new_id
from gridder.storage.jobs import Job, submit
from gridder.storage.plans import PlanRow

NOW = 1_000_000.0


class Send(Protocol):
    def __call__(self, **changes: Any) -> tuple[Job, bool]: ...


class MakeDataset(Protocol):
    def __call__(self, **changes: Any) -> str: ...


class MakePlan(Protocol):
    def __call__(self, job: Job, **changes: Any) -> PlanRow: ...


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a store without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/store/gridder.sqlite"
    else:
        yield from _database(request.getfixturevalue("postgresql"), "template1")


@pytest.fixture
def store_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a store that is ready."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/store/gridder.sqlite"
        _migrate(url)
        yield url
    else:
        yield from _database(request.getfixturevalue("postgresql"), request.getfixturevalue("template"))


@pytest.fixture(scope="session")
def template(postgresql: str) -> str:
    """Make a database that is ready, to be copied for each test."""
    _command(postgresql, "CREATE DATABASE ready")
    _migrate(_with_database(postgresql, "ready"))
    return "ready"


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    engine = open_store(store_url)
    yield engine
    engine.dispose()


@pytest.fixture
def send(engine: Engine) -> Send:
    """Return a function that puts a job into the queue."""

    def put(**changes: Any) -> tuple[Job, bool]:
        order: dict[str, Any] = {
            "workspace": "main",
            "key_id": "k" * 20,
            "process": "partition",
            "request": {},
            "request_hash": "0" * 64,
            "idempotency": None,
            "expires_at": NOW + 1000,
            "queue_length": 100,
            "now": NOW,
        }
        return submit(engine, **order | changes)

    return put


@pytest.fixture
def make_dataset(engine: Engine) -> MakeDataset:
    """Return a function that adds a dataset and returns its id."""

    def make(**changes: Any) -> str:
        values: dict[str, Any] = {
            "id": new_id(),
            "workspace": "main",
            "key_id": "k" * 20,
            "name": "田块.geojson",
            "n_bytes": 10,
            "sha256": "0" * 64,
            "by_value": False,
            "options": {"layername": "田块"},
            "created_at": NOW,
            "expires_at": NOW + 1000,
        }
        dataset = Dataset(**values | changes)
        add_dataset(engine, dataset)
        return dataset.id

    return make


@pytest.fixture
def make_plan() -> MakePlan:
    """Return a function that makes a job's plan, not yet in the store."""

    def make(job: Job, **changes: Any) -> PlanRow:
        values: dict[str, Any] = {
            "id": new_id(),
            "workspace": job.workspace,
            "key_id": job.key_id,
            "job_id": job.id,
            "title": "村里",
            "summary": {"n_grids": 3},
            "created_at": NOW,
            "expires_at": NOW + 1000,
        }
        return PlanRow(**values | changes)

    return make


def _database(server: str, template: str) -> Iterator[str]:
    name = f"t_{new_id()}"
    _command(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _with_database(server, name)
    _command(server, f"DROP DATABASE {name} WITH (FORCE)")


def _command(server: str, statement: str) -> None:
    engine = open_store(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _with_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _migrate(url: str) -> None:
    engine = open_store(url)
    migrate(engine)
    engine.dispose()
