"""Remember what a dataset was made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of the datasets that a dataset was made from."""
    op.create_table(
        "dataset_sources",
        sa.Column(
            "dataset_id",
            sa.String(20),
            sa.ForeignKey("datasets.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("source_id", sa.String(20), primary_key=True),
    )
    op.create_index("ix_dataset_sources_source_id", "dataset_sources", ["source_id"])
