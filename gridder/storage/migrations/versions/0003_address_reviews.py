"""Keep the doubtful addresses of a plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of sealed addresses, which go with their plan."""
    op.create_table(
        "address_reviews",
        sa.Column("plan_id", sa.String(20), sa.ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
