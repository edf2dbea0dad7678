"""Crashes, full disks, lost stores and damaged files: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.conftest import Server, partition_body, start_server
from tests.api.watch import (
    EXECUTION,
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

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

STAGES = {"reading": ("read",), "solving": ("solve",), "writing": ("write", "views")}


@pytest.fixture(scope="module")
def frail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a service that is killed again and again."""
    server = start_server(tmp_path_factory.mktemp("frail"), workers=1, lease_seconds=3)
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_job_whose_process_is_killed_is_done_once(frail_server, stage):
    """The second attempt makes the one plan; the request's name still means the same job."""
    client = frail_server.client()
    before = plans_of(client)
    job = send(client, long_body(), name=f"worker {stage}")
    wait_for_stage(client, job, STAGES[stage])
    os.kill(workers_of(frail_server)[0], 9)
    ended = end_of(client, job)
    assert ended["status"] == "successful", ended
    assert plans_of(client) - before == {ended["plan"]}
    assert send(client, long_body(), name=f"worker {stage}") == job
    assert_tidy(frail_server, client)


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_the_jobs_of_a_killed_server_are_done_once_after_its_restart(frail_server, stage):
    """That which ran and that which waited; the killed server's processes end with it."""
    client = frail_server.client()
    before = plans_of(client)
    job = send(client, long_body(), name=f"server {stage}")
    waiting = send(client, partition_body())
    wait_for_stage(client, job, STAGES[stage])
    workers = workers_of(frail_server)
    frail_server.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "a worker lives on")

    client = frail_server.start().client()
    assert send(client, long_body(), name=f"server {stage}") == job
    ended = [end_of(client, job), end_of(client, waiting)]
    assert [info["status"] for info in ended] == ["successful"] * 2, ended
    assert plans_of(client) - before == {info["plan"] for info in ended}
    assert_tidy(frail_server, client)


@pytest.mark.slow
def test_a_job_whose_process_dies_every_time_fails_and_says_so(own_server):
    """After as many attempts as are allowed, and the next job is done."""
    server = own_server(workers=1, job_attempts=2)
    client = server.client()
    job = send(client, long_body())
    for attempt in (1, 2):
        until(lambda n=attempt: client.get(f"/jobs/{job}").json().get("attempt") == n)
        os.kill(workers_of(server)[0], 9)
    ended = end_of(client, job)
    assert ended["status"] == "failed"
    assert ended["problem"]["type"] == "urn:gridder:problem:worker-lost"
    assert client.get(f"/jobs/{job}/results").status_code == 500
    assert end_of(client, send(client, partition_body()))["status"] == "successful"
    assert_tidy(server, client)


@pytest.mark.slow
@pytest.mark.parametrize("grace", [60, 0])
def test_a_stopped_server_loses_no_job(own_server, grace):
    """Within the grace the job is done before the end; otherwise it is put back and done after a restart."""
    server = own_server(workers=1, grace_seconds=grace)
    client = server.client()
    job = send(client, long_body())
    wait_for_stage(client, job, ("read", "measure", "neighbours", "solve"))
    server.stop()
    assert server.process.returncode == 0

    client = server.start().client()
    first = client.get(f"/jobs/{job}").json()
    assert (first["status"] == "successful") == (grace > 0), first
    ended = end_of(client, job)
    assert ended["status"] == "successful", ended
    assert plans_of(client) == {ended["plan"]}
    assert_tidy(server, client)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of four megabytes."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.getuid() != 0 or not (mount and umount):
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run([umount, "--lazy", folder], check=True)


def fill(folder: Path, *, spare: int) -> Path:
    """Fill a disk up to some bytes, and return the file that does so."""
    room = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(b"\0" * max(0, room.f_bavail * room.f_frsize - spare))
    return filler


@pytest.mark.slow
@pytest.mark.parametrize("store", ["beside", "elsewhere"])
def test_a_full_disk_is_said_and_passes(small_disk, tmp_path, store):
    """An upload is refused and nothing of it stays, a job fails; with room both go well."""
    elsewhere = {"database_url": f"sqlite:///{tmp_path / 'store.sqlite'}"} if store == "elsewhere" else {}
    server = start_server(small_disk, workers=1, **elsewhere)
    try:
        client = server.client()
        file = {"file": ("fields.geojson", os.urandom(5_000_000))}
        answer = client.post("/datasets", files=file)
        assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json")
        assert answer.json()["type"] == "urn:gridder:problem:disk-full"
        assert not list((server.data_dir / "uploads").iterdir())
        assert client.get("/datasets").json()["datasets"] == []

        filler = fill(small_disk, spare=250_000)
        ended = end_of(client, send(client, partition_body()))
        assert ended["status"] == "failed", ended
        assert ended["problem"]["type"] == "urn:gridder:problem:disk-full"
        assert_tidy(server, client)

        filler.unlink()
        assert end_of(client, send(client, partition_body()))["status"] == "successful"
        assert_tidy(server, client)
    finally:
        server.stop()


