"""The tables of the store; moments are seconds since 1970 UTC, documents are JSON."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("workspace", String(60), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("key_id", String(20), ForeignKey("keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", Float, nullable=False),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("workspace", String(60), nullable=False),
    Column("key_id", String(20), nullable=False),
    Column("name", String(300), nullable=False),
    Column("n_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("by_value", Boolean, nullable=False),
    Column("options", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index(None, "workspace", "created_at"),
)
"""Files that were uploaded, sent inside a request (`by_value`), or made by a job.

`options` is what the user confirmed: `layername, subset, crs, encoding, columns` (role to column).
"""

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("workspace", String(60), nullable=False),
    Column("key_id", String(20), nullable=False),
    Column("process", String(40), nullable=False),
    Column("request", JSON, nullable=False),
    Column("idempotency", String(64)),
    Column("request_hash", String(64), nullable=False),
    Column("status", String(12), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("lease_until", Float),
    Column("worker", String(80)),
    Column("stage", String(40)),
    Column("progress", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("expires_at", Float, nullable=False),
    Column("result", JSON),
    Column("problem", JSON),
    Column("plan_id", String(20)),
    Index(None, "status", "created_at"),
    Index(None, "workspace", "created_at"),
    Index("uq_jobs_idempotency", "key_id", "idempotency", unique=True),
)
"""The queue and its past; `status` in the words of OGC API - Processes, `problem` as RFC 9457.

`attempt` only ever rises, so that an old attempt is never taken for a new one; `losses` counts those
whose process died.
"""

job_sources = Table(
    "job_sources",
    metadata,
    Column("job_id", String(20), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset_id", String(20), primary_key=True, index=True),
)
"""Datasets that a job reads, taken out of its request so that both can be deleted together."""

plans = Table(
    "plans",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("workspace", String(60), nullable=False),
    Column("key_id", String(20), nullable=False),
    Column("job_id", String(20), nullable=False, unique=True),
    Column("title", String(300), nullable=False),
    Column("summary", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index(None, "workspace", "created_at"),
)
"""Plans whose folder is published; `summary` names what made them and how they scored, and nobody."""

plan_sources = Table(
    "plan_sources",
    metadata,
    Column("plan_id", String(20), ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset_id", String(20), primary_key=True, index=True),
    Column("role", String(20), primary_key=True),
)

dataset_sources = Table(
    "dataset_sources",
    metadata,
    Column("dataset_id", String(20), ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("source_id", String(20), primary_key=True, index=True),
)
"""Datasets that a dataset was made from, where a job made it."""

names = Table(
    "names",
    metadata,
    Column("plan_id", String(20), ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
"""Names, phones, own ids and addresses of a plan's members, encrypted, some thousand people a row."""

address_reviews = Table(
    "address_reviews",
    metadata,
    Column("plan_id", String(20), ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
"""Doubtful addresses of a plan's members with the buildings they may mean, encrypted, some thousand a row."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("key_id", String(20), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(60), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("n_people", Integer, nullable=False),
)
"""Who took names out, when, of which plan and why; rows can be added and never changed."""
