"""Which rows of a sheet a filter or a hand has hidden, as the library of tables does not tell; runs in the guarded child.

Records as in [MS-XLSB] 2.4.768 (BrtRowHdr), [MS-XLS] 2.4.221 (Row) and [MS-CFB], attributes as in ECMA-376 part 1, 18.3.1.73, and
OpenDocument 1.3 part 3, 19.749.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError, fromstring

_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\shidden=\"(?:1|true)\"[^>]*>")
_NUMBER = re.compile(rb"\sr=\"(\d+)\"")
_TABLE_OF_ODS = re.compile(rb"<table:table\s")
_ROW_OF_ODS = re.compile(rb"<table:table-row\b([^>]*)>")
_REPEATED = re.compile(rb"table:number-rows-repeated=\"(\d+)\"")
_COLLAPSED = re.compile(rb"table:visibility=\"(?:collapse|filter)\"")
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ParseError,
    LookupError,
    StopIteration,
    RuntimeError,
    ValueError,
)
"""What a workbook of another kind raises, or one of which a part is missing."""
MOST_ROWS = 1_048_576
"""Of a sheet."""

_SHEET_OF_XLSB, _ROW_OF_XLSB, _HIDDEN_IN_XLSB = 156, 0, 0x10
_SHEET_OF_XLS, _ROW_OF_XLS, _END_OF_XLS, _HIDDEN_IN_XLS = 0x85, 0x208, 0x0A, 0x20
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
"""Numbers of sectors from here on mean that there is none."""


def hidden_rows(raw: bytes, position: int) -> list[int]:
    """Return the numbers, from 1, of the hidden rows of a sheet; none where the workbook is no such as is known.

    Parameters
    ----------
    raw
        A workbook that was read already.
    position
        Of the sheet among all, from 0.
    """
    try:
        if raw.startswith(_COMPOUND):
            return list(_of_xls(_stream(raw, ("Workbook", "Book")), position))
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            names = set(package.namelist())
            if "content.xml" in names:
                return list(_of_ods(package.read("content.xml"), position))
            if "xl/workbook.bin" in names:
                return list(_of_xlsb(package, position))
            return list(_of_xlsx(package, position))
    except DAMAGED:
        return []


def _of_xlsx(package: zipfile.ZipFile, position: int) -> Iterator[int]:
    book = fromstring(package.read("xl/workbook.xml"))  # noqa: S314 - calamine has read it before, in these walls
    sheet = [e for e in book.iter() if e.tag.endswith("}sheet")][position]
    part = _part(package, "xl/_rels/workbook.xml.rels", str(sheet.get(_RELATIONS)))
    for tag in _ROW.findall(part):
        if number := _NUMBER.search(tag):
            yield int(number[1])


def _part(package: zipfile.ZipFile, relations: str, wanted: str) -> bytes:
    """Return the part of a package that a relation leads to."""
    links = fromstring(package.read(relations))  # noqa: S314 - likewise
    target = next(e.get("Target") for e in links if e.get("Id") == wanted)
    return package.read(posixpath.normpath(posixpath.join("/xl", str(target))).lstrip("/"))


def _of_ods(content: bytes, position: int) -> Iterator[int]:
    starts = [match.start() for match in _TABLE_OF_ODS.finditer(content)]
    row = 1
    for tag in _ROW_OF_ODS.finditer(content, starts[position], [*starts, len(content)][position + 1]):
        repeated = _REPEATED.search(tag[1])
        following = row + (int(repeated[1]) if repeated else 1)
        if _COLLAPSED.search(tag[1]):
            yield from range(row, min(following, MOST_ROWS))
        row = following


def _of_xlsb(package: zipfile.ZipFile, position: int) -> Iterator[int]:
    sheets = [
        data for kind, data in _records_of_xlsb(package.read("xl/workbook.bin")) if kind == _SHEET_OF_XLSB
    ]
    (length,) = struct.unpack_from("<I", sheets[position], 8)
    relation = sheets[position][12 : 12 + 2 * length].decode("utf-16-le")
    for kind, data in _records_of_xlsb(_part(package, "xl/_rels/workbook.bin.rels", relation)):
        if kind == _ROW_OF_XLSB and data[11] & _HIDDEN_IN_XLSB:
            yield struct.unpack_from("<I", data)[0] + 1


def _records_of_xlsb(part: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(part):
        kind, at = _number_of_xlsb(part, at, 2)
        size, at = _number_of_xlsb(part, at, 4)
        yield kind, part[at : at + size]
        at += size


def _number_of_xlsb(part: bytes, at: int, most: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, lowest first, that ends with a byte below 128; and where it ends."""
    value = 0
    for k in range(most):
        value |= (part[at + k] & 127) << (7 * k)
        if part[at + k] < 128:
            return value, at + k + 1
    return value, at + most


def _of_xls(book: bytes, position: int) -> Iterator[int]:
    sheets = [data for kind, data in _records_of_xls(book, 0) if kind == _SHEET_OF_XLS]
    (start,) = struct.unpack_from("<I", sheets[position])
    for kind, data in _records_of_xls(book, start):
        if kind == _ROW_OF_XLS and data[12] & _HIDDEN_IN_XLS:
            yield struct.unpack_from("<H", data)[0] + 1


def _records_of_xls(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    kind = -1
    while kind != _END_OF_XLS:
        kind, size = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        at += 4 + size


def _stream(raw: bytes, names: tuple[str, ...]) -> bytes:
    """Return a stream of a compound file; one of less than 4096 bytes lies in the stream of the root."""
    size = 1 << struct.unpack_from("<H", raw, 30)[0]
    small = 1 << struct.unpack_from("<H", raw, 32)[0]
    (first_directory,) = struct.unpack_from("<I", raw, 48)
    cutoff, first_small = struct.unpack_from("<II", raw, 56)
    links = _links(b"".join(raw[(n + 1) * size : (n + 2) * size] for n in _sectors_of_table(raw, size)))
    directory = _chain(raw, links, first_directory, size, 1)
    entries = [directory[at : at + 128] for at in range(0, len(directory), 128)]
    by_name = {entry[: max(entry[64] - 2, 0)].decode("utf-16-le", "replace"): entry for entry in entries}
    entry = next(by_name[name] for name in names if name in by_name)
    start, length = struct.unpack_from("<II", entry, 116)
    if length >= cutoff:
        return _chain(raw, links, start, size, 1)[:length]
    root = _chain(raw, links, struct.unpack_from("<I", entries[0], 116)[0], size, 1)
    return _chain(root, _links(_chain(raw, links, first_small, size, 1)), start, small, 0)[:length]


def _sectors_of_table(raw: bytes, size: int) -> list[int]:
    """Return the sectors that hold the table of sectors: 109 in the header, the others in a chain of their own."""
    sectors = list(struct.unpack_from("<109I", raw, 76))
    following, n = struct.unpack_from("<II", raw, 68)
    for _ in range(min(n, len(raw) // size)):
        *more, following = struct.unpack_from(f"<{size // 4}I", raw, (following + 1) * size)
        sectors += more
    return [sector for sector in sectors if sector < _LAST_SECTOR]


def _links(table: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(table) // 4}I", table)


def _chain(raw: bytes, links: tuple[int, ...], sector: int, size: int, header: int) -> bytes:
    """Return the bytes of a chain of sectors, `header` of which stand before the first; a ring ends it."""
    parts = list[bytes]()
    while sector < _LAST_SECTOR and len(parts) <= len(links):
        parts.append(raw[(sector + header) * size : (sector + header + 1) * size])
        sector = links[sector]
    return b"".join(parts)
