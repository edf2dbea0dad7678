"""A running service in a process of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from gridder.storage.engine import open_store
from gridder.storage.keys import Role, make_key

READY_SECONDS = 300.0
"""The first service after an installation compiles."""
DIED = "a process ended before it was ready"
STOP_SECONDS = 120.0


@dataclass
class Server:
    """A `gridder serve` that was started by a test."""

    data_dir: Path
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    base: str = ""
    admin: str = ""
    clients: list[httpx.Client] = field(default_factory=list)

    def start(self) -> Server:
        """Start it and wait until it is ready."""
        port = _free_port()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "gridder",
                    "serve",
                    "--port",
                    str(port),
                    "--data-dir",
                    str(self.data_dir),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.base = f"http://127.0.0.1:{port}"
        try:
            self._wait()
        except BaseException:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        return self

    def _wait(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        assert line.startswith("http"), f"{line!r}\n{self.log.read_text()}"
        self.admin = (self.data_dir / "admin-token").read_text().strip()
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            if httpx.get(f"{self.base}/readyz", timeout=READY_SECONDS).status_code == 200:
                return
            assert DIED not in self.log.read_text(), self.log.read_text()
            time.sleep(0.2)
        raise AssertionError(f"not ready:\n{self.log.read_text()}")

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """Return a client with a key, the admin's where none is given."""
        client = httpx.Client(
            base_url=self.base, headers={"X-API-Key": key or self.admin, **headers}, timeout=90.0
        )
        self.clients.append(client)
        return client

    def new_key(self, role: Role, *, workspace: str = "main", seconds: float | None = None) -> str:
        """Make a key in the store and return its secret."""
        store = open_store(self.environment.get("GRIDDER_DATABASE_URL", self._sqlite_url()))
        now = time.time()
        expires_at = None if seconds is None else now + seconds
        _, secret = make_key(
            store, name="test", role=role, workspace=workspace, expires_at=expires_at, now=now
        )
        store.dispose()
        return secret

    def _sqlite_url(self) -> str:
        return f"sqlite:///{(self.data_dir / 'gridder.sqlite').as_posix()}"

    def admin_command(self, *arguments: str) -> str:
        """Run `gridder admin` on the data of this server and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "gridder", "admin", *arguments, "--data-dir", str(self.data_dir)],
            env={**os.environ, **self.environment},
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout

    def kill(self) -> None:
        """Kill the server alone, as a crash would; its children must notice."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self) -> None:
        """Stop it as an administrator would."""
        for client in self.clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                raise
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start_server(folder: Path, **settings: object) -> Server:
    """Start a service with some settings; its data lie in `folder`."""
    folder.mkdir(exist_ok=True)
    environment = {"GRIDDER_KEY_FILE": str(folder / "keys" / "gridder.key"), "GRIDDER_WORKERS": "2"}
    environment |= {f"GRIDDER_{name.upper()}": str(value) for name, value in settings.items()}
    return Server(folder / "data", environment, folder / "server.log").start()


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a service on SQLite for the tests that leave it as it is."""
    server = start_server(tmp_path_factory.mktemp("sqlite"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory, postgresql: str) -> Iterator[Server]:
    """Start a service on PostgreSQL for the tests that leave it as it is."""
    server = start_server(tmp_path_factory.mktemp("postgresql"), database_url=postgresql)
    yield server
    server.stop()


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def server(request: pytest.FixtureRequest) -> Server:
    """Return a service, on one store after the other; every run has the store itself on both."""
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start services that a test may break."""
    servers: list[Server] = []

    def start(**settings: object) -> Server:
        servers.append(start_server(tmp_path / str(len(servers)), **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def squares(columns: int, rows: int, *, west: float = 116.0, south: float = 40.0) -> dict[str, Any]:
    """Return fields of a ten-thousandth of a degree side by side, with a column `n` of 0 to 4."""
    rng = np.random.default_rng(0)
    step = 0.001
    features = []
    for i in range(columns):
        for j in range(rows):
            x, y = west + i * step, south + j * step
            ring = [[x, y], [x + step, y], [x + step, y + step], [x, y + step], [x, y]]
            features.append(
                {
                    "type": "Feature",
                    "properties": {"unit_id": f"F{i:03d}{j:03d}", "n": int(rng.integers(0, 5))},
                    "geometry": {"type": "Polygon", "coordinates": [ring]},
                }
            )
    return {"type": "FeatureCollection", "features": features}


def people(columns: int, rows: int, n: int) -> dict[str, Any]:
    """Return people with names at points within `squares`."""
    rng = np.random.default_rng(1)
    features = []
    for i in range(n):
        x, y = 116.0 + rng.random() * columns * 0.001, 40.0 + rng.random() * rows * 0.001
        features.append(
            {
                "type": "Feature",
                "properties": {"成员编号": f"OWN-{i:05d}", "姓名": f"秘密{i}", "电话": f"139{i:08d}"},
                "geometry": {"type": "Point", "coordinates": [x, y]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def partition_body(columns: int = 8, rows: int = 6, **inputs: Any) -> dict[str, Any]:
    """Return the body of a small partition by value."""
    size = {"of": "n", "target": 20, "minimum": 10, "maximum": 30}
    return {"inputs": {"fields": {"value": squares(columns, rows)}, "size": size} | inputs}
