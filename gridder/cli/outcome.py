"""What is told of a plan that was made."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from gridder.cli.terminal import Exit, print_json
from gridder.io.words import UNPLACED, explain_count, explain_wishes
from gridder.model import Lang, Plan, Text


def tell_plan(plan: Plan, folder: Path, lang: Lang, *, as_json: bool) -> None:
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
