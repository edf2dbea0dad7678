"""The layers of a file, or of all files and tables in an archive, and the choice among them; runs in the guarded child."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats, gdal, geoparquet, stage, unpack
from gridder.io.fault import Fault
from gridder.io.limits import Limits
from gridder.io.table import Table, best_of, tables_of

UNNAMED = "input"
"""What GDAL calls a layer that has no name of its own: the file's, which is ours."""
Notes = list[dict[str, Any]]
"""What the parent puts into words (`gridder.io.notes`)."""


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
    table: Table | None = None
    """Where it is a table in an archive."""
    fault: Fault | None = None
    """Why it cannot be read, where that is known before it is chosen."""

    @property
    def source(self) -> Path:
        """Return the file that holds it."""
        return self.staged.path


def layers_of(path: Path, request: dict[str, Any], folder: Path, limits: Limits, notes: Notes) -> list[Layer]:
    """Return every layer of a file, or of all files in an archive; those with a fault are tables in an archive.

    Raises
    ------
    Fault
        When there is none, or a file of shapes cannot be read.
    """
    _refuse_large(path, limits)
    sources, prose = [(path, path.stem)], list[str]()
    if is_archive(path):
        unpacked, prose = unpack.unpack(path, folder / "unpacked", limits, request["known_headers"])
        sources = _told_apart(unpacked)
    with_tables = any(source.suffix in formats.TABLE_SUFFIXES for source, _ in sources)
    layers: list[Layer] = []
    for k, (source, name) in enumerate(sources):
        if source.suffix.lower() in formats.TABLE_SUFFIXES:
            layers += _layers_of_table(source, name, request)
            continue
        try:
            layers += _layers_of_file(source, name, folder / f"staged{k}", request, notes)
        except Fault as fault:
            if not is_archive(path):
                raise
            if not with_tables or source.suffix != ".json":
                raise fault.of(source, name) from fault
            prose.append(f"{name}{source.suffix}")
    if not layers:
        raise Fault("no-layer")
    if all(layer.fault for layer in layers):
        raise next(layer.fault for layer in layers if layer.fault)
    passed_over = [*prose, *(layer.name for layer in layers if layer.fault)]
    if passed_over and request["family"] in {formats.POINTS, formats.ANY}:
        notes.append(note("passed-over", names=", ".join(passed_over)))
    seen = Counter(layer.name for layer in layers)
    return [
        replace(layer, name=f"{layer.name} {k}") if seen[layer.name] > 1 else layer
        for k, layer in enumerate(layers, 1)
    ]


def is_archive(path: Path) -> bool:
    """Return whether a file holds others, by its suffix."""
    return path.suffix.lower() in formats.ARCHIVE_SUFFIXES


def note(kind: str, rows: Any = (), **facts: Any) -> dict[str, Any]:
    """Return something that the parent puts into words (`gridder.io.notes`)."""
    return {"kind": kind, "rows": [int(row) for row in rows], "facts": facts}


def _refuse_large(path: Path, limits: Limits) -> None:
    files = path.iterdir() if path.is_dir() else stage.parts_of(path)
    if sum(part.stat().st_size for part in files) > limits.file_mb * formats.MEGABYTE:
        raise Fault("file-too-large", limit_mb=limits.file_mb)


def _told_apart(sources: Sequence[unpack.Found]) -> list[unpack.Found]:
    """Return files with their suffix in the name where one of another kind has the same name."""
    suffixes = defaultdict(set)
    for path, name in sources:
        suffixes[name].add(path.suffix)
    return [(path, name + path.suffix if len(suffixes[name]) > 1 else name) for path, name in sources]


def _layers_of_table(path: Path, name: str, request: dict[str, Any]) -> list[Layer]:
    staged = stage.Staged(path)
    try:
        tables = tables_of(path, request, packed_as=name)
    except Fault as fault:
        return [Layer(staged, "", name, name, formats.TABLE, 0, fault=fault.of(path, name))]
    return [Layer(staged, one.driver, one.sheet, one.name, formats.TABLE, one.n, one) for one in tables]


def _layers_of_file(
    path: Path, name: str, folder: Path, request: dict[str, Any], notes: Notes
) -> list[Layer]:
    user = encoding.known_codec(request["encoding"]) if request["encoding"] else None
    staged = stage.stage(path, folder, user or "")
    driver = formats.DRIVER_OF_SUFFIX[staged.path.suffix.lower()]
    listed = geoparquet.layers(staged.path) if driver == formats.PARQUET else gdal.layers(staged.path, driver)
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
            notes.append(note("network-link", n=staged.network_links))
        missed = staged.placemarks - sum(layer.n for layer in layers)
        if missed > 0:
            notes.append(note("placemarks-missed", n=missed))
    if driver in formats.FIXED_LAYERS:
        return [layer for layer in layers if layer.n] or layers[:1]
    return layers


def choose(layers: Sequence[Layer], layername: str, family: str) -> Layer:
    """Return the layer that was named, or the only one that fits; of several sheets of one workbook the best.

    Raises
    ------
    Fault
        When there is no such layer, there are several, or the chosen one has a fault.
    """
    chosen = _named(layers, layername) if layername else _only(layers, family)
    if chosen.fault:
        raise chosen.fault
    return chosen


def _named(layers: Sequence[Layer], layername: str) -> Layer:
    for layer in layers:
        if layer.name == layername:
            return layer
    raise Fault("no-such-layer", wanted=layername, names=[layer.name for layer in layers])


def _only(layers: Sequence[Layer], family: str) -> Layer:
    fitting = list(_fitting(layers, family)) or list(layers)
    sheets = {layer.table: layer for layer in fitting if layer.table}
    if len(sheets) == len(fitting) and len({layer.source for layer in fitting}) == 1:
        return sheets[best_of(list(sheets))]
    if len(fitting) > 1:
        raise Fault("several-layers", names=[layer.name for layer in fitting])
    return fitting[0]


def _fitting(layers: Sequence[Layer], family: str) -> Iterator[Layer]:
    """Yield the layers that hold what is wanted; lines for areas where a format knows no areas.

    A roster is a table or a layer of points; a layer of any shapes is one only where there is neither.
    """
    wanted = formats.FITTING.get(family)
    if family == formats.POINTS and any(layer.family == formats.TABLE for layer in layers):
        wanted = (formats.POINTS,)
    for layer in layers:
        if layer.table:
            fits = family == formats.ANY or family in layer.table.families
        elif layer.fault:
            fits = family in {formats.ANY, formats.POINTS}
        else:
            fits = (
                wanted is None
                or layer.family in wanted
                or (
                    family == formats.POLYGONS
                    and layer.driver in formats.ROUGH
                    and layer.family == formats.LINES
                )
            )
        if fits:
            yield layer
