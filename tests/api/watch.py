"""Following jobs, plans and processes of a running service."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.api.conftest import Server, partition_body, people

PATIENCE = 120.0
EXECUTION = "/processes/partition/execution"
ENDED = ("successful", "failed", "dismissed")


def until(truth: Callable[[], Any], what: str = "") -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = truth()
        if value:
            return value
        time.sleep(0.03)
    raise AssertionError(f"it did not come true in time {what}")


def send(client: httpx.Client, body: dict[str, Any], *, name: str | None = None) -> str:
    """Ask for a partition, under a name of the caller's own where one is given, and return its job."""
    headers = {"Prefer": "respond-async"} | ({"Idempotency-Key": name} if name else {})
    answer = client.post(EXECUTION, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["jobID"])


def long_body() -> dict[str, Any]:
    """Return the body of a job that takes some seconds in every stage."""
    return partition_body(60, 40, effort=20, members={"value": people(60, 40, 3000)})


def end_of(client: httpx.Client, job: str) -> dict[str, Any]:
    """Wait for the end of a job and return how it stands."""
    info = until(lambda: (now := client.get(f"/jobs/{job}").json())["status"] in ENDED and now, job)
    return dict(info)


def wait_for_stage(client: httpx.Client, job: str, stages: tuple[str, ...]) -> None:
    """Wait until a job is in one of some stages."""

    def is_there() -> bool:
        info = client.get(f"/jobs/{job}").json()
        assert info["status"] not in ENDED, info
        return info.get("stage") in stages

    until(is_there, f"{job} {stages}")


def workers_of(server: Server) -> list[int]:
    """Return the processes of a server's jobs, the oldest first."""
    assert server.process is not None
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == server.process.pid and fields[0] != "Z":
                found.append((int(fields[19]), int(folder.name)))
    return [pid for _, pid in sorted(found)]


def plans_of(client: httpx.Client) -> set[str]:
    """Return the ids of all plans."""
    answer = client.get("/plans", params={"limit": 1000}).json()
    assert answer["numberMatched"] == len(answer["plans"])
    return {plan["id"] for plan in answer["plans"]}


def assert_tidy(server: Server, client: httpx.Client) -> None:
    """Hold that the folder of plans has the plans of the store, all whole, and that no work lies about."""
    plans = plans_of(client)
    until(lambda: not list((server.data_dir / "work").iterdir()), "work is left")
    assert {path.name for path in (server.data_dir / "plans").iterdir()} == plans
    for plan in plans:
        assert client.get(f"/plans/{plan}/map").status_code == 200
        assert client.get(f"/collections/{plan}.units/items", params={"limit": 1}).status_code == 200
