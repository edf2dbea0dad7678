"""The terminal's side of every command: languages, exit codes, progress, and errors in words."""

from __future__ import annotations

import json
import locale
import sys
import traceback
from collections.abc import Sequence
from enum import IntEnum, StrEnum
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gridder.errors import InputError, OutputExistsError, Stopped, describe
from gridder.model import Finding, Lang, Text
from gridder.progress import STAGES, silent
from gridder.progress import Progress as Tell

STAGE_NAMES = {
    "read": Text("reading files", "读取文件"),
    "measure": Text("measuring", "测量坐标"),
    "place": Text("placing members", "落位成员"),
    "units": Text("cutting large units", "切分过大单元"),
    "neighbours": Text("finding neighbours", "寻找相邻单元"),
    "solve": Text("dividing into grids", "划分网格"),
    "grids": Text("drawing the grids", "绘制网格"),
    "report": Text("scoring the plan", "评估方案"),
    "write": Text("writing the results", "写出结果"),
}


ARROW = "\n   → "


class Exit(IntEnum):
    """What the command tells the shell."""

    DONE = 0
    OUR_FAULT = 1
    WRONG_INPUT = 2
    OUT_OF_BOUNDS = 3
    STOPPED = 130


class Language(StrEnum):
    """Languages of the map, the report and the messages."""

    EN = "en"
    ZH = "zh"


def _language_here() -> Language:
    return Language.ZH if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else Language.EN


OutOption = Annotated[
    Path, typer.Option("--out", "-o", help="Folder for the results, e.g. [cyan]--out out/2026[/].")
]
LangOption = Annotated[
    Language | None,
    typer.Option(
        help="Language of map, report and messages, e.g. [cyan]--lang zh[/] or en; by default the system's."
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print the outcome as JSON on stdout, for other programs; implies --quiet."),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace an output folder that is not empty.")
]


def lang_of(lang: Language | None) -> Lang:
    """Return the language that was asked for, else the system's."""
    return (lang or _language_here()).value


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


class Bar:
    """Progress on stderr: a bar with the stage's name; where nobody looks, a line a stage; or nothing."""

    def __init__(self, lang: Lang, *, quiet: bool) -> None:
        self._lang = lang
        self._quiet = quiet
        self._stage = ""
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )

    def __enter__(self) -> Tell:
        if self._quiet:
            return silent
        self._bar.start()
        self._task = self._bar.add_task("", total=len(STAGES))
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _tell(self, stage: str, done: float) -> None:
        name = STAGE_NAMES[stage].say(self._lang)
        if self._bar.disable and stage != self._stage:
            self._console.print(name)
        self._stage = stage
        self._bar.update(self._task, completed=STAGES.index(stage) + done, description=name)


class Outcome:
    """Turn errors into a message on stderr and the exit code of the contract."""

    def __init__(self, lang: Lang, *, as_json: bool) -> None:
        self._lang = lang
        self._as_json = as_json

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, InputError):
            self._print_faults(error.faults)
            raise typer.Exit(Exit.WRONG_INPUT) from None
        if isinstance(error, OutputExistsError):
            self._print_faults([error.fault])
            raise typer.Exit(Exit.WRONG_INPUT) from None
        if isinstance(error, KeyboardInterrupt | Stopped):
            self._say(Text("stopped; nothing was written", "已停止，未写出任何结果").say(self._lang))
            raise typer.Exit(Exit.STOPPED) from None
        if isinstance(error, Exception) and not isinstance(error, typer.Exit):
            self._say("".join(traceback.format_exception(error)))
            ours = Text(
                "this is a fault of Gridder ({error}); nothing was written. Please report it with the lines above",
                "这是 Gridder 的错误（{error}），未写出任何结果，请连同以上内容反馈",
            )
            self._say(ours.format(error=error).say(self._lang))
            raise typer.Exit(Exit.OUR_FAULT) from None

    def _say(self, line: str) -> None:
        Console(stderr=True, soft_wrap=True, highlight=False).print(line, markup=False)

    def _print_faults(self, findings: Sequence[Finding]) -> None:
        if self._as_json:
            faults = [
                {
                    "kind": f.kind,
                    "file": f.file,
                    "layername": f.layername,
                    "rows": list(f.rows),
                    "what": f.what.say(self._lang),
                    "remedy": f.remedy.say(self._lang),
                    "candidates": [candidate.as_dict() for candidate in f.candidates],
                }
                for f in findings
            ]
            print_json({"faults": faults})
            return
        n = len(findings)
        problems = "1 problem" if n == 1 else f"{n} problems"
        self._say(Text(f"Cannot go on, {problems}:", f"无法继续，有 {n} 个问题：").say(self._lang))
        for number, fault in enumerate(findings, 1):
            self._say(f"{number}. {describe(fault, self._lang, arrow=ARROW)}")
