"""Files that users gave: what is known of them; the files themselves lie sealed in the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, insert, select, update

from gridder.storage.engine import reading, writing
from gridder.storage.tables import datasets


@dataclass(frozen=True)
class Dataset:
    """A file that was uploaded, sent inside a request (`by_value`), or made by a job."""

    id: str
    workspace: str
    key_id: str
    name: str
    n_bytes: int
    sha256: str
    by_value: bool
    options: Mapping[str, Any]
    created_at: float
    expires_at: float


def add_dataset(engine: Engine, dataset: Dataset) -> None:
    """Remember a dataset whose file is in its place."""
    with writing(engine) as connection:
        connection.execute(insert(datasets).values(asdict(dataset)))


def find_dataset(engine: Engine, dataset_id: str, *, workspace: str | None, now: float) -> Dataset | None:
    """Return a dataset of a workspace (None: of any), or None where there is none or it has ended."""
    query = select(datasets).where(datasets.c.id == dataset_id, datasets.c.expires_at > now)
    if workspace is not None:
        query = query.where(datasets.c.workspace == workspace)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return Dataset(**row._asdict()) if row else None


def list_datasets(
    engine: Engine, *, workspace: str | None, limit: int, offset: int, now: float
) -> list[Dataset]:
    """Return datasets, the newest first; those sent inside requests are left out."""
    query = select(datasets).where(datasets.c.by_value.is_(False), datasets.c.expires_at > now)
    if workspace is not None:
        query = query.where(datasets.c.workspace == workspace)
    query = query.order_by(datasets.c.created_at.desc(), datasets.c.id).limit(limit).offset(offset)
    with reading(engine) as connection:
        return [Dataset(**row._asdict()) for row in connection.execute(query)]


def set_options(engine: Engine, dataset_id: str, options: Mapping[str, Any]) -> bool:
    """Keep how the user wants the file read; return whether there is such a dataset."""
    change = update(datasets).where(datasets.c.id == dataset_id).values(options=dict(options))
    with writing(engine) as connection:
        return connection.execute(change).rowcount == 1
