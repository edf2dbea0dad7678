"""Published plans: what is known of them; their folders are in the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select

from gridder.storage.engine import reading
from gridder.storage.tables import plan_sources, plans


@dataclass(frozen=True)
class PlanRow:
    """A plan whose folder is published."""

    id: str
    workspace: str
    key_id: str
    job_id: str
    title: str
    summary: Mapping[str, Any]
    created_at: float
    expires_at: float


def find_plan(engine: Engine, plan_id: str, *, workspace: str | None, now: float) -> PlanRow | None:
    """Return a plan of a workspace (None: of any), or None where there is none or it has ended."""
    query = select(plans).where(plans.c.id == plan_id, plans.c.expires_at > now)
    if workspace is not None:
        query = query.where(plans.c.workspace == workspace)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return PlanRow(**row._asdict()) if row else None


def list_plans(
    engine: Engine, *, workspace: str | None, limit: int, offset: int, now: float
) -> tuple[list[PlanRow], int]:
    """Return a page of the plans, the newest first, and how many there are in all."""
    chosen = [plans.c.expires_at > now]
    if workspace is not None:
        chosen.append(plans.c.workspace == workspace)
    query = select(plans).where(*chosen).order_by(plans.c.created_at.desc(), plans.c.id)
    with reading(engine) as connection:
        total = connection.execute(select(func.count()).select_from(plans).where(*chosen)).scalar_one()
        rows = connection.execute(query.limit(limit).offset(offset))
        return [PlanRow(**row._asdict()) for row in rows], total


def sources_of(engine: Engine, plan_id: str) -> list[tuple[str, str]]:
    """Return role and id of the datasets that a plan was made from."""
    columns = plan_sources.c
    query = select(columns.role, columns.dataset_id).where(columns.plan_id == plan_id)
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(columns.role, columns.dataset_id))
        return [(row.role, row.dataset_id) for row in rows]
