"""What a child reads: files that are unsealed into a folder of its own, under safe names."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gridder.errors import InputError
from gridder.jobs.model import Given
from gridder.model import Finding, Text
from gridder.service.order import Source
from gridder.storage.seal import Sealer, SealError

LONGEST_STEM, LONGEST_SUFFIX = 150, 20
"""Bytes of a file's name that are kept."""
_UNWANTED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def use_for_temporary_files(folder: Path) -> None:
    """Make a folder for this user alone, and let this process and its readers put temporary files there."""
    folder.mkdir(mode=0o700, parents=True)
    tempfile.tempdir = str(folder)
    os.environ["TMPDIR"] = str(folder)


def unseal(
    given: Mapping[str, Sequence[Given]], inputs: Path, sealer: Sealer, own_names: dict[str, str]
) -> dict[str, Source]:
    """Unseal every file under a safe name, noted in `own_names` where it is not the user's."""
    sources = {}
    for role, files in given.items():
        paths = []
        columns: dict[str, str] = {}
        for i, file in enumerate(files):
            path = inputs / f"{role}-{i}" / safe_name(file.name)
            path.parent.mkdir(mode=0o700)
            own_names[path.name] = file.name
            _unseal_file(file, path, sealer)
            options = dict(file.options)
            columns |= options.pop("columns", None) or {}
            words = [f"|{name}={value}" for name, value in options.items() if value]
            paths.append("".join([str(path), *words]))
        sources[role] = Source(paths, columns)
    return sources


def _unseal_file(file: Given, path: Path, sealer: Sealer) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as target, Path(file.path).open("rb") as source:
            for chunk in sealer.unseal_stream(source):
                target.write(chunk)
    except (FileNotFoundError, SealError):
        raise InputError([replace(_NOT_HERE, file=file.name)]) from None


_NOT_HERE = Finding(
    "lost-upload",
    Text(
        "the stored file is gone, or was not sealed with the key of this installation",
        "存储的文件已丢失，或不是用本服务的密钥加密的",
    ),
    remedy=Text("upload it again", "请重新上传"),
)


def safe_name(name: str) -> str:
    """Return a name that every file system takes and no path hides in, with the ending of `name`."""
    plain = _UNWANTED.sub("_", name).strip(" .") or "file"
    path = Path(plain)
    return _cut(path.stem, LONGEST_STEM) + _cut(path.suffix, LONGEST_SUFFIX)


def _cut(text: str, n_bytes: int) -> str:
    return text.encode("utf-8", "replace")[:n_bytes].decode("utf-8", "ignore")


def under_own_name(fault: Finding, own_names: Mapping[str, str]) -> Finding:
    """Return a finding about a file under the name that its user gave it."""
    return replace(fault, file=own_names.get(fault.file, fault.file))
