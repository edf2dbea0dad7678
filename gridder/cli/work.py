"""The commands that work on files: inspect, partition, split, demo."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import maps
import sample_geo
from gridder.cli.terminal import (
    Bar,
    Exit,
    JsonOption,
    LangOption,
    Outcome,
    OutOption,
    OverwriteOption,
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
from gridder.io.plan import check_output, save_plan
from gridder.io.read import units_from_rows
from gridder.io.words import UNPLACED, explain_count
from gridder.model import (
    SQUARE_METRES_PER_HA,
    SQUARE_METRES_PER_MU,
    Finding,
    Lang,
    Plan,
    PlanView,
    Text,
    Units,
)
from gridder.progress import Progress as Tell
from gridder.service.order import Source, run_partition
from gridder.service.split import split_faults, split_units

FIELDS_HELP = (
    "Boundary file of the fields: shapefile (.shp or .zip), GeoPackage or GeoJSON. "
    "Name a layer and choose rows as in QGIS: [cyan]farm.gpkg|layername=fields|subset=crop='rice'[/]; "
    "say what a file does not: [cyan]fields.shp|crs=EPSG:4549|encoding=GBK[/]."
)

AREA_UNITS = {
    "": 1.0,
    "m2": 1.0,
    "m²": 1.0,
    "ha": SQUARE_METRES_PER_HA,
    "公顷": SQUARE_METRES_PER_HA,
    "mu": SQUARE_METRES_PER_MU,
    "亩": SQUARE_METRES_PER_MU,
}
"""Square metres of every unit that an area may be given in."""


def inspect_command(
    path: Annotated[
        str,
        typer.Argument(
            help="File to look at, e.g. [cyan]fields.zip[/] or [cyan]town.gpkg|layername=buildings[/]."
        ),
    ],
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a file holds, the columns that would be used, and every problem with its remedy.

    Example: [cyan]gridder inspect fields.zip[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json):
        inspection = inspect(path)
        if as_json:
            print_json(inspection.as_dict())
        else:
            console = Console(soft_wrap=True, highlight=False)
            for line in inspection.lines(language):
                console.print(line, markup=False)


def partition_command(  # noqa: PLR0917 - typer reads the options from the signature
    out: OutOption,
    fields: Annotated[str | None, typer.Option(help=FIELDS_HELP)] = None,
    buildings: Annotated[
        str | None,
        typer.Option(
            help="Boundary file of the residential buildings, e.g. [cyan]town.gpkg|layername=buildings[/]."
        ),
    ] = None,
    members: Annotated[
        str | None,
        typer.Option(help="Roster of the members: Excel, CSV or points, e.g. [cyan]members.xlsx[/]."),
    ] = None,
    zones: Annotated[
        list[str] | None,
        typer.Option(
            help="Areas that no grid leaves; may be given several times, e.g. [cyan]--zones areas.shp[/]."
        ),
    ] = None,
    barriers: Annotated[
        list[str] | None,
        typer.Option(
            help="Lines that no grid crosses; may be given several times, e.g. "
            "[cyan]--barriers \"town.gpkg|layername=roads|subset=highway='primary'\"[/]."
        ),
    ] = None,
    bridges: Annotated[
        list[str] | None,
        typer.Option(
            help="Crossings over barriers, points or lines from bank to bank; each links the units on both "
            "sides; may be given several times, e.g. [cyan]--bridges bridges.gpkg[/]."
        ),
    ] = None,
    cut_at_barriers: Annotated[
        bool,
        typer.Option(
            "--cut-at-barriers", help="Cut units that a barrier runs through, rather than list them."
        ),
    ] = False,
    target: Annotated[
        float | None, typer.Option(help="Size that a grid should have, e.g. [cyan]--target 10[/].")
    ] = None,
    minimum: Annotated[
        float | None,
        typer.Option(
            "--min", help="Smallest size allowed, e.g. [cyan]--min 3[/]; by default half the target."
        ),
    ] = None,
    maximum: Annotated[
        float | None,
        typer.Option(
            "--max", help="Largest size allowed, e.g. [cyan]--max 15[/]; by default 1.5 of the target."
        ),
    ] = None,
    n_grids: Annotated[
        int | None,
        typer.Option(
            help="Make exactly so many grids over all zones, e.g. [cyan]--n-grids 40[/]; the target is then the mean."
        ),
    ] = None,
    of: Annotated[
        str,
        typer.Option(
            help="What the size counts: members, households, area_ha, area_mu, or a numeric column of "
            "the units or of the members, e.g. [cyan]--of area_ha[/]."
        ),
    ] = "members",
    building_target: Annotated[
        float | None,
        typer.Option(help="Target for buildings where it differs, e.g. [cyan]--building-target 30[/]."),
    ] = None,
    building_min: Annotated[
        float | None, typer.Option(help="Minimum for buildings, e.g. [cyan]--building-min 20[/].")
    ] = None,
    building_max: Annotated[
        float | None, typer.Option(help="Maximum for buildings, e.g. [cyan]--building-max 45[/].")
    ] = None,
    building_n_grids: Annotated[
        int | None, typer.Option(help="Exact number of building grids, e.g. [cyan]--building-n-grids 12[/].")
    ] = None,
    building_of: Annotated[
        str | None,
        typer.Option(help="What the size of building grids counts, e.g. [cyan]--building-of households[/]."),
    ] = None,
    effort: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="Work of the solver, e.g. [cyan]--effort 2[/] for twice the default and a better plan.",
        ),
    ] = 1.0,
    time_limit: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="Cap on the solver's seconds for each layer, e.g. [cyan]--time-limit 60[/]."
        ),
    ] = None,
    rng: Annotated[
        int,
        typer.Option(min=0, help="Random input, e.g. [cyan]--rng 7[/]; the same number gives the same plan."),
    ] = 0,
    gap: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Fields are neighbours across ditches and lanes up to so many metres, e.g. [cyan]--gap 15[/]; "
            "by default chosen from the data, 5 to 30.",
        ),
    ] = None,
    bridge: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="How far a piece that is too small may be joined to the next, in metres, e.g. [cyan]--bridge 800[/].",
        ),
    ] = 500.0,
    reach: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="How far a member outside every unit may be from the nearest, in metres, e.g. [cyan]--reach 50[/].",
        ),
    ] = 100.0,
    plot_reach: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="How far a building's plot extends from it, in metres, e.g. [cyan]--plot-reach 40[/].",
        ),
    ] = 30.0,
    map_column: Annotated[
        list[str] | None,
        typer.Option(
            help="Name a column where the guess is wrong, e.g. [cyan]--map-column fields.unit_id=FARM_NO[/] "
            "or [cyan]members.household=HH[/]; may be given several times."
        ),
    ] = None,
    keep_column: Annotated[
        list[str] | None,
        typer.Option(
            help="Keep a column of the units that looks as if it named a person, e.g. [cyan]--keep-column owner[/]."
        ),
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Write names and own ids into rosters.xlsx.")
    ] = False,
    lang: LangOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Divide fields and buildings into grids and place members in them.

    For example by people, then by area:

    [cyan]gridder partition --fields fields.zip --members members.xlsx --target 10 --min 3 --max 15 --out out[/]

    [cyan]gridder partition --fields farm.gpkg --of area_mu --target 6000 --min 3000 --max 9000 --out out[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json), Bar(language, quiet=quiet or as_json) as tell:
        check_output(out, overwrite=overwrite)
        columns, faults = _column_maps(map_column or [])
        keep = tuple(keep_column or ())
        given: dict[str, list[str]] = {
            "fields": [fields] if fields else [],
            "buildings": [buildings] if buildings else [],
            "members": [members] if members else [],
            "zones": zones or [],
            "barriers": barriers or [],
            "bridges": bridges or [],
        }
        plan = run_partition(
            {role: Source(paths, columns.get(role, {}), keep) for role, paths in given.items() if paths},
            size={"of": of, "target": target, "minimum": minimum, "maximum": maximum, "n_grids": n_grids},
            building_size={
                "of": building_of,
                "target": building_target,
                "minimum": building_min,
                "maximum": building_max,
                "n_grids": building_n_grids,
            },
            faults=faults,
            rng=rng,
            effort=effort,
            time_limit_s=time_limit,
            gap_m=gap,
            bridge_m=bridge,
            reach_m=reach,
            plot_reach_m=plot_reach,
            cut_at_barriers=cut_at_barriers,
            progress=tell,
        )
        folder = _save(plan, out, names=names, overwrite=overwrite, lang=language, tell=tell)
    _tell_outcome(plan, folder, language, as_json=as_json)


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
        target_m2, faults = _square_metres(target_area)
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


def demo_command(
    out: OutOption = Path("gridder-demo"),
    lang: LangOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Divide the sample farm and its town, and print where the map is.

    Example: [cyan]gridder demo --out demo[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=False), Bar(language, quiet=quiet) as tell:
        check_output(out, overwrite=overwrite)
        town = str(sample_geo.path("town.gpkg"))
        plan = run_partition(
            {
                "fields": Source([str(sample_geo.path("fields.zip"))]),
                "buildings": Source([f"{town}|layername=buildings"]),
                "members": Source([str(sample_geo.path("members.xlsx"))]),
                "zones": Source([f"{town}|layername=zones"]),
                "barriers": Source([f"{town}|layername=barriers"]),
            },
            size={"of": "members", "target": 12, "minimum": 8, "maximum": 16},
            building_size={"of": "members", "target": 30, "minimum": 20, "maximum": 45},
            progress=tell,
        )
        folder = _save(plan, out, names=False, overwrite=overwrite, lang=language, tell=tell)
    _tell_outcome(plan, folder, language, as_json=False)


def _column_maps(pairs: Sequence[str]) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Return the columns named by `INPUT.ROLE=NAME`, by input and role, and what cannot be read."""
    columns: dict[str, dict[str, str]] = {}
    faults: list[Finding] = []
    for pair in pairs:
        where, equals, name = pair.partition("=")
        source, dot, role = where.partition(".")
        if not (equals and dot and role and name and source in ("fields", "buildings", "members", "zones")):
            faults.append(
                Finding(
                    "bad-map-column",
                    Text(f"--map-column {pair} cannot be read", f"无法理解 --map-column {pair}"),
                    remedy=Text(
                        "write fields.unit_id=NAME, buildings.…, members.… or zones.…",
                        "请写作 fields.unit_id=列名（或 buildings.…、members.…、zones.…）",
                    ),
                )
            )
            continue
        columns.setdefault(source, {})[role] = name
    return columns, faults


