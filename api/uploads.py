"""Files that callers send: sealed on the way to the disk, a row in the store when they are whole."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from api.auth import Caller
from api.deps import Service
from api.errors import DISK_FULL, ProblemError, bad_request
from gridder.model import Text
from gridder.storage.datasets import Dataset, add_dataset
from gridder.storage.ids import new_id
from gridder.storage.room import is_out_of_room

CHUNK = 1 << 20
DAY = 86_400.0
_LONGEST_NAME = 120
_UNWANTED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def keep(
    service: Service, caller: Caller, chunks: Iterable[bytes], name: str, *, by_value: bool, now: float
) -> Dataset:
    """Seal a file into the data folder and note it in the store; nothing stays of one that fails."""
    dataset_id = new_id()
    path = service.folder.upload(dataset_id)
    count = _Counted(chunks)
    try:
        with path.open("xb") as target:
            service.sealer.seal_stream(count, target)
        dataset = Dataset(
            id=dataset_id,
            workspace=caller.key.workspace,
            key_id=caller.key.id,
            name=safe_name(name),
            n_bytes=count.n_bytes,
            sha256=count.digest.hexdigest(),
            by_value=by_value,
            options={},
            created_at=now,
            expires_at=now + service.settings.upload_days * DAY,
        )
        add_dataset(service.engine, dataset)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if is_out_of_room(error):
            raise ProblemError(
                DISK_FULL, remedy=Text("free some room on the server", "请清理服务器存储空间")
            ) from error
        raise
    return dataset


def keep_bytes(
    service: Service, caller: Caller, content: bytes, name: str, *, by_value: bool, now: float
) -> Dataset:
    """Keep a file whose content is in memory."""
    chunks = (content[i : i + CHUNK] for i in range(0, len(content), CHUNK))
    return keep(service, caller, chunks, name, by_value=by_value, now=now)


def safe_name(name: str) -> str:
    """Return the last part of a file's name without what no file system likes, its ending kept."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = _UNWANTED.sub("_", unicodedata.normalize("NFC", last)).strip(" .")
    if not clean:
        raise bad_request("the file has no name", "文件没有名称")
    suffix = PurePosixPath(clean).suffix[:10]
    stem = clean[: len(clean) - len(suffix)] if suffix else clean
    return stem[:_LONGEST_NAME] + suffix


class _Counted:
    """Passes chunks on and knows how many bytes they were and their digest."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = chunks
        self.n_bytes = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.n_bytes += len(chunk)
            self.digest.update(chunk)
            yield chunk
