"""What a plan's members are called and where they live: sealed, in parts."""

from __future__ import annotations

from sqlalchemy import Engine, Table, func, select

from gridder.storage import tables
from gridder.storage.engine import reading


def sealed_names(engine: Engine, plan_id: str) -> list[bytes]:
    """Return the sealed parts of a plan's names, in their order."""
    return _parts(engine, tables.names, plan_id)


def sealed_review(engine: Engine, plan_id: str) -> list[bytes]:
    """Return the sealed parts of a plan's doubtful addresses, in their order."""
    return _parts(engine, tables.address_reviews, plan_id)


def has_review(engine: Engine, plan_id: str) -> bool:
    """Return whether doubtful addresses of a plan are kept."""
    table = tables.address_reviews
    query = select(func.count()).select_from(table).where(table.c.plan_id == plan_id)
    with reading(engine) as connection:
        return connection.execute(query).scalar_one() > 0


def _parts(engine: Engine, table: Table, plan_id: str) -> list[bytes]:
    query = select(table.c.sealed).where(table.c.plan_id == plan_id).order_by(table.c.part)
    with reading(engine) as connection:
        return list(connection.execute(query).scalars())
