"""The command that makes an atlas of a plan."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import maps
from gridder.cli.draw import HideOption, PlanArgument, TitleOption
from gridder.cli.terminal import Bar, JsonOption, LangOption, Outcome, QuietOption, lang_of, print_json
from gridder.io.plan import load_plan
from gridder.privacy import view


class By(StrEnum):
    """What a page of an atlas is about."""

    ZONE = "zone"
    GRID = "grid"


class Paper(StrEnum):
    """Paper of an atlas for print."""

    A4 = "A4"
    A3 = "A3"


def atlas_command(  # noqa: PLR0917 - typer reads the options from the signature
    plan: PlanArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the atlas, e.g. [cyan]--out atlas[/].")
    ],
    by: Annotated[By, typer.Option(help="What a page is about, e.g. [cyan]--by grid[/].")] = By.ZONE,
    pdf: Annotated[bool, typer.Option("--pdf", help="Make atlas.pdf for print, too.")] = False,
    paper: Annotated[
        Paper, typer.Option(case_sensitive=False, help="Paper of the PDF, e.g. [cyan]--paper A3[/].")
    ] = Paper.A4,
    title: TitleOption = None,
    hide_below: HideOption = 1,
    lang: LangOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an atlas that is there, and nothing else.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make the atlas of a plan: its map as overview, and a page each zone or grid, as linked files and for print.

    Example: [cyan]gridder atlas out/2026 --out atlas --pdf --title 2026[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json), Bar(language, quiet=quiet or as_json) as tell:
        maps.check_atlas_output(out, overwrite=overwrite)
        tell("read", 0.0)
        shown = view(load_plan(plan), k=hide_below)
        tell("write", 0.0)
        index = maps.atlas(shown, by=by.value, lang=language, title=title).save(
            out,
            pdf=paper.value if pdf else None,
            overwrite=overwrite,
            progress=lambda done: tell("write", done),
        )
    made = [index, *([out / "atlas.pdf"] if pdf else [])]
    if as_json:
        print_json({"folder": str(out), "files": [str(path) for path in made]})
        return
    console = Console(highlight=False, soft_wrap=True)
    for path in made:
        console.print(str(path), markup=False)
