"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data that lies beside the project, or skip."""
    folder = Path(os.environ.get("GRIDDER_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data is not at {folder}; set GRIDDER_TEST_DATA")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _own_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from the user's own pseudonym key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRIDDER_KEY_FILE", str(tmp_path_factory.mktemp("key") / "gridder.key"))
        yield
