"""Write a plan as a folder of files, whole or not at all, and read it back."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyproj import CRS

from gridder.errors import InputError
from gridder.folders import LEFT_BY_OTHERS, FolderKind, check_folder_output, draft_of_folder
from gridder.io.address_review import write_review
from gridder.io.report_page import write_report
from gridder.io.rosters import write_rosters
from gridder.model import Finding, Lang, Plan, PlanReport, PlanView, Text
from gridder.privacy import view
from gridder.progress import Progress, silent

Kind = Literal["text", "int", "float", "bool"]
WriteMap = Callable[[PlanView, Path], None]

GEOPACKAGE = "plan.gpkg"
RECIPE = "plan.json"
REPORT = "report.json"
REPORT_PAGE = "report.html"
MAP = "map.html"
ROSTERS = "rosters.xlsx"
ADDRESS_REVIEW = "address_review.xlsx"
OURS = frozenset({GEOPACKAGE, RECIPE, REPORT, REPORT_PAGE, MAP, ROSTERS, ADDRESS_REVIEW})
"""Files of a plan's folder; `overwrite` replaces no other."""
BESIDE_GEOPACKAGE = frozenset(f"{GEOPACKAGE}{tail}" for tail in ("-wal", "-shm", "-journal", ".aux.xml"))
FOLDER = FolderKind(
    Text("a plan", "方案"), OURS.__contains__, (LEFT_BY_OTHERS | BESIDE_GEOPACKAGE).__contains__
)


@dataclass(frozen=True)
class Table:
    """One layer of `plan.gpkg`: its fixed columns, and what its geometries are (None: it has none)."""

    columns: Mapping[str, Kind]
    geometry: Literal["MultiPolygon", "MultiLineString"] | None = None


TABLES = {
    "grids": Table(
        {
            "grid_id": "text",
            "code": "text",
            "number": "int",
            "layer": "text",
            "zone": "text",
            "zone_code": "text",
            "size": "float",
            "target": "float",
            "deviation": "float",
            "n_units": "int",
            "n_members": "int",
            "area_ha": "float",
            "polsby_popper": "float",
            "within_bounds": "bool",
            "contiguous": "bool",
            "reason": "text",
            "valid_from": "text",
            "valid_to": "text",
        },
        "MultiPolygon",
    ),
    "units": Table(
        {
            "unit_id": "text",
            "source_id": "text",
            "grid_id": "text",
            "layer": "text",
            "zone": "text",
            "size": "float",
            "area_ha": "float",
        },
        "MultiPolygon",
    ),
    "plots": Table({"unit_id": "text"}, "MultiPolygon"),
    "adjacency": Table(
        {
            "layer": "text",
            "unit_a": "text",
            "unit_b": "text",
            "kind": "text",
            "gap_m": "float",
            "shared_m": "float",
        }
    ),
    "placements": Table(
        {
            "member_id": "text",
            "layer": "text",
            "unit_id": "text",
            "grid_id": "text",
            "method": "text",
            "distance_m": "float",
            "reason": "text",
        }
    ),
    "composition": Table(
        {"layer": "text", "grid_id": "text", "attribute": "text", "value": "text", "count": "int"}
    ),
    "zones": Table({"zone": "text", "zone_code": "text"}, "MultiPolygon"),
    "barriers": Table({"barrier": "int"}, "MultiLineString"),
}
_DTYPES: dict[str, Any] = {"text": "str", "int": "int64", "float": "float64", "bool": "bool"}


