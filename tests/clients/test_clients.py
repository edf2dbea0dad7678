"""GDAL and QGIS read all features of a large plan, a box and one zone of it, as many as the API counts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyogrio
import pytest

from tests.clients.conftest import BBOX, COLUMNS, ROWS, ZONE, Collection

pytestmark = pytest.mark.clients

SYSTEM_PYTHON = Path("/usr/bin/python3")
WHERE = f"zone = '{ZONE}'"
BOX = ",".join(map(str, BBOX))
SECONDS = 300
PAGES = ("-oo", "PAGE_SIZE=1000")
"""Old versions ask for ten features at a time, more often than a caller may."""


@pytest.fixture
def basic(grids: Collection) -> Iterator[None]:
    """Let the GDAL within pyogrio send the key as Basic password."""
    pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": f"gridder:{grids.key}"})
    yield
    pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": None})


@pytest.fixture
def counts(grids: Collection) -> tuple[int, int, int, int]:
    """Return how many grids there are, in the box, in the zone, and in both."""
    every = (grids.count(), grids.count(bbox=BOX), grids.count(zone=ZONE), grids.count(bbox=BOX, zone=ZONE))
    assert every[0] == COLUMNS * ROWS
    assert 0 < every[3] < min(every[1:3]) < every[0]
    return every


@pytest.mark.usefixtures("basic")
def test_pyogrio_reads_as_many_as_the_api_counts(grids, counts):
    """All, a box, a property and both, page by page, signed in by a Basic password."""
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("the GDAL of pyogrio has no driver OAPIF")
    source, layer = f"OAPIF:{grids.base}", {"layer": grids.name}
    assert grids.name in pyogrio.list_layers(source)[:, 0]
    every = pyogrio.read_dataframe(source, **layer)
    assert every["grid_id"].nunique() == len(every)
    read = [
        len(every),
        *(
            len(pyogrio.read_dataframe(source, **layer, **wish))
            for wish in ({"bbox": BBOX}, {"where": WHERE}, {"bbox": BBOX, "where": WHERE})
        ),
    ]
    assert tuple(read) == counts


def test_ogrinfo_and_ogr2ogr_read_as_many_as_the_api_counts(grids, counts, tmp_path):
    """The programs of the system's GDAL, by the address of the service and by that of the collection."""
    for program in ("ogrinfo", "ogr2ogr"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program}; run .ci/install-clients")
    environment = {**os.environ, "GDAL_HTTP_USERPWD": f"gridder:{grids.key}"}

    def run(*command: str) -> str:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=SECONDS
        )
        return done.stdout

    for source in (f"OAPIF:{grids.base}", f"OAPIF:{grids.address}"):
        assert f"Feature Count: {counts[0]}" in run("ogrinfo", "-ro", "-so", source, grids.name)
    read = []
    box = ("-spat", *map(str, BBOX))
    for i, wish in enumerate(((), box, ("-where", WHERE), (*box, "-where", WHERE))):
        target = tmp_path / f"{i}.gpkg"
        run("ogr2ogr", *PAGES, "-f", "GPKG", str(target), f"OAPIF:{grids.base}", grids.name, *wish)
        read.append(pyogrio.read_info(target)["features"])
    assert tuple(read) == counts


def test_qgis_reads_as_many_as_the_api_counts(grids, counts):
    """PyQGIS in a process of its own, without a screen."""
    probe = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    if not SYSTEM_PYTHON.exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip(f"{SYSTEM_PYTHON} has no PyQGIS; run .ci/install-clients")
    script = Path(__file__).with_name("read_with_qgis.py")
    done = subprocess.run(
        [SYSTEM_PYTHON, script, grids.base, grids.name, grids.key, BOX, f"\"zone\" = '{ZONE}'"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["valid"]
    assert (found["count"], found["bbox"], found["filtered"], found["both"]) == counts
    assert found["ids"] == counts[0]
