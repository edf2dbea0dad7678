"""The commands that work on files: inspect, partition, update, split, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import maps
import sample_geo
from gridder.cli.areas import square_metres
from gridder.cli.options import (
    AlikeOption,
    BarriersOption,
    BridgeOption,
    BridgesOption,
    BuildingGridsOption,
    BuildingMaxOption,
    BuildingMinOption,
    BuildingOfOption,
    BuildingsOption,
    BuildingTargetOption,
    CodePatternOption,
    CodeStandardOption,
    CoordinatesOption,
    CountyOption,
    CutOption,
    DecisionsOption,
    DedicatedColumnOption,
    DedicatedOption,
    EffortOption,
    FieldsOption,
    GapOption,
    GridsOption,
    KeepColumnOption,
    KindOption,
    LockOption,
    MapColumnOption,
    MaxOption,
    MembersOption,
    MinOption,
    NamesOption,
    ObjectiveOption,
    OfOption,
    OldOption,
    PlotReachOption,
    ReachOption,
    RegionOption,
    ResponsibleOption,
    RngOption,
    SecondOption,
    SketchOption,
    SkillMinOption,
    SkillOption,
    StabilityOption,
    StreetOption,
    TargetOption,
    TimeOption,
    ValidFromOption,
    ZonesOption,
    alike_of,
    coding_of,
    second_of,
    sources_of,
)
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
from gridder.io.sketch import sketch_page
from gridder.io.words import UNPLACED, explain_count, explain_wishes
from gridder.model import (
    Lang,
    Plan,
    PlanView,
    Text,
    Units,
)
from gridder.progress import Progress as Tell
from gridder.service.order import Source, run_partition
from gridder.service.split import split_faults, split_units
from gridder.service.update import run_update


def inspect_command(  # noqa: PLR0917 - typer reads the options from the signature
    path: Annotated[
        str,
        typer.Argument(
            help="File to look at, e.g. [cyan]fields.zip[/] or [cyan]town.gpkg|layername=buildings[/]."
        ),
    ],
    coordinates: CoordinatesOption = None,
    region: RegionOption = None,
    sketch: SketchOption = None,
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


def partition_command(  # noqa: PLR0917 - typer reads the options from the signature
    out: OutOption,
    fields: FieldsOption = None,
    buildings: BuildingsOption = None,
    members: MembersOption = None,
    zones: ZonesOption = None,
    barriers: BarriersOption = None,
    bridges: BridgesOption = None,
    dedicated: DedicatedOption = None,
    dedicated_column: DedicatedColumnOption = None,
    cut_at_barriers: CutOption = False,
    target: TargetOption = None,
    minimum: MinOption = None,
    maximum: MaxOption = None,
    n_grids: GridsOption = None,
    of: OfOption = "members",
    building_target: BuildingTargetOption = None,
    building_min: BuildingMinOption = None,
    building_max: BuildingMaxOption = None,
    building_n_grids: BuildingGridsOption = None,
    building_of: BuildingOfOption = None,
    skill: SkillOption = None,
    skill_min: SkillMinOption = None,
    alike: AlikeOption = None,
    second: SecondOption = None,
    lock: LockOption = None,
    address_decisions: DecisionsOption = None,
    old: OldOption = None,
    stability: StabilityOption = None,
    code_standard: CodeStandardOption = None,
    code_pattern: CodePatternOption = None,
    county_code: CountyOption = None,
    street_code: StreetOption = None,
    object_kind: KindOption = None,
    responsible: ResponsibleOption = None,
    valid_from: ValidFromOption = None,
    objective: ObjectiveOption = None,
    effort: EffortOption = None,
    time_limit: TimeOption = None,
    rng: RngOption = None,
    gap: GapOption = None,
    bridge: BridgeOption = None,
    reach: ReachOption = None,
    plot_reach: PlotReachOption = None,
    map_column: MapColumnOption = None,
    keep_column: KeepColumnOption = None,
    coordinates: CoordinatesOption = None,
    region: RegionOption = None,
    names: NamesOption = False,
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
        sources, faults = sources_of(
            {
                "fields": fields,
                "buildings": buildings,
                "members": members,
                "zones": zones,
                "barriers": barriers,
                "bridges": bridges,
                "locks": lock,
                "dedicated": dedicated,
                "address_decisions": address_decisions,
            },
            map_column=map_column,
            keep_column=keep_column,
        )
        weights, wrong_alike = alike_of(alike)
        second_size, wrong_second = second_of(second)
        plan = run_partition(
            sources,
            size={"of": of, "target": target, "minimum": minimum, "maximum": maximum, "n_grids": n_grids},
            building_size={
                "of": building_of,
                "target": building_target,
                "minimum": building_min,
                "maximum": building_max,
                "n_grids": building_n_grids,
            },
            faults=[*faults, *wrong_alike, *wrong_second],
            progress=tell,
            skill=skill,
            skill_minimum=skill_min,
            alike=weights,
            second_size=second_size,
            old=old,
            stability=stability,
            dedicated_column=dedicated_column,
            coding=coding_of(code_standard, code_pattern, county_code, street_code, object_kind),
            responsible=responsible,
            valid_from=valid_from,
            objective=objective,
            rng=rng,
            effort=effort,
            time_limit_s=time_limit,
            gap_m=gap,
            bridge_m=bridge,
            reach_m=reach,
            plot_reach_m=plot_reach,
            cut_at_barriers=cut_at_barriers or None,
            coordinates=coordinates,
            region=region,
        )
        folder = _save(plan, out, names=names, overwrite=overwrite, lang=language, tell=tell)
    _tell_outcome(plan, folder, language, as_json=as_json)


def update_command(  # noqa: PLR0917 - typer reads the options from the signature
    old: Annotated[
        Path, typer.Argument(metavar="OLD_DIR", help="Folder of the plan to update, e.g. [cyan]out/2025[/].")
    ],
    out: OutOption,
    fields: FieldsOption = None,
    buildings: BuildingsOption = None,
    members: MembersOption = None,
    zones: ZonesOption = None,
    barriers: BarriersOption = None,
    bridges: BridgesOption = None,
    dedicated: DedicatedOption = None,
    dedicated_column: DedicatedColumnOption = None,
    cut_at_barriers: CutOption = False,
    target: TargetOption = None,
    minimum: MinOption = None,
    maximum: MaxOption = None,
    n_grids: GridsOption = None,
    of: OfOption = None,
    building_target: BuildingTargetOption = None,
    building_min: BuildingMinOption = None,
    building_max: BuildingMaxOption = None,
    building_n_grids: BuildingGridsOption = None,
    building_of: BuildingOfOption = None,
    skill: SkillOption = None,
    skill_min: SkillMinOption = None,
    alike: AlikeOption = None,
    second: SecondOption = None,
    lock: LockOption = None,
    address_decisions: DecisionsOption = None,
    stability: StabilityOption = None,
    code_standard: CodeStandardOption = None,
    code_pattern: CodePatternOption = None,
    county_code: CountyOption = None,
    street_code: StreetOption = None,
    object_kind: KindOption = None,
    responsible: ResponsibleOption = None,
    valid_from: ValidFromOption = None,
    objective: ObjectiveOption = None,
    effort: EffortOption = None,
    time_limit: TimeOption = None,
    rng: RngOption = None,
    gap: GapOption = None,
    bridge: BridgeOption = None,
    reach: ReachOption = None,
    plot_reach: PlotReachOption = None,
    map_column: MapColumnOption = None,
    keep_column: KeepColumnOption = None,
    coordinates: CoordinatesOption = None,
    region: RegionOption = None,
    names: NamesOption = False,
    lang: LangOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Divide anew after people have moved or units have changed, staying near the older plan.

    Sizes and options are those of the older plan unless they are given again; its files must be given, as they
    are now. Grids that carry on keep their ids, numbers and codes.

    Example: [cyan]gridder update out/2025 --fields fields.zip --members members-2026.xlsx --out out/2026[/]
    """
    language = lang_of(lang)
    with Outcome(language, as_json=as_json), Bar(language, quiet=quiet or as_json) as tell:
        check_output(out, overwrite=overwrite)
        sources, faults = sources_of(
            {
                "fields": fields,
                "buildings": buildings,
                "members": members,
                "zones": zones,
                "barriers": barriers,
                "bridges": bridges,
                "locks": lock,
                "dedicated": dedicated,
                "address_decisions": address_decisions,
            },
            map_column=map_column,
            keep_column=keep_column,
        )
        weights, wrong_alike = alike_of(alike)
        second_size, wrong_second = second_of(second)
        plan = run_update(
            old,
            sources,
            size={"of": of, "target": target, "minimum": minimum, "maximum": maximum, "n_grids": n_grids},
            building_size={
                "of": building_of,
                "target": building_target,
                "minimum": building_min,
                "maximum": building_max,
                "n_grids": building_n_grids,
            },
            faults=[*faults, *wrong_alike, *wrong_second],
            progress=tell,
            skill=skill,
            skill_minimum=skill_min,
            alike=weights,
            second_size=second_size,
            stability=stability,
            dedicated_column=dedicated_column,
            coding=coding_of(code_standard, code_pattern, county_code, street_code, object_kind),
            responsible=responsible,
            valid_from=valid_from,
            objective=objective,
            rng=rng,
            effort=effort,
            time_limit_s=time_limit,
            gap_m=gap,
            bridge_m=bridge,
            reach_m=reach,
            plot_reach_m=plot_reach,
            cut_at_barriers=cut_at_barriers or None,
            coordinates=coordinates,
            region=region,
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
    missed = any(
        layer["out_of_bounds"]
        or "n_grids_missed" in layer
        or layer.get("skill", {}).get("grids_short")
        or layer.get("locks", {}).get("broken")
        for layer in layers
    )
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
        dedicated = {grid["grid_id"] for grid in part.get("dedicated", ())}
        asked = plan.grids[(plan.grids["layer"] == name) & ~plan.grids["grid_id"].isin(dedicated)]
        sizes = asked["size"]
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
        lines += [wish.say(lang) for wish in explain_wishes(part)]
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
    doubtful = [r for r in plan.report["repairs"] if r["kind"] == "doubtful-address"]
    told = ("what_zh", "remedy_zh") if lang == "zh" else ("what", "remedy")
    return [*lines, *(f"{finding[told[0]]} → {finding[told[1]]}" for finding in doubtful)]
