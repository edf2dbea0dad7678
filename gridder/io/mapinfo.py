"""MapInfo tables: what a .tab or .mif says of its encoding, and that it leads to no other file."""

from __future__ import annotations

import re
from pathlib import Path

from gridder.io import encoding
from gridder.io.fault import Fault

CODEC_OF_CHARSET = {
    "windowssimpchinese": "gbk",
    "windowstradchinese": "big5",
    "windowsjapanese": "cp932",
    "windowskorean": "cp949",
    "windowslatin1": "cp1252",
    "windowslatin2": "cp1250",
    "windowsarabic": "cp1256",
    "windowscyrillic": "cp1251",
    "windowsbalticrim": "cp1257",
    "windowsgreek": "cp1253",
    "windowshebrew": "cp1255",
    "windowsturkish": "cp1254",
    "windowsthai": "cp874",
    "windowsvietnamese": "cp1258",
    "utf-8": "utf-8",
}
"""Codecs by MapInfo's names of character sets; `Neutral` says nothing."""

_CHARSET = re.compile(rb"(charset\s+\"?)([\w-]+)", re.IGNORECASE)
_READ_BYTE_BY_BYTE = rb"\1ISO8859_1"
_HEAD = 4096
_TABLE_TYPE = re.compile(rb"^\s*type\s+(native|dbf)\b", re.IGNORECASE | re.MULTILINE)
_OTHER_FILE = re.compile(
    rb"create\s+view|open\s+table|seamless|^\s*type\s+linked|\bfile\s+\"", re.IGNORECASE | re.MULTILINE
)
_SAID = "said.txt"


def make_readable(path: Path) -> None:
    """Change a staged .tab or .mif so that every byte of its texts comes back as one letter.

    Raises
    ------
    Fault
        When it is a view or a seamless table, which are made of other files.
    """
    if path.suffix == ".tab":
        content = path.read_bytes()
        if _OTHER_FILE.search(content) or not _TABLE_TYPE.search(content):
            raise Fault("leads-to-others")
        head, rest = content, b""
    else:
        content = path.read_bytes()
        head, rest = content[:_HEAD], content[_HEAD:]
    charset = _CHARSET.search(head)
    (path.parent / _SAID).write_bytes(charset[2] if charset else b"")
    path.write_bytes(_CHARSET.sub(_READ_BYTE_BY_BYTE, head) + rest)


def codec_of(path: Path) -> str | None:
    """Return the codec that a staged table said it was in, or None."""
    name = (path.parent / _SAID).read_bytes().decode("latin-1").lower()
    return CODEC_OF_CHARSET.get(name) or encoding.known_codec(
        name.replace("codepage", "cp").replace("_", "-")
    )
