"""What the parts of a job's run tell each other: orders, outcomes, problems and progress."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from gridder.model import NO_TEXT, Finding, Text

Problem = dict[str, Any]
"""Why a job failed, as RFC 9457 with texts in both languages."""

PLAN = "plan"
NAMES = "names"
REVIEW = "review"
CELLS = "cells"
INPUTS = "in"
"""What lies in a draft's folder: the plan, its sealed names and doubtful addresses, or the sealed file of a lattice; and the unsealed
inputs while they are read."""

URN = "urn:gridder:problem:"


@dataclass(frozen=True)
class Given:
    """A sealed file, the name that its user gave it, and how it is to be read."""

    path: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """All that a child is told.

    Parameters
    ----------
    job, process
        The job's id, and `partition`, `lattice` or `inspect`.
    sources
        Files by role; `inspect` has one of role `dataset`, `lattice` those of role `boundary`.
    parameters
        `size`, `building_size`, `lang` and the options of `partition`, each only where given; `shape` and
        `target_area` of `lattice`.
    folder
        The draft, a folder of its own.
    suppress_below
        Counts of people below this are hidden from viewers.
    title
        Name of the plan.
    memory_mb
        Most memory that the child may take.
    dataset_mb
        Largest file that becomes a dataset.
    """

    job: str
    process: str
    sources: Mapping[str, Sequence[Given]]
    parameters: Mapping[str, Any]
    folder: str
    suppress_below: int
    title: str
    memory_mb: int
    dataset_mb: float

    def line(self) -> str:
        """Return the order as one line of JSON."""
        return json.dumps(asdict(self)) + "\n"


def parse_order(line: str) -> Order:
    """Return the order of a line."""
    content = json.loads(line)
    sources = {role: [Given(**given) for given in files] for role, files in content.pop("sources").items()}
    return Order(sources=sources, **content)


End = Literal["result", "faults", "crash", "died", "too-long", "lost", "halted"]


@dataclass(frozen=True)
class Outcome:
    """How a child's work ended.

    Parameters
    ----------
    end
        `result`, `faults` or `crash` are its own words; it `died` without any; or it was stopped, since it
        took `too-long`, since the job was `lost` (dismissed, or taken over), or since the server is `halted`.
    content
        The result, the faults, or the name of the exception.
    """

    end: End
    content: Any = None


def outcome_of(message: Mapping[str, Any]) -> Outcome | None:
    """Return the outcome that a message of a child tells; None for one that tells progress."""
    ends: tuple[End, ...] = ("result", "faults", "crash")
    return next((Outcome(end, message[end]) for end in ends if end in message), None)


OUT_OF_MEMORY = Finding(
    "out-of-memory",
    Text("the job needs more memory than it may take", "任务所需内存超出上限"),
    remedy=Text(
        "divide a smaller area at a time, or ask who runs the service to raise GRIDDER_JOB_MEMORY_MB",
        "请分片区划分，或请管理员调高 GRIDDER_JOB_MEMORY_MB",
    ),
)
DISK_FULL = Finding(
    "disk-full",
    Text("there is no room left on the disk of the service", "服务器磁盘空间不足"),
    remedy=Text(
        "ask who runs the service to make room, then send the job again",
        "请管理员清理磁盘空间，然后重新提交",
    ),
)
_OF_THE_SERVICE = {finding.kind: finding for finding in (OUT_OF_MEMORY, DISK_FULL)}


def faults_problem(faults: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem of faults: the input's, or the service's want of memory or room."""
    for fault in faults:
        if fault["kind"] in _OF_THE_SERVICE:
            return service_problem(_OF_THE_SERVICE[fault["kind"]])
    return _problem("bad-input", 400, Text("The input is wrong", "输入有误")) | {
        "faults": [dict(fault) for fault in faults]
    }


def service_problem(finding: Finding) -> Problem:
    """Return the problem of what the service lacks."""
    status = 507 if finding.kind == "disk-full" else 500
    return _problem(finding.kind, status, _sentence(finding.what), remedy=finding.remedy)


