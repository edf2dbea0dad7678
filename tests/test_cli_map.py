"""`gridder map`: a plan drawn again, with a base map of the user's own."""

from __future__ import annotations

import base64
import json
import re
import zlib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

import gridder
from gridder.cli import app


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Return the folder of a plan of sixteen fields near Beijing."""
    folder = tmp_path_factory.mktemp("plans")
    x, y = np.meshgrid(np.arange(4), np.arange(4))
    west, south = (116.4 + 0.003 * x.ravel(), 39.9 + 0.002 * y.ravel())
    fields = gpd.GeoDataFrame(
        {"parcel_id": [f"P{i:02d}" for i in range(16)]},
        geometry=shapely.box(west, south, west + 0.003, south + 0.002),
        crs="EPSG:4326",
    )
    fields.to_file(folder / "fields.gpkg")
    made = gridder.partition(
        fields=gridder.read_units(folder / "fields.gpkg", layer="field"),
        size=gridder.Size(of="area_ha", target=23, minimum=10, maximum=35),
    )
    return gridder.save_plan(made, folder / "plan")


def run(*words):
    """Return what the command said and its exit code."""
    return CliRunner().invoke(app, ["map", *map(str, words), "--lang", "en"])


def test_two_plans_are_compared(plan, tmp_path):
    """A plan beside itself has moved nothing; the counts are printed, and the file is kept until told otherwise."""
    out = tmp_path / "compare.html"
    words = ("compare", str(plan), str(plan), "--out", str(out), "--lang", "en")
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "fields: 16 units kept their grid, 0 moved (0.0 ha), 0 new, 0 gone",
        str(out),
    ]
    assert CliRunner().invoke(app, words).exit_code == 2
    done = CliRunner().invoke(app, [*words, "--overwrite", "--json"])
    assert json.loads(done.stdout)["layers"]["field"]["kept"] == 16
    lost = CliRunner().invoke(app, ["compare", str(plan), str(tmp_path), "--out", str(tmp_path / "x.html")])
    assert lost.exit_code == 2
    assert not (tmp_path / "x.html").exists()


def test_plans_without_a_common_unit_are_told(plan, tmp_path):
    """Where all ids differ the counts say nothing, and the command says why that may be."""
    fields = gpd.read_file(plan.parent / "fields.gpkg")
    fields.assign(parcel_id="Q" + fields["parcel_id"]).to_file(tmp_path / "fields.gpkg")
    other = gridder.partition(
        fields=gridder.read_units(tmp_path / "fields.gpkg", layer="field"),
        size=gridder.Size(of="area_ha", target=23, minimum=10, maximum=35),
    )
    gridder.save_plan(other, tmp_path / "plan")
    words = ["compare", str(plan), str(tmp_path / "plan"), "--out", str(tmp_path / "c.html"), "--lang", "en"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert "0 units kept their grid, 0 moved (0.0 ha), 16 new, 16 gone" in done.stdout
    assert "--map-column" in done.stdout


def about(path):
    """Return the properties that a map holds."""
    packed = re.search(r'id="gridder-about">([^<]+)<', path.read_text(encoding="utf-8")).group(1)
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def test_a_map_with_a_title_and_a_base_map(plan, tmp_path):
    """Title, tiles and hidden counts are those asked for; the file's place is printed."""
    out = tmp_path / "new" / "map.html"
    tiles = (
        "--tiles",
        "https://t{s}.example.cn/{z}/{x}/{y}?tk=1",
        "--tiles-servers",
        "0123",
        "--tiles-by",
        "<b>某局",
    )
    done = run(plan, "--out", out, "--title", "Farm 7", *tiles, "--hide-below", 5)
    assert done.exit_code == 0
    assert done.stdout.strip() == str(out)
    told = about(out)
    assert told["title"] == ["Farm 7", "Farm 7"]
    assert told["k"] == 5
    assert told["tiles"] == [
        {
            "url": "https://t{s}.example.cn/{z}/{x}/{y}?tk=1",
            "attribution": "<b>某局",
            "subdomains": "0123",
            "max_zoom": 18,
        }
    ]


def test_a_shifted_base_map_shifts_the_plan(plan, tmp_path):
    """With GCJ-02 tiles every label point lies some 500 m to the east, and the map says so."""
    plain, shifted = tmp_path / "plain.html", tmp_path / "shifted.html"
    assert run(plan, "--out", plain).exit_code == 0
    assert run(plan, "--out", shifted, "--tiles-datum", "gcj02").exit_code == 0
    told, moved = about(plain), about(shifted)
    east = (np.array(moved["grids"]["label"][0]) - told["grids"]["label"][0]) / 2**28 * 40_075_017 * 0.767
    assert ((east > 450) & (east < 600)).all()
    assert (told["datum"], moved["datum"]) == ("wgs84", "gcj02")


def test_what_is_there_is_kept(plan, tmp_path):
    """A file is replaced on demand only, and nothing is written where an address is wrong."""
    out = tmp_path / "map.html"
    out.write_text("mine")
    assert run(plan, "--out", out).exit_code == 2
    done = run(
        plan, "--out", tmp_path / "other.html", "--tiles", "ftp://x/{z}", "--tiles", "https://x/{z}/{x}"
    )
    assert done.exit_code == 2
    assert done.stderr.count("is no address of tiles") == 2
    assert run(plan, "--out", tmp_path / "map.pdf").exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.html"]
    assert out.read_text() == "mine"
    assert run(plan, "--out", out, "--overwrite").exit_code == 0
    assert about(out)["tiles"] == []
