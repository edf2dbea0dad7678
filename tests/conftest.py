"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data that lies beside the project, or skip."""
    folder = Path(os.environ.get("GRIDDER_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data is not at {folder}; set GRIDDER_TEST_DATA")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _own_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from the user's own pseudonym key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRIDDER_KEY_FILE", str(tmp_path_factory.mktemp("key") / "gridder.key"))
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL of our own and return the URL of its database `postgres`, or skip.

    It listens on a socket in its own folder only and is gone with all its data at the end.
    """
    programs = _postgresql_programs()
    if programs is None:
        missing = "no PostgreSQL server; run .ci/install-postgresql"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="gridder-pg-"))
    by: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL}
    if os.name == "posix" and os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        by |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    data = folder / "data"
    control = [programs / "pg_ctl", "--pgdata", data, "--wait"]
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    try:
        initdb = [programs / "initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust"]
        subprocess.run([*initdb, "--encoding", "UTF8", "--locale", "C", "--no-sync"], check=True, **by)
        subprocess.run([*control, "--log", folder / "log", "--options", settings, "start"], check=True, **by)
        yield f"postgresql://postgres@/postgres?host={folder}"
        subprocess.run([*control, "--mode", "immediate", "stop"], check=True, **by)
    finally:
        shutil.rmtree(folder)


def _postgresql_programs() -> Path | None:
    """Return the folder of the newest server's programs, where Debian keeps them or on the path."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: int(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).parent if found else None
