"""Files made from what a caller may see of a plan: one set a view, made once, never mixed."""

from __future__ import annotations

import json
import sqlite3
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

import maps
from api.errors import CORRUPT_PLAN, NOT_FOUND, ProblemError
from gridder.errors import InputError
from gridder.io.draft import draft_of
from gridder.io.export import EXPORTS, write_export
from gridder.io.feature_file import FeatureFile
from gridder.io.features import write_features
from gridder.io.plan import REPORT, load_plan
from gridder.io.tiles import first_zoom_of_units, level_of, write_level
from gridder.model import Lang, Plan, PlanView, Text
from gridder.privacy import view
from gridder.service.apart import hide_differences
from gridder.service.compare import compare
from gridder.storage.folder import comparison_name

log = structlog.get_logger("gridder.api")

LANGS: tuple[Lang, ...] = ("en", "zh")
FEATURES = "features.sqlite"
ATLAS = "atlas"
"""Folder within the zip of an atlas."""
_VIEWS_IN_MEMORY = 4
GRID_MAPS_KEPT = 500
"""Of a view on the disk; a plan may have tens of thousands of grids."""
COMPARISONS_KEPT = 100
"""Of a view on the disk; every two plans may be compared."""
ATLAS_FILES: dict[str, Lang] = {f"atlas-{lang}.zip": lang for lang in LANGS}
MOST_UNITS_IN_ATLAS = 50_000
"""An atlas of so many takes this process some ten seconds; the command line makes larger ones."""
MOST_ZONES_IN_ATLAS = 400
"""Each is a page, of which this process makes some ten in a second."""
MOST_PAGES_BY_GRID = 200
_EXPORT_OF = {f"grids{suffix}": name for name, (suffix, _) in EXPORTS.items()}


@dataclass
class _Views:
    """The views that were asked for last, so that the maps of grids come quickly."""

    views: OrderedDict[tuple[Path, int], PlanView] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, folder: Path, k: int) -> PlanView:
        """Return a view; callers hold the lock of the plan, so that nobody waits for another plan."""
        with self.lock:
            found = self.views.pop((folder, k), None)
        found = found or view(load_plan(folder), k=k)
        with self.lock:
            self.views[folder, k] = found
            if len(self.views) > _VIEWS_IN_MEMORY:
                self.views.popitem(last=False)
        return found


_VIEWS = _Views()
_MAKING = tuple(threading.Lock() for _ in range(64))
_DAMAGE = (sqlite3.DatabaseError, FileNotFoundError, UnicodeDecodeError, json.JSONDecodeError, InputError)


def _lock_of(folder: Path) -> threading.Lock:
    """Return the lock under which files of a plan are made; few plans share one."""
    return _MAKING[hash(folder) % len(_MAKING)]


def write_views(plan: Plan, folder: Path, suppress_below: int) -> None:
    """Write map and features for planners and for viewers into the folder of a new plan."""
    for k in sorted({1, suppress_below}):
        seen = view(plan, k=k)
        place = folder / f"view-{k}"
        place.mkdir()
        for lang in LANGS:
            maps.plan_map(seen, lang=lang).save(str(place / f"map-{lang}.html"))
        write_features(seen, place / FEATURES)


def view_file(folder: Path, k: int, name: str) -> Path:
    """Return a file made from a view of a plan, made at first use where the run did not make it."""
    path = folder / f"view-{k}" / name
    if not path.is_file():
        with _lock_of(folder), undamaged(folder):
            if not path.is_file():
                path.parent.mkdir(exist_ok=True)
                with draft_of(path) as draft:
                    _writer(name)(_VIEWS.get(folder, k), draft)
    return path


def grid_level(folder: Path, k: int, features: FeatureFile, zoom: int) -> Path | None:
    """Return the grids of a view at the level of detail of a zoom, made at first use; None where they are whole."""
    level = level_of(features, zoom)
    if level is None:
        return None
    path = folder / f"view-{k}" / f"grids-{level}.sqlite"
    if not path.is_file():
        with _lock_of(folder), undamaged(folder):
            if not path.is_file():
                with draft_of(path) as draft:
                    write_level(features, level, draft)
    return path


