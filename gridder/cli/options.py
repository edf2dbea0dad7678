"""The options of `gridder partition` and `gridder update`, and what their words mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gridder.model import Finding, Text
from gridder.service.order import Source

MAPPED = ("fields", "buildings", "members", "zones", "locks", "dedicated", "address_decisions")
"""Inputs whose columns may be named."""

FieldsOption = Annotated[
    str | None,
    typer.Option(
        help="Boundary file of the fields: shapefile, GeoPackage, GeoJSON, KML, .gdb, DXF and others, plain or as "
        ".zip. "
        "Name a layer and choose rows as in QGIS: [cyan]farm.gpkg|layername=fields|subset=crop='rice'[/]; "
        "say what a file does not: [cyan]fields.shp|crs=EPSG:4549|encoding=GBK[/]."
    ),
]
BuildingsOption = Annotated[
    str | None,
    typer.Option(
        help="Boundary file of the residential buildings, e.g. [cyan]town.gpkg|layername=buildings[/]."
    ),
]
MembersOption = Annotated[
    str | None,
    typer.Option(help="Roster of the members: Excel, CSV or points, e.g. [cyan]members.xlsx[/]."),
]
ZonesOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Areas that no grid leaves; may be given several times, e.g. [cyan]--zones areas.shp[/]."
    ),
]
BarriersOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Lines that no grid crosses; may be given several times, e.g. "
        "[cyan]--barriers \"town.gpkg|layername=roads|subset=highway='primary'\"[/]."
    ),
]
BridgesOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Crossings over barriers, points or lines from bank to bank; each links the units on both "
        "sides; may be given several times, e.g. [cyan]--bridges bridges.gpkg[/]."
    ),
]
DedicatedOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Areas of sites that are looked after as one, such as schools and markets, with names: the units of "
        "each are a grid of their own, whatever its size; may be given several times, e.g. "
        "[cyan]--dedicated sites.gpkg[/]."
    ),
]
DedicatedColumnOption = Annotated[
    str | None,
    typer.Option(
        help="Column of the units that names the dedicated site of each, empty for none, e.g. "
        "[cyan]--dedicated-column 专属场所[/]."
    ),
]
CutOption = Annotated[
    bool,
    typer.Option("--cut-at-barriers", help="Cut units that a barrier runs through, rather than list them."),
]
TargetOption = Annotated[
    float | None, typer.Option(help="Size that a grid should have, e.g. [cyan]--target 10[/].")
]
MinOption = Annotated[
    float | None,
    typer.Option("--min", help="Smallest size allowed, e.g. [cyan]--min 3[/]; by default half the target."),
]
MaxOption = Annotated[
    float | None,
    typer.Option("--max", help="Largest size allowed, e.g. [cyan]--max 15[/]; by default 1.5 of the target."),
]
GridsOption = Annotated[
    int | None,
    typer.Option(
        help="Make exactly so many grids over all zones, e.g. [cyan]--n-grids 40[/]; the target is then the mean."
    ),
]
OfOption = Annotated[
    str | None,
    typer.Option(
        help="What the size counts: members, households, area_ha, area_mu, or a numeric column of "
        "the units or of the members, e.g. [cyan]--of area_ha[/]."
    ),
]
BuildingTargetOption = Annotated[
    float | None,
    typer.Option(help="Target for buildings where it differs, e.g. [cyan]--building-target 30[/]."),
]
BuildingMinOption = Annotated[
    float | None, typer.Option(help="Minimum for buildings, e.g. [cyan]--building-min 20[/].")
]
BuildingMaxOption = Annotated[
    float | None, typer.Option(help="Maximum for buildings, e.g. [cyan]--building-max 45[/].")
]
BuildingGridsOption = Annotated[
    int | None, typer.Option(help="Exact number of building grids, e.g. [cyan]--building-n-grids 12[/].")
]
BuildingOfOption = Annotated[
    str | None,
    typer.Option(help="What the size of building grids counts, e.g. [cyan]--building-of households[/]."),
]
SkillOption = Annotated[
    str | None,
    typer.Option(
        help="A skill that every grid needs, as the roster writes it, e.g. [cyan]--skill 农机手[/]; grids "
        "without enough people who have it are listed with the reason."
    ),
]
SkillMinOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many people with the skill every grid needs, 1 by default, e.g. [cyan]--skill-min 2[/].",
    ),
]
AlikeOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A column of the units that should be much the same within a grid, numbers or kinds, and how "
        "much that counts beside the shape (1 by default), e.g. [cyan]--alike 作物:0.5[/]; may be given "
        "several times."
    ),
]
SecondOption = Annotated[
    str | None,
    typer.Option(
        help="A second size and its bounds, kept where they can be: what it counts, minimum, maximum, e.g. "
        "[cyan]--second area_mu:500:1500[/] or [cyan]--second households::20[/]."
    ),
]
LockOption = Annotated[
    str | None,
    typer.Option(
        help="Table of units that must be in a grid, share one, or be in different ones: columns unit_id, "
        "layer (field or building) and grid, together or apart, e.g. [cyan]--lock locks.xlsx[/]."
    ),
]
DecisionsOption = Annotated[
    str | None,
    typer.Option(
        help="Table in which doubtful addresses were decided: address_review.xlsx of an earlier run with "
        "[cyan]--names[/], its column of decisions filled in, e.g. "
        "[cyan]--address-decisions out/address_review.xlsx[/]."
    ),
]
OldOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of an older plan to stay near; grids that carry on keep their ids, e.g. "
        "[cyan]--old out/2025[/]."
    ),
]
StabilityOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="What it costs when people change grid, beside the shape, 10 by default, e.g. "
        "[cyan]--stability 30[/]; with 0 only names are kept.",
    ),
]
ObjectiveOption = Annotated[
    str | None,
    typer.Option(
        help="What makes a grid compact: moment (near its centre), cut (short borders), medoid (near one of "
        "its units), or mix of moment and cut, the default, e.g. [cyan]--objective cut[/]."
    ),
]
CodeStandardOption = Annotated[
    str | None,
    typer.Option(
        help="Codes of grids by a standard: cjt349 (20 digits), db11 (15) or db6101 (15), made from the codes of "
        "the zones, e.g. [cyan]--code-standard db11[/]."
    ),
]
CodePatternOption = Annotated[
    str | None,
    typer.Option(
        help="Codes of grids by a pattern of your own from zone_code, county, street, community, kind and number, "
        "e.g. [cyan]--code-pattern '{zone_code}-{number:02d}'[/]."
    ),
]
CountyOption = Annotated[
    str | None,
    typer.Option(
        "--county-code",
        help="County code of 6 digits where zone codes do not carry it, e.g. [cyan]--county-code 110108[/].",
    ),
]
StreetOption = Annotated[
    str | None,
    typer.Option(
        "--street-code",
        help="Street or town code of 3 digits where zone codes do not carry it, e.g. [cyan]--street-code 012[/].",
    ),
]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--object-kind",
        help="Kind of object looked after, 6 digits by CJ/T 348, needed by cjt349, e.g. [cyan]--object-kind 010100[/].",
    ),
]
ResponsibleOption = Annotated[
    str | None,
    typer.Option(
        help="Body responsible for the grids, written beside each, e.g. [cyan]--responsible 第七管理区[/]."
    ),
]
ValidFromOption = Annotated[
    str | None,
    typer.Option(
        help="Day from which new grids are valid, e.g. [cyan]--valid-from 2026-12-01[/]; grids that carry on keep "
        "theirs."
    ),
]
EffortOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="Work of the solver, 1 by default, e.g. [cyan]--effort 2[/] for twice the default and a better plan.",
    ),
]
TimeOption = Annotated[
    float | None,
    typer.Option(min=0.0, help="Cap on the solver's seconds for each layer, e.g. [cyan]--time-limit 60[/]."),
]
RngOption = Annotated[
    int | None,
    typer.Option(
        min=0, help="Random input, 0 by default, e.g. [cyan]--rng 7[/]; the same number gives the same plan."
    ),
]
GapOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="Fields are neighbours across ditches and lanes up to so many metres, e.g. [cyan]--gap 15[/]; "
        "by default chosen from the data, 5 to 30.",
    ),
]
BridgeOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="How far a piece that is too small may be joined to the next, in metres, 500 by default, "
        "e.g. [cyan]--bridge 800[/].",
    ),
]
ReachOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="How far a member outside every unit may be from the nearest, in metres, 100 by default, "
        "e.g. [cyan]--reach 50[/].",
    ),
]
PlotReachOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="How far a building's plot extends from it, in metres, 30 by default, e.g. "
        "[cyan]--plot-reach 40[/].",
    ),
]
MapColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Name a column where the guess is wrong, e.g. [cyan]--map-column fields.unit_id=FARM_NO[/] "
        "or [cyan]members.household=HH[/]; may be given several times."
    ),
]
KeepColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Keep a column of the units that looks as if it named a person, e.g. [cyan]--keep-column owner[/]."
    ),
]
CoordinatesOption = Annotated[
    str | None,
    typer.Option(
        help="What longitudes and latitudes refer to: gcj02 (Gaode, Tencent) or bd09 (Baidu) are converted to "
        "WGS 84, in layers in degrees and in the roster; metres are left alone. One file may differ: "
        "[cyan]homes.geojson|coordinates=wgs84[/].",
    ),
]
RegionOption = Annotated[
    str | None,
    typer.Option(
        help="Where the land lies, to choose among coordinate systems where a file names none or a wrong one: a "
        "province or longitude,latitude, e.g. [cyan]--region 黑龙江[/] or [cyan]--region 126.6,45.8[/].",
    ),
]
SketchOption = Annotated[
    Path | None,
    typer.Option(
        "--sketch",
        help="Write a small map of where every coordinate system that could be meant would put the file, e.g. "
        "[cyan]--sketch where.html[/].",
    ),
]
NamesOption = Annotated[bool, typer.Option("--names", help="Write names and own ids into rosters.xlsx.")]


def sources_of(
    files: dict[str, str | Sequence[str] | None],
    *,
    map_column: Sequence[str] | None,
    keep_column: Sequence[str] | None,
) -> tuple[dict[str, Source], list[Finding]]:
    """Return the files by role with the columns that were named for them, and what cannot be read."""
    columns, faults = _column_maps(map_column or ())
    given = {role: [paths] if isinstance(paths, str) else paths or [] for role, paths in files.items()}
    keep = tuple(keep_column or ())
    sources = {role: Source(paths, columns.get(role, {}), keep) for role, paths in given.items() if paths}
    return sources, faults


def _column_maps(pairs: Sequence[str]) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Return the columns named by `INPUT.ROLE=NAME`, by input and role, and what cannot be read."""
    columns: dict[str, dict[str, str]] = {}
    faults: list[Finding] = []
    for pair in pairs:
        where, equals, name = pair.partition("=")
        source, dot, role = where.partition(".")
        if not (equals and dot and role and name and source in MAPPED):
            faults.append(
                Finding(
                    "bad-map-column",
                    Text(f"--map-column {pair} cannot be read", f"无法理解 --map-column {pair}"),
                    remedy=Text(
                        "write fields.unit_id=NAME, buildings.…, members.…, zones.… or locks.…",
                        "请写作 fields.unit_id=列名（或 buildings.…、members.…、zones.…、locks.…）",
                    ),
                )
            )
            continue
        columns.setdefault(source, {})[role] = name
    return columns, faults


