"""What a file really holds, by its first bytes, where it is not what its name says; runs in the guarded child."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gridder.io import formats

HEAD_BYTES = 4096


@dataclass(frozen=True)
class Content:
    """A kind of file: how it begins, what it is called, the suffixes that it has, and what to do with it."""

    begins: re.Pattern[bytes]
    en: str
    zh: str
    suffixes: tuple[str, ...]
    advice_en: str = "rename it to end in {suffix}"
    advice_zh: str = "请把扩展名改为 {suffix}"

    def facts(self, suffix: str) -> dict[str, str]:
        """Return what is told of a file of this kind that has another suffix."""
        own = self.suffixes[0] if self.suffixes else ""
        return {
            "suffix": suffix,
            "content": self.en,
            "content_zh": self.zh,
            "advice": self.advice_en.format(suffix=own),
            "advice_zh": self.advice_zh.format(suffix=own),
        }


def _content(
    begins: bytes, en: str, zh: str, *suffixes: str, advice: tuple[str, str] | None = None
) -> Content:
    pattern = re.compile(rb"(?:\xef\xbb\xbf)?\s*" + begins, re.IGNORECASE | re.DOTALL)
    return Content(pattern, en, zh, suffixes, *(advice or ()))


_AS_TABLE = (
    "copy its table into a sheet of Excel or WPS and save that as .xlsx",
    "请把其中的表格复制到 Excel 或 WPS 并另存为 .xlsx",
)
_WORKBOOK = _content(
    rb"PK\x03\x04.*(xl/|\[Content_Types\])",
    "an Excel workbook",
    "Excel 工作簿",
    ".xlsx",
    ".xlsm",
    ".xlsb",
    ".et",
)
_WORD = _content(rb"PK\x03\x04.*word/", "a Word document", "Word 文档", ".docx", advice=_AS_TABLE)
_OPEN_DOCUMENT = _content(rb"PK\x03\x04.{26}mimetype", "an OpenDocument file", "OpenDocument 文档", ".ods")
_ARCHIVE = _content(rb"PK\x03\x04", "a zip archive", "zip 压缩包", ".zip", ".kmz")
_PAGE_AS_SHEET = _content(
    rb"<(!doctype\s+html|html|meta|table)",
    "a web page, as some systems export tables",
    "网页（部分系统导出的表格）",
    advice=("open it in Excel or WPS and save it as .xlsx", "请用 Excel 或 WPS 打开并另存为 .xlsx"),
)
CONTENTS = (
    _content(
        rb"<(!doctype\s+html|html)",
        "a web page, as a failed download leaves it",
        "网页（下载失败时常见）",
        advice=("download the file again, signed in where that is needed", "请重新下载（必要时先登录）"),
    ),
    _content(
        rb"<OGR\w+DataSource",
        "a document that leads to other files (OGR VRT), which are not opened",
        "指向其他文件的说明文档（OGR VRT），不会打开",
        advice=(
            "give the file that it leads to, or export the layer in QGIS as GeoPackage",
            "请直接给出它所指向的文件，或在 QGIS 中把图层另存为 GeoPackage",
        ),
    ),
    _content(rb"(<\?xml[^>]*>\s*)?<kml", "KML", "KML", ".kml"),
    _content(rb"(<\?xml[^>]*>\s*)?<gpx", "GPX", "GPX", ".gpx"),
    _WORKBOOK,
    _OPEN_DOCUMENT,
    _ARCHIVE,
    _content(rb"SQLite format 3\x00", "a GeoPackage", "GeoPackage 数据库", ".gpkg"),
    _content(rb"\x00\x00\x27\x0a", "a shapefile", "shapefile", ".shp"),
    _content(rb"\xd0\xcf\x11\xe0", "an old Office document", "旧版 Office 文档", ".xls", ".et"),
    _content(
        rb"[\[{]\s*[\"{\]}]",
        "GeoJSON",
        "GeoJSON",
        ".geojson",
        ".json",
        ".geojsonl",
        ".geojsons",
        ".ndjson",
        ".jsonl",
    ),
    *(
        _content(begins, en, zh, advice=advice)
        for begins, en, zh, advice in (
            (
                rb"%PDF",
                "a PDF",
                "PDF",
                (
                    "ask for the boundaries as shapefile or GeoPackage",
                    "请索取 shapefile 或 GeoPackage 格式的边界数据",
                ),
            ),
            (
                rb"(\xff\xd8\xff|\x89PNG)",
                "a picture",
                "图片",
                (
                    "ask for the boundaries as shapefile or GeoPackage",
                    "请索取 shapefile 或 GeoPackage 格式的边界数据",
                ),
            ),
            (
                rb"AC10\d\d",
                "an AutoCAD drawing (DWG)",
                "AutoCAD 图纸（DWG）",
                (
                    "save it in the CAD program as DXF in text (ASCII)",
                    "请在 CAD 软件中另存为文本（ASCII）DXF",
                ),
            ),
            (
                rb"(Rar!|7z\xbc\xaf)",
                "an archive (RAR or 7z)",
                "RAR 或 7z 压缩包",
                ("unpack it and give the files, or pack them as .zip", "请解压后给出文件，或改为 .zip"),
            ),
        )
    ),
)


BY_ENTRY = {
    "xl/workbook.xml": _WORKBOOK,
    "xl/workbook.bin": _WORKBOOK,
    "word/document.xml": _WORD,
    "mimetype": _OPEN_DOCUMENT,
}
"""What an archive is that has such an entry."""


def other_content(path: Path) -> dict[str, str] | None:
    """Return what a file holds that is none of what its suffix says, None where nothing speaks for that."""
    if path.is_dir():
        return None
    suffix = path.suffix.lower()
    content = _packed_content(path) or _content_by_head(path, suffix)
    return None if content is None or suffix in content.suffixes else content.facts(suffix)


def _packed_content(path: Path) -> Content | None:
    """Return what a whole zip archive is, by its entries; its head could be that of a file packed in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return None
    return next((content for name, content in BY_ENTRY.items() if name in names), _ARCHIVE)


def _content_by_head(path: Path, suffix: str) -> Content | None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if suffix in formats.SHEET_SUFFIXES and _PAGE_AS_SHEET.begins.match(head):
        return _PAGE_AS_SHEET
    return next((content for content in CONTENTS if content.begins.match(head)), None)
