"""Open the store, bring its tables up to date, and the two kinds of transaction."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select

BUSY_SECONDS = 30
_MIGRATIONS = Path(__file__).parent / "migrations"


class Turn(enum.IntEnum):
    """What one server does at a time; the numbers name PostgreSQL's advisory locks."""

    MIGRATION = 4_719_001
    QUEUE = 4_719_002


def open_store(url: str) -> Engine:
    """Return an engine on the store.

    Parameters
    ----------
    url
        `sqlite:///PATH` (its folder is made, for its owner alone) or `postgresql://…`.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address)
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    return create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": 10})


def migrate(engine: Engine) -> None:
    """Bring the tables up to date; servers that start at the same moment wait for each other."""
    with writing(engine) as connection:
        take_turn(connection, Turn.MIGRATION)
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Return whether the tables are those that this version works with."""
    with reading(engine) as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    return set(heads) == set(ScriptDirectory.from_config(_alembic()).get_heads())


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes: on SQLite alone from its first statement on."""
    with engine.execution_options(gridder_writes=True).begin() as connection:
        yield connection


def take_turn(connection: Connection, turn: Turn) -> None:
    """Wait until no other transaction is at `turn`, and hold it to the end of this one.

    On SQLite every transaction that writes is alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(int(turn))))


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _open_sqlite(address: URL) -> Engine:
    if address.database:
        file = Path(address.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set what SQLite forgets with every connection, and leave BEGIN to `_begin_sqlite`."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("gridder_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
