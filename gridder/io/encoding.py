"""Which encoding the text of a .dbf or a .csv has.

The order that works for files of survey departments: what the user says, the .cpg, the language id of
the .dbf (not 0x57, which only means "the machine's own"), strict UTF-8, GB18030.
The first that decodes every text is taken; a text that is cut in the middle of its last character, as
field names of ten bytes are, counts as decoded without that character.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LANGUAGE_CODECS = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "gbk",
    0x4E: "cp949",
    0x4F: "cp950",
    0x64: "cp852",
    0x65: "cp866",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "gbk",
    0x7B: "cp932",
    0x7C: "cp874",
    0x7D: "cp1255",
    0x7E: "cp1256",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCA: "cp1254",
    0xCB: "cp1253",
    0xCC: "cp1257",
}
"""Codecs by the language id in byte 29 of a .dbf (dBASE and FoxPro tables)."""

LAST_RESORT = "gb18030"


@dataclass(frozen=True)
class Choice:
    """The encoding chosen.

    `origin` is `user`, `cpg`, `language-id`, `utf-8` or `guess`; `contradicted` names the origins that
    were asked first and could not decode every text; `lossy` says that this one could not either.
    """

    codec: str
    origin: str
    contradicted: tuple[str, ...] = ()
    lossy: bool = False

    @property
    def name(self) -> str:
        """Return the name that people use."""
        return {"utf-8": "UTF-8", "gbk": "GBK", "gb18030": "GB18030", "big5": "Big5"}.get(
            self.codec, self.codec
        )


def known_codec(name: str) -> str | None:
    """Return Python's codec for a name of an encoding, or None.

    Code pages are taken with and without their prefix: `936`, `CP936`, `ANSI 936`.
    """
    word = name.strip().lower().removeprefix("ansi").strip(" _-")
    if word.isdigit():
        word = {"65001": "utf-8", "88591": "iso8859-1", "936": "gbk", "54936": "gb18030"}.get(
            word, f"cp{word}"
        )
    word = {"big-5": "big5"}.get(word, word)
    try:
        found = codecs.lookup(word).name
    except (LookupError, ValueError):
        return None
    # codecs that turn bytes into bytes are registered beside the real ones
    return found if codecs.lookup(found)._is_text_encoding else None  # noqa: SLF001 - the only mark there is


def codec_of_cpg(path: Path) -> str | None:
    """Return the codec that a .cpg names, or None where it names nothing known."""
    return known_codec(path.read_bytes()[:64].decode("latin-1"))


def codec_of_dbf(path: Path) -> str | None:
    """Return the codec that the language id of a .dbf means, or None."""
    with path.open("rb") as file:
        header = file.read(32)
    return LANGUAGE_CODECS.get(header[29]) if len(header) == 32 else None


def decode(text: bytes, codec: str, errors: str = "strict") -> str:
    """Return the text, without a last character that is cut in its middle.

    Raises
    ------
    UnicodeDecodeError
        If the text is not in this encoding.
    """
    return codecs.getincrementaldecoder(codec)(errors).decode(text, final=False)


def choose(
    texts: Iterable[bytes], *, user: str | None = None, cpg: str | None = None, language: str | None = None
) -> Choice:
    """Return the first encoding of the order above that decodes every text.

    Parameters
    ----------
    texts
        All texts of the file, or all different ones.
    user, cpg, language
        Codecs by where they were named, or None.
    """
    telling = [text for text in texts if not text.isascii()]
    candidates = [
        (codec, origin)
        for codec, origin in (
            (user, "user"),
            (cpg, "cpg"),
            (language, "language-id"),
            ("utf-8", "utf-8"),
            (LAST_RESORT, "guess"),
        )
        if codec is not None
    ]
    contradicted: list[str] = []
    for codec, origin in candidates:
        if _decodes(telling, codec):
            return Choice(codec, origin, tuple(contradicted))
        if origin in {"user", "cpg", "language-id"}:
            contradicted.append(origin)
    codec, origin = candidates[0] if user else candidates[-1]
    return Choice(codec, origin, tuple(contradicted), lossy=True)


def _decodes(texts: list[bytes], codec: str) -> bool:
    try:
        for text in texts:
            decode(text, codec)
    except UnicodeDecodeError:
        return False
    return True
