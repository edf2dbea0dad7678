"""The secret key behind the pseudonyms: one a user, made at first use."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from gridder.errors import InputError
from gridder.model import Finding, Text

KEY_BYTES = 32
ENVIRONMENT_NAME = "GRIDDER_KEY_FILE"


def pseudonym_key(path: str | os.PathLike[str] | None = None) -> bytes:
    """Return the key of the pseudonyms, made at first use.

    Parameters
    ----------
    path
        The key's file; by default the one that `GRIDDER_KEY_FILE` names, else `gridder.key` in the
        user's configuration folder.
        The file holds 64 hexadecimal digits and only its owner may read it (mode 600).

    Returns
    -------
    bytes
        32 bytes. Whoever asks first makes them; all others, also at the same moment, get the same.

    Raises
    ------
    InputError
        The file cannot be read or made, or holds no key.
    """
    file = Path(path) if path is not None else key_file(os.environ, sys.platform)
    try:
        if not file.exists():
            make_once(file, secrets.token_hex(KEY_BYTES))
        text = file.read_text(encoding="ascii")
        key = bytes.fromhex(text)
    except OSError as error:
        raise InputError([_unusable(file, Text(str(error.strerror), str(error.strerror)))]) from error
    except ValueError as error:
        raise InputError([_unusable(file, _NO_KEY)]) from error
    if len(key) != KEY_BYTES:
        raise InputError([_unusable(file, _NO_KEY)])
    return key


def key_file(environment: Mapping[str, str], platform: str) -> Path:
    """Return where the key lies: what `GRIDDER_KEY_FILE` names, else the user's configuration folder.

    Parameters
    ----------
    environment
        Variables as in `os.environ`.
    platform
        As `sys.platform`.
    """
    if environment.get(ENVIRONMENT_NAME):
        return Path(environment[ENVIRONMENT_NAME])
    if platform == "win32":
        folder = environment.get("APPDATA")
        base = Path(folder) if folder else Path.home() / "AppData" / "Roaming"
    elif platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        folder = environment.get("XDG_CONFIG_HOME")
        base = Path(folder) if folder else Path.home() / ".config"
    return base / "gridder" / "gridder.key"


def make_once(file: Path, secret: str) -> None:
    """Write a secret beside `file` and link it there whole; who comes second keeps the first one's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secret + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


_NO_KEY = Text(
    "it does not hold 64 hexadecimal digits",
    "其中不是 64 位十六进制数字",
)


def _unusable(file: Path, why: Text) -> Finding:
    return Finding(
        "key-file",
        Text(f"the pseudonym key cannot be used: {why.en}", f"代号密钥无法使用：{why.zh}"),
        file=str(file),
        remedy=Text(
            f"bring back the right file from a backup, name another with {ENVIRONMENT_NAME}, or remove it: "
            "a new key gives everybody new pseudonyms",
            f"从备份恢复该文件，或用 {ENVIRONMENT_NAME} 指定另一个文件；删除它会产生新密钥，所有代号随之改变",
        ),
    )
