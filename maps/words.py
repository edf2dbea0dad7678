"""Every word of the map's interface, in both languages."""

from __future__ import annotations

from gridder.model import Text

WORDS = {
    "title": Text("Grids", "网格图"),
    "title_of": Text("Grid {code}", "网格 {code}"),
    "other_language": Text("中文", "English"),
    "search": Text("Search grid, zone, parcel or building", "查找网格、片区、地块或楼栋"),
    "found_grid": Text("grid", "网格"),
    "found_unit": Text("in grid {code}", "属于网格 {code}"),
    "found_nothing": Text("Nothing found", "没有找到"),
    "layers": Text("Layers and counts", "图层与统计"),
    "field": Text("Field grids", "田间网格"),
    "building": Text("Building grids", "楼宇网格"),
    "field_units": Text("fields", "地块"),
    "building_units": Text("buildings", "楼栋"),
    "units": Text("Units", "地块/楼栋"),
    "zones": Text("Zones", "片区"),
    "barriers": Text("Barriers", "障碍"),
    "bridges": Text("Bridges", "跨越连接"),
    "labels": Text("Labels", "标注"),
    "in_bounds": Text("in bounds", "符合规模"),
    "out_of_bounds": Text("out of bounds", "超出范围"),
    "show_out_of_bounds": Text("Show the grids out of bounds", "列出超出范围的网格"),
    "unplaced": Text("not placed", "未编入"),
    "target_of": Text(
        "Target {target} {unit} ({minimum} to {maximum})", "目标规模 {target} {unit}（{minimum}—{maximum}）"
    ),
    "of_members": Text("people", "人"),
    "of_households": Text("households", "户"),
    "of_area_ha": Text("ha", "公顷"),
    "of_area_mu": Text("mu", "亩"),
    "zone": Text("Zone", "片区"),
    "size": Text("Size", "规模"),
    "minimum": Text("min", "下限"),
    "target": Text("target", "目标"),
    "maximum": Text("max", "上限"),
    "deviation": Text("Deviation", "偏差"),
    "members": Text("Members", "成员"),
    "field_count": Text("Fields", "地块"),
    "building_count": Text("Buildings", "楼栋"),
    "area": Text("Area", "面积"),
    "compactness": Text("Compactness", "紧凑度"),
    "compactness_note": Text(
        "Polsby–Popper, 4πA/P²: 1 is a circle, near 0 a long or ragged shape",
        "Polsby–Popper 指数 4πA/P²：圆为 1，越狭长越接近 0",
    ),
    "group": Text("Group", "小组构成"),
    "skill": Text("Skills", "技能"),
    "neighbours": Text("Neighbouring grids", "相邻网格"),
    "no_neighbours": Text("none", "无"),
    "close": Text("Close", "关闭"),
    "more": Text("{n} more", "另有 {n} 项"),
    "suppressed": Text(
        "Counts below {k} are hidden, and some others with them.", "小于 {k} 的人数及部分相关人数不予显示。"
    ),
    "hidden": Text("hidden", "不显示"),
    "units_left_out": Text(
        "{n} units are not drawn: too many for one file.", "共 {n} 个地块/楼栋，数量过多，未绘制在本图中。"
    ),
    "simplified": Text(
        "The grids' borders are simplified to {n} m; details are in the atlas.",
        "网格边界已按 {n} 米简化，细节见图册。",
    ),
    "gcj02": Text(
        "Positions are shifted to GCJ-02 to match the base map.",
        "为与底图一致，坐标已转换为 GCJ-02（火星坐标）。",
    ),
    "base_map": Text("Base map", "底图"),
    "north": Text("N", "北"),
    "tools": Text("Tools", "工具"),
    "zoom_in": Text("Zoom in", "放大"),
    "zoom_out": Text("Zoom out", "缩小"),
    "full_screen": Text("Full screen", "全屏"),
    "measure": Text("Measure", "测量"),
    "measure_start": Text(
        "Click on the map, or press Space for its middle; a double click or Enter ends, Esc leaves.",
        "在图上单击，或按空格键取图中心点；双击或回车结束，Esc 退出。",
    ),
    "metres": Text("m", "米"),
    "kilometres": Text("km", "公里"),
    "print": Text("Print", "打印"),
    "a4_landscape": Text("A4 landscape", "A4 横向"),
    "a4_portrait": Text("A4 portrait", "A4 纵向"),
    "a3_landscape": Text("A3 landscape", "A3 横向"),
    "a3_portrait": Text("A3 portrait", "A3 纵向"),
    "printed": Text("Printed on {date}", "打印日期：{date}"),
    "colour": Text("Colours show", "颜色表示"),
    "colour_grid": Text("neighbouring grids", "区分相邻网格"),
    "colour_deviation": Text("deviation from the target", "与目标的偏差"),
    "colour_size": Text("size", "规模"),
    "colour_compactness": Text("compactness", "紧凑度"),
    "colour_kind": Text("crop or kind", "作物或类别"),
    "from_to": Text("{low} to {high}", "{low} 至 {high}"),
    "other_kinds": Text("others, unknown", "其他、未知"),
    "unknown": Text("unknown or hidden", "未知或不显示"),
    "whole": Text("Show the whole map", "显示全图"),
    "map": Text("Map of the grids", "网格地图"),
    "atlas": Text("Atlas", "图册"),
    "overview": Text("Overview", "总图"),
    "pages": Text("Pages", "分图"),
    "pages_beside": Text("Neighbouring pages", "相邻分图"),
    "previous_page": Text("Previous page: {name}", "上一页：{name}"),
    "next_page": Text("Next page: {name}", "下一页：{name}"),
    "to_page": Text("Open its page", "查看所在分图"),
    "for_print": Text("PDF for print", "打印用 PDF"),
    "no_zone": Text("without a zone", "未分片区"),
    "units_on_pages": Text(
        "{n} units are too many for the overview: they are on the pages of the atlas.",
        "共 {n} 个地块/楼栋，数量过多，总图中未绘制，见各分图。",
    ),
    "why": Text("Why it is out of bounds", "超出范围的原因"),
    "unit-over-maximum": Text(
        "One unit alone counts {weight} {unit}, more than the maximum of {maximum}, and may not be cut.",
        "其中一个单元本身就有 {weight} {unit}，超过上限 {maximum}，且不可切分。",
    ),
    "component-under-minimum": Text(
        "This connected piece of land counts {weight} {unit} in all, less than the minimum of {minimum}.",
        "这片相连的土地总共只有 {weight} {unit}，低于下限 {minimum}。",
    ),
    "no-count-fits": Text(
        "The {weight} {unit} of this connected piece fit no whole number of grids between {minimum} and {maximum}.",
        "这片相连的土地共 {weight} {unit}，无论分成几个网格，都不能全部落在 {minimum} 与 {maximum} 之间。",
    ),
    "skill-short": Text(
        "This connected piece has fewer people with the needed skill than its grids need.",
        "这片相连的土地上，具备所需技能的人少于各网格的需要。",
    ),
    "proved-infeasible": Text(
        "Every way to divide this piece was examined; none keeps all grids between {minimum} and {maximum}.",
        "已查遍这片土地的全部分法，没有一种能使所有网格都在 {minimum} 与 {maximum} 之间。",
    ),
    "not-found": Text(
        "No division inside the bounds was found with the effort given; a longer search may find one.",
        "在给定的计算量内没有找到符合范围的分法；加大计算量或可找到。",
    ),
}

PDF_WORDS = {
    "index": Text("Index of the grids", "网格索引"),
    "page_of": Text("Page {page} of {pages}", "第 {page} 页，共 {pages} 页"),
    "continued": Text("{name} (continued)", "{name}（续）"),
    "scale": Text("Scale 1:{scale}", "比例尺 1:{scale}"),
    "column_code": Text("Code", "编号"),
    "column_deviation": Text("Dev.", "偏差"),
    "column_page": Text("Page", "页"),
    "on_page": Text("page {page}", "第 {page} 页"),
    "and_more": Text("{n} more: see the index", "另有 {n} 项，见索引"),
}
"""What only the atlas for print says."""

OLD_BROWSER = Text(
    "This map needs a newer browser (Chrome or Edge 90, Firefox 113, Safari 16.4 or later).",
    "本图需要较新的浏览器（Chrome 或 Edge 90、Firefox 113、Safari 16.4 及以上）。",
)
