"""The sealed names of a plan's members."""

from __future__ import annotations

from sqlalchemy import Engine, select

from gridder.storage import tables
from gridder.storage.engine import reading


def sealed_names(engine: Engine, plan_id: str) -> list[bytes]:
    """Return the sealed parts of a plan's names, in their order."""
    columns = tables.names.c
    query = select(columns.sealed).where(columns.plan_id == plan_id).order_by(columns.part)
    with reading(engine) as connection:
        return list(connection.execute(query).scalars())
