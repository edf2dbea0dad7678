"""The command that draws a plan: map."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import maps
from gridder.cli.terminal import JsonOption, LangOption, Outcome, lang_of, print_json
from gridder.errors import InputError
from gridder.io.draft import check_file_output, draft_of
from gridder.io.plan import load_plan
from gridder.model import Finding, Text
from gridder.privacy import view


class Positions(StrEnum):
    """What positions on a base map refer to."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


PlanArgument = Annotated[
    Path,
    typer.Argument(metavar="PLAN", help="Folder of a plan, as [cyan]gridder partition --out[/] makes it."),
]
TitleOption = Annotated[str | None, typer.Option(help="Title of the page, e.g. [cyan]--title 第三管理区[/].")]
HideOption = Annotated[
    int,
    typer.Option("--hide-below", min=1, help="Hide counts of people below this, for a file to hand on: 5."),
]


def map_command(  # noqa: PLR0917 - typer reads the options from the signature
    plan: PlanArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="HTML file to write, e.g. [cyan]--out map.html[/].")
    ],
    title: TitleOption = None,
    hide_below: HideOption = 1,
    tiles: Annotated[
        list[str] | None,
        typer.Option(
            help="Address of a base map's tiles, e.g. [cyan]https://maps.intranet/{z}/{x}/{y}.png[/]; "
            "several times, the lowest first. It is asked for when the map is opened, a key in it included."
        ),
    ] = None,
    tiles_by: Annotated[
        str, typer.Option(help="Whose tiles they are, e.g. [cyan]--tiles-by 天地图[/]; shown on the map.")
    ] = "",
    tiles_servers: Annotated[
        str, typer.Option(help="What {s} in the address stands for, one letter or digit a server.")
    ] = "abc",
    tiles_max_zoom: Annotated[int, typer.Option(min=1, max=22, help="Deepest zoom of the tiles.")] = 18,
    tiles_datum: Annotated[
        Positions,
        typer.Option(help="What the tiles' positions refer to; for gcj02 the plan is shifted to match."),
    ] = Positions.WGS84,
    lang: LangOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Draw the map of a plan again: another title or language, a base map, small counts hidden.

    Example: [cyan]gridder map out/2026 --out map.html --title 2026[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json):
        check_file_output(out, suffix=".html", overwrite=overwrite)
        base = _tiles_of(tiles or (), tiles_by, tiles_servers, tiles_max_zoom)
        shown = view(load_plan(plan), k=hide_below, datum=tiles_datum.value)
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        with draft_of(out.absolute()) as draft:
            maps.plan_map(shown, lang=language, title=title, tiles=base).save(draft)
    if as_json:
        print_json({"file": str(out)})
    else:
        Console(highlight=False, soft_wrap=True).print(str(out), markup=False)


def _tiles_of(urls: Sequence[str], by: str, servers: str, max_zoom: int) -> list[maps.Tiles]:
    found, faults = [], []
    for url in urls:
        try:
            found.append(maps.Tiles(url, by, servers, max_zoom))
        except ValueError:
            what = Text(f"--tiles {url} is no address of tiles", f"--tiles {url} 不是瓦片地址")
            remedy = Text("write https://HOST/{z}/{x}/{y}.png", "请写作 https://主机/{z}/{x}/{y}.png")
            faults.append(Finding("bad-tiles", what, remedy=remedy))
    if faults:
        raise InputError(faults)
    return found
