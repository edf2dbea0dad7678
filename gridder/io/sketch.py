"""A small map of where each coordinate system that could be meant would put a file.

Longitudes and latitudes as lines, cities for orientation, a number for every candidate.
No border or coast is drawn: a border that is not the approved one may not be shown in China.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from gridder.geometry.places import CITIES, Place
from gridder.io.inspection import Inspection
from gridder.model import Box, Lang, Text

WIDTH, HEIGHT = 640.0, 420.0
LEAST_SPAN_DEG = 4.0
MARGIN = 0.25
"""Share of the span of all candidates that is shown around them."""
MOST_CITIES = 14
LABEL_PX = 62.0
"""Cities nearer to each other than this are not both named."""
STEPS_DEG = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

_TITLE = Text("Where could {file} lie?", "{file} 可能位于哪里？")
_LEAD = Text(
    "Each number is where one coordinate system would put the file. Find the one that is right and write what "
    "stands beside it behind the name of the file.",
    "每个编号表示一种坐标系对应的位置。找到正确的一个，把旁边的内容写在文件名后面。",
)
_NOTHING = Text("Nothing is open: the coordinate systems are known.", "坐标系均已明确，没有需要选择的内容。")
_DATUMS = Text(
    "Systems that share a number lie within a few hundred metres of each other: ask whoever made the file.",
    "编号相同的坐标系相差仅几百米以内，请向数据制作单位核实。",
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:1.5rem auto;padding:0 1rem;color:#222}"
    "svg{max-width:100%;height:auto;background:#f7f8f6;border:1px solid #bbb}"
    "code{background:#eee;padding:.1em .3em}li{margin:.3em 0}"
)


def sketch_page(inspection: Inspection, lang: Lang) -> str:
    """Return a page that opens without the network: a sketch for every layer whose CRS is in question."""
    parts = []
    for layer in inspection.layers:
        for problem in layer.problems:
            if problem.candidates:
                candidates = [candidate.as_dict() for candidate in problem.candidates]
                parts += [
                    f"<h2>{html.escape(layer.name)}</h2>",
                    f"<p>{html.escape(problem.what.say(lang))}</p>",
                    sketch(candidates, lang),
                    choices(candidates, lang, inspection.file),
                ]
    title = html.escape(_TITLE.format(file=inspection.file).say(lang))
    lead = _LEAD if parts else _NOTHING
    return (
        f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{lead.say(lang)}</p>{''.join(parts)}</html>\n"
    )


def choices(candidates: Sequence[Mapping[str, Any]], lang: Lang, file: str = "") -> str:
    """Return the list beside a sketch: place, what to write, name; HTML."""
    suffix = "_zh" if lang == "zh" else ""
    items = []
    for number, group in places(candidates):
        named = "".join(
            f"<li><code>{html.escape(file + _option(c))}</code> {html.escape(c['name' + suffix])}</li>"
            for c in group
        )
        items.append(f"<li value={number}>{html.escape(group[0]['near' + suffix])}<ul>{named}</ul></li>")
    several = any(len(group) > 1 for _, group in places(candidates))
    note = f"<p>{_DATUMS.say(lang)}</p>" if several else ""
    return f"<ol>{''.join(items)}</ol>{note}"


def places(candidates: Sequence[Mapping[str, Any]]) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """Return candidates by place, numbered from 1; those that say the same place share a number."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for candidate in candidates:
        groups.setdefault(candidate["near"], []).append(candidate)
    return list(enumerate(groups.values(), start=1))


def sketch(candidates: Sequence[Mapping[str, Any]], lang: Lang) -> str:
    """Return the map as SVG."""
    west, south, east, north = view_of([candidate["bounds"] for candidate in candidates])
    scale = WIDTH / (east - west)

    def at(longitude: float, latitude: float) -> tuple[float, float]:
        return round((longitude - west) * scale, 1), round((north - latitude) * HEIGHT / (north - south), 1)

    drawn = [*_graticule((west, south, east, north), at)]
    for city in cities_in((west, south, east, north), at):
        x, y = at(city.longitude, city.latitude)
        drawn.append(
            f'<circle cx="{x}" cy="{y}" r="2.5" fill="#666"/>'
            f'<text x="{x + 5}" y="{y + 4}" font-size="12" fill="#444">{html.escape(city.name.say(lang))}</text>'
        )
    for number, group in places(candidates):
        w, s, e, n = group[0]["bounds"]
        (left, top), (right, bottom) = at(w, n), at(e, s)
        x, y = round((left + right) / 2, 1), round((top + bottom) / 2, 1)
        drawn.append(
            f'<rect x="{left}" y="{top}" width="{round(right - left, 1)}" height="{round(bottom - top, 1)}" '
            f'fill="#c40" fill-opacity=".2" stroke="#c40"/>'
            f'<circle cx="{x}" cy="{y}" r="9" fill="#c40"/>'
            f'<text x="{x}" y="{y + 4}" font-size="12" fill="#fff" text-anchor="middle">{number}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="{WIDTH:.0f}" '
        f'role="img" font-family="sans-serif">{"".join(drawn)}</svg>'
    )


def view_of(boxes: Sequence[Sequence[float]]) -> Box:
    """Return what is shown: all boxes and some land around, in the proportions of the picture."""
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    east, north = max(b[2] for b in boxes), max(b[3] for b in boxes)
    x, y = (west + east) / 2, (south + north) / 2
    shrink = max(math.cos(math.radians(y)), 0.2)
    width = max((east - west) * (1 + 2 * MARGIN), LEAST_SPAN_DEG / shrink)
    height = max((north - south) * (1 + 2 * MARGIN), width * shrink * HEIGHT / WIDTH)
    width = max(width, height * WIDTH / HEIGHT / shrink)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _graticule(view: Box, at: Any) -> list[str]:
    west, south, east, north = view
    step = next((s for s in STEPS_DEG if (east - west) / s <= 8), STEPS_DEG[-1])
    lines = []
    for i in range(math.ceil(west / step), math.floor(east / step) + 1):
        x, _ = at(i * step, south)
        lines.append(
            f'<path d="M{x} 0V{HEIGHT:.0f}" stroke="#d5d8d0"/>'
            f'<text x="{x + 2}" y="{HEIGHT - 4:.0f}" font-size="10" fill="#888">{i * step:g}°</text>'
        )
    for i in range(math.ceil(south / step), math.floor(north / step) + 1):
        _, y = at(west, i * step)
        lines.append(
            f'<path d="M0 {y}H{WIDTH:.0f}" stroke="#d5d8d0"/>'
            f'<text x="2" y="{y - 2}" font-size="10" fill="#888">{i * step:g}°</text>'
        )
    return lines


def cities_in(view: Box, at: Any) -> list[Place]:
    """Return the cities to name: those of the table in its order, none on top of another."""
    west, south, east, north = view
    shown: list[Place] = []
    for city in CITIES:
        inside = west < city.longitude < east and south < city.latitude < north
        x, y = at(city.longitude, city.latitude)
        apart = all(
            abs(x - ox) > LABEL_PX or abs(y - oy) > LABEL_PX / 4
            for ox, oy in (at(c.longitude, c.latitude) for c in shown)
        )
        if inside and apart:
            shown.append(city)
        if len(shown) == MOST_CITIES:
            break
    return shown


def _option(candidate: Mapping[str, Any]) -> str:
    return f"|crs={candidate['crs']}" + (f"|axes={candidate['axes']}" if candidate["axes"] else "")
