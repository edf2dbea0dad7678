"""Write the report of a plan as one page that opens without the network and prints well."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from gridder.io import histogram, words
from gridder.io.sketch import choices, sketch
from gridder.model import Lang, Plan, Text

MOST_ROWS = 200
"""Rows of one table of the page; the rest is in `report.json`."""
MOST_IDS = 60
LONGEST_VALUE = 200

_LABELS = {
    "title": Text("Plan report", "网格划分报告"),
    "lead": Text(
        "{n_units} units in {n_grids} grids; {n_out} grids are out of bounds",
        "共 {n_units} 个地块/楼栋，划分为 {n_grids} 个网格；其中 {n_out} 个超出上下限",
    ),
    "lead_whole": Text(
        "{n_units} units in {n_grids} grids, all within bounds",
        "共 {n_units} 个地块/楼栋，划分为 {n_grids} 个网格，全部在上下限内",
    ),
    "units": Text("Units", "地块/楼栋"),
    "grids": Text("Grids", "网格"),
    "within": Text("Within bounds", "规模达标"),
    "within_note": Text("proved exceptions, listed below, not counted", "已证明的例外列于下方，不计入"),
    "contiguous": Text("Connected", "连通"),
    "mean_deviation": Text("Mean deviation", "平均偏差"),
    "compactness": Text("Compactness", "平均紧凑度"),
    "compactness_note": Text(
        "mean of 4πA/P² (Polsby–Popper): 1 is a circle", "各网格 4πA/P²（Polsby–Popper）的平均值，圆为 1"
    ),
    "placed": Text("Members placed", "已落位成员"),
    "of_total": Text("of {n}", "共 {n} 人"),
    "gap": Text("Neighbours up to", "相邻间距上限"),
    "cut": Text("Links cut", "切断的相邻关系"),
    "moment": Text("From the centre", "到网格中心的距离"),
    "moment_note": Text(
        "root mean square, units to the centre of their grid", "地块/楼栋到所属网格中心，均方根"
    ),
    "sizes": Text("Sizes of the grids", "网格规模分布"),
    "compactness_spread": Text("Compactness of the grids", "网格紧凑度分布"),
    "target_size": Text("Target", "目标规模"),
    "target": Text("target", "目标"),
    "minimum": Text("minimum", "下限"),
    "maximum": Text("maximum", "上限"),
    "outside": Text("out of bounds", "超出上下限"),
    "number_of_grids": Text("number of grids", "网格数"),
    "out_of_bounds": Text("Grids out of bounds", "超出上下限的网格"),
    "grid": Text("Grid", "网格"),
    "zone": Text("Zone", "片区"),
    "size": Text("Size", "规模"),
    "why": Text("Why", "原因"),
    "explanation": Text("What was proved", "说明"),
    "skill_short": Text("Grids with too few skilled people", "技能人员不足的网格"),
    "skilled": Text("With the skill", "具备技能人数"),
    "bridged": Text("Pieces joined by a bridge", "跨空连接的片块"),
    "bridged_note": Text(
        "too light on their own, joined to the nearest piece of their zone",
        "自身规模低于下限，与同片区最近的片块相连",
    ),
    "unit_a": Text("Unit", "地块/楼栋"),
    "unit_b": Text("joined to", "连接到"),
    "distance": Text("Distance", "距离"),
    "straddlers": Text("Units in several zones", "跨片区的地块/楼栋"),
    "share": Text("Share in its zone", "所属片区内占比"),
    "crossed": Text("Units crossed by a barrier", "被障碍线穿过的地块/楼栋"),
    "cut_units": Text("Units that were cut", "被切分的地块/楼栋"),
    "unplaced": Text("Members not placed", "未落位的成员"),
    "layer": Text("Layer", "类型"),
    "reason": Text("Reason", "原因"),
    "members": Text("Members", "成员数"),
    "remedy": Text("What to do", "处理办法"),
    "repairs": Text("Noticed and repaired in the files", "输入文件的检查与修复"),
    "file": Text("File", "文件"),
    "rows": Text("Rows", "行"),
    "what": Text("What", "内容"),
    "again": Text("To make this plan again", "重新生成本方案所需"),
    "seconds": Text("Seconds", "用时（秒）"),
    "total": Text("total", "合计"),
    "more": Text("{n} more in report.json", "另有 {n} 项，见 report.json"),
    "none": Text("none", "无"),
}

_STAGES = {
    "read": Text("reading", "读取"),
    "measure": Text("measuring", "量算"),
    "place": Text("placing members", "成员落位"),
    "units": Text("preparing units", "整理地块/楼栋"),
    "neighbours": Text("neighbours", "相邻关系"),
    "solve": Text("dividing", "划分"),
    "grids": Text("outlines", "网格边界"),
    "report": Text("report", "报告"),
    "write": Text("writing", "写出"),
}


def write_report(plan: Plan, path: str | os.PathLike[str], *, lang: Lang = "en") -> None:
    """Write the report page: scores, exceptions with their proofs, repairs, and how to make the plan again.

    Nothing in it identifies a person.

    Parameters
    ----------
    plan
        The plan; `report.content` is laid out as `report.json`.
    path
        File to be made.
    lang
        Language of the page.
    """
    content = plan.report.content
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gridder.io", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = words.number
    environment.filters["percent"] = _percent
    environment.filters["zip"] = zip
    page = environment.get_template("report.html.j2").render(
        lang="zh-CN" if lang == "zh" else "en",
        t={key: text.say(lang) for key, text in _LABELS.items()},
        frame=histogram,
        lead=_lead(plan, lang),
        layers=[_layer(plan, layer, part, lang) for layer, part in content["layers"].items()],
        unplaced=_unplaced(content["members"], lang),
        repairs=_shortened([_repair(entry, lang) for entry in content["repairs"]], lang),
        recipe=list(_flat(plan.recipe)),
        seconds=[
            (words.word(_STAGES, stage).say(lang), spent) for stage, spent in content["seconds"].items()
        ],
        seconds_total=sum(content["seconds"].values()),
    )
    Path(path).write_text(page, encoding="utf-8")


def _lead(plan: Plan, lang: Lang) -> str:
    layers = plan.report["layers"].values()
    n_out = sum(len(part["out_of_bounds"]) for part in layers)
    lead = _LABELS["lead" if n_out else "lead_whole"].format(
        n_units=words.number(sum(part["n_units"] for part in layers)),
        n_grids=words.number(sum(part["n_grids"] for part in layers)),
        n_out=words.number(n_out),
    )
    return lead.say(lang)


def _layer(plan: Plan, layer: str, part: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Return everything that the page says of one layer."""
    size = part["size"]
    grids = plan.grids[plan.grids["layer"] == layer]
    sizes = grids["size"].to_numpy(dtype=np.float64)
    compactness = grids["polsby_popper"].to_numpy(dtype=np.float64)
    outside = ~grids["within_bounds"].to_numpy(dtype=bool)
    named = grids.set_index("grid_id")[["code", "zone"]].to_dict("index")
    bounds = (size["minimum"], size["target"], size["maximum"])
    members = plan.report["members"].get(layer) if plan.report["members"]["total"] else None
    return {
        "name": words.LAYERS[layer].say(lang),
        "part": part,
        "size_unit": words.word(words.SIZES, size["of"]).say(lang),
        "sizes": histogram.build_histogram(sizes, outside, marks=bounds) if len(sizes) else None,
        "compactness": _compactness(compactness),
        "members": members,
        "members_note": _LABELS["of_total"].format(n=words.number(plan.report["members"]["total"])).say(lang),
        "spread_m": math.sqrt(part["moment_m2"]),
        "out_of_bounds": _shortened(
            [
                {
                    "code": named[entry["grid_id"]]["code"],
                    "zone": words.zone(named[entry["grid_id"]]["zone"]).say(lang),
                    "size": entry["size"],
                    "why": words.word(words.OUT_OF_BOUNDS, entry["certificate"]["reason"]).say(lang),
                    "explanation": words.explain(entry["certificate"]).say(lang),
                }
                for entry in part["out_of_bounds"]
            ],
            lang,
        ),
        "bridged": _shortened(
            [dict(entry, code=named[entry["grid_id"]]["code"]) for entry in part["bridged"]], lang
        ),
        "straddlers": _shortened(part.get("zone_straddlers", []), lang),
        "wishes": [wish.say(lang) for wish in words.explain_wishes(part)],
        "skill_short": _shortened(
            [
                {
                    "code": named[entry["grid_id"]]["code"],
                    "zone": words.zone(named[entry["grid_id"]]["zone"]).say(lang),
                    "n_skilled": entry["n_skilled"],
                    "explanation": words.explain_skill(entry["certificate"]).say(lang),
                }
                for entry in part.get("skill", {}).get("grids_short", [])
            ],
            lang,
        ),
        "count_missed": words.explain_count(part["n_grids_missed"]).say(lang)
        if "n_grids_missed" in part
        else "",
        "crossed": _listed(part.get("crossed_by_barrier", []), lang),
        "cut_units": _listed(part.get("cut_units", []), lang),
    }


