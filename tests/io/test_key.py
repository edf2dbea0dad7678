"""The key of the pseudonyms: where it lies, who may read it, and that there is only one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gridder.errors import InputError
from gridder.io.key import key_file, pseudonym_key


def test_first_use_makes_a_key_that_stays(tmp_path: Path) -> None:
    """The first call makes 32 bytes, later calls give the same, and no draft is left."""
    file = tmp_path / "config" / "gridder.key"
    key = pseudonym_key(file)
    assert len(key) == 32
    assert pseudonym_key(file) == key
    assert bytes.fromhex(file.read_text().strip()) == key
    assert [entry.name for entry in file.parent.iterdir()] == ["gridder.key"]


def test_two_files_hold_two_keys(tmp_path: Path) -> None:
    """Keys are random, not derived from anything common."""
    assert pseudonym_key(tmp_path / "a.key") != pseudonym_key(tmp_path / "b.key")


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    """The file has mode 600, also under an open umask."""
    old = os.umask(0)
    try:
        pseudonym_key(tmp_path / "gridder.key")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "gridder.key").stat().st_mode) == 0o600


def test_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GRIDDER_KEY_FILE decides where no path is given."""
    monkeypatch.setenv("GRIDDER_KEY_FILE", str(tmp_path / "own.key"))
    assert pseudonym_key() == pseudonym_key(tmp_path / "own.key")


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"XDG_CONFIG_HOME": "/cfg"}, "linux", Path("/cfg/gridder/gridder.key")),
        ({}, "linux", Path.home() / ".config/gridder/gridder.key"),
        ({"APPDATA": "/roaming"}, "win32", Path("/roaming/gridder/gridder.key")),
        ({}, "darwin", Path.home() / "Library/Application Support/gridder/gridder.key"),
        ({"GRIDDER_KEY_FILE": "/k", "XDG_CONFIG_HOME": "/cfg"}, "linux", Path("/k")),
    ],
)
def test_default_place(environment: dict[str, str], platform: str, expected: Path) -> None:
    """Without a name the key lies in the user's configuration folder of the system."""
    assert key_file(environment, platform) == expected


@pytest.mark.parametrize("content", ["", "abcd\n", "not hexadecimal", "ab" * 31, "ab" * 33, "é" * 64])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    """A file of another kind is never taken for a key, nor overwritten."""
    file = tmp_path / "gridder.key"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        pseudonym_key(file)
    assert caught.value.faults[0].kind == "key-file"
    assert file.read_text(encoding="utf-8") == content


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    """Processes that ask for missing keys at the same moments all print the same ones."""
    gate = tmp_path / "go"
    script = (
        "import sys, time, pathlib\n"
        "from gridder.io.key import pseudonym_key\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "while not (folder / 'go').exists(): time.sleep(0.001)\n"
        "print([pseudonym_key(folder / f'{i}.key').hex() for i in range(100)])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    gate.touch()
    printed = {process.communicate()[0].strip() for process in running}
    assert printed == {str([pseudonym_key(tmp_path / f"{i}.key").hex() for i in range(100)])}
