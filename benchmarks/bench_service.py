"""The service on loopback: viewers while partitions run, and one synchronous partition by value."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data
from gridder.storage.engine import open_store
from gridder.storage.keys import make_key

VIEWERS = 50
SECONDS = 60.0
PAUSES = (1.0, 0.0)
"""Seconds between an answer and the viewer's next request."""
VIEWED_FIELDS, PARTITIONED_FIELDS, POSTED_FIELDS = 1_000, 10_000, 1_000
MAP_SHARE = 0.1
PAGE = 100
POSTS = 5
WARM_SECONDS = 10.0
"""Long enough for the process that follows a job to be warm."""
EXECUTION = "/processes/partition/execution"


@dataclass
class Load:
    """What viewers saw."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"map": [], "features": []})
    statuses: Counter[int] = field(default_factory=Counter)
    n_bytes: int = 0


@dataclass
class Viewer:
    """Someone who looks at a plan, and what they saw."""

    port: int
    key: str
    plan: str
    load: Load


@dataclass
class Service:
    """A running `gridder serve`, and a key that may plan."""

    port: int
    folder: Path
    planner: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """Send one request as the planner."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if content else {}
        connection.request(method, path, content, {"X-API-Key": self.planner, **kind, **headers})
        answer = connection.getresponse()
        done = answer.status, answer.read()
        connection.close()
        return done

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """Send one request that must succeed, and return what comes."""
        status, content = self.ask(method, path, body, **headers)
        if status >= 400:
            sys.exit(f"{method} {path}: {status} {content[:500]!r}")
        answer: dict[str, Any] = json.loads(content)
        return answer