def _square_metres(area: str | None) -> tuple[float | None, list[Finding]]:
    """Return an area such as 50ha in square metres, or what is wrong with it."""
    if area is None:
        return None, []
    match = re.fullmatch(r"([0-9]*\.?[0-9]+)\s*((?:[^0-9.].*)?)", area.strip())
    factor = AREA_UNITS.get(match.group(2).lower()) if match else None
    if match is None or factor is None:
        what = Text(f"--target-area {area} cannot be read", f"无法理解 --target-area {area}")
        remedy = Text("write 50ha, 300mu or 20000m2", "请写作 50ha、300mu（亩）或 20000m2")
        return None, [Finding("bad-size", what, remedy=remedy)]
    return float(match.group(1)) * factor, []


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


def _save(plan: Plan, out: Path, *, names: bool, overwrite: bool, lang: Lang, tell: Tell) -> Path:
    def write_map(view: PlanView, path: Path) -> None:
        maps.plan_map(view, lang=lang).save(path)

    return save_plan(
        plan, out, write_map=write_map, names=names, overwrite=overwrite, lang=lang, progress=tell
    )


def _tell_outcome(plan: Plan, folder: Path, lang: Lang, *, as_json: bool) -> None:
    """Print the outcome and leave with its exit code."""
    layers = plan.report["layers"].values()
    missed = any(layer["out_of_bounds"] or "n_grids_missed" in layer for layer in layers)
    if as_json:
        print_json({"folder": str(folder), "report": plan.report.content})
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in _summary(plan, lang):
            console.print(line, markup=False)
        console.print(str(folder / "map.html"), markup=False)
    raise typer.Exit(Exit.OUT_OF_BOUNDS if missed else Exit.DONE)