def units_from(folder: Path, k: int) -> int:
    """Return the first zoom at which tiles of a view have units."""
    path = view_file(folder, k, FEATURES)
    with undamaged(folder):
        return _units_from(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _units_from(path: Path, changed_ns: int) -> int:  # noqa: ARG001 - part of the key
    with FeatureFile(path) as file:
        return first_zoom_of_units(file)


@contextmanager
def open_features(folder: Path, k: int) -> Iterator[FeatureFile]:
    """Open the features of a view of a plan."""
    with undamaged(folder), FeatureFile(view_file(folder, k, FEATURES)) as file:
        yield file


def read_report(folder: Path) -> dict[str, Any]:
    """Return the report of a plan."""
    with undamaged(folder):
        report: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    return report


@contextmanager
def undamaged(folder: Path) -> Iterator[None]:
    """Say so where the files of a plan are gone or damaged, rather than call it a fault of ours."""
    try:
        yield
    except _DAMAGE as error:
        if not folder.is_dir():
            raise ProblemError(NOT_FOUND, Text("its files are gone", "其文件已不存在")) from error
        log.error("damaged", plan=folder.name, error=type(error).__name__)  # noqa: TRY400 - no fault of the code
        raise ProblemError(
            CORRUPT_PLAN,
            remedy=Text(
                "run the partition again, or ask who runs the service to restore the plan's folder",
                "请重新划分，或请管理员恢复该方案的文件夹",
            ),
        ) from error


def grid_map_file(folder: Path, k: int, grid_id: str, lang: Lang) -> Path | None:
    """Return the map of one grid; None where the plan has no such grid."""
    with _lock_of(folder), undamaged(folder):
        seen = _VIEWS.get(folder, k)
    found = (seen.grids["grid_id"] == grid_id).to_numpy().nonzero()[0]
    if len(found) == 0:
        return None
    path = folder / f"view-{k}" / f"grid-{found[0]}-{lang}.html"
    if not path.is_file():
        with undamaged(folder):
            path.parent.mkdir(exist_ok=True)
            with draft_of(path) as draft:
                maps.grid_map(seen, grid_id, lang=lang).save(str(draft))
        _drop_oldest(path.parent, "grid-*.html", GRID_MAPS_KEPT)
    return path


def comparison_file(before: Path, after: Path, k: int, lang: Lang) -> Path:
    """Return the map of two plans, made at first use; it lies with the older one and goes with either.

    Counts that differ by less than `k` are hidden, too: their difference is a count of people.
    """
    path = before / f"view-{k}" / comparison_name(after.name, lang)
    if not path.is_file():
        with _lock_of(before), undamaged(before), undamaged(after):
            if not path.is_file():
                old, new = _VIEWS.get(before, k), _VIEWS.get(after, k)
                found = compare(old, new)
                old, new = hide_differences(old, new, found.matches)
                path.parent.mkdir(exist_ok=True)
                with draft_of(path) as draft:
                    maps.compare_map(old, new, found, lang=lang).save(str(draft))
        if not after.is_dir():  # deleted meanwhile
            path.unlink(missing_ok=True)
            raise ProblemError(NOT_FOUND)
        _drop_oldest(path.parent, comparison_name("*", "*"), COMPARISONS_KEPT)
    return path


def _drop_oldest(place: Path, names: str, kept: int) -> None:
    with suppress(FileNotFoundError):  # another request drops the same at the same moment
        made = [(path.stat().st_mtime_ns, path) for path in place.glob(names)]
        for _, path in sorted(made)[:-kept]:
            path.unlink()


def _writer(name: str) -> Callable[[PlanView, Path], None]:
    if name == FEATURES:
        return write_features
    if name in _EXPORT_OF:
        return lambda seen, path: write_export(seen, path, format=_EXPORT_OF[name])
    if name in ATLAS_FILES:
        return lambda seen, path: _write_atlas(seen, path, ATLAS_FILES[name])
    lang: Lang = "zh" if name == "map-zh.html" else "en"
    return lambda seen, path: maps.plan_map(seen, lang=lang).save(str(path))


def _write_atlas(seen: PlanView, path: Path, lang: Lang) -> None:
    """Write the linked pages of an atlas and its PDF as a zip; a page a zone, or a grid where all is one zone."""
    is_one = len(seen.zones) < 2 and len(seen.grids) <= MOST_PAGES_BY_GRID
    folder = path.with_suffix("")
    maps.atlas(seen, by="grid" if is_one else "zone", lang=lang).save(folder, pdf="A4")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part in sorted(file for file in folder.rglob("*") if file.is_file()):
            package.write(part, Path(ATLAS) / part.relative_to(folder))