def run() -> list[str]:
    """Return the tables."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, _serving(Path(folder)) as service:
        posted = _seconds_of_posts(service)
        plan = _viewed_plan(service)
        rows = [row for pause in PAUSES for row in _rows(service, plan, pause)]
    head = "| pause s | partitions done | asked for | requests | a second | MB a second | 50 % ms | 99 % ms | errors |"
    return [
        f"Load average before: {load:.1f}.",
        "",
        head,
        "|---" * 9 + "|",
        *rows,
        "",
        f"| synchronous POST of {POSTED_FIELDS} fields | s |",
        "|---|---|",
        f"| median of {POSTS} | {np.median(posted):.2f} |",
        f"| slowest | {max(posted):.2f} |",
    ]


@contextmanager
def _serving(folder: Path) -> Iterator[Service]:
    environment = {
        **os.environ,
        "GRIDDER_KEY_FILE": str(folder / "gridder.key"),
        "GRIDDER_UPLOAD_MB": "1000",
    }
    command = [sys.executable, "-m", "gridder", "serve", "--port", "0", "--data-dir", str(folder / "data")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    assert process.stdout is not None
    try:
        found = re.search(rb":(\d+)/", process.stdout.readline())
        assert found, (folder / "log").read_text()
        token = (folder / "data" / "admin-token").read_text().strip()
        yield Service(int(found[1]), folder / "data", token)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _seconds_of_posts(service: Service) -> list[float]:
    """Return the seconds of each of some partitions by value."""
    fields = data.tiled_fields(POSTED_FIELDS).to_crs(4326)
    size = {"of": "area_ha", "target": 30, "minimum": 15, "maximum": 45}
    body = json.dumps(
        {"inputs": {"fields": {"value": json.loads(fields.to_json(drop_id=True))}, "size": size}}
    ).encode()
    seconds = []
    for _ in range(POSTS + 1):
        time.sleep(WARM_SECONDS)
        start = time.perf_counter()
        service.json("POST", EXECUTION, body)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]  # the first one fills the caches of the system


def _viewed_plan(service: Service) -> str:
    job = _submit(service, *_upload(service, VIEWED_FIELDS))
    while (info := service.json("GET", f"/jobs/{job}"))["status"] in {"accepted", "running"}:
        time.sleep(0.2)
    return str(info["plan"])


def _upload(service: Service, n: int) -> tuple[str, str]:
    """Upload fields and members, and return their datasets."""
    with tempfile.TemporaryDirectory() as folder:
        paths = data.write_inputs(n, Path(folder))
        kind = {"Content-Type": "application/octet-stream"}
        ids = [
            service.json("POST", f"/datasets?name={path.name}", path.read_bytes(), **kind)["id"]
            for path in paths
        ]
    return ids[0], ids[1]


def _submit(service: Service, fields: str, members: str, rng: int = 0) -> str:
    size = {"of": "members", "target": 100, "minimum": 50, "maximum": 150}
    inputs = {"fields": {"dataset": fields}, "members": {"dataset": members}, "size": size, "rng": rng}
    return str(service.json("POST", EXECUTION, {"inputs": inputs}, Prefer="respond-async")["jobID"])


def _rows(service: Service, plan: str, pause: float) -> list[str]:
    """Let viewers look for a minute while two partitions run, and return the rows of what they saw."""
    end = threading.Event()
    done: list[str] = []
    sources = _upload(service, PARTITIONED_FIELDS)
    planner = threading.Thread(target=_keep_busy, args=(service, sources, end, done))
    planner.start()
    time.sleep(3.0)
    loads = [Load() for _ in range(VIEWERS)]
    engine = open_store(f"sqlite:///{service.folder / 'gridder.sqlite'}")
    keys = [make_key(engine, name=str(i), role="viewer", now=time.time())[1] for i in range(VIEWERS)]
    engine.dispose()
    until = time.monotonic() + SECONDS
    viewers = [
        threading.Thread(target=_view, args=(Viewer(service.port, key, plan, load), pause, until))
        for key, load in zip(keys, loads, strict=True)
    ]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    n_done = len(done)
    end.set()
    planner.join()
    errors = sum(n for load in loads for status, n in load.statuses.items() if status != http.HTTPStatus.OK)
    megabytes = sum(load.n_bytes for load in loads) / 1e6 / SECONDS
    rows = []
    for what in ("map", "features"):
        seconds = np.concatenate([load.seconds[what] for load in loads])
        middle, late = np.percentile(seconds, [50, 99]) * 1000
        rows.append(
            f"| {pause:g} | {n_done} | {what} | {len(seconds)} | {len(seconds) / SECONDS:.1f} | {megabytes:.1f} | "
            f"{middle:.0f} | {late:.0f} | {errors} |"
        )
    return rows


def _keep_busy(service: Service, sources: tuple[str, str], end: threading.Event, done: list[str]) -> None:
    """Keep two partitions running, and stop them at the end."""
    running: list[str] = []
    n = 0
    while not end.wait(0.5):
        for job in list(running):
            status = service.json("GET", f"/jobs/{job}")["status"]
            if status not in {"accepted", "running"}:
                running.remove(job)
                done.append(job)
                assert status == "successful", job
        while len(running) < 2:
            n += 1
            running.append(_submit(service, *sources, rng=n))
    for job in running:
        service.json("DELETE", f"/jobs/{job}")


def _view(viewer: Viewer, pause: float, until: float) -> None:
    """Look at the map and at pages of grids and units until the time is over."""
    chance = random.Random(viewer.key)  # noqa: S311 - what is looked at, no secret
    time.sleep(chance.random() * pause)
    load = viewer.load
    connection = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=120)
    while time.monotonic() < until:
        what, path = _next_look(chance, viewer.plan)
        start = time.perf_counter()
        try:
            connection.request("GET", path, headers={"X-API-Key": viewer.key})
            answer = connection.getresponse()
            load.n_bytes += len(answer.read())
            load.statuses[answer.status] += 1
        except (OSError, http.client.HTTPException):
            load.statuses[0] += 1
            connection.close()
        load.seconds[what].append(time.perf_counter() - start)
        time.sleep(pause)
    connection.close()


def _next_look(chance: random.Random, plan: str) -> tuple[str, str]:
    if chance.random() < MAP_SHARE:
        return "map", f"/plans/{plan}/map"
    part, most = chance.choice([("grids", 0), ("units", VIEWED_FIELDS - PAGE)])
    offset = chance.randint(0, most)
    return "features", f"/collections/{plan}.{part}/items?limit={PAGE}&offset={offset}"