def check_output(folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Refuse a folder that a plan may not be written to; as `gridder.folders.check_folder_output`."""
    check_folder_output(folder, FOLDER, overwrite=overwrite)


def save_plan(
    plan: Plan,
    folder: str | os.PathLike[str],
    *,
    write_map: WriteMap | None = None,
    names: bool = False,
    overwrite: bool = False,
    lang: Lang = "en",
    progress: Progress = silent,
) -> Path:
    """Write a plan as a folder, whole or not at all.

    The files are made in a hidden folder beside `folder` that is renamed at the end; a fault, Ctrl-C or
    `Stopped` on the way leaves everything as it was.

    Parameters
    ----------
    plan
        The plan to write.
    folder
        The folder to make, with its parents; it may exist when it is empty.
    write_map
        Writes `map.html` from what the owner may see and a path; without it there is no map.
    names
        Write names, own ids, phones and addresses into `rosters.xlsx`, and doubtful addresses into
        `address_review.xlsx`.
    overwrite
        Replace the plan that is there; never a folder that holds anything else.
    lang
        Language of rosters and report page.
    progress
        Told the stage `write` and its share done; may raise `Stopped`.

    Returns
    -------
    Path
        The folder. `plan.gpkg`, `plan.json`, `report.json` and `report.html` are always in it,
        `map.html` with `write_map`, `rosters.xlsx` where the plan has placements.

    Raises
    ------
    OutputExistsError
        As `check_output`.
    InputError
        As `check_output`; or `names` for a plan without a roster.
    """
    with draft_of_folder(folder, FOLDER, overwrite=overwrite) as draft:
        _write_files(plan, draft, write_map=write_map, names=names, lang=lang, progress=progress)
    progress("write", 1.0)
    return Path(folder).absolute()


def load_plan(folder: str | os.PathLike[str]) -> Plan:
    """Read a plan back from its folder.

    Returns
    -------
    Plan
        What was saved, `roster` None.
        Text columns have the type `str`; whole numbers with gaps come as `Int64`, truth values with
        gaps as `boolean`; shapes of one part are plain polygons and lines.

    Raises
    ------
    InputError
        The folder holds no plan, or one that cannot be read.
    """
    place = Path(folder)
    missing = [name for name in (GEOPACKAGE, RECIPE, REPORT) if not (place / name).is_file()]
    if missing:
        what = Text("the folder holds no plan: {names} missing", "文件夹中没有方案：缺少 {names}").format(
            names=", ".join(missing)
        )
        raise InputError([_no_plan(str(place), what)])
    tables = _read_tables(place / GEOPACKAGE)
    return Plan(
        **cast("dict[str, Any]", tables),
        report=PlanReport(_read_json(place / REPORT)),
        recipe=_read_json(place / RECIPE),
    )


def load_recipe(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read `plan.json` of a plan's folder.

    Raises
    ------
    InputError
        The folder holds no plan, or one that cannot be read.
    """
    path = Path(folder) / RECIPE
    if not path.is_file():
        what = Text("the folder holds no plan: {names} missing", "文件夹中没有方案：缺少 {names}")
        raise InputError([_no_plan(str(folder), what.format(names=RECIPE))])
    recipe = _read_json(path)
    if not {"inputs", "parameters"} <= recipe.keys():
        raise InputError([_no_plan(path.name, Text("this is no part of a plan", "这不是方案的一部分"))])
    return recipe


def _write_files(
    plan: Plan,
    folder: Path,
    *,
    write_map: WriteMap | None,
    names: bool,
    lang: Lang,
    progress: Progress,
) -> None:
    progress("write", 0.0)
    if len(plan.placements):
        write_rosters(
            plan,
            folder / ROSTERS,
            names=names,
            lang=lang,
            progress=lambda stage, done: progress(stage, 0.5 * done),
        )
    if names and plan.address_review is not None and len(plan.address_review):
        write_review(plan.address_review, folder / ADDRESS_REVIEW, lang=lang)
    for done, (name, table) in enumerate(TABLES.items()):
        _write_table(getattr(plan, name), table, folder / GEOPACKAGE, name)
        progress("write", 0.5 + 0.25 * (done + 1) / len(TABLES))
    _write_json(plan.recipe, folder / RECIPE)
    _write_json(plan.report.content, folder / REPORT)
    write_report(plan, folder / REPORT_PAGE, lang=lang)
    progress("write", 0.8)
    if write_map is not None:
        write_map(view(plan), folder / MAP)
    progress("write", 0.95)


def _write_table(frame: pd.DataFrame, table: Table, path: Path, layer: str) -> None:
    """Write one layer: fixed columns first, then the input's own, all with settled types."""
    own = [name for name in frame.columns if name not in table.columns and name != "geometry"]
    columns = {name: frame[name].astype(_DTYPES[kind]) for name, kind in table.columns.items()}
    columns |= {str(name): storable(frame[name]) for name in own}
    content = pd.DataFrame(columns).reset_index(drop=True)
    options = {"layer": layer, "driver": "GPKG", "use_arrow": True, "append": path.exists()}
    if table.geometry is None:
        pyogrio.write_dataframe(content, path, **options)
        return
    shapes = cast("gpd.GeoDataFrame", frame).geometry
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(content, geometry=to_multi(shapes.to_numpy()), crs=_asked_once(shapes.crs)),
        path,
        geometry_type=table.geometry,
        layer_options={"GEOMETRY_NAME": "geometry"},
        **options,
    )


