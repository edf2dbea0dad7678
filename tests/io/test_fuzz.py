"""Small valid files of each format, damaged at random: rows or a fault in words come back, never a crash.

`GRIDDER_FUZZ_SECONDS` is about how long all formats take together, on one core; 600 by default.
In CI the damage is the same every time, so that what was green stays so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridder

SECONDS = float(os.environ.get("GRIDDER_FUZZ_SECONDS", "600"))
SECONDS_PER_FILE = 1.0
LEFT_OUT = frozenset(["null-geometry", "collapsed", "other-geometry"])
BYTES = (".shp", ".gpkg", ".fgb", ".gdb", ".tab", ".parquet", ".zip", ".kmz")
TEXTS = (".geojson", ".geojsonl", ".kml", ".gpx", ".dxf", ".mif", ".csv")
CONTAINERS = (".gpkg", ".parquet", ".zip")
RUNS = len(BYTES) + 2 * len(TEXTS) + len(CONTAINERS)
EXAMPLES = max(int(SECONDS / SECONDS_PER_FILE / RUNS), 1)

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
STRANGE = [
    "0",
    "-1",
    "1e308",
    "-1e400",
    "NaN",
    "",
    "null",
    '"',
    "<",
    "]",
    "\x00",
    "9" * 40,
    "[" * 50,
    "é",
    "字",
]
INTEGERS = [0, 1, 0x7F, 0x80, 0xFF]

places = st.floats(0, 1, exclude_max=True)
damage = st.lists(
    st.one_of(
        st.tuples(st.just("set"), places, st.sampled_from(INTEGERS)),
        st.tuples(st.just("flip"), places, st.integers(0, 7)),
        st.tuples(st.just("fill"), places, st.sampled_from([0x00, 0xFF])),
        st.tuples(st.just("cut"), places, st.integers(1, 64)),
        st.tuples(st.just("repeat"), places, st.integers(1, 64)),
        st.tuples(st.just("end"), places, st.just(0)),
    ),
    min_size=1,
    max_size=6,
)
replacements = st.lists(st.tuples(places, st.sampled_from(STRANGE)), min_size=1, max_size=4)
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list(HealthCheck),
)


def _damaged(raw: bytes, steps) -> bytes:
    content = bytearray(raw)
    for what, place, value in steps:
        at = int(place * len(content))
        if not content:
            break
        if what == "set":
            content[at] = value
        elif what == "flip":
            content[at] ^= 1 << value
        elif what == "fill":
            content[at : at + 4] = bytes([value]) * len(content[at : at + 4])
        elif what == "cut":
            del content[at : at + value]
        elif what == "repeat":
            content[at:at] = content[at : at + value] * 3
        else:
            del content[at:]
    return bytes(content)


def _replaced(text: str, steps) -> str:
    """Return the text with some of its numbers replaced by strange words."""
    for place, word in steps:
        numbers = list(NUMBER.finditer(text))
        if not numbers:
            break
        mark = numbers[int(place * len(numbers))]
        text = text[: mark.start()] + word + text[mark.end() :]
    return text


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Return a folder with a valid file of every format."""
    folder = tmp_path_factory.mktemp("seeds")
    shapes = [
        shapely.box(0, 0, 1, 1),
        shapely.Polygon(shapely.box(1, 0, 2, 1).exterior, [shapely.box(1.2, 0.2, 1.4, 0.4).exterior]),
        shapely.MultiPolygon([shapely.box(3, 0, 4, 1), shapely.box(5, 0, 6, 1)]),
    ]
    frame = gpd.GeoDataFrame({"编号": ["甲", "乙", None], "n": [1.5, 2, 3]}, geometry=shapes, crs=4326)
    for suffix in (".shp", ".gpkg", ".fgb", ".geojson"):
        pyogrio.write_dataframe(frame, folder / f"f{suffix}", promote_to_multi=True)
    for suffix in (".tab", ".mif"):
        single = frame.explode(ignore_index=True)
        pyogrio.write_dataframe(single, folder / f"f{suffix}", driver="MapInfo File", ENCODING="UTF-8")
    pyogrio.write_dataframe(frame, folder / "f.gdb", driver="OpenFileGDB", promote_to_multi=True)
    pyogrio.write_dataframe(frame, folder / "f.kml", driver="LIBKML", promote_to_multi=True)
    frame.to_parquet(folder / "f.parquet")
    lines = frame.set_geometry(frame.boundary).explode(ignore_index=True).set_crs(None, allow_override=True)
    drawing = gpd.GeoDataFrame({"Layer": lines["编号"].fillna("x")}, geometry=lines.geometry)
    pyogrio.write_dataframe(drawing.set_crs(4326), folder / "f.dxf", driver="DXF")
    tracks = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.LineString(shapes[0].exterior)], crs=4326)
    pyogrio.write_dataframe(tracks, folder / "f.gpx", driver="GPX")
    features = json.loads(frame.to_json())["features"]
    (folder / "f.geojsonl").write_text("\n".join(map(json.dumps, features)), encoding="utf-8")
    rows = [f'{i},"{shape.wkt}"' for i, shape in enumerate(shapes)]
    (folder / "f.csv").write_text("\n".join(["id,WKT", *rows]), encoding="utf-8")
    with zipfile.ZipFile(folder / "f.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(folder / f"f{part}", f"田块/f{part}")
    with zipfile.ZipFile(folder / "f.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "f.kml", "doc.kml")
    return folder


def _check(path: Path) -> None:
    """Read a file; its rows are all accounted for, or its faults have words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRIDDER_READ_SECONDS", "20")
        patch.setenv("GRIDDER_READ_MEMORY_MB", "1024")
        try:
            units = gridder.read_units(f"{path}|crs=EPSG:4326", layer="field")
        except gridder.InputError as error:
            faults = error.faults
        else:
            faults = ()
            named = sum(len(finding.rows) for finding in units.repairs if finding.kind in LEFT_OUT)
            assert len(units) + named == units.source.n_rows
    assert all(fault.kind and fault.what.en and fault.what.zh and fault.remedy.zh for fault in faults)
    assert "too-slow" not in {fault.kind for fault in faults}


def _copied(seeds: Path, suffix: str, folder: Path) -> list[Path]:
    """Copy a seed with its parts, and return its files."""
    source = seeds / f"f{suffix}"
    if source.is_dir():
        shutil.copytree(source, folder / source.name)
        return sorted((folder / source.name).iterdir())
    parts = {".shp": (".shp", ".shx", ".dbf", ".prj"), ".tab": (".tab", ".dat", ".map", ".id")}
    return [
        Path(shutil.copy(seeds / f"f{part}", folder))
        for part in parts.get(suffix, (suffix, ".mid") if suffix == ".mif" else (suffix,))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [*BYTES, *TEXTS])
def test_damaged_bytes(seeds, suffix):
    """Bytes are set, flipped, cut out, repeated, or end early, in any part of the file."""

    @fuzzed
    @given(steps=damage, part=places)
    def run(steps, part):
        with tempfile.TemporaryDirectory() as name:
            files = _copied(seeds, suffix, Path(name))
            file = files[int(part * len(files))]
            file.write_bytes(_damaged(file.read_bytes(), steps))
            _check(Path(name) / f"f{suffix}")

    run()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", TEXTS)
def test_strange_values_in_texts(seeds, suffix):
    """Numbers are replaced by what is none, or none that fits."""

    @fuzzed
    @given(steps=replacements)
    def run(steps):
        with tempfile.TemporaryDirectory() as name:
            file = _copied(seeds, suffix, Path(name))[0]
            file.write_text(_replaced(file.read_text(encoding="utf-8"), steps), encoding="utf-8")
            _check(file)

    run()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_damage_within_a_sound_container(seeds, suffix):
    """The database, table or archive is sound, but the geometry, metadata or entry in it is not."""

    @fuzzed
    @given(steps=damage, words=replacements)
    def run(steps, words):
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / f"f{suffix}"
            shutil.copy(seeds / file.name, file)
            {".gpkg": _damage_package, ".parquet": _damage_parquet, ".zip": _damage_archive}[suffix](
                file, steps, words
            )
            _check(file)

    run()


def _damage_package(file: Path, steps, words) -> None:
    database = sqlite3.connect(file)
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    (blob,) = database.execute("SELECT geom FROM f WHERE fid = 3").fetchone()
    database.execute("UPDATE f SET geom = ? WHERE fid = 3", [_damaged(blob, steps)])
    database.commit()
    database.close()


def _damage_parquet(file: Path, steps, words) -> None:
    table = pq.read_table(file)
    wkb = [_damaged(value, steps) for value in table.column("geometry").to_pylist()]
    geo = _replaced(table.schema.metadata[b"geo"].decode(), words)
    at = table.column_names.index("geometry")
    table = table.set_column(at, "geometry", [wkb]).replace_schema_metadata({"geo": geo})
    pq.write_table(table, file)


def _damage_archive(file: Path, steps, words) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name = sorted(entries)[int(words[0][0] * len(entries))]
    entries[name] = _damaged(entries[name], steps)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