def test_a_disk_without_any_room_is_said_also_where_the_store_is_on_it(small_disk):
    """What only reads is answered; what writes is refused with 507, whichever file has no room."""
    server = start_server(small_disk, workers=0)
    try:
        client = server.client()
        fill(small_disk, spare=0)
        answers = [
            client.post("/datasets", files={"file": ("a.geojson", b"{}")}),
            client.post(EXECUTION, json=partition_body(), headers={"Prefer": "respond-async"}),
        ]
        for answer in answers:
            assert answer.status_code == 507, answer.text
            assert answer.json()["type"] == "urn:gridder:problem:disk-full"
        assert client.get("/jobs").json()["jobs"] == []
        assert client.get("/datasets").json()["datasets"] == []
        assert not list((server.data_dir / "uploads").iterdir())
    finally:
        server.stop()


@pytest.mark.slow
def test_a_store_that_is_away_costs_requests_but_no_job(own_server, own_postgresql: Postgresql):
    """Requests are answered 503 meanwhile, and the running job is kept when the store is back."""
    server = own_server(workers=1, lease_seconds=3, database_url=own_postgresql.url)
    client = server.client()
    job = send(client, long_body())
    wait_for_stage(client, job, ("measure", "neighbours", "solve"))
    own_postgresql.stop()
    try:
        for path in ("/plans", f"/jobs/{job}", "/collections", "/readyz"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert answer.json()["type"] == "urn:gridder:problem:unavailable"
            assert int(answer.headers["retry-after"]) > 0
        assert client.post("/datasets", files={"file": ("a.geojson", b"{}")}).status_code == 503
        assert client.get("/healthz").status_code == 200
        time.sleep(4)  # longer than a lease
    finally:
        own_postgresql.start()
    until(lambda: client.get("/readyz").status_code == 200)
    ended = end_of(client, job)
    assert ended["status"] == "successful", ended
    assert plans_of(client) == {ended["plan"]}
    assert len(list((server.data_dir / "uploads").iterdir())) == 2, "only what the job was made from is kept"
    assert_tidy(server, client)


@pytest.mark.slow
def test_a_store_that_another_program_holds_makes_wait_and_costs_no_job(own_server):
    """SQLite, with its file held for writing for some seconds: who reads is answered, who writes waits."""
    server = own_server(workers=1, lease_seconds=3)
    client = server.client()
    job = send(client, long_body())
    wait_for_stage(client, job, ("measure", "neighbours", "solve"))
    other = sqlite3.connect(server.data_dir / "gridder.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert client.get("/plans").status_code == 200
    time.sleep(5)  # longer than a lease
    other.execute("COMMIT")
    other.close()
    assert client.post("/datasets", files={"file": ("a.geojson", b"{}")}).status_code == 201
    ended = end_of(client, job)
    assert ended["status"] == "successful", ended
    assert plans_of(client) == {ended["plan"]}
    assert_tidy(server, client)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def _spoil(path: Path) -> None:
    path.write_bytes(b"no plan" * 100)


def _spoil_inside(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)


DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "features cut": ("view-1/features.sqlite", _cut),
    "features empty": ("view-1/features.sqlite", lambda path: path.write_bytes(b"")),
    "features spoilt": ("view-1/features.sqlite", _spoil_inside),
    "report gone": ("report.json", Path.unlink),
    "report spoilt": ("report.json", _spoil),
    "plan gone": ("plan.gpkg", Path.unlink),
    "plan spoilt": ("plan.gpkg", _spoil),
    "plan spoilt inside": ("plan.gpkg", _spoil_inside),
    "plan cut": ("plan.gpkg", _cut),
    "recipe spoilt": ("plan.json", _spoil),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[str]]]:
    """Start a service with a whole plan and one for every damage."""
    server = start_server(tmp_path_factory.mktemp("library"))
    client = server.client()
    jobs = [send(client, partition_body(4, 4)) for _ in range(len(DAMAGES) + 1)]
    yield server, [end_of(client, job)["plan"] for job in jobs]
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_plan_is_told_as_such_and_harms_no_other(library, damage):
    """No address of it answers with a fault of ours; other plans and the lists are as before."""
    server, plans = library
    client = server.client()
    whole, plan = plans[0], plans[1 + list(DAMAGES).index(damage)]
    name, harm = DAMAGES[damage]
    before = client.get(f"/plans/{plan}").json()
    grid = client.get(f"/collections/{plan}.grids/items").json()["features"][0]["id"]
    harm(server.data_dir / "plans" / plan / name)

    paths = [link["href"] for link in before["links"]]
    paths += [f"/plans/{plan}/grids/{grid}/map", f"/collections/{plan}.grids/items/{grid}"]
    paths += [f"/collections/{plan}.units", f"/collections/{plan}.units/queryables"]
    job = next(job["jobID"] for job in client.get("/jobs").json()["jobs"] if job.get("plan") == plan)
    paths += [f"/jobs/{job}/results", f"/pages/plans/{plan}/grids/{grid}"]
    for path in paths:
        answer = client.get(path)
        if answer.status_code != 200:
            kinds = {404: "urn:gridder:problem:not-found", 500: "urn:gridder:problem:corrupt-plan"}
            assert answer.json()["type"] == kinds[answer.status_code], (path, answer.text)
            assert "Traceback" not in answer.text
    told = [client.get(path).status_code for path in paths]
    assert 500 in told or 404 in told, "the damage is nowhere told"

    assert client.get(f"/collections/{whole}.grids/items").status_code == 200
    listed = client.get("/collections").json()["collections"]
    assert f"{whole}.grids" in {collection["id"] for collection in listed}
    assert plan in plans_of(client)
    assert client.delete(f"/plans/{plan}").status_code == 204
    assert not (server.data_dir / "plans" / plan).exists()