def _compactness(values: np.ndarray) -> histogram.Histogram | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return histogram.build_histogram(known, np.zeros(len(known), dtype=bool), marks=(0.0, 1.0))


def _shortened(rows: Sequence[Any], lang: Lang) -> dict[str, Any]:
    """Return the first rows of a table and a line about the others."""
    return {"rows": rows[:MOST_ROWS], "more": _more(len(rows) - MOST_ROWS, lang), "n": len(rows)}


def _listed(ids: Sequence[Any], lang: Lang) -> dict[str, Any]:
    return {"ids": list(ids[:MOST_IDS]), "more": _more(len(ids) - MOST_IDS, lang), "n": len(ids)}


def _more(n: int, lang: Lang) -> str:
    return _LABELS["more"].format(n=words.number(n)).say(lang) if n > 0 else ""


def _unplaced(members: Mapping[str, Any], lang: Lang) -> list[dict[str, Any]]:
    return [
        {
            "layer": words.LAYERS[layer].say(lang),
            "reason": words.UNPLACED[reason][0].say(lang),
            "count": count,
            "remedy": words.UNPLACED[reason][1].say(lang),
        }
        for layer in words.LAYERS
        for reason, count in members.get(layer, {}).get("unplaced", {}).items()
    ]


def _repair(entry: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    suffix = "_zh" if lang == "zh" else ""
    rows = [str(row) for row in entry["rows"]]
    shown = ", ".join(rows[:8])
    return {
        "kind": entry["kind"],
        "file": entry["file"],
        "layername": entry["layername"] if entry["layername"] != entry["file"] else "",
        "rows": f"{shown} … ({len(rows)})" if len(rows) > 8 else shown,
        "what": entry.get(f"what{suffix}") or entry["what"],
        "remedy": entry.get(f"remedy{suffix}") or entry.get("remedy", ""),
        "sketch": _sketch(entry, lang),
    }


def _sketch(entry: Mapping[str, Any], lang: Lang) -> Markup:
    """Return the small map of a finding about the CRS of a file, and its list; empty for any other."""
    candidates = entry.get("candidates")
    if not candidates:
        return Markup()
    drawn = sketch(candidates, lang) + choices(candidates, lang, entry["file"])
    return Markup(drawn)  # noqa: S704 - made of our own words; names of files are escaped where it is made


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested parameters as lines, path and value, without those that are empty."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value, start=1):
            yield from _flat(item, f"{name}[{i}]" if len(value) > 1 else name)
    elif value is not None and value != "":
        text = str(value)
        yield name, text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"


def _percent(share: float) -> str:
    """Return a share as percent, never rounded up to a whole that was not reached."""
    floored = int(share * 1000 + 1e-9) / 10
    return f"{floored:g} %"
