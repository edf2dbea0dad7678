"""Why a file cannot be read, in words: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridder.io.location import Location
from gridder.model import Finding, Text

REFUSALS: Mapping[str, tuple[Text, Text]] = {
    "missing-file": (
        Text("there is no such file: {path}", "找不到文件：{path}"),
        Text("check the path", "请检查路径"),
    ),
    "unknown-format": (
        Text("this is no format that can be read", "无法读取这种格式"),
        Text("give one of: {suffixes}", "可用格式：{suffixes}"),
    ),
    "unknown-encoding": (
        Text("there is no encoding {encoding!r}", "没有名为 {encoding!r} 的编码"),
        Text("use for example UTF-8, GBK, GB18030 or Big5", "可用例如 UTF-8、GBK、GB18030、Big5"),
    ),
    "other-format": (
        Text("the content is not what the name says ({driver})", "文件内容与扩展名不符（{driver}）"),
        Text("give the file its true suffix, or export it again", "请改正扩展名，或重新导出"),
    ),
    "other-content": (
        Text(
            "by its name the file is {suffix}, but what it holds is {content}",
            "文件扩展名是 {suffix}，内容却是{content_zh}",
        ),
        Text("{advice}", "{advice_zh}"),
    ),
    "unreadable": (
        Text("the file cannot be opened or is damaged: {detail}", "文件打不开或已损坏：{detail}"),
        Text("open it in QGIS and export it as GeoPackage", "请在 QGIS 中打开并另存为 GeoPackage"),
    ),
    "unreadable-table": (
        Text("the table cannot be opened or is damaged: {detail}", "表格打不开或已损坏：{detail}"),
        Text("open it in Excel or WPS and save it again", "请用 Excel 或 WPS 打开并另存"),
    ),
    "table-with-password": (
        Text("the workbook has a password", "工作簿设有密码"),
        Text("save it without a password", "请取消密码后另存"),
    ),
    "empty-file": (
        Text("the file is empty", "文件是空的"),
        Text("copy or export it again", "请重新复制或导出"),
    ),
    "no-json": (
        Text("the file is not GeoJSON: line {line} is not JSON", "文件不是 GeoJSON：第 {line} 行不是 JSON"),
        Text(
            "copy it again whole, or export it as GeoJSON or GeoPackage",
            "请重新完整复制，或另存为 GeoJSON、GeoPackage",
        ),
    ),
    "no-geojson": (
        Text("the file does not hold GeoJSON", "文件内容不是 GeoJSON"),
        Text("export it as GeoJSON or GeoPackage", "请另存为 GeoJSON 或 GeoPackage"),
    ),
    "no-layer": (
        Text("there is no layer in it", "文件中没有图层"),
        Text("export the layer again", "请重新导出图层"),
    ),
    "no-such-layer": (
        Text("there is no layer {wanted!r}", "没有图层 {wanted!r}"),
        Text("use one of: {names}", "可用：{names}"),
    ),
    "several-layers": (
        Text("there are several layers that could be meant", "有多个可用图层，无法确定用哪一个"),
        Text("name one as FILE|layername=…: {names}", "请用 文件|layername=… 指定：{names}"),
    ),
    "bad-subset": (
        Text("the subset cannot be applied: {subset} ({detail})", "无法应用筛选条件：{subset}（{detail}）"),
        Text("write it as a SQL where clause over the layer's columns", "请按 SQL 的 where 条件书写"),
    ),
    "truncated": (
        Text(
            "a part of the shapefile ends early: {told} rows are told, {found} are there",
            "shapefile 的某个部分不完整：应有 {told} 行，实有 {found} 行",
        ),
        Text(
            "copy .shp, .shx and .dbf together again, or export the layer anew",
            "请重新完整复制 .shp、.shx、.dbf，或重新导出",
        ),
    ),
    "bad-quotes": (
        Text("a quoted cell that ends on line {line} is not closed", "止于第 {line} 行的引号单元格没有闭合"),
        Text("close the quotes, or save the table as .xlsx", "请补全引号，或另存为 .xlsx"),
    ),
    "not-a-filter": (
        Text(
            "the subset is no plain filter of rows: {stranger} in {subset}",
            "筛选条件只能筛选行，不得含有 {stranger}：{subset}",
        ),
        Text(
            "compare columns with numbers and texts, joined by AND, OR, NOT, IN, LIKE, BETWEEN",
            "请只用列与数值、文本比较，以 AND、OR、NOT、IN、LIKE、BETWEEN 连接",
        ),
    ),
    "no-column-of-subset": (
        Text("the subset names a column that is not there: {name}", "筛选条件中的列不存在：{name}"),
        Text(
            "use one of: {names}; texts stand in single quotes: 'x'",
            "可用：{names}；文本请用单引号：'x'",
        ),
    ),
    "texts-against-number": (
        Text(
            "column {name} holds texts, which the subset compares with a number: {subset}",
            "列 {name} 是文本，筛选条件却与数值比较：{subset}",
        ),
        Text(
            "write the number in single quotes, or CAST({name} AS REAL) to compare what numbers there are",
            "请给数值加单引号，或用 CAST({name} AS REAL) 按数值比较",
        ),
    ),
    "empty-table": (
        Text("the table is empty", "表格是空的"),
        Text("give a table with a header row", "请提供带标题行的表格"),
    ),
    "bad-archive": (
        Text("this is no valid zip archive", "不是有效的 zip 压缩包"),
        Text("pack the files again as .zip", "请重新打包为 zip"),
    ),
    "archive-with-password": (
        Text("the archive has a password", "压缩包设有密码"),
        Text("unpack it and give the files", "请解压后直接给出文件"),
    ),
    "too-many-entries": (
        Text("the archive has more than {limit} entries", "压缩包内文件超过 {limit} 个"),
        Text(
            "pack only the files of one layer, or raise GRIDDER_READ_ENTRIES",
            "请只打包一个图层的文件，或调高 GRIDDER_READ_ENTRIES",
        ),
    ),
    "nothing-in-archive": (
        Text(
            "there is no boundary file or table that can be read in the archive, but {names}",
            "压缩包内没有可读取的边界文件或表格，只有 {names}",
        ),
        Text(
            "pack a shapefile (.shp, .shx, .dbf, .prj), .gpkg, .geojson, .kml, .xlsx or .csv; QGIS converts others",
            "请打包 shapefile（.shp、.shx、.dbf、.prj）、.gpkg、.geojson、.kml、.xlsx 或 .csv；其他格式可用 QGIS 转换",
        ),
    ),
    "nested-archive": (
        Text("archives lie deeper than {limit} in the archive", "压缩包内的压缩包超过 {limit} 层"),
        Text(
            "unpack the outer one, or raise GRIDDER_READ_NESTING",
            "请先解开外层压缩包，或调高 GRIDDER_READ_NESTING",
        ),
    ),
    "link-in-archive": (
        Text("the archive holds a link", "压缩包内含链接"),
        Text("pack the files themselves", "请打包文件本身"),
    ),
    "path-out-of-archive": (
        Text("an entry of the archive leads out of it", "压缩包内有指向外部的路径"),
        Text("pack the files again without folders", "请去掉文件夹后重新打包"),
    ),
    "archive-bomb": (
        Text(
            "the archive unpacks to more than is allowed ({limit_mb} MB)", "解压后超过限制（{limit_mb} MB）"
        ),
        Text(
            "unpack it and give the files, or raise GRIDDER_READ_UNPACKED_MB",
            "请解压后直接给出文件，或调高 GRIDDER_READ_UNPACKED_MB",
        ),
    ),
    "archive-too-dense": (
        Text(
            "a file in the archive unpacks to more than {limit} times its size, as in an attack",
            "压缩包内有文件解压后超过原大小的 {limit} 倍，疑似恶意文件",
        ),
        Text(
            "if you trust it, unpack it and give the files, or raise GRIDDER_READ_RATIO",
            "若来源可信，请解压后直接给出文件，或调高 GRIDDER_READ_RATIO",
        ),
    ),
    "link-in-set": (
        Text("parts of it are links to files elsewhere: {names}", "其中含有指向别处的链接：{names}"),
        Text("copy the files themselves to one place", "请把文件本身复制到一处"),
    ),
    "leads-to-others": (
        Text(
            "the table is a view or is made of other tables, which are not opened",
            "该表是视图或由其他表组成，不能读取",
        ),
        Text(
            "export it in MapInfo as a table of its own, or as .mif", "请在 MapInfo 中另存为独立的表或 .mif"
        ),
    ),
    "xml-entity": (
        Text(
            "the file defines XML entities, as in an attack; it is not read",
            "文件定义了 XML 实体，疑似恶意文件，不予读取",
        ),
        Text("export it again from Google Earth or QGIS", "请从 Google Earth 或 QGIS 重新导出"),
    ),
    "only-network-links": (
        Text(
            "the file holds no shapes, only {n} links to other addresses, which are not followed",
            "文件中没有图形，只有 {n} 个网络链接，不会读取",
        ),
        Text(
            "open it in Google Earth and save what you see as .kmz",
            "请在 Google Earth 中打开，再把内容另存为 .kmz",
        ),
    ),
    "binary-dxf": (
        Text("this is a binary DXF, which cannot be read", "这是二进制 DXF，无法读取"),
        Text("save it in the CAD program as DXF in text (ASCII)", "请在 CAD 软件中另存为文本（ASCII）DXF"),
    ),
    "no-feature": (
        Text("line {line} is JSON, but no feature of GeoJSON", "第 {line} 行是 JSON，但不是 GeoJSON 要素"),
        Text("export it as GeoJSON or GeoPackage", "请另存为 GeoJSON 或 GeoPackage"),
    ),
    "no-shapes-in-table": (
        Text("the table has no column of shapes", "表格中没有图形列"),
        Text(
            "give a column WKT with text such as POLYGON ((0 0, 1 0, 1 1, 0 0)), or a boundary file",
            "请提供名为 WKT 的列，内容如 POLYGON ((0 0, 1 0, 1 1, 0 0))，或改用边界文件",
        ),
    ),
    "rows-missing": (
        Text(
            "the file ends early or is damaged: {told} rows are told, {found} can be read",
            "文件不完整或已损坏：应有 {told} 行，只能读出 {found} 行",
        ),
        Text("copy it again whole, or export the layer anew", "请重新完整复制，或重新导出图层"),
    ),
    "file-too-large": (
        Text("the file is larger than {limit_mb} MB", "文件超过 {limit_mb} MB"),
        Text(
            "export only the area or the rows that you need, or raise GRIDDER_READ_FILE_MB",
            "请只导出所需范围或所需的行，或调高 GRIDDER_READ_FILE_MB",
        ),
    ),
    "too-many-features": (
        Text("the layer has {n} rows; at most {limit} are read", "图层有 {n} 行，最多读取 {limit} 行"),
        Text(
            "give fewer rows with a subset, or raise GRIDDER_READ_FEATURES",
            "请用 subset 减少行数，或调高 GRIDDER_READ_FEATURES",
        ),
    ),
    "too-many-vertices": (
        Text(
            "the layer has {n} vertices; at most {limit} are read", "图层有 {n} 个顶点，最多读取 {limit} 个"
        ),
        Text(
            "simplify it or give fewer rows, or raise GRIDDER_READ_VERTICES",
            "请简化图形或减少行数，或调高 GRIDDER_READ_VERTICES",
        ),
    ),
    "too-slow": (
        Text("reading took more than {seconds} s and was stopped", "读取超过 {seconds} 秒，已停止"),
        Text(
            "give a smaller file, or fewer rows of a GeoPackage with a subset, or raise GRIDDER_READ_SECONDS",
            "请提供较小的文件，或用 subset 只读 GeoPackage 的部分行，或调高 GRIDDER_READ_SECONDS",
        ),
    ),
    "too-much-memory": (
        Text(
            "reading took more than {limit_mb} MB of memory and was stopped",
            "读取占用内存超过 {limit_mb} MB，已停止",
        ),
        Text(
            "give a smaller file, or fewer rows of a GeoPackage with a subset, or raise GRIDDER_READ_MEMORY_MB",
            "请提供较小的文件，或用 subset 只读 GeoPackage 的部分行，或调高 GRIDDER_READ_MEMORY_MB",
        ),
    ),
    "convert-in-qgis": (
        Text("this format is not read", "不支持这种格式"),
        Text("open it in QGIS and export it as GeoPackage", "请在 QGIS 中打开并另存为 GeoPackage"),
    ),
    "convert-in-cad": (
        Text("this is a CAD drawing that is not read", "不支持这种 CAD 格式"),
        Text("save it in the CAD program as DXF in text (ASCII)", "请在 CAD 软件中另存为文本（ASCII）DXF"),
    ),
    "convert-in-mapgis": (
        Text("this is a MapGIS file, which is not read", "不支持 MapGIS 格式"),
        Text("export it in MapGIS as shapefile", "请在 MapGIS 中转换为 shapefile"),
    ),
    "other-archive": (
        Text("this kind of archive is not read", "不支持这种压缩格式"),
        Text("unpack it and give the files, or pack them as .zip", "请解压后给出文件，或改为 .zip"),
    ),
    "part-of-shapefile": (
        Text("this is only a part of a shapefile", "这只是 shapefile 的一部分"),
        Text(
            "give the .shp, with .shx, .dbf and .prj beside it", "请给出 .shp，并把 .shx、.dbf、.prj 放在一起"
        ),
    ),
    "part-of-mapinfo": (
        Text("this is only a part of a MapInfo table", "这只是 MapInfo 表的一部分"),
        Text(
            "give the .tab (with .dat, .map, .id) or the .mif (with .mid)",
            "请给出 .tab（连同 .dat、.map、.id）或 .mif（连同 .mid）",
        ),
    ),
    "child-died": (
        Text("reading failed (code {code})", "读取失败（代码 {code}）"),
        Text(
            "the file may be damaged or too large; export it as GeoPackage, or delete from a workbook what stands far "
            "right of or far below its table",
            "文件可能已损坏或过大，请另存为 GeoPackage；如为工作簿，请删除表格右侧和下方远处的内容",
        ),
    ),
}


MISTAKEN_SUFFIXES: Mapping[str, str] = {
    **dict.fromkeys(
        (".gml", ".osm", ".pbf", ".xml", ".topojson", ".e00", ".mdb", ".accdb"), "convert-in-qgis"
    ),
    **dict.fromkeys((".dwg", ".dgn"), "convert-in-cad"),
    **dict.fromkeys((".wp", ".wl", ".wt"), "convert-in-mapgis"),
    **dict.fromkeys((".rar", ".7z", ".001", ".tar", ".gz", ".tgz", ".bz2", ".xz"), "other-archive"),
    **dict.fromkeys((".shx", ".dbf", ".prj", ".cpg"), "part-of-shapefile"),
    **dict.fromkeys((".dat", ".map", ".id", ".mid"), "part-of-mapinfo"),
}
"""Kinds of refusal by suffixes that people give and that are not read."""


def refusal(kind: str, location: Location, facts: Mapping[str, Any], *, inside: str = "") -> Finding:
    """Return the fault of a file, or of one inside an archive."""
    what, remedy = REFUSALS[kind]
    words = {name: ", ".join(value) if isinstance(value, list) else value for name, value in facts.items()}
    return Finding(
        kind,
        what.format(**words),
        location.file,
        location.layername or inside,
        remedy=remedy.format(**words),
    )
