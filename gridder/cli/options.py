"""The options of `gridder partition` and `gridder update`, by what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from gridder.cli.option_words import alike_of, second_of, sources_of
from gridder.cli.terminal import JsonOption, LangOption, OutOption, OverwriteOption, QuietOption
from gridder.model import Finding
from gridder.service.order import Source

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
OldOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of an older plan to stay near; grids that carry on keep their ids, e.g. "
        "[cyan]--old out/2025[/]."
    ),
]


@dataclass(frozen=True)
class Inputs:
    """The files, and how they are to be read."""

    fields: Annotated[
        str | None,
        typer.Option(
            help="Boundary file of the fields: shapefile, GeoPackage, GeoJSON, KML, .gdb, DXF and others, plain or as "
            ".zip. "
            "Name a layer and choose rows as in QGIS: [cyan]farm.gpkg|layername=fields|subset=crop='rice'[/]; "
            "say what a file does not: [cyan]fields.shp|crs=EPSG:4549|encoding=GBK[/]."
        ),
    ] = None
    buildings: Annotated[
        str | None,
        typer.Option(
            help="Boundary file of the residential buildings, e.g. [cyan]town.gpkg|layername=buildings[/]."
        ),
    ] = None
    members: Annotated[
        str | None,
        typer.Option(help="Roster of the members: Excel, CSV or points, e.g. [cyan]members.xlsx[/]."),
    ] = None
    zones: Annotated[
        list[str] | None,
        typer.Option(
            help="Areas that no grid leaves; may be given several times, e.g. [cyan]--zones areas.shp[/]."
        ),
    ] = None
    barriers: Annotated[
        list[str] | None,
        typer.Option(
            help="Lines that no grid crosses; may be given several times, e.g. "
            "[cyan]--barriers \"town.gpkg|layername=roads|subset=highway='primary'\"[/]."
        ),
    ] = None
    bridges: Annotated[
        list[str] | None,
        typer.Option(
            help="Crossings over barriers, points or lines from bank to bank; each links the units on both "
            "sides; may be given several times, e.g. [cyan]--bridges bridges.gpkg[/]."
        ),
    ] = None
    dedicated: Annotated[
        list[str] | None,
        typer.Option(
            help="Areas of sites that are looked after as one, such as schools and markets, with names: the units of "
            "each are a grid of their own, whatever its size; may be given several times, e.g. "
            "[cyan]--dedicated sites.gpkg[/]."
        ),
    ] = None
    lock: Annotated[
        str | None,
        typer.Option(
            help="Table of units that must be in a grid, share one, or be in different ones: columns unit_id, "
            "layer (field or building) and grid, together or apart, e.g. [cyan]--lock locks.xlsx[/]."
        ),
    ] = None
    address_decisions: Annotated[
        str | None,
        typer.Option(
            help="Table in which doubtful addresses were decided: address_review.xlsx of an earlier run with "
            "[cyan]--names[/], its column of decisions filled in, e.g. "
            "[cyan]--address-decisions out/address_review.xlsx[/]."
        ),
    ] = None
    map_column: Annotated[
        list[str] | None,
        typer.Option(
            help="Name a column where the guess is wrong, e.g. [cyan]--map-column fields.unit_id=FARM_NO[/] "
            "or [cyan]members.household=HH[/]; may be given several times."
        ),
    ] = None
    keep_column: Annotated[
        list[str] | None,
        typer.Option(
            help="Keep a column of the units that looks as if it named a person, e.g. [cyan]--keep-column owner[/]."
        ),
    ] = None
    coordinates: CoordinatesOption = None
    region: RegionOption = None

    def sources(self) -> tuple[dict[str, Source], list[Finding]]:
        """Return the files by role with the columns that were named for them, and what cannot be read."""
        files = {
            "fields": self.fields,
            "buildings": self.buildings,
            "members": self.members,
            "zones": self.zones,
            "barriers": self.barriers,
            "bridges": self.bridges,
            "locks": self.lock,
            "dedicated": self.dedicated,
            "address_decisions": self.address_decisions,
        }
        return sources_of(files, map_column=self.map_column, keep_column=self.keep_column)


@dataclass(frozen=True)
class Sizes:
    """How large a grid should be."""

    target: Annotated[
        float | None, typer.Option(help="Size that a grid should have, e.g. [cyan]--target 10[/].")
    ] = None
    minimum: Annotated[
        float | None,
        typer.Option(
            "--min", help="Smallest size allowed, e.g. [cyan]--min 3[/]; by default half the target."
        ),
    ] = None
    maximum: Annotated[
        float | None,
        typer.Option(
            "--max", help="Largest size allowed, e.g. [cyan]--max 15[/]; by default 1.5 of the target."
        ),
    ] = None
    n_grids: Annotated[
        int | None,
        typer.Option(
            help="Make exactly so many grids over all zones, e.g. [cyan]--n-grids 40[/]; the target is then the mean."
        ),
    ] = None
    of: Annotated[
        str | None,
        typer.Option(
            help="What the size counts: members (the default of a new plan), households, area_ha, area_mu, or a "
            "numeric column of the units or of the members, e.g. [cyan]--of area_ha[/]."
        ),
    ] = None
    building_target: Annotated[
        float | None,
        typer.Option(help="Target for buildings where it differs, e.g. [cyan]--building-target 30[/]."),
    ] = None
    building_min: Annotated[
        float | None, typer.Option(help="Minimum for buildings, e.g. [cyan]--building-min 20[/].")
    ] = None
    building_max: Annotated[
        float | None, typer.Option(help="Maximum for buildings, e.g. [cyan]--building-max 45[/].")
    ] = None
    building_n_grids: Annotated[
        int | None, typer.Option(help="Exact number of building grids, e.g. [cyan]--building-n-grids 12[/].")
    ] = None
    building_of: Annotated[
        str | None,
        typer.Option(help="What the size of building grids counts, e.g. [cyan]--building-of households[/]."),
    ] = None
    second: Annotated[
        str | None,
        typer.Option(
            help="A second size and its bounds, kept where they can be: what it counts, minimum, maximum, e.g. "
            "[cyan]--second area_mu:500:1500[/] or [cyan]--second households::20[/]."
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """Return the sizes of both layers as `run_partition` takes them."""
        return {
            "size": {
                "of": self.of,
                "target": self.target,
                "minimum": self.minimum,
                "maximum": self.maximum,
                "n_grids": self.n_grids,
            },
            "building_size": {
                "of": self.building_of,
                "target": self.building_target,
                "minimum": self.building_min,
                "maximum": self.building_max,
                "n_grids": self.building_n_grids,
            },
        }


@dataclass(frozen=True)
class Wishes:
    """What else a grid should be."""

    skill: Annotated[
        str | None,
        typer.Option(
            help="A skill that every grid needs, as the roster writes it, e.g. [cyan]--skill 农机手[/]; grids "
            "without enough people who have it are listed with the reason."
        ),
    ] = None
    skill_min: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many people with the skill every grid needs, 1 by default, e.g. [cyan]--skill-min 2[/].",
        ),
    ] = None
    alike: Annotated[
        list[str] | None,
        typer.Option(
            help="A column of the units that should be much the same within a grid, numbers or kinds, and how "
            "much that counts beside the shape (1 by default), e.g. [cyan]--alike 作物:0.5[/]; may be given "
            "several times."
        ),
    ] = None
    dedicated_column: Annotated[
        str | None,
        typer.Option(
            help="Column of the units that names the dedicated site of each, empty for none, e.g. "
            "[cyan]--dedicated-column 专属场所[/]."
        ),
    ] = None
    stability: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="What it costs when people change grid, beside the shape, 10 by default, e.g. "
            "[cyan]--stability 30[/]; with 0 only names are kept.",
        ),
    ] = None
    responsible: Annotated[
        str | None,
        typer.Option(
            help="Body responsible for the grids, written beside each, e.g. [cyan]--responsible 第七管理区[/]."
        ),
    ] = None
    valid_from: Annotated[
        str | None,
        typer.Option(
            help="Day from which new grids are valid, e.g. [cyan]--valid-from 2026-12-01[/]; grids that carry on keep "
            "theirs."
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """Return the wishes as `run_partition` takes them."""
        return {
            "skill": self.skill,
            "skill_minimum": self.skill_min,
            "dedicated_column": self.dedicated_column,
            "stability": self.stability,
            "responsible": self.responsible,
            "valid_from": self.valid_from,
        }


@dataclass(frozen=True)
class Codes:
    """How grids are numbered."""

    code_standard: Annotated[
        str | None,
        typer.Option(
            help="Codes of grids by a standard: cjt349 (20 digits), db11 (15) or db6101 (15), made from the codes of "
            "the zones, e.g. [cyan]--code-standard db11[/]."
        ),
    ] = None
    code_pattern: Annotated[
        str | None,
        typer.Option(
            help="Codes of grids by a pattern of your own from zone_code, county, street, community, kind and number, "
            "e.g. [cyan]--code-pattern '{zone_code}-{number:02d}'[/]."
        ),
    ] = None
    county_code: Annotated[
        str | None,
        typer.Option(
            "--county-code",
            help="County code of 6 digits where zone codes do not carry it, e.g. [cyan]--county-code 110108[/].",
        ),
    ] = None
    street_code: Annotated[
        str | None,
        typer.Option(
            "--street-code",
            help="Street or town code of 3 digits where zone codes do not carry it, e.g. [cyan]--street-code 012[/].",
        ),
    ] = None
    object_kind: Annotated[
        str | None,
        typer.Option(
            "--object-kind",
            help="Kind of object looked after, 6 digits by CJ/T 348, needed by cjt349, e.g. [cyan]--object-kind 010100[/].",
        ),
    ] = None

    def given(self) -> dict[str, str] | None:
        """Return what was said about codes, None where nothing was."""
        said = {
            "standard": self.code_standard,
            "pattern": self.code_pattern,
            "county": self.county_code,
            "street": self.street_code,
            "kind": self.object_kind,
        }
        return {name: value for name, value in said.items() if value is not None} or None


@dataclass(frozen=True)
class Work:
    """How it is done."""

    objective: Annotated[
        str | None,
        typer.Option(
            help="What makes a grid compact: moment (near its centre), cut (short borders), medoid (near one of "
            "its units), or mix of moment and cut, the default, e.g. [cyan]--objective cut[/]."
        ),
    ] = None
    effort: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Work of the solver, 1 by default, e.g. [cyan]--effort 2[/] for twice the default and a better plan.",
        ),
    ] = None
    time_limit: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="Cap on the solver's seconds for each layer, e.g. [cyan]--time-limit 60[/]."
        ),
    ] = None
    rng: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Random input, 0 by default, e.g. [cyan]--rng 7[/]; the same number gives the same plan.",
        ),
    ] = None
    gap: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Fields are neighbours across ditches and lanes up to so many metres, e.g. [cyan]--gap 15[/]; "
            "by default chosen from the data, 5 to 30.",
        ),
    ] = None
    bridge: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="How far a piece that is too small may be joined to the next, in metres, 500 by default, "
            "e.g. [cyan]--bridge 800[/].",
        ),
    ] = None
    reach: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="How far a member outside every unit may be from the nearest, in metres, 100 by default, "
            "e.g. [cyan]--reach 50[/].",
        ),
    ] = None
    plot_reach: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="How far a building's plot extends from it, in metres, 30 by default, e.g. "
            "[cyan]--plot-reach 40[/].",
        ),
    ] = None
    cut_at_barriers: Annotated[
        bool,
        typer.Option(
            "--cut-at-barriers", help="Cut units that a barrier runs through, rather than list them."
        ),
    ] = False

    def given(self) -> dict[str, Any]:
        """Return how the work is to be done as `run_partition` takes it."""
        return {
            "objective": self.objective,
            "effort": self.effort,
            "time_limit_s": self.time_limit,
            "rng": self.rng,
            "gap_m": self.gap,
            "bridge_m": self.bridge,
            "reach_m": self.reach,
            "plot_reach_m": self.plot_reach,
            "cut_at_barriers": self.cut_at_barriers or None,
        }


@dataclass(frozen=True)
class Results:
    """Where the results go, and what is told."""

    out: OutOption
    names: Annotated[bool, typer.Option("--names", help="Write names and own ids into rosters.xlsx.")] = False
    lang: LangOption = None
    overwrite: OverwriteOption = False
    quiet: QuietOption = False
    as_json: JsonOption = False


@dataclass(frozen=True)
class Options:
    """All that can be said of a plan."""

    inputs: Inputs
    sizes: Sizes
    wishes: Wishes
    codes: Codes
    work: Work
    results: Results

    def given(self) -> tuple[dict[str, Source], dict[str, Any]]:
        """Return the files by role, and the rest as `run_partition` takes it, with all that cannot be read."""
        sources, faults = self.inputs.sources()
        alike, wrong_alike = alike_of(self.wishes.alike)
        second_size, wrong_second = second_of(self.sizes.second)
        return sources, {
            **self.sizes.given(),
            **self.wishes.given(),
            **self.work.given(),
            "alike": alike,
            "second_size": second_size,
            "coding": self.codes.given(),
            "coordinates": self.inputs.coordinates,
            "region": self.inputs.region,
            "faults": [*faults, *wrong_alike, *wrong_second],
        }
