"""The data folder: where uploads, plans and drafts lie, and how they come and go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from gridder.storage.ids import is_id, new_id


class DataFolder:
    """The folder of what is too large for the store; it and its parts are made for their owner alone.

    Parameters
    ----------
    path
        Where it is.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.uploads = self.path / "uploads"
        self.plans = self.path / "plans"
        self.work = self.path / "work"
        for folder in (self.path, self.uploads, self.plans, self.work):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def upload(self, dataset_id: str) -> Path:
        """Return where the sealed file of a dataset lies."""
        return self.uploads / _checked(dataset_id)

    def plan(self, plan_id: str) -> Path:
        """Return where the folder of a plan lies."""
        return self.plans / _checked(plan_id)

    def draft(self, job_id: str, attempt: int) -> Path:
        """Return where an attempt writes."""
        return self.work / f"{_checked(job_id)}-{attempt}"

    def publish(self, draft: Path, plan_id: str) -> None:
        """Make a draft a plan's folder by one rename, when all of it is on the disk.

        Raises
        ------
        FileExistsError
            The plan has a folder.
        """
        target = self.plan(plan_id)
        if target.exists():
            raise FileExistsError(target)
        for path in [*draft.rglob("*"), draft]:
            _flush(path)
        os.utime(draft)  # young for `sweep` until the store knows it
        draft.rename(target)
        _flush(self.plans)

    def remove_plan(self, plan_id: str) -> bool:
        """Remove a plan's folder, out of sight at once, and what compares others with it; return whether there was one."""
        removed = self._discard(self.plan(plan_id))
        self._remove_comparisons(plan_id)
        return removed

    def _remove_comparisons(self, plan_id: str) -> None:
        for path in self.plans.glob(f"*/view-*/{comparison_name(plan_id, '*')}"):
            path.unlink(missing_ok=True)

    def remove_upload(self, dataset_id: str) -> bool:
        """Remove a dataset's file; return whether there was one."""
        path = self.upload(dataset_id)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def remove_all(self, *, plan_ids: Iterable[str], dataset_ids: Iterable[str]) -> bool:
        """Remove folders of plans and files of datasets; return whether there was any."""
        removed = [self.remove_plan(own) for own in plan_ids]
        removed += [self.remove_upload(own) for own in dataset_ids]
        return any(removed)

    def keep_upload(self, draft: Path, dataset_id: str) -> None:
        """Make a sealed draft a dataset's file by one rename, when all of it is on the disk.

        Raises
        ------
        FileExistsError
            The dataset has a file.
        """
        target = self.upload(dataset_id)
        if target.exists():
            raise FileExistsError(target)
        _flush(draft)
        os.utime(draft)  # young for `sweep` until the store knows it
        draft.rename(target)
        _flush(self.uploads)

    def sweep(
        self,
        *,
        known_plans: AbstractSet[str],
        known_uploads: AbstractSet[str],
        running: AbstractSet[tuple[str, int]],
        older_than: float,
        now: float,
    ) -> list[Path]:
        """Remove what nobody owns and what nobody has changed for a while.

        Parameters
        ----------
        known_plans, known_uploads
            Ids in the store.
        running
            Job and attempt of the drafts in work.
        older_than
            Seconds; what is younger stays, as its row may be on its way into the store.

        Returns
        -------
        list
            What was removed.
        """
        drafts = {self.draft(*attempt).name for attempt in running}
        orphans = [
            *_others(self.plans, known_plans),
            *_others(self.uploads, known_uploads),
            *_others(self.work, drafts),
        ]
        removed = [path for path in orphans if _age(path, now) > older_than and self._discard(path)]
        for path in removed:
            if path.parent == self.plans and is_id(path.name):
                self._remove_comparisons(path.name)
        return removed

    def _discard(self, path: Path) -> bool:
        """Move something away by one rename, then delete it; what a crash leaves is swept later."""
        rubbish = self.work / new_id()
        try:
            path.rename(rubbish)
        except FileNotFoundError:
            return False
        if rubbish.is_dir() and not rubbish.is_symlink():
            shutil.rmtree(rubbish)
        else:
            rubbish.unlink()
        return True


def comparison_name(plan_id: str, lang: str) -> str:
    """Return the name of the file, in the folder of a view, that compares a plan with another one."""
    return f"compare-{plan_id}-{lang}.html"


def _checked(text: str) -> str:
    if not is_id(text):
        raise ValueError(f"no id: {text!r}")
    return text


def _others(folder: Path, known: Iterable[str]) -> Iterator[Path]:
    names = frozenset(known)
    return (path for path in sorted(folder.iterdir()) if path.name not in names)


def _age(path: Path, now: float) -> float:
    try:
        return now - path.lstat().st_mtime
    except FileNotFoundError:
        return -1


def _flush(path: Path) -> None:
    """Bring a file or the list of a folder's files to the disk; Windows has no such thing for folders."""
    if path.is_symlink() or (os.name == "nt" and path.is_dir()):
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