class _AskedOnce(CRS):
    """A coordinate system that knows its EPSG number: one without takes a tenth of a second to say so.

    GeoPackage's writer asks for every table.
    """

    def __init__(self, crs: CRS) -> None:
        super().__init__(crs)
        self._number = super().to_epsg()

    def to_epsg(self, min_confidence: int = 70) -> int | None:  # noqa: ARG002 - as in pyproj
        return self._number


@lru_cache(maxsize=4)
def _asked_once(crs: CRS | None) -> CRS | None:
    return None if crs is None else _AskedOnce(crs)


def storable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of a type that GeoPackage keeps; anything else becomes text."""
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_float_dtype(dtype):
        return column
    if pd.api.types.is_integer_dtype(dtype):
        kept = str(dtype) in {"int16", "int32", "int64", "Int64"}
        return column if kept else column.astype("Int64" if column.hasnans else "int64")
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return column
    return column.astype("str")


def to_multi(geoms: np.ndarray) -> np.ndarray:
    """Return geometries of one part as multi-geometries, so that a layer has one type."""
    kinds = shapely.get_type_id(geoms)
    result = geoms.copy()
    for single, make in (
        (shapely.GeometryType.POLYGON, shapely.multipolygons),
        (shapely.GeometryType.LINESTRING, shapely.multilinestrings),
    ):
        at = np.flatnonzero(kinds == single)
        result[at] = make(geoms[at], indices=np.arange(len(at)))
    return result


def _to_single(geoms: np.ndarray) -> np.ndarray:
    """Return multi-geometries of one part as plain ones."""
    result = geoms.copy()
    at = np.flatnonzero(shapely.get_num_geometries(geoms) == 1)
    result[at] = shapely.get_geometry(geoms[at], 0)
    return result


def _read_tables(path: Path) -> dict[str, pd.DataFrame]:
    with path.open("rb") as stream:
        is_database = stream.read(16) == b"SQLite format 3\x00"
    if not is_database:
        raise InputError([_no_plan(path.name, Text("this is no GeoPackage", "这不是 GeoPackage 文件"))])
    try:
        return {name: _read_table(path, name, table) for name, table in TABLES.items()}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, KeyError) as error:
        what = Text("a table of the plan is missing or broken: {error}", "方案的表缺失或损坏：{error}")
        raise InputError([_no_plan(path.name, what.format(error=error))]) from error


def _read_table(path: Path, layer: str, table: Table) -> pd.DataFrame:
    meta, content = pyogrio.read_arrow(path, layer=layer)
    columns = {name: _series(content.column(name)) for name in content.column_names if name != "geometry"}
    for name, kind in table.columns.items():
        columns[name] = columns[name].astype(_DTYPES[kind])
    frame = pd.DataFrame(columns)
    if table.geometry is None:
        return frame
    shapes = shapely.from_wkb(content.column("geometry").to_numpy())
    located: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=_to_single(shapes), crs=meta["crs"])
    return located


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    if column.null_count and pa.types.is_integer(column.type):
        return cast("pd.Series[Any]", column.to_pandas(types_mapper={column.type: pd.Int64Dtype()}.get))
    if column.null_count and pa.types.is_boolean(column.type):
        return cast("pd.Series[Any]", column.to_pandas(types_mapper={column.type: pd.BooleanDtype()}.get))
    series = cast("pd.Series[Any]", column.to_pandas())
    return series.astype("str") if pa.types.is_string(column.type) else series


def _write_json(content: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(_plain(content), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: numbers of numpy as plain ones, missing ones as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError([_no_plan(path.name, Text("this is no JSON file", "这不是 JSON 文件"))]) from error
    if not isinstance(content, dict):
        raise InputError([_no_plan(path.name, Text("this is no part of a plan", "这不是方案的一部分"))])
    return content


def _no_plan(file: str, what: Text) -> Finding:
    return Finding(
        "no-plan",
        what,
        file=file,
        remedy=Text(
            "name a folder that `gridder partition` wrote", "请指定由 gridder partition 写出的文件夹"
        ),
    )
