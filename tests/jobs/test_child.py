"""Real children: they unseal, divide, write, answer and die as they should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import sample_geo
from gridder.io.plan import load_plan
from gridder.jobs import child
from gridder.jobs.model import Given, Order, outcome_of
from gridder.jobs.process import Process
from gridder.storage.names import sealed_names
from gridder.storage.seal import installation_sealer

WORKER = (sys.executable, "-m", "gridder", "worker")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="groups, signals and limits of POSIX")
SIZES = {
    "size": {"of": "members", "target": 12, "minimum": 8, "maximum": 16},
    "building_size": {"target": 30, "minimum": 20, "maximum": 45},
}


def _sample(station, name, **options):
    dataset = station.upload(sample_geo.path(name).read_bytes(), name)
    return {"dataset": dataset, "name": f"我的 {name}", "options": options}


def _order(station, name, content, *, process="partition", memory_mb=16_000, **parameters):
    role = "dataset" if process == "inspect" else "fields"
    path = str(station.folder.upload(station.upload(content, name)))
    draft = station.folder.work / "draft"
    draft.mkdir()
    return Order("j", process, {role: [Given(path, name, {})]}, parameters, str(draft), 5, "", memory_mb, 200)


def _run(order):
    """Let a real child do an order, and return the outcome."""
    worker = Process(WORKER, threading.Event())
    try:
        worker.send(order.line())
        worker._listener.join()
        return next(filter(None, map(outcome_of, worker.messages())))
    finally:
        worker.close()


@pytest.mark.slow
def test_the_sample_becomes_a_plan_with_views_and_sealed_names(station):
    """From sealed files to a published plan under the user's own file names; names only in the store."""
    sources = {
        "fields": [_sample(station, "fields.zip")],
        "buildings": [_sample(station, "town.gpkg", layername="buildings")],
        "members": [_sample(station, "members.xlsx", columns={"name": "姓名"})],
        "zones": [_sample(station, "town.gpkg", layername="zones")],
        "barriers": [_sample(station, "town.gpkg", layername="barriers")],
    }
    station.start(real=True, lease_seconds=20)
    job = station.ended(station.submit(SIZES | {"lang": "zh"}, sources=sources), 120)
    assert job.status == "successful", job.problem
    folder = station.folder.plan(job.plan_id)
    for view in ("view-1", "view-5"):
        assert {path.name for path in (folder / view).iterdir()} == {
            "map-en.html",
            "map-zh.html",
            "features.sqlite",
        }
    plan = load_plan(folder)
    assert plan.recipe["inputs"]["fields"][0]["file"] == "我的 fields.zip"
    parts = sealed_names(station.engine, job.plan_id)
    people = [one for part in parts for one in json.loads(installation_sealer().unseal(part))]
    assert len(people) == job.result["summary"]["members"]["total"]
    somebody = next(one["name"] for one in people if one["name"])
    texts = [path.read_bytes() for path in folder.rglob("*") if path.suffix in (".json", ".html", ".gpkg")]
    assert somebody.encode() not in b"".join(texts)
    assert not station.stays()["work"]


def test_faults_name_the_users_own_file(station):
    """A name that no file system would take stands in the fault as it was."""
    order = _order(station, "地|块/a.geojson", b"{}", size={"of": "area_ha", "target": 5})
    outcome = _run(order)
    assert outcome.end == "faults"
    assert {fault["file"] for fault in outcome.content} == {"地|块/a.geojson"}
    assert all(fault["what_zh"] for fault in outcome.content)
    assert list((station.folder.work / "draft").iterdir()) == []


def test_an_inspection_names_the_users_own_file(station):
    """The layers of a zip, under its user's name."""
    content = sample_geo.path("fields.zip").read_bytes()
    outcome = _run(_order(station, "a:b.zip", content, process="inspect"))
    assert outcome.end == "result"
    assert outcome.content["file"] == "a:b.zip"
    assert outcome.content["layers"][0]["rows"] > 1000


def test_a_file_sealed_under_another_key_is_a_fault(station):
    """Nothing crashes, and the user is asked to upload it again."""
    order = _order(station, "a.geojson", b"{}", size={"of": "area_ha", "target": 5})
    with Path(order.sources["fields"][0].path).open("r+b") as file:
        file.seek(60)
        file.write(b"changed")
    outcome = _run(order)
    assert [fault["kind"] for fault in outcome.content] == ["lost-upload"]


@POSIX
def test_too_much_memory_is_a_fault_of_the_service(station):
    """A child that may hold next to nothing says so and leaves no input."""
    content = sample_geo.path("fields.zip").read_bytes()
    outcome = _run(_order(station, "fields.zip", content, memory_mb=64, size={"of": "area_ha", "target": 5}))
    assert outcome.end == "faults"
    assert [fault["kind"] for fault in outcome.content] == ["out-of-memory"]
    assert list((station.folder.work / "draft").iterdir()) == []


@POSIX
@pytest.mark.slow
def test_a_child_ends_when_its_server_is_killed():
    """At warm-up as well as when it waits for an order."""
    code = """
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-m", "gridder", "worker"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, start_new_session=True)
        if sys.argv[1] == "ready":
            child.stdout.readline()
        print(child.pid, flush=True)
        time.sleep(60)
    """
    for moment in ("ready", "start"):
        server = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), moment], stdout=subprocess.PIPE, text=True
        )
        pid = int(server.stdout.readline())
        server.send_signal(signal.SIGKILL)
        server.wait()
        server.stdout.close()
        end = time.monotonic() + 20
        while _lives(pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _lives(pid)


@POSIX
def test_compiled_code_does_not_keep_a_child_alive():
    """It ends with its standard input also while no thread of Python may run."""
    code = """
        import sys, threading
        from queue import SimpleQueue
        from gridder.jobs import child
        threading.Thread(target=child._watch_server, args=(SimpleQueue(),), daemon=True).start()
        child._die_with_server()
        sys.setswitchinterval(1000)
        print("at work", flush=True)
        sum(range(10**12))
    """
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    worker.stdout.readline()
    time.sleep(0.2)
    assert worker.poll() is None
    worker.stdin.close()
    assert worker.wait(10) < 0
    worker.stdout.close()


def test_a_full_disk_is_seen_behind_other_errors(tmp_path, monkeypatch):
    """GDAL and SQLite have words of their own for it."""
    error = RuntimeError("cannot write")
    error.__cause__ = OSError(28, os.strerror(28))
    assert child._lack(error, tmp_path).kind == "disk-full"
    assert (
        child._lack(RuntimeError("sqlite3_exec failed: database or disk is full"), tmp_path).kind
        == "disk-full"
    )
    assert child._lack(MemoryError(), tmp_path).kind == "out-of-memory"
    assert child._lack(RuntimeError("std::bad_alloc"), tmp_path).kind == "out-of-memory"
    assert child._lack(ValueError("7"), tmp_path) is None
    monkeypatch.setattr(child, "NO_ROOM_BYTES", 2**62)
    assert child._lack(ValueError("7"), tmp_path).kind == "disk-full"


def _lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
