"""The errors that Gridder raises.

GridderError
├── InputError (also ValueError)   the input is wrong; carries every fault
├── OutputExistsError (also FileExistsError)   the folder is not empty
└── Stopped   the user, a time limit or a caller stopped the work
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gridder.model import Finding, Lang


class GridderError(Exception):
    """Base of every error of this package."""


class InputError(GridderError, ValueError):
    """The input cannot be used as it is.

    Parameters
    ----------
    faults
        All that is wrong, each with file, layer, rows and remedy.
    """

    def __init__(self, faults: Sequence[Finding]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.say("en"))

    def say(self, lang: Lang) -> str:
        """Return all faults as text, a paragraph each."""
        return "\n".join(describe(fault, lang) for fault in self.faults)


class OutputExistsError(GridderError, FileExistsError):
    """The output folder exists and is not empty.

    Parameters
    ----------
    fault
        Which folder, what is in the way, and the remedy.
    """

    def __init__(self, fault: Finding) -> None:
        self.fault = fault
        super().__init__(describe(fault, "en"))

    def say(self, lang: Lang) -> str:
        """Return the fault as text."""
        return describe(self.fault, lang)


class Stopped(GridderError):
    """The work was stopped before its end; nothing was written."""


def describe(finding: Finding, lang: Lang) -> str:
    """Return one finding: where, what, and what to do about it on a line, and a line for every candidate."""
    where = finding.file
    if finding.layername and finding.layername != finding.file:
        where += f"|{finding.layername}"
    if finding.rows:
        shown = ", ".join(str(row) for row in finding.rows[:5])
        more = len(finding.rows) - 5
        if lang == "zh":
            where += f"第 {shown} 行" + (f"等 {len(finding.rows)} 行" if more > 0 else "")
        else:
            label = "row" if len(finding.rows) == 1 else "rows"
            where += f" {label} {shown}" + (f" and {more} more" if more > 0 else "")
    line = f"{where}: {finding.what.say(lang)}" if where else finding.what.say(lang)
    remedy = finding.remedy.say(lang)
    choices = [
        f"    {i}. {c.near.say(lang)}  {finding.file}{c.option}  {c.name.say(lang)}"
        for i, c in enumerate(finding.candidates, start=1)
    ]
    return "\n".join([f"{line} → {remedy}" if remedy else line, *choices])


def finding_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is written to `report.json` and told to other programs."""
    content: dict[str, Any] = {
        "kind": finding.kind,
        "file": finding.file,
        "layername": finding.layername,
        "rows": list(finding.rows),
        "what": finding.what.en,
        "what_zh": finding.what.zh,
        "remedy": finding.remedy.en,
        "remedy_zh": finding.remedy.zh,
    }
    if finding.candidates:
        content["candidates"] = [candidate.as_dict() for candidate in finding.candidates]
    return content
