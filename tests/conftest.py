"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Postgresql:
    """A PostgreSQL of our own; it listens on a socket in its own folder only."""

    url: str
    control: Sequence[str | Path]
    options: Sequence[str | Path]
    by: Mapping[str, Any]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        subprocess.run([*self.control, *self.options, "start"], check=True, **self.by)

    def stop(self) -> None:
        """Stop it as a crash would; what was committed stays."""
        subprocess.run([*self.control, "--mode", "immediate", "stop"], check=True, **self.by)


@contextmanager
def _running_postgresql() -> Iterator[Postgresql]:
    """Make and start a PostgreSQL whose data are gone at the end, or skip."""
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
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    server = Postgresql(
        url=f"postgresql://postgres@/postgres?host={folder}",
        control=[programs / "pg_ctl", "--pgdata", data, "--wait"],
        options=["--log", folder / "log", "--options", settings],
        by=by,
    )
    try:
        initdb = [programs / "initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust"]
        subprocess.run([*initdb, "--encoding", "UTF8", "--locale", "C", "--no-sync"], check=True, **by)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL of our own and return the URL of its database `postgres`, or skip."""
    with _running_postgresql() as server:
        yield server.url


@pytest.fixture
def own_postgresql() -> Iterator[Postgresql]:
    """Start a PostgreSQL that a test may stop; it must run again at the end."""
    with _running_postgresql() as server:
        yield server


def _postgresql_programs() -> Path | None:
    """Return the folder of the newest server's programs, where Debian keeps them or on the path."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: int(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start the system's Chromium, or skip; with CI set it must be there."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("GRIDDER_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        message = f"there is no Chromium at {path}; set GRIDDER_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with playwright.sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()
