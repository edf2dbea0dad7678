"""A child that is warm at once and does what the parameter `do` of its order says."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def result(order):
    plan = Path(order["folder"]) / "plan"
    plan.mkdir()
    (plan / "report.json").write_text("{}")
    names = Path(order["folder"]) / "names"
    names.mkdir()
    (names / "000000").write_bytes(b"sealed")
    review = Path(order["folder"]) / "review"
    review.mkdir()
    (review / "000000").write_bytes(b"sealed addresses")
    say({"stage": "write", "done": 1.0})
    say({"result": {"summary": {"attempt": order["folder"]}}})


def cells(order):
    (Path(order["folder"]) / "cells").write_bytes(b"sealed cells")
    file = {"name": "farm-square-5ha.gpkg", "n_bytes": 7, "sha256": "0" * 64}
    say({"result": {"cells": 3, "cell_m2": 50000.0, "findings": [], "file": file}})


def note_processes(path):
    """Write down this process and one that it starts."""
    started = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    draft = path.with_suffix(".new")
    draft.write_text(f"{os.getpid()} {started.pid}")
    draft.replace(path)


def leave_input(order):
    inputs = Path(order["folder"]) / "in"
    inputs.mkdir()
    (inputs / "roster.csv").write_text("somebody")


def do(order):
    does = order["parameters"]
    match does["do"]:
        case "result":
            time.sleep(does.get("seconds", 0))
            result(order)
        case "inspect":
            say({"result": {"file": order["sources"]["dataset"][0]["name"]}})
        case "cells":
            time.sleep(does.get("seconds", 0))
            cells(order)
        case "sleep":
            time.sleep(60)
        case "die":
            os._exit(7)
        case "faults":
            say({"faults": [{"kind": does["kind"], "file": "a.zip", "what": "wrong", "what_zh": "错"}]})
        case "crash":
            say({"crash": "ZeroDivisionError"})
        case "environment":
            say({"result": {"summary": dict(os.environ)}})


def main():
    say({"ready": True})
    line = sys.stdin.readline()
    if not line:
        return
    order = json.loads(line)
    does = order["parameters"]
    again = "once" in does and Path(does["once"]).exists()
    if "once" in does:
        Path(does["once"]).touch()
    if "input" in does:
        leave_input(order)
    say({"stage": "solve", "done": 0.5})
    if "pids" in does:
        note_processes(Path(does["pids"]))
    if again:
        result(order)
        return
    do(order)


main()
