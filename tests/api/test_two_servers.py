"""Two servers on one PostgreSQL store and one data folder: one queue, no job twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gridder.storage import jobs as queue
from gridder.storage.engine import open_store
from tests.api.conftest import Server, partition_body, start_server
from tests.api.watch import (
    assert_tidy,
    end_of,
    long_body,
    plans_of,
    send,
    until,
    wait_for_stage,
    workers_of,
)
from tests.conftest import Postgresql

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


@pytest.fixture
def pair(tmp_path: Path, own_postgresql: Postgresql) -> Iterator[list[Server]]:
    """Start two servers at the same moment on a store and a folder that are new."""
    settings = {"database_url": own_postgresql.url, "workers": 1, "lease_seconds": 3}
    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(start_server, tmp_path / "both", **settings) for _ in range(2)]
        servers = [future.result() for future in started]
    yield servers
    for server in servers:
        server.stop()


def servers_of(url: str, jobs: list[str]) -> set[int]:
    """Return the processes of the servers that ran some jobs."""
    engine = open_store(url)
    found = [queue.find_job(engine, job, workspace=None) for job in jobs]
    engine.dispose()
    return {int((job.worker or "").split("/")[2]) for job in found if job}


def test_both_take_jobs_and_none_is_done_twice(pair, own_postgresql):
    """Every job makes one plan, which both servers show; one name is one job, whoever is asked."""
    clients = [server.client() for server in pair]
    jobs = [send(clients[i % 2], partition_body(rng=i), name=f"job {i}") for i in range(10)]
    assert [send(clients[1 - i % 2], partition_body(rng=i), name=f"job {i}") for i in range(10)] == jobs
    ended = [end_of(clients[0], job) for job in jobs]
    assert {info["status"] for info in ended} == {"successful"}
    plans = {info["plan"] for info in ended}
    assert len(plans) == len(jobs)
    assert plans_of(clients[0]) == plans_of(clients[1]) == plans
    assert servers_of(own_postgresql.url, jobs) == {server.process.pid for server in pair}
    for server, client in zip(pair, clients, strict=True):
        assert_tidy(server, client)


def test_a_job_is_stopped_through_the_server_that_does_not_run_it(pair, own_postgresql):
    """Both servers' work is dismissed through the first one, and both processes end."""
    clients = [server.client() for server in pair]
    jobs = [send(clients[0], long_body()) for _ in range(2)]
    for job in jobs:
        wait_for_stage(clients[1], job, ("read", "measure", "neighbours", "solve"))
    running = [workers_of(server)[0] for server in pair]
    assert servers_of(own_postgresql.url, jobs) == {server.process.pid for server in pair}
    for job in jobs:
        assert clients[0].delete(f"/jobs/{job}").json()["status"] == "dismissed"
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in running), "a stopped job works on")
    assert [clients[1].get(f"/jobs/{job}").json()["status"] for job in jobs] == ["dismissed"] * 2
    assert plans_of(clients[1]) == set()
    assert_tidy(pair[0], clients[0])


def test_the_other_server_does_the_job_of_a_dead_one(pair, own_postgresql):
    """When its lease is over, after its own."""
    clients = [server.client() for server in pair]
    jobs = [send(clients[1], long_body()) for _ in range(2)]
    for job in jobs:
        wait_for_stage(clients[1], job, ("read", "measure", "neighbours", "solve"))
    pair[0].kill()
    ended = [end_of(clients[1], job) for job in jobs]
    assert [info["status"] for info in ended] == ["successful"] * 2, ended
    assert servers_of(own_postgresql.url, jobs) == {pair[1].process.pid}
    assert plans_of(clients[1]) == {info["plan"] for info in ended}
    assert_tidy(pair[1], clients[1])
