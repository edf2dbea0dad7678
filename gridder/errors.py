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

ROWS_SHOWN = 5


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


def describe(finding: Finding, lang: Lang, *, arrow: str = " → ") -> str:
    """Return one finding: where, what, behind an arrow what to do about it, and a line for every candidate."""
    file = finding.file
    if finding.layername and finding.layername not in (file, file.rpartition(".")[0]):
        file += f"|{finding.layername}"
    where = " ".join(filter(None, (file, rows_text(finding, lang))))
    line = f"{where}{': ' if lang == 'en' else '：'}" if where else ""
    line += finding.what.say(lang)
    remedy = finding.remedy.say(lang)
    choices = [
        f"    ({i}) {c.near.say(lang)}  {finding.file}{c.option}  {c.name.say(lang)}"
        for i, c in enumerate(finding.candidates, start=1)
    ]
    return "\n".join([f"{line}{arrow}{remedy}" if remedy else line, *choices])


def rows_text(finding: Finding, lang: Lang) -> str:
    """Return the first rows of a finding in words, empty where it is about no rows."""
    n, between = len(finding.rows), "、" if lang == "zh" else ", "
    shown = between.join(map(str, finding.rows[:ROWS_SHOWN]))
    if not n:
        return ""
    more = n - ROWS_SHOWN
    if lang == "zh":
        return f"第 {shown} 行" + (f"等 {n} 行" if more > 0 else "")
    return f"{'row' if n == 1 else 'rows'} {shown}" + (f" and {more} more" if more > 0 else "")


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