def _summary(plan: Plan, lang: Lang) -> list[str]:
    lines = []
    for name, part in plan.report["layers"].items():
        sizes = plan.grids.loc[plan.grids["layer"] == name, "size"]
        text = Text(
            "{kind} grids: {g} from {u} units, size {lo:g} to {hi:g} (target {t:g}), {share:.1%} in bounds, "
            "{out} with a certificate, neighbours across up to {gap:g} m",
            "{kind}：{u} 个单元划为 {g} 个网格，规模 {lo:g}–{hi:g}（目标 {t:g}），{share:.1%} 在范围内，{out} 个附说明，"
            "相邻间距不超过 {gap:g} 米",
        )
        kind = Text("field", "田间网格") if name == "field" else Text("building", "楼宇网格")
        lines.append(
            text.format(
                kind=kind.say(lang),
                g=part["n_grids"],
                u=part["n_units"],
                lo=round(float(sizes.min()), 2),
                hi=round(float(sizes.max()), 2),
                t=round(part["size"]["target"], 2),
                share=part["within_bounds"],
                out=len(part["out_of_bounds"]),
                gap=part["gap_m"],
            ).say(lang)
        )
        if "n_grids_missed" in part:
            lines.append(explain_count(part["n_grids_missed"]).say(lang))
    total = plan.report["members"]["total"]
    for name in plan.report["layers"]:
        people = plan.report["members"][name]
        if not total:
            continue
        reasons = ", ".join(
            f"{count} {UNPLACED[reason][0].say(lang)}" for reason, count in people["unplaced"].items()
        )
        text = Text(
            "members in {kind} grids: {placed} of {total}{rest}",
            "{kind}中的成员：{total} 人中落位 {placed} 人{rest}",
        )
        kind = Text("field", "田间网格") if name == "field" else Text("building", "楼宇网格")
        rest = Text(f"; unplaced: {reasons}", f"；未落位：{reasons}") if reasons else Text("", "")
        lines.append(
            text.format(kind=kind.say(lang), placed=people["placed"], total=total, rest=rest.say(lang)).say(
                lang
            )
        )
    return lines
