"""Run migrations on the connection, and inside the transaction, of `gridder.storage.engine.migrate`."""

from __future__ import annotations

from alembic import context

from gridder.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
