"""Check a plan against the inputs that it was made from."""

from __future__ import annotations

import base64
import html
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from gridder.io.plan import load_plan
from gridder.model import Barriers, Bridges, Coding, Members, Plan, Size, Units, Zones
from gridder.testing.case import Case, cases
from gridder.testing.certificates import check_bounds
from gridder.testing.composition import check_composition
from gridder.testing.dedicated import check_sites, with_sites, without_sites
from gridder.testing.ground import check_coverage, check_links, check_outlines, check_zone_table, check_zones
from gridder.testing.numbers import check_numbers
from gridder.testing.people import check_once, check_placements, check_sizes
from gridder.testing.skill import check_skill

PSEUDONYM = re.compile(r"[0-9a-f]{16}")
PACKED = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")
"""Data in base64, as the map carries its own."""
NARROWEST_GAP_M, WIDEST_GAP_M = 5.0, 30.0
"""Range of a gap that is chosen from the data."""
PLACEMENT_COLUMNS = {
    "member_id",
    "layer",
    "unit_id",
    "grid_id",
    "method",
    "distance_m",
    "reason",
    "score",
}
SHORTEST_SECRET = 4
"""Shorter values stand in files by chance."""


def check_plan(
    plan: Plan | str | Path,
    *,
    size: Size,
    fields: Units | None = None,
    buildings: Units | None = None,
    members: Members | None = None,
    zones: Zones | None = None,
    barriers: Barriers | None = None,
    bridges: Bridges | None = None,
    building_size: Size | None = None,
    gap_m: float | None = None,
    bridge_m: float = 500.0,
    reach_m: float = 100.0,
    plot_reach_m: float = 30.0,
    dedicated: Zones | None = None,
    dedicated_column: str | None = None,
    coding: Coding | None = None,
) -> list[str]:
    """Return every rule that a plan breaks, a sentence each that begins with the rule's name.

    Everything is recomputed from the inputs: coverage, zones, links and barriers from geometry, sizes
    from placements, connectivity from the links, certificates by arithmetic and exhaustive search,
    numbers, outlines and the report.

    Parameters
    ----------
    plan
        A plan, or the folder of one; then its files are searched for identifying values too.
    size, building_size, gap_m, bridge_m, reach_m, plot_reach_m, coding
        What the plan was asked for, as `gridder.partition` takes them.
    fields, buildings, members, zones, barriers, bridges, dedicated, dedicated_column
        What it was made from.

    Returns
    -------
    list of str
        Empty for a plan that keeps every rule.
    """
    folder = None if isinstance(plan, Plan) else Path(plan)
    loaded = plan if isinstance(plan, Plan) else load_plan(plan)
    broken: list[str] = []
    for layer in cases(
        loaded,
        fields=fields,
        buildings=buildings,
        members=members,
        zones=zones,
        barriers=barriers,
        bridges=bridges,
        size=size,
        building_size=building_size,
        bridge_m=bridge_m,
        reach_m=reach_m,
        plot_reach_m=plot_reach_m,
    ):
        case = with_sites(layer, dedicated, dedicated_column)
        faults = [*_check_ids(case), *check_once(case)]
        broken += faults
        if faults:
            continue
        others = without_sites(case)
        both = fields is not None and buildings is not None
        broken += check_coverage(case)
        broken += check_zones(case)
        broken += check_links(others)
        broken += check_placements(case, both_layers=both)
        broken += check_sizes(case)
        broken += _check_contiguity(others)
        broken += check_bounds(others)
        broken += check_outlines(case)
        broken += check_numbers(case, coding or Coding())
        broken += _check_report(case)
        broken += _check_gap(case, gap_m)
        broken += check_skill(others)
        broken += check_composition(case)
        broken += check_sites(case)
    broken += check_zone_table(loaded, zones)
    broken += _check_recipe(loaded, {"fields": fields, "buildings": buildings, "members": members})
    if members is not None:
        broken += _check_privacy(loaded, members, folder)
    return broken