def worker_lost(attempts: int) -> Problem:
    """Return the problem of a job whose process died at every attempt."""
    return _problem(
        "worker-lost",
        500,
        Text("The process of the job died", "任务进程意外终止"),
        Text("it was begun {n} times", "已尝试 {n} 次").format(n=attempts),
        Text(
            "send the job again with less data; if it dies again, ask who runs the service",
            "请减少数据后重新提交；若仍失败，请联系管理员",
        ),
    )


def time_limit(seconds: float) -> Problem:
    """Return the problem of a job that took too long."""
    return _problem(
        "job-time-limit",
        500,
        Text("The job took too long", "任务超时"),
        Text("it was stopped after {s:g} s", "已在 {s:g} 秒后停止").format(s=seconds),
        Text(
            "divide a smaller area, ask for less effort, or ask who runs the service to raise GRIDDER_JOB_SECONDS",
            "请缩小范围或降低 effort，或请管理员调高 GRIDDER_JOB_SECONDS",
        ),
    )


def crashed(name: str) -> Problem:
    """Return the problem of a fault of ours; `name` is that of the exception."""
    return _problem(
        "job-failed",
        500,
        Text("The job failed through a fault of Gridder", "Gridder 内部错误导致任务失败"),
        Text(name, name),
        Text("tell who runs the service the number of the job", "请将任务编号告知管理员"),
    )


def _problem(slug: str, status: int, title: Text, detail: Text = NO_TEXT, remedy: Text = NO_TEXT) -> Problem:
    texts = {"title": title, "detail": detail, "remedy": remedy}
    out: Problem = {"type": URN + slug, "status": status}
    for name, text in texts.items():
        if text.en:
            out |= {name: text.en, f"{name}_zh": text.zh}
    return out


def _sentence(text: Text) -> Text:
    return Text(text.en[:1].upper() + text.en[1:], text.zh)


def trace_of(error: BaseException) -> str:
    """Return kind and place of an exception; its message may hold values of an input and is left out."""
    places = traceback.extract_tb(error.__traceback__)
    return "\n".join([type(error).__name__, *(f"  {at.filename}:{at.lineno} {at.name}" for at in places)])


_BEFORE = (("read", 25.0), ("measure", 1.0), ("place", 2.0))
_LAYER = (("units", 3.0), ("neighbours", 10.0), ("solve", 25.0), ("grids", 7.0))
_AFTER = (("report", 2.0), ("write", 14.0), ("views", 10.0))
_LATTICE = (("read", 1.0), ("measure", 1.0), ("units", 4.0), ("grids", 2.0), ("write", 2.0))
"""Stages and the share of the time that they usually take."""


def steps_of(process: str, n_layers: int) -> list[tuple[str, float]]:
    """Return the stages of a job in turn with their weights; those of a layer come once for each."""
    match process:
        case "partition":
            return [*_BEFORE, *_LAYER * n_layers, *_AFTER]
        case "lattice":
            return list(_LATTICE)
    return [("read", 1.0)]


@dataclass(frozen=True)
class Progress:
    """How far a job is; `percent` never falls and is 100 only for a job that has ended.

    Parameters
    ----------
    steps
        Stages in turn with their weights.
    at
        Position of the current one.
    percent
        Of the whole.
    """

    steps: Sequence[tuple[str, float]]
    at: int = 0
    percent: int = 0

    @property
    def stage(self) -> str:
        """Return the current stage."""
        return self.steps[self.at][0]

    def after(self, stage: str, done: float) -> Progress:
        """Return the progress after a child has told a stage and its share done."""
        ahead = range(self.at, len(self.steps))
        at = next((i for i in ahead if self.steps[i][0] == stage), self.at)
        weights = [weight for _, weight in self.steps]
        share = (sum(weights[:at]) + weights[at] * min(max(done, 0.0), 1.0)) / sum(weights)
        return Progress(self.steps, at, max(self.percent, min(99, int(100 * share))))
