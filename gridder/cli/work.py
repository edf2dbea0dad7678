"""The commands that look at a file or cut its fields: inspect, split."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gridder.cli.options import CoordinatesOption, RegionOption
from gridder.cli.terminal import (
    Bar,
    JsonOption,
    LangOption,
    Outcome,
    QuietOption,
    lang_of,
    print_json,
)
from gridder.errors import InputError, describe
from gridder.io import formats
from gridder.io.inspect import inspect
from gridder.io.layers import read_layer
from gridder.io.location import parse_location
from gridder.io.parts import check_parts_output, write_parts
from gridder.io.read import units_from_rows
from gridder.io.sketch import sketch_page
from gridder.model import (
    Lang,
    Text,
    Units,
)
from gridder.service.areas import square_metres
from gridder.service.split import split_faults, split_units


def inspect_command(  # noqa: PLR0917 - typer reads the options from the signature
    path: Annotated[
        str,
        typer.Argument(
            help="File to look at, e.g. [cyan]fields.zip[/] or [cyan]town.gpkg|layername=buildings[/]."
        ),
    ],
    coordinates: CoordinatesOption = None,
    region: RegionOption = None,
    sketch: Annotated[
        Path | None,
        typer.Option(
            "--sketch",
            help="Write a small map of where every coordinate system that could be meant would put the file, e.g. "
            "[cyan]--sketch where.html[/].",
        ),
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a file holds, the columns that would be used, and every problem with its remedy.

    Example: [cyan]gridder inspect fields.zip[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json):
        inspection = inspect(path, coordinates=coordinates or "", region=region or "")
        if sketch is not None:
            sketch.write_text(sketch_page(inspection, language), encoding="utf-8")
        if as_json:
            print_json(inspection.as_dict())
        else:
            console = Console(soft_wrap=True, highlight=False)
            for line in inspection.lines(language):
                console.print(line, markup=False)


def split_command(  # noqa: PLR0917 - typer reads the options from the signature
    path: Annotated[
        str, typer.Argument(help="File of fields to cut, e.g. [cyan]farm.gpkg|layername=fields[/].")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="GeoPackage to write, e.g. [cyan]--out parts.gpkg[/].")
    ],
    target_area: Annotated[
        str | None,
        typer.Option(
            help="Area that a part should have, e.g. [cyan]--target-area 50ha[/], [cyan]300mu[/] or "
            "[cyan]20000m2[/]; each field is cut into the number of parts that comes nearest."
        ),
    ] = None,
    parts: Annotated[
        int | None,
        typer.Option(help="Cut every field into so many parts instead, e.g. [cyan]--parts 4[/]."),
    ] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Compact parts rather than strips across the long side.")
    ] = False,
    lang: LangOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output file that is there.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Cut fields into connected parts of equal area.

    Example: [cyan]gridder split fields.zip --target-area 50ha --out parts.gpkg[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json), Bar(language, quiet=quiet or as_json) as tell:
        check_parts_output(out, source=parse_location(path).path, overwrite=overwrite)
        target_m2, faults = square_metres(target_area)
        faults = faults or split_faults(target_m2=target_m2, parts=parts)
        if faults:
            raise InputError(faults)
        tell("read", 0.0)
        rows = read_layer(path, family=formats.POLYGONS)
        units = units_from_rows(rows, layer="field", keep=list(rows.attributes.columns))
        cut = split_units(units, target_m2=target_m2, parts=parts, compact=compact, progress=tell)
        tell("write", 0.0)
        place = write_parts(cut, out, overwrite=overwrite)
    _tell_split(units, cut, place, language, as_json=as_json)


def _tell_split(units: Units, cut: Units, place: Path, lang: Lang, *, as_json: bool) -> None:
    if as_json:
        repairs = [{"kind": f.kind, "rows": list(f.rows), "what": f.what.say(lang)} for f in units.repairs]
        print_json({"file": str(place), "units": len(units), "parts": len(cut), "repairs": repairs})
        return
    console = Console(highlight=False, soft_wrap=True)
    for repair in units.repairs:
        console.print(describe(repair, lang), markup=False)
    text = Text("{units} fields in {parts} parts", "{units} 个地块切成 {parts} 份")
    console.print(text.format(units=len(units), parts=len(cut)).say(lang), markup=False)
    console.print(str(place), markup=False)