def assert_plan_valid(plan: Plan | str | Path, **inputs: object) -> None:
    """Raise AssertionError with every rule that a plan breaks; parameters as `check_plan`."""
    broken = check_plan(plan, **inputs)  # type: ignore[arg-type]  # the same parameters, checked there
    if broken:
        raise AssertionError("\n".join(broken[:50]))


def _check_ids(case: Case) -> list[str]:
    out = []
    for name, values in (
        ("unit id", case.units["unit_id"]),
        ("grid id", case.plan.grids["grid_id"]),
        ("code", case.grids["code"]),
    ):
        repeated = values[values.duplicated()]
        out += [f"ids: {name} {value} stands twice" for value in repeated.unique()]
    if (case.grid < 0).any():
        out.append("ids: a unit is in a grid that does not exist in its layer")
    empty = set(range(len(case.grids))) - set(case.grid.tolist())
    out += [f"ids: grid {case.grids['grid_id'].iloc[g]} has no unit" for g in sorted(empty)]
    return out


def _check_contiguity(case: Case) -> list[str]:
    inside = case.grid[case.a] == case.grid[case.b]
    piece = case.pieces(links=inside)
    n_pieces = pd.Series(piece).groupby(case.grid).nunique().reindex(range(len(case.grids)))
    ids = case.grids["grid_id"]
    out = [f"contiguity: grid {ids[g]} is in {int(n)} pieces" for g, n in n_pieces.items() if n > 1]
    if ((n_pieces == 1).to_numpy() != case.grids["contiguous"].to_numpy(dtype=bool)).any():
        out.append("contiguity: a flag `contiguous` is wrong")
    return out


def _check_gap(case: Case, gap_m: float | None) -> list[str]:
    """Return whether the width of gaps between neighbours is not the one asked for, or out of its range."""
    told = float(case.report["gap_m"])
    asked = 2 * case.plot_reach_m if case.layer == "building" else gap_m
    if asked is None:
        return (
            [] if NARROWEST_GAP_M <= told <= WIDEST_GAP_M else [f"adjacency: a gap of {told:g} m was chosen"]
        )
    return [] if np.isclose(told, asked) else [f"adjacency: the gap is {told:g} m, not {asked:g} m"]


def _check_recipe(plan: Plan, inputs: dict[str, Units | Members | None]) -> list[str]:
    """Return inputs that are not the files that the recipe names."""
    out = []
    for name, given in inputs.items():
        told = [source["sha256"] for source in plan.recipe["inputs"][name]]
        if told != ([] if given is None else [given.source.sha256]):
            out.append(f"recipe: the {name} are not those that it names")
    return out


