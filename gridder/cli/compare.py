"""The command that shows what differs between two plans: compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import maps
from gridder.cli.draw import HideOption, TitleOption
from gridder.cli.terminal import JsonOption, LangOption, Outcome, lang_of, print_json
from gridder.io.draft import check_file_output, draft_of
from gridder.io.plan import load_plan
from gridder.model import Comparison, Lang, Text
from gridder.privacy import view
from gridder.service.apart import hide_differences
from gridder.service.compare import compare


def compare_command(  # noqa: PLR0917 - typer reads the options from the signature
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="Folder of the older plan.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Folder of the newer plan.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="HTML file to write, e.g. [cyan]--out compare.html[/].")
    ],
    title: TitleOption = None,
    hide_below: HideOption = 1,
    lang: LangOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show two plans side by side and what moved between them, as one map file.

    Example: [cyan]gridder compare out/2025 out/2026 --out compare.html[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json):
        check_file_output(out, suffix=".html", overwrite=overwrite)
        old, new = (view(load_plan(folder), k=hide_below) for folder in (before, after))
        found = compare(old, new)
        old, new = hide_differences(old, new, found.matches)
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        with draft_of(out.absolute()) as draft:
            maps.compare_map(old, new, found, lang=language, title=title).save(draft)
    if as_json:
        print_json({"file": str(out), "layers": found.totals})
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in _summary(found, language):
        console.print(line, markup=False)
    console.print(str(out), markup=False)


def _summary(found: Comparison, lang: Lang) -> list[str]:
    text = Text(
        "{kind}: {kept} units kept their grid, {moved} moved ({moved_ha:.1f} ha), {new} new, {gone} gone",
        "{kind}：{kept} 个单元网格不变，{moved} 个换了网格（{moved_ha:.1f} 公顷），新增 {new} 个，不再存在 {gone} 个",
    )
    strange = Text(
        "  no {kind} of one plan are in the other: were their ids read from the same column (--map-column)?",
        "  两个方案没有编号相同的{kind}单元：编号是否取自同一列（--map-column）？",
    )
    names = {"field": Text("fields", "田间"), "building": Text("buildings", "楼宇")}
    lines = []
    for layer, counts in found.totals.items():
        kind = names[layer].say(lang)
        lines.append(text.format(kind=kind, **counts).say(lang))
        if counts["new"] and counts["gone"] and not counts["kept"] + counts["moved"]:
            lines.append(strange.format(kind=kind).say(lang))
    return lines
