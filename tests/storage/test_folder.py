from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gridder.storage.folder import DataFolder, comparison_name
from gridder.storage.ids import new_id

NOW = 2_000_000_000.0


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_only_its_owner_can_enter(folder: DataFolder) -> None:
    for path in (folder.path, folder.uploads, folder.plans, folder.work):
        assert path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["", "..", "a/b", "../../etc/passwd", "A" * 20, "a" * 20 + "/"])
def test_what_is_no_id_leads_nowhere(folder: DataFolder, text: str) -> None:
    for place in (folder.upload, folder.plan, folder.remove_plan, folder.remove_upload):
        with pytest.raises(ValueError, match="no id"):
            place(text)
    with pytest.raises(ValueError, match="no id"):
        folder.draft(text, 1)


def test_publishing_makes_a_draft_a_plan(folder: DataFolder) -> None:
    plan_id = new_id()
    draft = _draft(folder)
    folder.publish(draft, plan_id)
    assert not draft.exists()
    assert (folder.plan(plan_id) / "view-1" / "map-en.html").read_text() == "map"


@pytest.mark.parametrize("files", [0, 1])
def test_publishing_never_takes_the_place_of_a_plan(folder: DataFolder, files: int) -> None:
    plan_id = new_id()
    folder.plan(plan_id).mkdir()
    for i in range(files):
        (folder.plan(plan_id) / str(i)).touch()
    draft = _draft(folder)
    with pytest.raises(FileExistsError):
        folder.publish(draft, plan_id)
    assert draft.exists()
    assert len(list(folder.plan(plan_id).iterdir())) == files


def test_a_plan_is_not_seen_before_all_of_it_is_on_the_disk(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = new_id()
    draft = _draft(folder)
    flushed = 0

    def fsync(_handle: int) -> None:
        nonlocal flushed
        flushed += 1
        assert not folder.plan(plan_id).exists()
        if flushed == 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space"):
        folder.publish(draft, plan_id)
    assert not folder.plan(plan_id).exists()
    assert (draft / "view-1" / "map-en.html").exists()


def test_plans_and_uploads_can_be_removed(folder: DataFolder) -> None:
    plan_id, dataset_id = new_id(), new_id()
    folder.publish(_draft(folder), plan_id)
    folder.upload(dataset_id).write_bytes(b"sealed")
    assert folder.remove_plan(plan_id)
    assert not folder.remove_plan(plan_id)
    assert folder.remove_upload(dataset_id)
    assert not folder.remove_upload(dataset_id)
    assert [*folder.plans.iterdir(), *folder.uploads.iterdir()] == []


def test_sweeping_takes_what_is_old_and_unknown(folder: DataFolder) -> None:
    job_id, plan_id, dataset_id = new_id(), new_id(), new_id()
    keep = [folder.draft(job_id, 2), folder.plan(plan_id), folder.upload(dataset_id)]
    gone = [folder.draft(job_id, 1), folder.draft(new_id(), 1), folder.plan(new_id()), folder.work / new_id()]
    for path in (keep[0], keep[1], *gone):
        path.mkdir()
        (path / "file").touch()
    gone.append(folder.upload(new_id()))
    for path in (keep[2], gone[-1]):
        path.touch()
    young = [folder.draft(new_id(), 1), folder.plan(new_id())]
    for path in young:
        path.mkdir()
    for path in (*keep, *gone):
        os.utime(path, (NOW - 101, NOW - 101))
    for path in young:
        os.utime(path, (NOW - 99, NOW - 99))
    swept = folder.sweep(
        known_plans={plan_id},
        known_uploads={dataset_id},
        running={(job_id, 2)},
        older_than=100,
        now=NOW,
    )
    assert set(swept) == set(gone)
    assert all(path.exists() for path in (*keep, *young))
    assert not any(path.exists() for path in gone)


def test_what_compares_others_with_a_plan_goes_with_it_however_it_goes(folder: DataFolder) -> None:
    """A deletion that a crash broke off is ended by sweeping."""
    kept, *others = (new_id() for _ in range(3))
    view = folder.plan(kept) / "view-1"
    view.mkdir(parents=True)
    for plan_id in others:
        folder.plan(plan_id).mkdir()
        (view / comparison_name(plan_id, "en")).touch()
    folder.remove_plan(others[0])
    assert [path.name for path in view.iterdir()] == [comparison_name(others[1], "en")]
    folder.sweep(known_plans={kept}, known_uploads=set(), running=set(), older_than=0, now=time.time() + 1)
    assert list(view.iterdir()) == []


def test_a_plan_just_published_is_young_however_old_its_draft(folder: DataFolder) -> None:
    plan_id = new_id()
    draft = _draft(folder)
    os.utime(draft, (1000, 1000))
    folder.publish(draft, plan_id)
    now = time.time()
    assert (
        folder.sweep(known_plans=set(), known_uploads=set(), running=set(), older_than=100, now=now + 50)
        == []
    )
    assert folder.plan(plan_id).exists()


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_sweeping_follows_no_link(folder: DataFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (folder.work / "link").symlink_to(outside)
    swept = folder.sweep(known_plans=set(), known_uploads=set(), running=set(), older_than=0, now=NOW)
    assert swept == [folder.work / "link"]
    assert (outside / "file").exists()


def _draft(folder: DataFolder) -> Path:
    draft = folder.draft(new_id(), 1) / "plan"
    (draft / "view-1").mkdir(parents=True)
    (draft / "view-1" / "map-en.html").write_text("map")
    (draft / "plan.json").write_text("{}")
    return draft