def _check_report(case: Case) -> list[str]:
    grids, report = case.grids, case.report
    excused = {
        entry["grid_id"] for entry in report["out_of_bounds"] if entry["certificate"]["reason"] != "not-found"
    }
    asked = grids[~case.dedicated]
    judged = asked[~asked["grid_id"].isin(excused)]
    area = shapely.area(case.land)
    centre = shapely.get_coordinates(shapely.centroid(case.land))
    n = len(grids)
    mass = np.bincount(case.grid, area, n)
    middle = np.column_stack([np.bincount(case.grid, area * x, n) / mass for x in centre.T])
    moment = (area * ((centre - middle[case.grid]) ** 2).sum(axis=1)).sum() / area.sum()
    shared = case.links["shared_m"].to_numpy(dtype=float)
    counted = shared if shared.sum() > 0 else np.ones(len(shared))
    cut = counted[case.grid[case.a] != case.grid[case.b]].sum() / counted.sum() if counted.sum() else 0.0
    compactness = 4 * np.pi * shapely.area(case.outlines) / shapely.length(case.outlines) ** 2
    expected = {
        "n_units": len(case.units),
        "n_grids": n,
        "within_bounds": float(judged["within_bounds"].mean()) if len(judged) else 1.0,
        "contiguous": float(asked["contiguous"].mean()),
        "mean_abs_deviation": float(asked["deviation"].abs().mean()),
        "polsby_popper_mean": float(compactness.mean()),
        "moment_m2": float(moment),
        "cut": float(cut),
    }
    out = [
        f"report: {name} is {report[name]:g}, not {value:g}"
        for name, value in expected.items()
        if not np.isclose(report[name], value, rtol=1e-4, atol=1e-9)
    ]
    if not np.allclose(grids["polsby_popper"], compactness, rtol=1e-4):
        out.append("report: polsby_popper of a grid is not that of its outline")
    bridges = case.links[
        (case.links["kind"] == "bridge").to_numpy() & (case.grid[case.a] == case.grid[case.b])
    ]
    inside = case.grids["grid_id"].to_numpy(dtype=object)[case.grid[case.a[bridges.index]]]
    named = {(entry["grid_id"], entry["unit_a"], entry["unit_b"]) for entry in report["bridged"]}
    if named != set(zip(inside, bridges["unit_a"], bridges["unit_b"], strict=True)):
        out.append("report: the bridges named are not those inside grids")
    told = [
        *report.get("locks", {"broken": []})["broken"],
        *report.get("skill", {"grids_short": []})["grids_short"],
        *report["out_of_bounds"],
    ]
    certified = {entry["grid_id"]: entry["certificate"]["reason"] for entry in told if entry["certificate"]}
    if certified != grids.set_index("grid_id")["reason"].dropna().to_dict():
        out.append("report: the reasons of grids are not those of their certificates")
    people = case.plan.report["members"]
    total = len(case.members) if case.members is not None else 0
    placed = int(case.placements["unit_id"].notna().sum())
    reasons = case.placements["reason"].dropna().value_counts().to_dict()
    counted = people[case.layer]
    if people["total"] != total or counted["placed"] != placed or counted["unplaced"] != reasons:
        out.append("report: the counts of placed and unplaced members are wrong")
    return out


def _check_privacy(plan: Plan, members: Members, folder: Path | None) -> list[str]:
    out = []
    if not plan.placements["member_id"].map(lambda value: bool(PSEUDONYM.fullmatch(value))).all():
        out.append("privacy: a placement carries no pseudonym")
    if set(plan.placements.columns) != PLACEMENT_COLUMNS:
        out.append("privacy: placements have other columns than they may")
    if folder is None:
        return out
    frame = members.frame
    secrets = {
        str(value)
        for name in ("name", "phone", "id_number", "address")
        for value in frame[name].dropna()
        if len(str(value)) >= SHORTEST_SECRET or not str(value).isascii()
    }
    if "member_id" in members.columns:
        secrets |= {value for value in frame["member_id"] if len(value) > SHORTEST_SECRET}
    secrets = {secret for secret in secrets - _public_words(plan) if secret.strip()}
    for name, text in _texts(folder):
        found = [secret for secret in secrets if secret in text]
        out += [f"privacy: {name} holds an identifying value" for _ in found[:1]]
    return out


def _public_words(plan: Plan) -> set[str]:
    """Return what the files may say anyway: ids and own columns of units, zones."""
    words: set[str] = set(plan.zones["zone"].astype(str)) if len(plan.zones) else set()
    for name in plan.units.columns.drop("geometry"):
        words |= set(plan.units[name].dropna().astype(str))
    return words


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every file; of workbooks each part."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                for name in book.namelist():
                    yield f"{path.name}/{name}", html.unescape(book.read(name).decode("utf-8", "replace"))
        elif path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            yield path.name, html.unescape(text)
            for k, packed in enumerate(PACKED.findall(text)):
                yield f"{path.name}/{k}", _unpacked(packed)
        elif path.suffix == ".json":
            content = json.loads(path.read_text(encoding="utf-8"))
            yield path.name, json.dumps(content, ensure_ascii=False)
        else:
            yield path.name, path.read_bytes().decode("utf-8", "replace")


def _unpacked(packed: str) -> str:
    """Return the text of a zlib stream in base64; nothing for other data such as pictures."""
    try:
        return zlib.decompress(base64.b64decode(packed)).decode("utf-8", "replace")
    except (ValueError, zlib.error):
        return ""
