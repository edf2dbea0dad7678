"""One sheet written as .xlsx, .ods and .xlsb, with what rosters have: dates, long ids, merged headers, hidden rows."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl

Value = str | float | dt.date | None
FIRST_DAY = dt.date(1899, 12, 30)
DATE_FORMAT = 14
"""Of Excel: a day in the order of the country."""


@dataclass(frozen=True)
class SheetOf:
    """Rows; merged ranges as first and last row and column, from 0; hidden rows, from 0."""

    rows: Sequence[Sequence[Value]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    hidden: Sequence[int] = ()
    is_hidden: bool = False


Sheets = Mapping[str, SheetOf]


def write_xlsx(path: Path, sheets: Sheets) -> None:
    """Write a workbook of Excel by openpyxl."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, given in sheets.items():
        sheet = book.create_sheet(name)
        for row in given.rows:
            sheet.append(list(row))
        for top, bottom, left, right in given.merged:
            sheet.merge_cells(
                start_row=top + 1, end_row=bottom + 1, start_column=left + 1, end_column=right + 1
            )
        for row in given.hidden:
            sheet.row_dimensions[row + 1].hidden = True
        sheet.sheet_state = "hidden" if given.is_hidden else "visible"
    book.save(path)


def write_ods(path: Path, sheets: Sheets) -> None:
    """Write OpenDocument 1.3: a row after row that is the same is written once, as LibreOffice does."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    hidden = (
        '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style>"
    )
    tables = "".join(_table_of_ods(name, sheet) for name, sheet in sheets.items())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3">'
        f"<office:automatic-styles>{hidden}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    files = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{media}"/>'
        for name, media in {"/": kind, "content.xml": "text/xml"}.items()
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest manifest:version="1.3" '
        f'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{files}</manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", kind)
        package.writestr("META-INF/manifest.xml", manifest)
        package.writestr("content.xml", content, zipfile.ZIP_DEFLATED)


def _table_of_ods(name: str, sheet: SheetOf) -> str:
    style = ' table:style-name="ta2"' if sheet.is_hidden else ""
    runs: list[list[int]] = []
    for i, row in enumerate(sheet.rows):
        is_same = bool(runs) and row == sheet.rows[i - 1] and (i in sheet.hidden) == (i - 1 in sheet.hidden)
        if is_same:
            runs[-1].append(i)
        else:
            runs.append([i])
    rows = ""
    for run in runs:
        cells = "".join(_cell_of_ods(value, run[0], k, sheet) for k, value in enumerate(sheet.rows[run[0]]))
        repeated = f' table:number-rows-repeated="{len(run)}"' if len(run) > 1 else ""
        collapsed = ' table:visibility="collapse"' if run[0] in sheet.hidden else ""
        rows += f"<table:table-row{repeated}{collapsed}>{cells}</table:table-row>"
    return f'<table:table table:name="{name}"{style}>{rows}</table:table>'


def _cell_of_ods(value: Value, row: int, column: int, sheet: SheetOf) -> str:
    for top, bottom, left, right in sheet.merged:
        if (row, column) == (top, left):
            span = f' table:number-rows-spanned="{bottom - top + 1}" table:number-columns-spanned="{right - left + 1}"'
            return _plain_cell_of_ods(value, "table-cell", span)
        if top <= row <= bottom and left <= column <= right:
            return "<table:covered-table-cell/>"
    return _plain_cell_of_ods(value, "table-cell", "")


def _plain_cell_of_ods(value: Value, tag: str, more: str) -> str:
    if value is None:
        return f"<table:{tag}{more}/>"
    if isinstance(value, str):
        kind = ' office:value-type="string"'
    elif isinstance(value, dt.date):
        kind = f' office:value-type="date" office:date-value="{value.isoformat()}"'
    else:
        kind = f' office:value-type="float" office:value="{value!r}"'
    return f"<table:{tag}{more}{kind}><text:p>{escape(str(value))}</text:p></table:{tag}>"


def write_xlsb(path: Path, sheets: Sheets) -> None:
    """Write the records of [MS-XLSB] that a reader of cells needs."""
    names = list(sheets)
    bundle = b"".join(
        _record(
            156, struct.pack("<II", 1 if sheets[name].is_hidden else 0, k) + _text(f"rId{k}") + _text(name)
        )
        for k, name in enumerate(names, 1)
    )
    formats = b"".join(_record(47, struct.pack("<HHIIH", 0, code, 0, 0, 0)) for code in (0, DATE_FORMAT))
    parts = {
        "[Content_Types].xml": _types_of_xlsb(len(names)),
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.bin")}),
        "xl/workbook.bin": _record(131) + _record(143) + bundle + _record(144) + _record(132),
        "xl/_rels/workbook.bin.rels": _relations(
            {f"rId{k}": ("worksheet", f"worksheets/sheet{k}.bin") for k in range(1, len(names) + 1)}
            | {"rId0": ("styles", "styles.bin")}
        ),
        "xl/styles.bin": _record(278)
        + _record(617, struct.pack("<I", 2))
        + formats
        + _record(618)
        + _record(279),
    } | {f"xl/worksheets/sheet{k}.bin": _part_of_xlsb(sheets[name]) for k, name in enumerate(names, 1)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)


def _types_of_xlsb(n: int) -> bytes:
    kinds = {"workbook.bin": "sheet.binary.macroEnabled.main", "styles.bin": "styles"}
    kinds |= {f"worksheets/sheet{k}.bin": "worksheet" for k in range(1, n + 1)}
    overrides = "".join(
        f'<Override PartName="/xl/{name}" ContentType="application/vnd.ms-excel.{kind}"/>'
        for name, kind in kinds.items()
    )
    return (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{overrides}</Types>"
    ).encode()


def _relations(targets: Mapping[str, tuple[str, str]]) -> bytes:
    links = "".join(
        f'<Relationship Id="{key}" Target="{target}" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/>'
        for key, (kind, target) in targets.items()
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{space}">{links}</Relationships>'.encode()


def _part_of_xlsb(sheet: SheetOf) -> bytes:
    width = max((len(row) for row in sheet.rows), default=0)
    size = struct.pack("<IIII", 0, max(len(sheet.rows) - 1, 0), 0, max(width - 1, 0))
    rows = b""
    for i, row in enumerate(sheet.rows):
        flags = 0x10 if i in sheet.hidden else 0
        rows += _record(0, struct.pack("<IIHBBBI", i, 0, 300, 0, flags, 0, 0))
        rows += b"".join(_cell_of_xlsb(k, value) for k, value in enumerate(row) if value is not None)
    merged = b"".join(_record(176, struct.pack("<IIII", *cells)) for cells in sheet.merged)
    many = _record(177, struct.pack("<I", len(sheet.merged))) + merged + _record(178) if merged else b""
    return _record(129) + _record(148, size) + _record(145) + rows + _record(146) + many + _record(130)


def _cell_of_xlsb(column: int, value: str | float | dt.date) -> bytes:
    is_date = isinstance(value, dt.date)
    head = struct.pack("<II", column, 1 if is_date else 0)
    if isinstance(value, str):
        return _record(6, head + _text(value))
    number = (value - FIRST_DAY).days if isinstance(value, dt.date) else value
    return _record(5, head + struct.pack("<d", number))


def _text(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw) // 2) + raw


def _record(kind: int, data: bytes = b"") -> bytes:
    """Return a record: its kind and its size, 7 bits a byte, and its data."""
    return _number(kind) + _number(len(data)) + data


def _number(value: int) -> bytes:
    raw = bytearray()
    while value > 127:
        raw.append(value % 128 + 128)
        value //= 128
    raw.append(value)
    return bytes(raw)


WRITERS: Mapping[str, Callable[[Path, Sheets], None]] = {
    ".xlsx": write_xlsx,
    ".ods": write_ods,
    ".xlsb": write_xlsb,
}
