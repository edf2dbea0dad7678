"""Write Excel workbooks row by row: text, numbers, borders and all that a printer needs.

openpyxl needs some 14 µs a cell (a minute and more for a large roster); this writes the few parts of
the format that the rosters use (ECMA-376 Part 1, chapter 18) several times faster, in little
memory, and the same bytes for the same content.
Text is always stored as text (`inlineStr`), so that no cell can become a formula.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | None
Look = Literal["plain", "header", "heading", "body"]
"""How a row is drawn (`cellXfs` below); the first cell of a heading spans the sheet."""

LINE_POINTS = 16.5
"""Height of a line of text."""
MOST_BREAKS = 1000
"""Page breaks in one sheet; Excel takes 1 026."""
MOST_ROWS = 1_000_000
"""Rows in one sheet; Excel takes 1 048 576."""
MOST_LINES = 24
"""Lines of text in one row; Excel takes rows of up to 409 points."""
MOST_CHARACTERS = 32_767
"""UTF-16 units in one cell that Excel takes."""

_LOOKS = {"plain": 0, "header": 1, "heading": 2, "body": 3}
_A4_INCHES = (8.27, 11.69)
_MARGINS = {"left": 0.4, "right": 0.4, "top": 0.75, "bottom": 0.6, "header": 0.3, "footer": 0.3}
_PIXELS_A_CHARACTER = 7.0
_SAFETY = 0.95
"""Fonts of other systems are a little wider."""
_MARKUP = re.compile(r"[&<>\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells, how it is drawn, and its height in lines of text."""

    cells: Sequence[Cell]
    look: Look = "body"
    lines: int = 1

    @property
    def height_points(self) -> float:
        """Height on paper."""
        return LINE_POINTS * min(self.lines, MOST_LINES)


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Parameters
    ----------
    name
        Unique and allowed, as `sheet_names` makes them.
    widths
        Width of every column in characters of Latin text.
    header
        First row: it stays in sight and is repeated on every page.
    rows
        The rows below it.
    breaks
        Numbers of rows of `rows`, counted from 0, that begin a new page.
    title
        Stands above every page, with the sheet's name and the page number.
    """

    name: str
    widths: Sequence[float]
    header: Row
    rows: Iterable[Row]
    title: str
    breaks: Sequence[int] = ()


@dataclass(frozen=True)
class Page:
    """A printed page: turned or upright, its scale, and how much of it rows may fill."""

    landscape: bool
    scale_percent: int
    height_points: float
    """Room for rows, in points of the unscaled sheet, with the repeated header row taken off."""

    @classmethod
    def of(cls, widths: Sequence[float], header: Row) -> Page:
        """Return the A4 page on which columns of these widths fit side by side.

        Upright down to a scale of 75 %, else turned.
        The scale is set rather than left to "fit to width", under which Excel ignores page breaks.
        """
        needed = sum(width * _PIXELS_A_CHARACTER + 5 for width in widths) / 96 / _SAFETY
        landscape = (_A4_INCHES[0] - _MARGINS["left"] - _MARGINS["right"]) / needed < 0.75
        across, down = reversed(_A4_INCHES) if landscape else _A4_INCHES
        scale = min(1.0, (across - _MARGINS["left"] - _MARGINS["right"]) / needed)
        percent = max(10, int(scale * 100))
        room = (down - _MARGINS["top"] - _MARGINS["bottom"]) * 72 * 100 / percent * _SAFETY
        return cls(landscape, percent, room - header.height_points)


def text_width(text: str) -> int:
    """Return the width of a text in Latin characters: a Chinese character is as wide as two.

    >>> text_width("片区A")
    5
    """
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def sheet_names(wanted: Sequence[str]) -> list[str]:
    """Return names that Excel takes: at most 31 characters, none forbidden, no two alike.

    >>> sheet_names(["A/B", "a?b"])
    ['A_B', 'a_b (2)']
    """
    names: list[str] = []
    taken: set[str] = {"history"}
    for text in wanted:
        clean = _FORBIDDEN.sub("", re.sub(r"[\[\]:*?/\\]", "_", text)).strip(" '") or "_"
        name, n = _shorten(clean, 31), 1
        while name.lower() in taken:
            n += 1
            name = _shorten(clean, 31 - len(f" ({n})")) + f" ({n})"
        taken.add(name.lower())
        names.append(name)
    return names


def write_workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write the sheets, one after the other, as a workbook of A4 pages.

    Parameters
    ----------
    path
        File to be made.
    sheets
        Their rows are consumed one by one.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    names: list[str] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for sheet in sheets:
            names.append(sheet.name)
            with (
                package.open(_entry(f"xl/worksheets/sheet{len(names)}.xml"), "w") as binary,
                io.TextIOWrapper(binary, encoding="utf-8", newline="") as stream,
            ):
                stream.writelines(_sheet_xml(sheet))
        for name, content in _frame_parts(names):
            package.writestr(_entry(name), _XML + content)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _shorten(text: str, most: int) -> str:
    """Cut a name to so many UTF-16 units, as Excel counts them."""
    units = text.encode("utf-16-le")[: 2 * most]
    return units.decode("utf-16-le", errors="ignore").strip(" '")


def _sheet_xml(sheet: Sheet) -> Iterator[str]:
    page = Page.of(sheet.widths, sheet.header)
    letters = [_letters(i) for i in range(len(sheet.widths))]
    yield (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView showGridLines="0" workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="{LINE_POINTS}"/><cols>'
    )
    for i, width in enumerate(sheet.widths, start=1):
        yield f'<col min="{i}" max="{i}" width="{width + 5 / _PIXELS_A_CHARACTER:.2f}" customWidth="1"/>'
    yield "</cols><sheetData>"
    yield _row_xml(1, sheet.header, letters)
    merged = []
    for number, row in enumerate(sheet.rows, start=2):
        yield _row_xml(number, row, letters)
        if row.look == "heading" and len(letters) > 1:
            merged.append(f'<mergeCell ref="A{number}:{letters[-1]}{number}"/>')
    yield "</sheetData>"
    if merged:
        yield f'<mergeCells count="{len(merged)}">{"".join(merged)}</mergeCells>'
    margins = " ".join(f'{side}="{inches}"' for side, inches in _MARGINS.items())
    orientation = "landscape" if page.landscape else "portrait"
    head = f"&L{_header_text(sheet.title)}&C{_header_text(sheet.name)}&R&P / &N"
    yield (
        f'<printOptions horizontalCentered="1"/><pageMargins {margins}/>'
        f'<pageSetup paperSize="9" scale="{page.scale_percent}" orientation="{orientation}"/>'
        f"<headerFooter><oddHeader>{escape(head)}</oddHeader></headerFooter>"
    )
    if sheet.breaks:
        count = len(sheet.breaks)
        yield f'<rowBreaks count="{count}" manualBreakCount="{count}">'
        for at in sheet.breaks:
            yield f'<brk id="{at + 1}" max="16383" man="1"/>'
        yield "</rowBreaks>"
    yield "</worksheet>"


def _row_xml(number: int, row: Row, letters: Sequence[str]) -> str:
    style = _LOOKS[row.look]
    cells = "".join(
        _cell_xml(f'<c r="{letter}{number}" s="{style}"', cell)
        for letter, cell in zip(letters, row.cells, strict=True)
    )
    return f'<row r="{number}" ht="{row.height_points}" customHeight="1">{cells}</row>'


def _cell_xml(start: str, cell: Cell) -> str:
    if cell is None or cell == "":
        return f"{start}/>"
    if isinstance(cell, str):
        if 2 * len(cell) > MOST_CHARACTERS:
            cell = _shorten(cell, MOST_CHARACTERS)
        if _MARKUP.search(cell):
            cell = escape(_FORBIDDEN.sub("", cell))
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{cell}</t></is></c>'
    return f"{start}><v>{cell}</v></c>" if math.isfinite(cell) else f"{start}/>"


def _letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _header_text(text: str) -> str:
    """Return text for a page header, where `&` begins a code; all three parts share 255 characters."""
    plain = _FORBIDDEN.sub("", text)[:90]
    # A number right after the code of a part would be read as a font size.
    return (" " if plain[:1].isdigit() else "") + plain.replace("&", "&&")


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="3">'
    '<font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="12"/><name val="Calibri"/></font>'
    "</fonts>"
    '<fills count="4">'
    '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFD9E2EC"/><bgColor indexed="64"/></patternFill></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFF0F4F8"/><bgColor indexed="64"/></patternFill></fill>'
    "</fills>"
    '<borders count="3"><border><left/><right/><top/><bottom/><diagonal/></border>'
    '<border><left style="thin"><color rgb="FF8295A8"/></left><right style="thin"><color rgb="FF8295A8"/></right>'
    '<top style="thin"><color rgb="FF8295A8"/></top><bottom style="thin"><color rgb="FF8295A8"/></bottom>'
    "<diagonal/></border>"
    '<border><left/><right/><top style="medium"><color rgb="FF334E68"/></top>'
    '<bottom style="thin"><color rgb="FF8295A8"/></bottom><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1" '
    'applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="2" fillId="3" borderId="2" xfId="0" applyFont="1" applyFill="1" applyBorder="1" '
    'applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" applyBorder="1" applyAlignment="1">'
    '<alignment vertical="center" wrapText="1"/></xf>'
    "</cellXfs>"
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


def _frame_parts(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the parts of the package around the sheets: name and XML."""
    numbered = list(enumerate(names, start=1))
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        for i, _ in numbered
    )
    yield (
        "[Content_Types].xml",
        (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>{overrides}</Types>'
        ),
    )
    yield (
        "_rels/.rels",
        (
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    sheets = "".join(f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"/>' for i, name in numbered)
    titles = "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{i - 1}">'
        f"{escape(_quoted(name))}!$1:$1</definedName>"
        for i, name in numbered
    )
    yield (
        "xl/workbook.xml",
        (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets>'
            f"<definedNames>{titles}</definedNames></workbook>"
        ),
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in numbered
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}<Relationship Id="rId{len(names) + 1}" '
            f'Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>'
        ),
    )
    yield "xl/styles.xml", _STYLES


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