def alike_of(words: Sequence[str] | None) -> tuple[dict[str, float] | None, list[Finding]]:
    """Return the weight of every column of `COLUMN[:WEIGHT]`, and what cannot be read; a column may hold colons.

    >>> alike_of(["作物:0.5", "soil:type"])
    ({'作物': 0.5, 'soil:type': 1.0}, [])
    """
    if words is None:
        return None, []
    weights: dict[str, float] = {}
    faults: list[Finding] = []
    for word in words:
        name, colon, tail = word.rpartition(":")
        weight = _number(tail) if colon else None
        name, weight = (word, 1.0) if weight is None else (name, weight)
        if name:
            weights[name] = weight
        else:
            faults.append(
                Finding(
                    "bad-alike",
                    Text(f"--alike {word} names no column", f"--alike {word} 没有列名"),
                    remedy=Text("write COLUMN or COLUMN:WEIGHT", "请写作 列名 或 列名:权重"),
                )
            )
    return weights, faults


def second_of(word: str | None) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Return the second size of `OF:MIN:MAX`, and what cannot be read.

    >>> second_of("area_mu:500:")
    ({'of': 'area_mu', 'minimum': 500.0, 'maximum': None}, [])
    """
    if word is None:
        return None, []
    of, *bounds = word.rsplit(":", 2)
    numbers = [_number(text) for text in bounds]
    wrong = any(text and number is None for text, number in zip(bounds, numbers, strict=True))
    if not of or len(bounds) != 2 or wrong:
        what = Text(f"--second {word} cannot be read", f"无法理解 --second {word}")
        remedy = Text(
            "write what it counts, minimum and maximum: area_mu:500:1500; one of the two may be left out",
            "请写作 规模:下限:上限，如 area_mu:500:1500；上下限可省略其一",
        )
        return None, [Finding("bad-second-size", what, remedy=remedy)]
    return {"of": of, "minimum": numbers[0], "maximum": numbers[1]}, []


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def coding_of(
    standard: str | None, pattern: str | None, county: str | None, street: str | None, kind: str | None
) -> dict[str, str] | None:
    """Return what was said about codes, None where nothing was."""
    said = {"standard": standard, "pattern": pattern, "county": county, "street": street, "kind": kind}
    return {name: value for name, value in said.items() if value is not None} or None
