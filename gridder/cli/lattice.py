"""The command that divides a boundary into uniform cells: lattice."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gridder.cli.terminal import Bar, JsonOption, LangOption, Outcome, QuietOption, lang_of, print_json
from gridder.errors import describe
from gridder.io.lattice import check_lattice_output, write_lattice
from gridder.io.location import parse_location
from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, Lang, Lattice, LatticeShape, Text
from gridder.service.order import Source, run_lattice


class Shape(StrEnum):
    """Shapes of a cell."""

    SQUARE = "square"
    HEXAGON = "hexagon"
    H3 = "h3"


def lattice_command(  # noqa: PLR0917 - typer reads the options from the signature
    boundary: Annotated[
        list[str],
        typer.Argument(
            help="Files of the areas to divide, one or several polygons with names and codes, e.g. "
            "[cyan]farm.gpkg|layername=boundary[/]."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File to write: .gpkg, .geojson, or .zip for a shapefile, e.g. [cyan]--out cells.gpkg[/].",
        ),
    ],
    target_area: Annotated[
        str | None,
        typer.Option(
            help="Area that a cell should have, e.g. [cyan]--target-area 50ha[/], [cyan]300mu[/], "
            "[cyan]20000m2[/] or [cyan]2km2[/]."
        ),
    ] = None,
    shape: Annotated[
        Shape, typer.Option(help="Shape of the cells, e.g. [cyan]--shape hexagon[/].")
    ] = Shape.SQUARE,
    lang: LangOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output file that is there.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Divide land without parcels into uniform cells, clipped to its boundary.

    The cells can be given to [cyan]gridder partition --fields[/].

    Example: [cyan]gridder lattice farm.gpkg --shape square --target-area 50ha --out cells.gpkg[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json), Bar(language, quiet=quiet or as_json) as tell:
        for path in boundary:
            check_lattice_output(out, source=parse_location(path).path, overwrite=overwrite)
        made = run_lattice(Source(boundary), shape=shape.value, target_area=target_area, progress=tell)
        tell("write", 0.0)
        place = write_lattice(made, out, overwrite=overwrite)
    _tell(made, place, language, as_json=as_json)


def _tell(made: Lattice, place: Path, lang: Lang, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "file": str(place),
                "cells": len(made),
                "shape": made.shape,
                "target_m2": made.target_m2,
                "cell_m2": made.cell_m2,
                "least_m2": made.least_m2,
                "side_m": made.side_m,
                "resolution": made.resolution,
                "findings": [
                    {"kind": f.kind, "rows": list(f.rows), "what": f.what.say(lang)} for f in made.findings
                ],
            }
        )
        return
    console = Console(highlight=False, soft_wrap=True)
    for finding in made.findings:
        console.print(describe(finding, lang), markup=False)
    console.print(_summary(made).say(lang), markup=False)
    console.print(str(place), markup=False)


_KINDS: dict[LatticeShape, Text] = {
    "square": Text("{n} squares with sides of {side} m", "{n} 个方格，边长 {side} 米"),
    "hexagon": Text("{n} hexagons", "{n} 个六边形"),
    "h3": Text("{n} H3 cells of resolution {resolution}", "{n} 个 H3 单元，{resolution} 级"),
}


def _summary(made: Lattice) -> Text:
    kind = _KINDS[made.shape].format(n=len(made), side=made.side_m, resolution=made.resolution)
    facts = {
        "ha": made.cell_m2 / SQUARE_METRES_PER_HA,
        "mu": made.cell_m2 / SQUARE_METRES_PER_MU,
        "asked": made.target_m2 / SQUARE_METRES_PER_HA,
    }
    text = Text(
        "{kind}, {ha:.6g} ha ({mu:.6g} mu) a whole cell; asked for: {asked:.6g} ha",
        "{kind}，完整单元面积 {ha:.6g} 公顷（{mu:.6g} 亩）；要求：{asked:.6g} 公顷",
    )
    return Text(text.en.format(kind=kind.en, **facts), text.zh.format(kind=kind.zh, **facts))
