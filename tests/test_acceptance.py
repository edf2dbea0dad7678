"""Whole runs on files that somebody else made, as a user types them; every plan is checked from its inputs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import pytest

import gridder
from gridder.testing import check_plan

BAYREUTH = "fields/north_bayreuth_de/north_bayreuth.gpkg"
SWELLENDAM = "fields/swellendam_za"
HANGZHOU = "fields/hangzhou_cn/hangzhou.gpkg"
LIECHTENSTEIN = "buildings/liechtenstein/liechtenstein.gpkg"
SHANGHAI_EXTENT = "ST_MinX(geom) BETWEEN 120.8 AND 122.0 AND ST_MinY(geom) BETWEEN 30.6 AND 31.9"


@dataclass(frozen=True)
class Run:
    """One command; `n_units` is what the layer must have read, `exit_code` what it must end with."""

    name: str
    size: tuple[float, float, float]
    exit_code: int
    n_read: int
    fields: str = ""
    buildings: str = ""
    members: str = ""
    of: str = "members"
    zones: str = ""
    barriers: tuple[str, ...] = field(default=())
    reach_m: float = 100.0


RUNS = (
    Run(
        "north-bayreuth",
        (20, 10, 30),
        exit_code=3,
        n_read=358,
        fields=f"{BAYREUTH}|layername=fields",
        members=f"{BAYREUTH}|layername=address_points",
        barriers=(
            f"{BAYREUTH}|layername=roads|subset=\"highway\" IN ('primary','secondary','tertiary')",
            f"{BAYREUTH}|layername=waterways",
        ),
        reach_m=1000.0,
    ),
    Run(
        "swellendam",
        (400, 200, 600),
        exit_code=3,
        n_read=2008,
        fields=f"{SWELLENDAM}/farms_33S.shp",
        of="area_ha",
        barriers=(f"{SWELLENDAM}/roads_33S.shp", f"{SWELLENDAM}/water_33S.shp"),
    ),
    Run(
        "hangzhou",
        (1000, 500, 1500),
        exit_code=3,
        n_read=197,
        fields=f"{HANGZHOU}|layername=landuse|subset=fclass = 'farm'",
        of="area_mu",
        barriers=(f"{HANGZHOU}|layername=water|subset=fclass = 'river'",),
    ),
    Run(
        "liechtenstein",
        (30, 15, 50),
        exit_code=3,
        n_read=8994,
        buildings=f"{LIECHTENSTEIN}|layername=buildings",
        members=f"{LIECHTENSTEIN}|layername=address_points",
        zones=f"{LIECHTENSTEIN}|layername=admin|subset=admin_level = '8'",
        barriers=(
            f"{LIECHTENSTEIN}|layername=roads|subset=highway IN ('motorway','trunk','primary','secondary')",
        ),
    ),
    Run(
        "shanghai",
        (100, 40, 160),
        exit_code=3,
        n_read=2907,
        buildings=f"buildings/china_compounds/compounds.gpkg|subset={SHANGHAI_EXTENT}",
        members="buildings/china_compounds/shanghai_points.xlsx",
    ),
    Run(
        "oakland",
        (40, 20, 60),
        exit_code=0,
        n_read=2241,
        fields="buildings/oakland_us/us-ca-oakland-excerpt.zip",
        members="buildings/oakland_us/us-ca-alameda_county-excerpt.zip",
    ),
)


SLOW = ("liechtenstein", "swellendam", "shanghai", "oakland")


@pytest.mark.data
@pytest.mark.parametrize(
    "run",
    [pytest.param(run, id=run.name, marks=[pytest.mark.slow] if run.name in SLOW else []) for run in RUNS],
)
def test_a_real_place_is_divided(run, data_dir, tmp_path):
    """The plan passes the checker; all grids are contiguous, and in bounds or certified."""
    target, minimum, maximum = run.size
    options = {
        "--fields": [run.fields],
        "--buildings": [run.buildings],
        "--members": [run.members],
        "--zones": [run.zones],
        "--barriers": run.barriers,
    }
    command = [sys.executable, "-m", "gridder", "partition", "--quiet", "--of", run.of]
    command += ["--target", str(target), "--min", str(minimum), "--max", str(maximum)]
    command += ["--reach", str(run.reach_m), "--out", str(tmp_path / "plan")]
    for option, values in options.items():
        for value in values:
            command += [option, f"{data_dir}/{value}"] if value else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == run.exit_code, done.stderr

    units = gridder.read_units(
        f"{data_dir}/{run.fields or run.buildings}", layer="field" if run.fields else "building"
    )
    assert units.source.n_rows == run.n_read
    plan = gridder.load_plan(tmp_path / "plan")
    broken = check_plan(
        tmp_path / "plan",
        fields=units if run.fields else None,
        buildings=units if run.buildings else None,
        members=gridder.read_members(f"{data_dir}/{run.members}") if run.members else None,
        zones=gridder.read_zones(f"{data_dir}/{run.zones}") if run.zones else None,
        barriers=gridder.read_barriers(*(f"{data_dir}/{b}" for b in run.barriers)) if run.barriers else None,
        size=gridder.Size(run.of, target, minimum, maximum),
        reach_m=run.reach_m,
    )
    assert not broken, "\n".join(broken[:30])

    (layer,) = plan.report["layers"].values()
    assert layer["contiguous"] == 1.0
    assert layer["within_bounds"] == 1.0
    reasons = [entry["certificate"]["reason"] for entry in layer["out_of_bounds"]]
    assert reasons.count("not-found") < 0.01 * layer["n_grids"]
