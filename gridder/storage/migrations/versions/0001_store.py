"""Make the store's first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables, and the triggers that keep the audit as it was written."""
    _make_keys()
    _make_datasets()
    _make_jobs()
    _make_plans()
    _make_audit()


def _make_keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("workspace", sa.String(60), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float),
        sa.Column("revoked_at", sa.Float),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("key_id", sa.String(20), sa.ForeignKey("keys.id", ondelete="CASCADE"), nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("ix_sessions_key_id", "sessions", ["key_id"])


def _make_datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("workspace", sa.String(60), nullable=False),
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("n_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("by_value", sa.Boolean, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("ix_datasets_workspace_created_at", "datasets", ["workspace", "created_at"])


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("workspace", sa.String(60), nullable=False),
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("process", sa.String(40), nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("idempotency", sa.String(64)),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.Float),
        sa.Column("worker", sa.String(80)),
        sa.Column("stage", sa.String(40)),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("finished_at", sa.Float),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("problem", sa.JSON),
        sa.Column("plan_id", sa.String(20)),
    )
    op.create_index("ix_jobs_status_created_at", "jobs", ["status", "created_at"])
    op.create_index("ix_jobs_workspace_created_at", "jobs", ["workspace", "created_at"])
    op.create_index("uq_jobs_idempotency", "jobs", ["key_id", "idempotency"], unique=True)
    op.create_table(
        "job_sources",
        sa.Column("job_id", sa.String(20), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("dataset_id", sa.String(20), primary_key=True),
    )
    op.create_index("ix_job_sources_dataset_id", "job_sources", ["dataset_id"])


def _make_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("workspace", sa.String(60), nullable=False),
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("job_id", sa.String(20), nullable=False, unique=True),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )
    op.create_index("ix_plans_workspace_created_at", "plans", ["workspace", "created_at"])
    op.create_table(
        "plan_sources",
        sa.Column("plan_id", sa.String(20), sa.ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("dataset_id", sa.String(20), primary_key=True),
        sa.Column("role", sa.String(20), primary_key=True),
    )
    op.create_index("ix_plan_sources_dataset_id", "plan_sources", ["dataset_id"])
    op.create_table(
        "names",
        sa.Column("plan_id", sa.String(20), sa.ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("n_people", sa.Integer, nullable=False),
    )
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


_SQLITE = (
    """
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END
    """,
    """
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END
    """,
    """
    CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit can only be added to'); END
    """,
)
_POSTGRESQL = (
    """
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit can only be added to'; END $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
    """,
)
