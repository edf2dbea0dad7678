"""Who took names out: a record to which triggers of the store let rows be added, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, insert, select

from gridder.storage import tables
from gridder.storage.engine import reading, writing


@dataclass(frozen=True)
class AuditRow:
    """One taking out of names: by which key, of what, why, and of how many people; never of whom."""

    id: int
    at: float
    key_id: str
    action: str
    subject: str
    reason: str
    n_people: int


def record(
    engine: Engine, *, key_id: str, action: str, subject: str, reason: str, n_people: int, now: float
) -> None:
    """Add a row; names may be handed out only after it is kept."""
    row = insert(tables.audit).values(
        at=now, key_id=key_id, action=action, subject=subject, reason=reason, n_people=n_people
    )
    with writing(engine) as connection:
        connection.execute(row)


def read_audit(engine: Engine, *, limit: int) -> list[AuditRow]:
    """Return the newest rows, the newest first."""
    query = select(tables.audit).order_by(tables.audit.c.id.desc()).limit(limit)
    with reading(engine) as connection:
        return [AuditRow(**row._asdict()) for row in connection.execute(query)]
