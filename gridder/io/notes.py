"""What the child noticed while it read, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridder.model import NO_TEXT, Finding, Source, Text

NOTES: Mapping[str, tuple[Text, Text]] = {
    "network-link": (
        Text(
            "the file leads to {n} other [address, which was|addresses, which were] not followed",
            "文件含 {n} 个网络链接，未读取",
        ),
        Text(
            "if areas are missing, open it in Google Earth and save it whole as .kmz",
            "若缺少图形，请在 Google Earth 中打开并完整另存为 .kmz",
        ),
    ),
    "placemarks-missed": (
        Text("{n} [placemark|placemarks] could not be read", "{n} 个地标无法读取"),
        Text("open it in QGIS and export it as GeoPackage", "请在 QGIS 中打开并另存为 GeoPackage"),
    ),
    "closed-lines": (
        Text(
            "{n} closed [line was|lines were] taken for areas, as this format has none",
            "该格式没有面，{n} 条闭合线已作为面使用",
        ),
        Text("look at the map", "请在地图上核对"),
    ),
    "open-lines": (
        Text(
            "{n} [line is not closed and was|lines are not closed and were] not taken for areas",
            "{n} 条线未闭合，不能作为面",
        ),
        Text("close it in the drawing if it is a boundary", "如为边界，请在图中闭合"),
    ),
    "names-cut": (
        Text(
            "names of columns end in the middle of a character, as a .dbf keeps 10 bytes of a name: {names}",
            "列名在汉字中间被截断（.dbf 的列名最多 10 个字节）：{names}",
        ),
        Text(
            "the half character was left out; export the layer as GeoPackage to keep whole names",
            "已去掉残缺的半个字；如需完整列名，请另存为 GeoPackage",
        ),
    ),
    "texts-cut": (
        Text(
            "{n} [text ends|texts end] in the middle of a character, as a .dbf keeps so many bytes only (columns: {names})",
            "{n} 处文字在汉字中间被截断（.dbf 字段长度不足），所在列：{names}",
        ),
        Text(
            "the half character was left out; export the layer as GeoPackage to keep whole texts",
            "已去掉残缺的半个字；如需完整文字，请另存为 GeoPackage",
        ),
    ),
    "unreadable-wkt": (
        Text("the [shape|shapes] of {n} [row|rows] cannot be understood", "{n} 行的 WKT 图形无法解析"),
        Text(
            "correct the text, for example POLYGON ((0 0, 1 0, 1 1, 0 0))",
            "请改正，例如 POLYGON ((0 0, 1 0, 1 1, 0 0))",
        ),
    ),
    "notes-left-out": (
        Text("{n} [row was|rows were] taken for titles or notes", "{n} 行视为标题或说明，未作为数据"),
        NO_TEXT,
    ),
    "totals-left-out": (
        Text(
            "{n} [row is a total and was|rows are totals and were] left out", "{n} 行是合计或小计，未作为数据"
        ),
        NO_TEXT,
    ),
    "headers-left-out": (
        Text(
            "{n} [row repeats the header and was|rows repeat the header and were] left out",
            "{n} 行重复了表头，未作为数据",
        ),
        NO_TEXT,
    ),
    "blank-left-out": (
        Text("{n} [row between others is|rows between others are] blank", "表中有 {n} 个空行"),
        NO_TEXT,
    ),
    "two-header-rows": (
        Text("two rows together were read as the header", "两行合并作为表头读取"),
        Text("check the names of the columns", "请核对列名"),
    ),
    "passed-over": (
        Text(
            "not read, as no table was found in it: {names}",
            "以下文件中未找到表格，未读取：{names}",
        ),
        Text(
            "if one of them is a table, open it in Excel or WPS and save it as .xlsx",
            "如其中有表格，请用 Excel 或 WPS 打开并另存为 .xlsx",
        ),
    ),
    "hidden-rows": (
        Text(
            "{n} [row is hidden in the sheet and was|rows are hidden in the sheet and were] read too",
            "表中有 {n} 行被隐藏，也已读取",
        ),
        Text("delete them where they should not count", "如不应计入，请删除这些行"),
    ),
    "other-sheets": (
        Text(
            "only sheet {name!r} was read; there are others: {others}",
            "只读取了工作表 {name!r}，另有：{others}",
        ),
        Text("choose another as FILE|layername=SHEET", "如需其他工作表，请用 文件|layername=工作表名"),
    ),
}


def findings_of(facts: Mapping[str, Any], source: Source) -> list[Finding]:
    """Return the findings about a layer that the child told of."""
    return [_finding(note, source) for note in facts.get("notes", ())]


def _finding(note: Mapping[str, Any], source: Source) -> Finding:
    what, remedy = NOTES[note["kind"]]
    rows = tuple(sorted(note["rows"]))
    return Finding(
        note["kind"], what.format(**note["facts"]), source.file, source.layername, rows, remedy or NO_TEXT
    )
