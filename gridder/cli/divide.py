"""The commands that make a plan: partition, update, demo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

import maps
import sample_geo
from gridder.cli.grouped import grouped
from gridder.cli.options import OldOption, Options
from gridder.cli.outcome import tell_plan
from gridder.cli.terminal import Bar, LangOption, Outcome, OutOption, OverwriteOption, QuietOption, lang_of
from gridder.io.plan import check_output, save_plan
from gridder.model import Lang, Plan, PlanView
from gridder.progress import Progress as Tell
from gridder.service.order import Source, run_partition
from gridder.service.update import run_update


@grouped
def partition_command(
    *,
    options: Options,
    old: OldOption = None,
) -> None:
    """Divide fields and buildings into grids and place members in them.

    For example by people, then by area:

    [cyan]gridder partition --fields fields.zip --members members.xlsx --target 10 --min 3 --max 15 --out out[/]

    [cyan]gridder partition --fields farm.gpkg --of area_mu --target 6000 --min 3000 --max 9000 --out out[/]
    """

    def divide(sources: dict[str, Source], **given: Any) -> Plan:
        given["size"]["of"] = given["size"]["of"] or "members"
        return run_partition(sources, old=old, **given)

    _make_plan(divide, options)


@grouped
def update_command(
    *,
    old: Annotated[
        Path, typer.Argument(metavar="OLD_DIR", help="Folder of the plan to update, e.g. [cyan]out/2025[/].")
    ],
    options: Options,
) -> None:
    """Divide anew after people have moved or units have changed, staying near the older plan.

    Sizes and options are those of the older plan unless they are given again; its files must be given, as they
    are now. Grids that carry on keep their ids, numbers and codes.

    Example: [cyan]gridder update out/2025 --fields fields.zip --members members-2026.xlsx --out out/2026[/]
    """

    def divide(sources: dict[str, Source], **given: Any) -> Plan:
        return run_update(old, sources, **given)

    _make_plan(divide, options)


def _make_plan(divide: Callable[..., Plan], options: Options) -> None:
    """Divide as the options say, write the plan, print the outcome and leave with its exit code."""
    results = options.results
    language = lang_of(results.lang)
    quiet = results.quiet or results.as_json
    with Outcome(language, as_json=results.as_json), Bar(language, quiet=quiet) as tell:
        check_output(results.out, overwrite=results.overwrite)
        sources, given = options.given()
        plan = divide(sources, **given, progress=tell)
        folder = _save(
            plan,
            results.out,
            names=results.names,
            overwrite=results.overwrite,
            lang=language,
            tell=tell,
        )
    tell_plan(plan, folder, language, as_json=results.as_json)


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
    tell_plan(plan, folder, language, as_json=False)


def _save(plan: Plan, out: Path, *, names: bool, overwrite: bool, lang: Lang, tell: Tell) -> Path:
    def write_map(view: PlanView, path: Path) -> None:
        maps.plan_map(view, lang=lang).save(path)

    return save_plan(
        plan, out, write_map=write_map, names=names, overwrite=overwrite, lang=lang, progress=tell
    )
