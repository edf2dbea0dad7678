"""Which encoding the text of a .dbf or a .csv has.

The order that works for files of survey departments: what the user says, the .cpg, the language id of
the .dbf (not 0x57, which only means "the machine's own"), strict UTF-8, GB18030.
The first that decodes every text is taken; a text that is cut in the middle of its last character, as
field names of ten bytes are, counts as decoded without that character.
Where that leaves a doubt, the other encodings that read like text of some language are named with it.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
THINKABLE = ("utf-8", "gb18030", "big5", "cp932", "cp1252")
"""What a file of unknown encoding may be in."""
NAMES = {
    "utf-8": "UTF-8", "gbk": "GBK", "gb18030": "GB18030", "big5": "Big5", "cp932": "Shift_JIS", "cp1252": "windows-1252",
}  # fmt: skip
CHINESE = frozenset(["gbk", "gb18030"])
EAST_ASIAN = frozenset(["big5", "cp932"])
COMMON = range(0xB0, 0xD8)
"""First bytes of the 3755 commonest characters (level 1 of GB/T 2312) in GBK and GB18030."""
MOSTLY_COMMON = 0.7
"""Share of them in Chinese text, at least; in text of another encoding that is read as Chinese they are fewer."""
_ANY_BYTES = b"a\xff\x80a"
"""Some codecs refuse what they cannot decode even where it may be replaced (idna), or refuse everything."""
SAMPLE_BYTES = 20_000
"""So much text tells whether it reads like a language."""
USUAL_SIGNS = "°²³·§«»"
MOST_STRANGE = 0.1
"""Share of characters beyond ASCII that no language has, at most."""


@dataclass(frozen=True)
class Choice:
    """The encoding chosen.

    `origin` is `user`, `cpg`, `language-id`, `utf-8` or `guess`; `contradicted` names the origins that
    were asked first and could not decode every text; `lossy` says that this one could not either.
    `others` are further codecs that decode every text and read like a language, where there is a doubt.
    """

    codec: str
    origin: str
    contradicted: tuple[str, ...] = ()
    lossy: bool = False
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name that people use."""
        return NAMES.get(self.codec, self.codec)


def facts_of(choice: Choice | None) -> dict[str, Any]:
    """Return a choice as the child tells it to its parent; None where a format knows UTF-8 only."""
    choice = choice or Choice("utf-8", "")
    return {
        "encoding": choice.name,
        "encoding_origin": choice.origin,
        "encoding_contradicted": list(choice.contradicted),
        "encoding_lossy": choice.lossy,
        "encoding_others": [NAMES[codec] for codec in choice.others],
    }


def known_codec(name: str) -> str | None:
    """Return Python's codec for a name of an encoding, or None.

    Code pages are taken with and without their prefix: `936`, `CP936`, `ANSI 936`.
    """
    word = name.strip().lower().removeprefix("ansi").strip(" _-")
    if word.isdigit():
        word = {"65001": "utf-8", "88591": "iso8859-1", "936": "gbk", "54936": "gb18030"}.get(
            word, f"cp{word}"
        )
    word = {"big-5": "big5", "utf-16": "utf-16-le", "utf16": "utf-16-le"}.get(word, word)
    try:
        found = codecs.lookup(word).name
        # codecs that turn bytes into bytes are registered beside the real ones
        is_of_text = codecs.lookup(found)._is_text_encoding  # noqa: SLF001 - the only mark there is
        return found if is_of_text and decode(_ANY_BYTES, found, "replace") else None
    except (LookupError, ValueError):
        return None


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


def is_cut(text: bytes, codec: str) -> bool:
    """Return whether a text that can be decoded ends in the middle of a character."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    decoder.decode(text, final=False)
    return bool(decoder.getstate()[0])


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
            return _with_others(Choice(codec, origin, tuple(contradicted)), telling)
        if origin in {"user", "cpg", "language-id"}:
            contradicted.append(origin)
    codec, origin = candidates[0] if user else candidates[-1]
    return _with_others(Choice(codec, origin, tuple(contradicted), lossy=True), telling)


def _decodes(texts: list[bytes], codec: str) -> bool:
    try:
        for text in texts:
            decode(text, codec)
    except UnicodeDecodeError:
        return False
    return True


def _with_others(choice: Choice, texts: list[bytes]) -> Choice:
    """Return a choice with the other codecs that may be right, where it is in doubt."""
    sample = _sample(texts)
    if not sample or not _is_doubtful(choice, sample):
        return choice
    thinkable = (LAST_RESORT,) if choice.origin == "utf-8" else THINKABLE
    others = [
        codec
        for codec in thinkable
        if codec != choice.codec
        and not {codec, choice.codec} <= {"gbk", "gb18030"}
        and _decodes(texts, codec)
    ]
    if {choice.codec, *others} & CHINESE and _is_of_common_characters(sample):
        others = [codec for codec in others if codec not in EAST_ASIAN]
    return replace(choice, others=tuple(codec for codec in others if _is_like_language(sample, codec)))


def _sample(texts: list[bytes]) -> list[bytes]:
    sample, room = [], SAMPLE_BYTES
    for text in texts:
        if room <= 0:
            break
        sample.append(text[:room])
        room -= len(text)
    return sample


def _is_doubtful(choice: Choice, sample: list[bytes]) -> bool:
    """Return whether the texts may be in another encoding.

    What the user says is no doubt while it decodes everything. Few words of GBK are UTF-8 by chance, then of
    two bytes a letter.
    """
    if choice.lossy or choice.contradicted or choice.origin == "guess":
        return True
    if choice.origin == "utf-8":
        return max(map(max, (decode(text, "utf-8") for text in sample))) < "\u0800"
    return choice.origin != "user" and not _is_like_language(sample, choice.codec)


def _is_of_common_characters(sample: list[bytes]) -> bool:
    """Return whether texts are mostly of common characters when they are read as Chinese."""
    letters = [letter for raw in sample for letter in decode(raw, "gb18030", "replace") if letter >= "\u2e80"]
    first = [letter.encode("gb18030")[0] for letter in letters]
    return sum(byte in COMMON for byte in first) >= MOSTLY_COMMON * len(first)


def _is_like_language(sample: list[bytes], codec: str) -> bool:
    """Return whether texts read like a language: no strange signs, no accents without plain letters, and no Chinese within Latin words."""
    strange = eastern = within_words = accented = plain = 0
    for text in (decode(raw, codec, "replace") for raw in sample):
        for before, letter, after in zip(" " + text, text, text[1:] + " ", strict=False):
            if letter.isascii():
                plain += letter.isalpha()
            elif _is_strange(letter):
                strange += 1
            elif letter.isalpha() and letter < "\u0250":
                accented += 1
            elif unicodedata.east_asian_width(letter) in "WF":
                eastern += 1
                within_words += _is_small(before) or _is_small(after)
    n = strange + eastern + accented
    return strange <= MOST_STRANGE * n and accented <= plain and 2 * within_words <= eastern


def _is_strange(letter: str) -> bool:
    """Return whether hardly a text has such a sign: not assigned, private, of control, half a Japanese syllable, ¦ or ¤."""
    return (
        unicodedata.category(letter) in {"Cn", "Co", "Cc"}
        or "\uff61" <= letter <= "\uff9f"
        or letter == "\ufffd"
        or (letter < "\u0100" and not letter.isalpha() and letter not in USUAL_SIGNS)
    )


def _is_small(letter: str) -> bool:
    return letter.isascii() and letter.islower()
