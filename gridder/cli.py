"""The command line: the composition root that joins the use cases with files, maps and the terminal."""

from __future__ import annotations

import json
import locale
import signal
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

import maps
import sample_geo
from gridder.errors import InputError, OutputExistsError, Stopped, describe
from gridder.io.inspect import inspect
from gridder.io.plan import check_output, save_plan
from gridder.io.words import UNPLACED, explain_count
from gridder.model import Finding, Lang, Plan, PlanView, Text
from gridder.progress import STAGES, silent
from gridder.progress import Progress as Tell
from gridder.service.order import Source, run_partition

app = typer.Typer(
    name="gridder",
    help="Divide land and towns into grids of a target size and place people in them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

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


FIELDS_HELP = (
    "Boundary file of the fields: shapefile (.shp or .zip), GeoPackage or GeoJSON. "
    "Name a layer and choose rows as in QGIS: [cyan]farm.gpkg|layername=fields|subset=crop='rice'[/]; "
    "say what a file does not: [cyan]fields.shp|crs=EPSG:4549|encoding=GBK[/]."
)
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


@app.command("inspect")
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
    language = _lang(lang)
    with _Outcome(language, as_json=as_json):
        inspection = inspect(path)
        if as_json:
            _print_json(inspection.as_dict())
        else:
            console = Console(soft_wrap=True, highlight=False)
            for line in inspection.lines(language):
                console.print(line, markup=False)


@app.command("partition")
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
    language = _lang(lang)
    with _Outcome(language, as_json=as_json), _Bar(language, quiet=quiet or as_json) as tell:
        check_output(out, overwrite=overwrite)
        columns, faults = _column_maps(map_column or [])
        keep = tuple(keep_column or ())
        given: dict[str, list[str]] = {
            "fields": [fields] if fields else [],
            "buildings": [buildings] if buildings else [],
            "members": [members] if members else [],
            "zones": zones or [],
            "barriers": barriers or [],
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
            progress=tell,
        )
        folder = _save(plan, out, names=names, overwrite=overwrite, lang=language, tell=tell)
    _tell_outcome(plan, folder, language, as_json=as_json)


@app.command("demo")
def demo_command(
    out: OutOption = Path("gridder-demo"),
    lang: LangOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
) -> None:
    """Divide the sample farm and its town, and print where the map is.

    Example: [cyan]gridder demo --out demo[/]
    """
    language = _lang(lang)
    with _Outcome(language, as_json=False), _Bar(language, quiet=quiet) as tell:
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


def main() -> None:
    """Run the command line; an interrupt stops it, also where the shell started it in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    app()


def _lang(lang: Language | None) -> Lang:
    return (lang or _language_here()).value


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
        _print_json({"folder": str(folder), "report": plan.report.content})
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


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


class _Bar:
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


class _Outcome:
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
                }
                for f in findings
            ]
            _print_json({"faults": faults})
            return
        for fault in findings:
            self._say(describe(fault, self._lang))
