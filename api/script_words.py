"""The words that the scripts of the pages use, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from gridder.model import Text

SCRIPT: Mapping[str, Text] = {
    "choose_file": Text("Choose a file", "选择文件"),
    "change_file": Text("Other file", "更换文件"),
    "remove": Text("Remove", "移除"),
    "uploading": Text("Uploading", "正在上传"),
    "is_folder": Text("{name} is a folder", "“{name}”是文件夹"),
    "is_folder_remedy": Text(
        "Pack it as .zip and give that; of a shapefile, give its files.",
        "请压缩为 .zip 后再提供；Shapefile 请选择其中的文件。",
    ),
    "inspecting": Text("Looking at the file", "正在检查文件"),
    "failed_upload": Text("This file could not be used", "无法使用此文件"),
    "no_answer": Text("The service does not answer", "服务没有响应"),
    "no_answer_remedy": Text("Check the connection and try again.", "请检查网络连接后重试。"),
    "rows": Text("Rows", "行数"),
    "n_rows": Text("{n} rows", "{n} 行"),
    "geometry": Text("Shapes", "图形"),
    "kind_polygon": Text("areas", "面"),
    "kind_line": Text("lines", "线"),
    "kind_point": Text("points", "点"),
    "kind_table": Text("table without shapes", "无图形的表格"),
    "crs": Text("Coordinate system", "坐标系"),
    "crs_none": Text("none", "无"),
    "crs_table": Text("degrees, from the columns", "经纬度，取自列"),
    "encoding": Text("Encoding", "文字编码"),
    "area": Text("Area", "面积"),
    "ha": Text("ha", "公顷"),
    "mu": Text("mu", "亩"),
    "layer": Text("Layer", "图层"),
    "layer_help": Text("This file holds several layers.", "此文件含多个图层。"),
    "subset": Text("Only rows where", "仅限以下条件的行"),
    "subset_help": Text(
        "A filter as in QGIS, e.g. \"highway\" = 'primary'; empty takes all rows.",
        "与 QGIS 相同的筛选条件，如 \"类别\" = '河流'；留空为全部行。",
    ),
    "as_told": Text("as the file says", "按文件所述"),
    "encoding_help": Text(
        "Right when the rows below read well. Old survey files are often GBK.",
        "下方预览文字正常即为正确；较旧的测绘文件多为 GBK。",
    ),
    "crs_help": Text(
        "Leave empty to take the file's own. E.g. EPSG:4490 for CGCS2000 in degrees.",
        "留空则采用文件自带坐标系。例如 EPSG:4490 为 CGCS2000 经纬度。",
    ),
    "crs_4490": Text("CGCS2000, degrees", "CGCS2000 经纬度"),
    "crs_4326": Text("WGS 84, degrees", "WGS 84 经纬度"),
    "crs_zone": Text("CGCS2000, 3 degrees, {m}° E", "CGCS2000 三度带，{m}°E"),
    "axes": Text("Order of the coordinates", "坐标顺序"),
    "axes_xy": Text("easting or longitude first", "东坐标或经度在前"),
    "axes_yx": Text("northing or latitude first", "北坐标或纬度在前"),
    "axes_help": Text(
        "Surveyors write X for the northing; change it where the land lies turned about.",
        "测绘习惯以 X 为北坐标；位置颠倒时请更改。",
    ),
    "datum": Text("Longitude and latitude are from", "经纬度来源"),
    "datum_wgs84": Text("surveys or GPS (CGCS2000, WGS 84)", "测绘或 GPS（CGCS2000、WGS 84）"),
    "datum_gcj02": Text("Gaode or Tencent maps (GCJ-02)", "高德、腾讯地图（GCJ-02）"),
    "datum_bd09": Text("Baidu maps (BD-09)", "百度地图（BD-09）"),
    "datum_help": Text(
        "Positions picked on web maps of China are shifted by some 100 m; they are moved back.",
        "国内网络地图上的坐标有数百米偏移，读取时自动改正。",
    ),
    "region": Text("Where the land lies", "所在地区"),
    "region_example": Text("e.g. Heilongjiang", "如 黑龙江"),
    "region_help": Text(
        "A province, or longitude,latitude: shortens the list of coordinate systems and warns of land elsewhere.",
        "填写省份或“经度,纬度”：可缩短坐标系列表，位置不符时会提示。",
    ),
    "place": Text("Where does the land lie?", "数据位于哪里？"),
    "place_help": Text(
        "Each number is where one coordinate system would put the file. Choose the one that is right; if it is not "
        "there, name the province below.",
        "每个编号表示一种坐标系对应的位置。请选择正确的一个；若都不对，请在下方填写所在省份。",
    ),
    "place_same": Text(
        "Systems at the same place lie within a few hundred metres of each other: ask whoever made the file.",
        "同一位置的坐标系相差仅几百米以内，请向数据制作单位核实。",
    ),
    "sketch_alt": Text(
        "Sketch: the numbered places of the list beside it, with cities around",
        "示意图：右侧列表中各编号的位置及周边城市",
    ),
    "encodings": Text("Which one reads right?", "哪一种文字正常？"),
    "encodings_help": Text(
        "The same rows in every encoding that they may be in.", "同样的行按各种可能的编码读取的结果。"
    ),
    "encoding_now": Text("as it is read now", "当前采用"),
    "use_encoding": Text("Use {name}", "采用 {name}"),
    "choose_place": Text("choose where the land lies, above", "请在上方选择正确的位置"),
    "ask_crs": Text(
        "correct or empty the region, or ask whoever made the file for the EPSG number and write it as coordinate "
        "system; for the local grid of a town EPSG:4549 gives right sizes, but not the right place on the map",
        "请更正或清空所在地区，或向制作单位询问 EPSG 编号并填入“坐标系”；如为地方独立坐标，可填 EPSG:4549，"
        "面积正确，但地图上的位置不对",
    ),
    "choose_encoding": Text(
        "if names look wrong, choose the encoding above", "若文字显示不对，请在上方选择编码"
    ),
    "to_settle": Text("something must be settled", "有问题须先解决"),
    "must_settle": Text("Must be settled", "必须解决"),
    "settle_first": Text(
        "Settle first what keeps {name} from being used.", "请先解决 {name} 中必须解决的问题。"
    ),
    "more_reading": Text("More on how it is read", "更多读取选项"),
    "how_read": Text("How it is read", "读取方式"),
    "columns": Text("What the columns mean", "列的含义"),
    "columns_help": Text(
        "Found by their headers. Change what is wrong; unset ones are not needed.",
        "已按表头识别，有误请更改；未设置的可不填。",
    ),
    "other_columns": Text("More columns", "更多列"),
    "not_set": Text("not set", "未设置"),
    "first_rows": Text("First rows", "前几行"),
    "masked": Text(
        "What tells who somebody is or where they live is masked (***).",
        "能识别个人或住处的内容已遮盖（***）。",
    ),
    "no_problems": Text("No problems found.", "没有发现问题。"),
    "problems": Text("What was noticed", "检查结果"),
    "n_problems": Text("{n} remarks", "{n} 条提示"),
    "no_remarks": Text("no remarks", "无提示"),
    "in_rows": Text("rows {rows}", "第 {rows} 行"),
    "and_more": Text("{rows} and {n} more", "{rows} 等，另有 {n} 行"),
    "use_as": Text("Show the columns for use as", "按以下用途显示列"),
    "saved": Text("Saved. From now on the file is read like this.", "已保存，此后按此方式读取该文件。"),
    "something_wrong": Text("This did not work", "操作未成功"),
    "need_units": Text("Choose fields or buildings first.", "请先选择地块或楼栋文件。"),
    "still_busy": Text("A file is still being read.", "仍有文件正在读取。"),
    "fix_files": Text("Remove or replace the files that could not be used.", "请移除或更换无法使用的文件。"),
    "need_size": Text("Give a target, or a number of grids.", "请填写目标规模或网格数。"),
    "size_order": Text("Minimum, target and maximum must rise.", "须满足：下限 ≤ 目标 ≤ 上限。"),
    "wrong_field": Text("“{label}” is not right.", "“{label}”填写有误。"),
    "codes_need_zones": Text(
        "Codes by a standard are made from those of communities: choose a file of zones with codes in the first step.",
        "按标准编码需要社区代码：请在第一步选择带代码的片区文件。",
    ),
    "second_order": Text(
        "The maximum of the second size is below its minimum.", "第二种规模的上限小于下限。"
    ),
    "alike_column": Text("Column that should be alike", "应尽量一致的列"),
    "alike_weight": Text("How much it counts", "重要程度"),
    "estimate": Text("About {n} grids.", "约 {n} 个网格。"),
    "estimate_of": Text("{total} {unit} in all.", "合计 {total} {unit}。"),
    "estimate_each": Text("About {n} {unit} in each grid.", "每个网格约 {n} {unit}。"),
    "estimate_cells": Text("About {n} cells.", "约 {n} 个单元。"),
    "unit_members": Text("people", "人"),
    "unit_households": Text("households", "户"),
    "unit_area_ha": Text("ha", "公顷"),
    "unit_area_mu": Text("mu", "亩"),
    "of_column": Text("column {name}", "列“{name}”"),
    "starting": Text("Starting", "正在开始"),
    "waiting_place": Text("Waiting, place {n} in the queue", "排队中，第 {n} 位"),
    "waiting_next": Text("Waiting, next in the queue", "排队中，即将开始"),
    "stopping": Text("Stopping", "正在停止"),
    "elapsed": Text("{time} so far", "已用 {time}"),
    "seconds": Text("{s} s", "{s} 秒"),
    "minutes": Text("{m} min {s} s", "{m} 分 {s} 秒"),
    "copied": Text("Copied", "已复制"),
    "copy_it": Text("Copy", "复制"),
    "preparing": Text("Preparing the file", "正在准备文件"),
    "names_done": Text(
        "The file was downloaded; it was noted who asked and why.", "文件已下载，申请人与事由已记录。"
    ),
}
