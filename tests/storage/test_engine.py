from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, delete, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from gridder.storage import tables
from gridder.storage.engine import Turn, is_current, migrate, open_store, reading, take_turn, writing


def test_migrations_make_the_tables_of_this_version(empty_url: str) -> None:
    engine = open_store(empty_url)
    assert not is_current(engine)
    migrate(engine)
    assert is_current(engine)
    migrate(engine)
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    engine.dispose()


def test_a_store_that_ran_ahead_is_not_current(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_current(engine)


def test_servers_that_start_at_once_migrate_once(empty_url: str) -> None:
    barrier = Barrier(3)

    def start() -> bool:
        engine = open_store(empty_url)
        barrier.wait()
        migrate(engine)
        current = is_current(engine)
        engine.dispose()
        return current

    with ThreadPoolExecutor(3) as pool:
        assert all(future.result() for future in [pool.submit(start) for _ in range(3)])


def test_a_transaction_that_raises_leaves_nothing(engine: Engine) -> None:
    def write_and_raise() -> None:
        with writing(engine) as connection:
            connection.execute(insert(tables.names).values(plan_id="nobody", part=0, sealed=b""))

    with pytest.raises(IntegrityError):
        write_and_raise()
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(tables.names)).scalar_one() == 0


def test_a_turn_is_held_to_the_end_of_the_transaction(engine: Engine) -> None:
    inside = 0
    together = 0

    def work() -> None:
        nonlocal inside, together
        for _ in range(20):
            with writing(engine) as connection:
                take_turn(connection, Turn.QUEUE)
                inside += 1
                together = max(together, inside)
                connection.execute(delete(tables.names))
                inside -= 1

    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(work) for _ in range(3)]:
            future.result()
    assert together == 1


def test_sqlite_keeps_what_it_said_it_kept(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path}/new/store.sqlite")
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with reading(engine) as connection:
        values = [connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in pragmas]
    engine.dispose()
    assert values == ["wal", 2, 1, 30_000]
    if os.name == "posix":
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_takes_the_installed_driver(scheme: str) -> None:
    engine = open_store(f"{scheme}://somebody@localhost/gridder")
    assert engine.url.drivername == "postgresql+psycopg"
    engine.dispose()
