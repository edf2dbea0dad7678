"""Rows of a text with separators, in whatever encoding; runs in the guarded child."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from gridder.io import encoding
from gridder.io.fault import Fault
from gridder.io.heads import SURE_HEADERS, Cells, filled, header_row

SEPARATORS = ",;\t|"
SAMPLE_LETTERS = 20_000
LONGEST_CELL = 2**31 - 1
"""A boundary as text may be long; the limit of the module is 131072 letters."""
LOOKED_AT_LINES = 20
LIKE_SHARE = 0.75
"""A text is a table where so many of its lines have the same number of cells."""
_UTF8_MARK = b"\xef\xbb\xbf"


def text_rows(path: Path, user: str) -> tuple[Sequence[Cells], encoding.Choice]:
    """Return the cells of a text, and the encoding that it was in.

    Raises
    ------
    Fault
        When it is no text, or a quote is not closed.
    """
    given = path.read_bytes()
    raw = in_bytes(given)
    if b"\0" in raw:
        raise Fault("unreadable-table", detail="it is not text")
    choice = encoding.choose(
        [raw.removeprefix(_UTF8_MARK)],
        user=encoding.known_codec(user) if user and raw is given else None,
        cpg="utf-8" if raw.startswith(_UTF8_MARK) else None,
    )
    errors = "replace" if choice.lossy else "strict"
    text = encoding.decode(raw.removeprefix(_UTF8_MARK), choice.codec, errors)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text), strict=True)
    try:
        return list(reader), choice
    except csv.Error as error:
        raise Fault("bad-quotes", line=reader.line_num) from error


def in_bytes(raw: bytes) -> bytes:
    """Return a text of one or of two bytes a letter as one whose ASCII letters have one byte."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace").encode("utf-8")
    if b"\0" in raw[:200]:
        return _utf_16_without_mark(raw)
    return raw


def separator_of(text: str) -> str:
    """Return what stands between the cells of a text: what most lines have, of several of these the commonest.

    Within a shape as text (WKT) there are more commas than there are cells.
    """
    sample = text[:SAMPLE_LETTERS]
    lines = sample.splitlines()
    return max(SEPARATORS, key=lambda mark: (sum(mark in line for line in lines), sample.count(mark)))


def is_table(raw: bytes, known: Collection[str]) -> bool:
    """Return whether the beginning of a text is a table and not prose, such as a readme.

    It is one where a line is a header, or where nearly all lines have the same number of cells, two at least.

    Parameters
    ----------
    raw
        The first bytes of it, perhaps cut in the middle of a letter.
    known
        Headers that are known, folded.
    """
    raw = in_bytes(raw).removeprefix(_UTF8_MARK)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        text = raw.decode("utf-8" if error.start > len(raw) - 4 else "gb18030", "ignore")
    separator = separator_of(text)
    lines = [line for line in text.splitlines() if line.strip()][:LOOKED_AT_LINES]
    rows = [row for row in csv.reader(lines, delimiter=separator) if any(map(filled, row))]
    if header_row(rows, known)[1] >= SURE_HEADERS:
        return True
    width, n = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    is_prose = separator == "," and 2 * text.count(", ") > text.count(",")
    return width > 1 and n > 1 and n >= LIKE_SHARE * len(rows) and not is_prose


def _utf_16_without_mark(raw: bytes) -> bytes:
    """Return text of two bytes a letter as UTF-8: the bytes of its blanks, digits and separators tell the order."""
    little = sum(raw.count(mark) for mark in (b",\0", b"\t\0", b"\n\0"))
    big = sum(raw.count(mark) for mark in (b"\0,", b"\0\t", b"\0\n"))
    return raw.decode("utf-16-le" if little >= big else "utf-16-be", "replace").encode("utf-8")
