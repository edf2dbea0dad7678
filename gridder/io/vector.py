"""Read a layer of a vector file or of an archive of them; runs in the guarded child."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats, gdal, geoparquet, stage, unpack, wkb
from gridder.io.fault import Fault
from gridder.io.handover import ROW, WKB, write_rows
from gridder.io.limits import Limits

UNNAMED = "input"
"""What GDAL calls a layer that has no name of its own: the file's, which is ours."""


@dataclass(frozen=True)
class Layer:
    """A layer that may be read."""

    staged: stage.Staged
    driver: str
    inside: str
    """Its name in the file."""
    name: str
    """Its name for people."""
    family: str
    n: int

    @property
    def source(self) -> Path:
        """Return the file that holds it."""
        return self.staged.path


def read_vector(path: Path, request: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    """List the layers of a file, and read one of them.

    Raises
    ------
    Fault
        With what is wrong with the file.
    """
    notes: list[dict[str, Any]] = []
    user = encoding.known_codec(request["encoding"]) if request["encoding"] else None
    layers = _layers(path, folder, user or "", limits, notes)
    described = [{"name": layer.name, "family": layer.family, "n": layer.n} for layer in layers]
    if request["list_only"]:
        return {"layers": described}
    layer = _choose(layers, request["layername"], request["family"])
    if not layer.n and layer.staged.network_links:
        raise Fault("only-network-links", n=layer.staged.network_links)
    if layer.n > limits.features and not request["subset"]:
        raise Fault("too-many-features", n=layer.n, limit=limits.features)
    table, facts = _rows(layer, request["subset"], user)
    notes += facts.pop("notes", [])
    if table.num_rows > limits.features:
        raise Fault("too-many-features", n=table.num_rows, limit=limits.features)
    table = _parsed(table, layer, request["family"], limits, notes)
    write_rows(table, folder)
    return {
        **encoding.facts_of(layer.staged.choice or facts.pop("choice", None)),
        "restored_shx": layer.staged.without_index,
        "without_dbf": False,
        **facts,
        "driver": layer.driver,
        "notes": notes,
        "layers": described,
        "layername": layer.name,
    }


def _layers(path: Path, folder: Path, user: str, limits: Limits, notes: list[dict[str, Any]]) -> list[Layer]:
    """Return every layer of a file, or of all files in an archive."""
    _refuse_large(path, limits)
    if path.suffix.lower() in formats.ARCHIVE_SUFFIXES:
        sources = unpack.unpack(path, folder / "unpacked", limits)
    else:
        sources = [(path, path.stem)]
    layers: list[Layer] = []
    for k, (given, name) in enumerate(sources):
        staged = stage.stage(given, folder / f"staged{k}", user)
        driver = formats.DRIVER_OF_SUFFIX[staged.path.suffix.lower()]
        layers += _layers_of_file(staged, driver, name, notes)
    if not layers:
        raise Fault("no-layer")
    seen = Counter(layer.name for layer in layers)
    return [
        replace(layer, name=f"{layer.name} {k}") if seen[layer.name] > 1 else layer
        for k, layer in enumerate(layers, 1)
    ]


def _refuse_large(path: Path, limits: Limits) -> None:
    files = path.iterdir() if path.is_dir() else stage.parts_of(path)
    if sum(part.stat().st_size for part in files) > limits.file_mb * formats.MEGABYTE:
        raise Fault("file-too-large", limit_mb=limits.file_mb)


def _layers_of_file(staged: stage.Staged, driver: str, name: str, notes: list[dict[str, Any]]) -> list[Layer]:
    path = staged.path
    listed = geoparquet.layers(path) if driver == formats.PARQUET else gdal.layers(path, driver)
    layers = [
        Layer(
            staged,
            driver,
            inside,
            inside if driver in formats.LAYERED and inside != UNNAMED else name,
            family,
            n,
        )
        for inside, family, n in listed
    ]
    if driver == formats.KML:
        if staged.network_links:
            notes.append(_note("network-link", n=staged.network_links))
        missed = staged.placemarks - sum(layer.n for layer in layers)
        if missed > 0:
            notes.append(_note("placemarks-missed", n=missed))
    if driver in formats.FIXED_LAYERS:
        return [layer for layer in layers if layer.n] or layers[:1]
    return layers


def _rows(layer: Layer, subset: str, user: str | None) -> tuple[Any, dict[str, Any]]:
    if layer.driver == formats.PARQUET:
        return geoparquet.read(layer.source, subset)
    return gdal.read(
        layer.source,
        layer.driver,
        layer.inside,
        n=layer.n,
        subset=subset,
        user=user,
        restored=layer.staged.without_index,
    )


def _choose(layers: Sequence[Layer], layername: str, family: str) -> Layer:
    """Return the layer that was named, or the only one whose geometry fits."""
    names = [layer.name for layer in layers]
    if layername:
        named = [layer for layer in layers if layer.name == layername]
        if not named:
            raise Fault("no-such-layer", wanted=layername, names=names)
        return named[0]
    fitting = list(_fitting(layers, family))
    if len(fitting) == 1:
        return fitting[0]
    if len(layers) == 1:
        return layers[0]
    raise Fault("several-layers", names=[layer.name for layer in fitting] or names)


def _fitting(layers: Sequence[Layer], family: str) -> Iterator[Layer]:
    """Yield the layers that hold what is wanted; lines for areas where a format knows no areas."""
    for layer in layers:
        wanted = formats.FITTING.get(family)
        if (
            wanted is None
            or layer.family in wanted
            or (
                family == formats.POLYGONS and layer.driver in formats.ROUGH and layer.family == formats.LINES
            )
        ):
            yield layer


def _parsed(table: Any, layer: Layer, family: str, limits: Limits, notes: list[dict[str, Any]]) -> Any:
    """Return the table with geometries that the parent can parse, and closed lines as areas if wanted."""
    import pyarrow as pa
    import shapely

    geometries = wkb.parse(table.column(WKB))
    vertices = int(shapely.get_num_coordinates(geometries).sum())
    if vertices > limits.vertices:
        raise Fault("too-many-vertices", n=vertices, limit=limits.vertices)
    if layer.driver not in formats.ROUGH or family not in {formats.POLYGONS, formats.ANY}:
        return table
    areas, closed, unclosed = wkb.areas_of_closed_lines(geometries)
    if not closed.any():
        return table
    rows = table.column(ROW).to_numpy()
    notes.append(_note("closed-lines", rows[closed], n=int(closed.sum())))
    if unclosed.any():
        notes.append(_note("open-lines", rows[unclosed], n=int(unclosed.sum())))
    at = table.column_names.index(WKB)
    return table.set_column(at, WKB, pa.array(list(shapely.to_wkb(areas)), pa.binary()))


def _note(kind: str, rows: Any = (), **facts: Any) -> dict[str, Any]:
    """Return something that the parent puts into words (`gridder.io.notes`)."""
    return {"kind": kind, "rows": [int(row) for row in rows], "facts": facts}
