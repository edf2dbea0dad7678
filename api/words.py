"""Every word of the pages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from api.script_words import SCRIPT
from gridder.model import Text

STAGES: Mapping[str, Text] = {
    "read": Text("Reading the files", "读取文件"),
    "measure": Text("Measuring", "量算"),
    "place": Text("Placing members", "成员落位"),
    "units": Text("Preparing fields and buildings", "整理地块与楼栋"),
    "neighbours": Text("Finding neighbours", "寻找相邻关系"),
    "solve": Text("Dividing into grids", "划分网格"),
    "grids": Text("Drawing the grids", "绘制网格边界"),
    "report": Text("Scoring the plan", "评估方案"),
    "write": Text("Writing the results", "写出结果"),
    "views": Text("Drawing the maps", "制作地图"),
}
"""What a job is doing, by the name of its stage."""

STATUSES: Mapping[str, Text] = {
    "accepted": Text("Waiting", "排队中"),
    "running": Text("Running", "运行中"),
    "successful": Text("Done", "已完成"),
    "failed": Text("Failed", "失败"),
    "dismissed": Text("Stopped", "已停止"),
}

ROLES: Mapping[str, tuple[Text, Text]] = {
    "fields": (
        Text("Fields", "地块"),
        Text("Boundaries of the parcels that people farm.", "成员耕种的地块边界（面）。"),
    ),
    "buildings": (
        Text("Residential buildings", "居民楼栋"),
        Text("Footprints of the buildings that people live in.", "成员居住的楼栋轮廓（面）。"),
    ),
    "members": (
        Text("Members", "成员名册"),
        Text(
            "The people to be placed: a table with parcel numbers, coordinates or buildings, or points.",
            "需要编入网格的成员：含地块编号、经纬度或楼栋的表格，或点数据。",
        ),
    ),
    "zones": (
        Text("Zones", "片区"),
        Text(
            "Areas that no grid may leave: management areas, communities.",
            "网格不得跨越的范围：管理区、社区等（面）。",
        ),
    ),
    "barriers": (
        Text("Barriers", "障碍"),
        Text(
            "Lines that no grid crosses: rivers, highways, railways.",
            "网格不得跨越的线：河流、公路、铁路等。",
        ),
    ),
    "bridges": (
        Text("Bridges", "桥梁通道"),
        Text(
            "Points or lines where people can cross a barrier.",
            "可以越过障碍的地点（点）或通道（线）。",
        ),
    ),
    "dedicated": (
        Text("Dedicated sites", "专属网格场所"),
        Text(
            "Areas looked after as one, such as schools and markets: each is a grid of its own.",
            "整体管理的场所，如学校、市场（面）：各自成为一个专属网格。",
        ),
    ),
    "address_decisions": (
        Text("Decided addresses", "地址核对结果"),
        Text(
            "The list of doubtful addresses of an earlier plan, with its decisions filled in.",
            "此前方案的存疑地址表，已填写“决定”列。",
        ),
    ),
}
"""What a file may be to a plan: its name and what it is."""

FILES: Mapping[str, tuple[Text, Text]] = {
    "map.html": (
        Text("Map", "地图"),
        Text(
            "One file that opens in any browser, without a network.",
            "单个文件，任何浏览器均可打开，无需联网。",
        ),
    ),
    "atlas.zip": (
        Text("Atlas", "图册"),
        Text(
            "Zipped: linked maps of every zone for the browser, and atlas.pdf to print.",
            "压缩包：可在浏览器中逐片区翻看的地图，以及供打印的 atlas.pdf。",
        ),
    ),
    "grids.xlsx": (
        Text("Table of the grids", "网格一览表"),
        Text("Codes, sizes and zones for Excel.", "编码、规模与片区，用 Excel 打开。"),
    ),
    "rosters.xlsx": (
        Text("Rosters", "网格花名册"),
        Text(
            "Who is in which grid, to print; people under pseudonyms, without names.",
            "各网格的成员，可打印；只有化名编号，不含姓名。",
        ),
    ),
    "report.html": (
        Text("Report", "报告"),
        Text(
            "Scores, exceptions with their reasons, repairs, how to make it again.",
            "指标、例外及原因、修复记录、复现方法。",
        ),
    ),
    "grids.gpkg": (
        Text("GeoPackage", "GeoPackage"),
        Text("Grids and units for QGIS and other GIS.", "网格与地块/楼栋，适用于 QGIS 等软件。"),
    ),
    "grids.shp.zip": (
        Text("Shapefile", "Shapefile"),
        Text("The same for older programs, zipped.", "内容相同，适用于较旧的软件（压缩包）。"),
    ),
    "grids.geojson": (
        Text("GeoJSON", "GeoJSON"),
        Text("The same for web maps and programs.", "内容相同，适用于网络地图与程序。"),
    ),
    "grids.kml": (
        Text("KML", "KML"),
        Text("The same for Google Earth and Ovital.", "内容相同，适用于谷歌地球、奥维地图。"),
    ),
    "plan.gpkg": (
        Text("Whole plan", "完整方案"),
        Text(
            "Everything in the CRS of the measurements: grids, units, plots, links, placements.",
            "量算坐标系下的全部图层：网格、地块/楼栋、楼栋用地、相邻关系、落位结果。",
        ),
    ),
    "plan.json": (
        Text("Recipe", "方案参数"),
        Text(
            "Inputs and parameters: enough to make the same plan again.",
            "输入与参数，可据此重新得到相同方案。",
        ),
    ),
    "report.json": (
        Text("Report for programs", "报告数据"),
        Text("The numbers of the report.", "报告中的各项数值。"),
    ),
}
"""What a plan offers to download: its name and what it is for."""

FILE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "for_people": ("map.html", "atlas.zip", "report.html", "grids.xlsx", "rosters.xlsx"),
    "for_gis": ("grids.gpkg", "grids.shp.zip", "grids.geojson", "grids.kml"),
    "for_experts": ("plan.gpkg", "plan.json", "report.json"),
}

USES: Mapping[str, Text] = {
    "units": Text("fields or buildings", "地块或楼栋"),
    "zones": Text("zones", "片区"),
    "members": Text("members", "成员名册"),
}

WORDS: Mapping[str, Text] = {
    **SCRIPT,
    "site": Text("Gridder", "网格划分"),
    "skip": Text("Skip to the content", "跳到正文"),
    "other_language": Text("中文", "English"),
    "plans": Text("Plans", "方案"),
    "new_plan": Text("New plan", "新建方案"),
    "help": Text("Help", "帮助"),
    "sign_out": Text("Sign out", "退出"),
    "role_viewer": Text("viewer", "查看者"),
    "role_planner": Text("planner", "规划员"),
    "role_roster-reader": Text("roster reader", "名册查阅员"),
    "role_admin": Text("administrator", "管理员"),
    "sign_in": Text("Sign in", "登录"),
    "sign_in_lead": Text("Divides land and towns into grids.", "将田地与居民区划分为网格。"),
    "key": Text("Key", "密钥"),
    "key_help": Text(
        "The key that you were given. On the first start the service prints a link that signs in by itself.",
        "请输入管理员提供的密钥。服务首次启动时会显示一个可直接登录的链接。",
    ),
    "key_wrong": Text(
        "This key is unknown, expired or revoked. Ask who runs the service for a new one.",
        "该密钥未知、已过期或已吊销，请向管理员申请新的密钥。",
    ),
    "go_back": Text("To the plans", "返回方案列表"),
    "home_lead": Text(
        "Each plan divides land or a town into grids of a reasonable size and places people in them.",
        "每个方案将田地或居民区划分为规模合理的网格，并将成员编入其中。",
    ),
    "home_empty": Text("There are no plans yet.", "还没有方案。"),
    "home_empty_planner": Text(
        "Bring a boundary file of fields or buildings, and a roster if you have one.",
        "请准备地块或楼栋的边界文件；有成员名册的也请备好。",
    ),
    "under_way": Text("Under way", "进行中"),
    "untitled": Text("Untitled", "未命名"),
    "plan": Text("Plan", "方案"),
    "made_from": Text("Made from", "来源"),
    "kept_until": Text("kept until {day}", "保留至 {day}"),
    "scores": Text("Scores", "指标"),
    "n_grids": Text("grids", "个网格"),
    "within": Text("within bounds", "规模达标"),
    "contiguous": Text("connected", "连通"),
    "mean_deviation": Text("mean deviation", "平均偏差"),
    "compactness": Text("compactness", "紧凑度"),
    "placed": Text("members placed", "成员已落位"),
    "older": Text("Older", "更早"),
    "newer": Text("Newer", "更新"),
    "uploads": Text("Uploaded files", "已上传文件"),
    "uploads_help": Text(
        "Files are kept encrypted until the day named. Deleting one deletes what was made from it.",
        "文件加密保存至所列日期。删除文件会一并删除由其生成的单元文件和方案。",
    ),
    "file": Text("File", "文件"),
    "size_of_file": Text("Size", "大小"),
    "uploaded_at": Text("Uploaded", "上传时间"),
    "ends": Text("Kept until", "保留至"),
    "step_files": Text("Files", "文件"),
    "step_review": Text("Review", "核对"),
    "step_size": Text("Size", "规模"),
    "files_help": Text(
        "Fields or buildings are needed, the rest is optional. Drop a file on its box, or choose one.",
        "地块与楼栋至少一项，其余可选。可将文件拖入对应方框，或点击选择。",
    ),
    "formats_areas": Text(
        "Shapefile, GeoPackage, KML and more, see below",
        "Shapefile、GeoPackage、KML 等，见下方列表",
    ),
    "formats_table": Text(
        "Excel, WPS, CSV, points and more, see below", "Excel、WPS、CSV、点数据等，见下方列表"
    ),
    "formats": Text("Formats that can be given", "可使用的文件格式"),
    "formats_help": Text(
        "A file in parts is chosen whole: mark all its files, or drop them together.",
        "由多个文件组成的数据须一并选择：同时选中全部文件，或一起拖入。",
    ),
    "format": Text("Format", "格式"),
    "format_endings": Text("Endings", "扩展名"),
    "format_hint": Text("How to give it", "提供方式"),
    "formats_decisions": Text("The file as it was downloaded, or a table", "下载的原文件，或表格"),
    "add_file": Text("One more file", "再加一个文件"),
    "optional": Text("optional", "可选"),
    "earlier": Text("or an earlier upload", "或选用已上传的文件"),
    "earlier_none": Text("choose …", "请选择…"),
    "drop_here": Text("Drop the file here", "将文件拖到这里"),
    "next": Text("Next", "下一步"),
    "back": Text("Back", "上一步"),
    "review_help": Text(
        "This is how each file was read. Correct what is wrong before going on.",
        "以下为各文件的读取结果，如有误请先更正再继续。",
    ),
    "size_help": Text(
        "Grids are made as near to the target as can be, connected and compact, within the bounds.",
        "网格规模尽量接近目标，不超出上下限，连通且紧凑。",
    ),
    "title": Text("Name of the plan", "方案名称"),
    "title_help": Text("To find it again, e.g. the place and the year.", "便于日后查找，如地点与年份。"),
    "title_example": Text("Chenhe Farm, spring", "晨禾农场 春季"),
    "field_grids": Text("Field grids", "田间网格"),
    "building_grids": Text("Building grids", "楼宇网格"),
    "balance": Text("What is balanced", "均衡对象"),
    "balance_help": Text("What should be about the same in every grid.", "各网格应大致相等的量。"),
    "of_members": Text("members (people)", "成员（人）"),
    "of_households": Text("households", "户"),
    "of_area_ha": Text("area in hectares", "面积（公顷）"),
    "of_area_mu": Text("area in mu (亩)", "面积（亩）"),
    "how": Text("How it is given", "设定方式"),
    "by_target": Text("by size", "按规模"),
    "by_count": Text("by number of grids", "按网格数"),
    "target": Text("Target", "目标规模"),
    "minimum": Text("Minimum", "下限"),
    "maximum": Text("Maximum", "上限"),
    "bounds_help": Text(
        "No grid is smaller or larger unless it cannot be otherwise; each exception is explained in the report.",
        "除非确无办法，网格规模不会超出上下限；例外情况会在报告中逐一说明。",
    ),
    "count": Text("Number of grids", "网格数"),
    "count_help": Text(
        "Over all zones together. The target is then the mean, the bounds half and one and a half of it.",
        "所有片区合计。目标为平均值，上下限为其一半与一倍半。",
    ),
    "codes": Text("Codes of the grids", "网格编码"),
    "codes_help": Text(
        "Without a choice a code is that of the zone and a number.", "不作选择时，编码为片区代码加序号。"
    ),
    "code_how": Text("How codes are made", "编码方式"),
    "code_how_help": Text(
        "Standards need zones with codes of communities: 12 digits, or the last 6 or 3 of them.",
        "按标准编码需要带社区代码的片区：12 位，或其后 6 位、后 3 位。",
    ),
    "code_plain": Text("zone code and number", "片区代码加序号"),
    "code_pattern": Text("Pattern of your own", "自定义格式"),
    "code_pattern_help": Text(
        "Text with {number}, or {number:03d} for three digits, and any of {zone_code}, {county}, {street}, "
        "{community}, {kind}.",
        "文字与 {number}（三位序号写作 {number:03d}），可加 {zone_code}、{county}、{street}、{community}、{kind}。",
    ),
    "code_county": Text("County code", "县级区划代码"),
    "code_county_help": Text(
        "6 digits (GB/T 2260), where the codes of the zones do not begin with it.",
        "6 位（GB/T 2260），片区代码不含时填写。",
    ),
    "code_street": Text("Street or town code", "街道（乡镇）代码"),
    "code_street_help": Text(
        "3 digits, where the codes of the zones do not have it.", "3 位，片区代码不含时填写。"
    ),
    "code_kind": Text("Kind of object", "管理对象代码"),
    "code_kind_help": Text(
        "6 digits (CJ/T 348) of what is looked after; CJ/T 349 needs it.",
        "6 位（CJ/T 348），CJ/T 349 编码必填。",
    ),
    "responsible": Text("Responsible body", "责任单位"),
    "responsible_help": Text("Written beside each grid.", "写入每个网格。"),
    "responsible_example": Text("Management area 7", "第七管理区"),
    "valid_from": Text("Valid from", "启用日期"),
    "valid_from_help": Text("Day from which the grids are in force.", "网格开始生效的日期。"),
    "wishes": Text("More wishes", "更多要求"),
    "wishes_help": Text(
        "What grids should be besides their size; the report says what came of each.",
        "规模之外的要求；报告会逐项说明结果。",
    ),
    "skill": Text("Skill in every grid", "每网格必备技能"),
    "skill_help": Text(
        "As the roster writes it; grids without are listed with the reason.",
        "与名册写法一致；无法满足的网格会列出原因。",
    ),
    "skill_minimum": Text("People with the skill", "具备技能的人数"),
    "skill_minimum_help": Text("At least so many in each grid.", "每个网格至少的人数。"),
    "objective": Text("What makes a grid compact", "紧凑方式"),
    "objective_help": Text("The mix is right for most plans.", "多数情况下保持兼顾即可。"),
    "objective_mix": Text("short ways and short borders", "兼顾距离与边界"),
    "objective_moment": Text("near its centre", "靠近网格中心"),
    "objective_cut": Text("short borders", "边界最短"),
    "objective_medoid": Text("near one of its fields or buildings", "靠近其中一个地块或楼栋"),
    "dedicated_column": Text("Column of dedicated sites", "专属场所列"),
    "dedicated_column_help": Text(
        "Column of the fields or buildings with the name of a school, market or the like; each becomes a grid of its own.",
        "地块或楼栋中填写学校、市场等场所名称的列；每个场所单独成为一个网格。",
    ),
    "at_barriers": Text("At barriers", "遇到障碍时"),
    "cut_at_barriers": Text("cut what a barrier runs through", "切开障碍穿过的地块"),
    "cut_at_barriers_help": Text(
        "Otherwise such fields stay whole and are listed.", "否则保持完整，并在报告中列出。"
    ),
    "second_size": Text("A second size", "第二种规模"),
    "second_size_help": Text(
        "Its bounds are kept where they can be, e.g. at most 20 households.",
        "尽量满足其上下限，如每网格不超过 20 户。",
    ),
    "second_of_help": Text("What it counts.", "统计的量。"),
    "alike": Text("Alike within a grid", "网格内尽量一致"),
    "alike_help": Text(
        "Columns such as crop or soil that should be much the same within a grid; the number says how much that "
        "counts beside the shape, 1 is usual.",
        "网格内应尽量一致的列，如作物、土壤；数值为相对形状的重要程度，一般为 1。",
    ),
    "alike_add": Text("Add a column", "添加一列"),
    "advanced": Text("Advanced", "高级选项"),
    "advanced_help": Text("Right as they are for most plans.", "多数情况下无需更改。"),
    "gap_m": Text("Neighbours across (m)", "相邻间距（米）"),
    "gap_m_help": Text(
        "Fields this far apart still touch: ditches, lanes. Empty: chosen from the data, 5 to 30 m.",
        "间距在此以内的地块视为相邻（沟渠、田间路）。留空则由数据自动选取 5 至 30 米。",
    ),
    "bridge_m": Text("Bridges up to (m)", "跨越连接上限（米）"),
    "bridge_m_help": Text(
        "How far a piece too small on its own is joined to the nearest other. Empty: 500.",
        "自身过小的孤立片块与最近片块相连的最大距离。留空为 500。",
    ),
    "reach_m": Text("Reach (m)", "就近距离（米）"),
    "reach_m_help": Text(
        "How far outside of all fields and buildings a member's point may lie. Empty: 100.",
        "成员坐标落在所有地块、楼栋之外时允许的最大距离。留空为 100。",
    ),
    "plot_reach_m": Text("Ground of buildings (m)", "楼栋用地范围（米）"),
    "plot_reach_m_help": Text(
        "How far the ground of a building extends from its walls. Empty: 30.",
        "楼栋用地自外墙向外延伸的距离。留空为 30。",
    ),
    "effort": Text("Effort", "计算量"),
    "effort_help": Text(
        "More takes longer and may find a better plan. 1 is usual, 10 is thorough.",
        "越大耗时越长，可能得到更好的方案。一般为 1，细致为 10。",
    ),
    "time_limit_s": Text("Time limit (s)", "时间上限（秒）"),
    "time_limit_s_help": Text(
        "Cap on the search of each layer. Empty: none.", "每个图层搜索的最长时间。留空为不限。"
    ),
    "rng": Text("Random number", "随机数"),
    "rng_help": Text(
        "The same number gives the same plan; another gives a variant.",
        "相同数值得到相同方案，换一个数值得到另一方案。",
    ),
    "run": Text("Make the plan", "生成方案"),
    "script_needed": Text("This page needs JavaScript.", "此页面需要启用 JavaScript。"),
    "confirm": Text("Confirm", "确认"),
    "confirm_help": Text(
        "What you confirm here is used whenever the file is taken for a plan or by a program.",
        "确认后，以该文件生成方案或由程序调用时均按此方式读取。",
    ),
    "delete_file": Text("Delete this file", "删除此文件"),
    "delete_file_sure": Text(
        "The file and all files and plans made from it are deleted for good.",
        "该文件及由其生成的所有文件和方案将被永久删除。",
    ),
    "delete_plan": Text("Delete this plan", "删除此方案"),
    "delete_plan_sure": Text(
        "The plan, its map, rosters and names are deleted for good.",
        "该方案及其地图、花名册与姓名数据将被永久删除。",
    ),
    "plan_of_fields": Text("New plan with these as fields", "以此为地块新建方案"),
    "make_lattice": Text("Make a lattice of this boundary", "按此边界生成规则网格单元"),
    "make_lattice_help": Text(
        "For land without parcels: the areas are divided into uniform cells, which a plan can take as fields. "
        "The cells become a file of their own.",
        "适用于没有地块的土地：把范围划成大小一致的单元，可作为地块用于方案。单元会保存为一个新文件。",
    ),
    "lattice_shape": Text("Shape of a cell", "单元形状"),
    "lattice_square": Text("squares", "方格"),
    "lattice_hexagon": Text("hexagons", "六边形"),
    "lattice_h3": Text("H3 cells (areas of fixed steps)", "H3 单元（面积分级固定）"),
    "lattice_area": Text("Area of a cell", "单元面积"),
    "lattice_unit": Text("Unit", "单位"),
    "lattice_mu": Text("mu (亩)", "亩"),
    "lattice_ha": Text("hectares", "公顷"),
    "lattice_km2": Text("square kilometres", "平方公里"),
    "lattice_m2": Text("square metres", "平方米"),
    "lattice_run": Text("Make the cells", "生成单元"),
    "lattice_of": Text("Cells of {name}", "“{name}”的单元"),
    "lattice_wait": Text(
        "You may close this page; the work goes on and the cells appear among the uploaded files.",
        "可以关闭此页面，任务会继续进行，完成后单元会出现在已上传文件中。",
    ),
    "lattice_failed": Text("No cells were made", "未能生成单元"),
    "lattice_dismissed": Text("Stopped. No cells were made.", "已停止，未生成单元。"),
    "lattice_deleted": Text("Its cells were deleted.", "其单元文件已被删除。"),
    "to_boundary": Text("To the boundary", "返回边界文件"),
    "delete": Text("Delete", "删除"),
    "cancel": Text("Cancel", "取消"),
    "job": Text("Making the plan", "正在生成方案"),
    "job_inspect": Text("Looking at a file", "检查文件"),
    "progress": Text("Progress", "进度"),
    "stop": Text("Stop", "停止"),
    "job_wait": Text(
        "You may close this page; the work goes on and the plan appears in the list.",
        "可以关闭此页面，任务会继续进行，完成后方案会出现在列表中。",
    ),
    "job_failed": Text("No plan was made", "未能生成方案"),
    "job_dismissed": Text("Stopped. No plan was made.", "已停止，未生成方案。"),
    "job_done": Text("Done.", "已完成。"),
    "plan_deleted": Text("Its plan was deleted.", "其方案已被删除。"),
    "try_again": Text("Change files or settings", "修改文件或参数"),
    "what": Text("What is wrong", "问题"),
    "where": Text("Where", "位置"),
    "remedy": Text("What to do", "处理办法"),
    "map_alone": Text("Map in a window of its own", "在新窗口打开地图"),
    "map_frame": Text("Map of the plan", "方案地图"),
    "grid_map_frame": Text("Map of the grid", "网格地图"),
    "grids": Text("Grids", "网格"),
    "grid": Text("Grid", "网格"),
    "search_grids": Text("Search by code or zone", "按编码或片区查找"),
    "search": Text("Search", "查找"),
    "show_all": Text("Show all", "显示全部"),
    "no_grids": Text("No grid answers to this.", "没有符合条件的网格。"),
    "grids_shown": Text("{a} to {b} of {n}", "第 {a} 至 {b} 个，共 {n} 个"),
    "code": Text("Code", "编码"),
    "zone": Text("Zone", "片区"),
    "kind": Text("Kind", "类型"),
    "grid_size": Text("Size", "规模"),
    "deviation": Text("Deviation", "偏差"),
    "n_units": Text("Units", "地块/楼栋"),
    "remark": Text("Remark", "备注"),
    "all_grids": Text("The whole plan", "返回方案"),
    "downloads": Text("Downloads", "下载"),
    "for_people": Text("To look at and print", "查看与打印"),
    "for_gis": Text("For GIS programs", "用于 GIS 软件"),
    "for_experts": Text("For specialists and programs", "供专业人员与程序使用"),
    "names": Text("Rosters with names", "含姓名的花名册"),
    "names_help": Text(
        "Names and phones are kept apart and encrypted. Say why you need them: it is recorded who took them and when.",
        "姓名与电话单独加密保存。请说明用途：系统会记录何人何时导出。",
    ),
    "reason": Text("Reason", "事由"),
    "reason_example": Text("e.g. rosters for the grid leaders", "例如：为网格长打印花名册"),
    "download_names": Text("Download with names", "下载含姓名的花名册"),
    "addresses": Text("Doubtful addresses", "存疑地址"),
    "addresses_said": Text(
        "Addresses that may mean a building, but not surely: {n}, of {people} members. None was guessed.",
        "有 {n} 个地址（{people} 名成员）疑似对应某楼栋但不能确定，未作猜测。",
    ),
    "addresses_help": Text(
        "The list names addresses, so it is recorded who took it, when and why. Fill in its column of decisions "
        "and give it back in a new plan from the same files.",
        "该表含住址，系统会记录何人何时因何导出。填写“决定”列后，请用相同文件新建方案并交回。",
    ),
    "addresses_not_yours": Text(
        "A key of the role roster reader can download the list, until the day on which uploads end.",
        "在上传文件到期之前，名册查阅员角色的密钥可以下载该表。",
    ),
    "addresses_reason": Text("e.g. decide with the neighbourhood office", "例如：与居委会核对地址"),
    "download_addresses": Text("Download the list", "下载存疑地址表"),
    "compare": Text("Compare with another plan", "与其他方案对比"),
    "compare_help": Text(
        "Opens both plans on one map: side by side, or what moved from the older to the newer one.",
        "在同一张地图上打开两个方案：并排对照，或显示由旧到新的变动。",
    ),
    "compare_suppressed": Text(
        "Counts of people that differ by less than {k} are not shown there either.",
        "两个方案相差小于 {k} 的人数在对比中同样不予显示。",
    ),
    "connect": Text("Open in GIS programs", "在 GIS 软件中打开"),
    "connect_help": Text(
        "These addresses always show the plan as you may see it. The key goes as password of Basic authentication.",
        "通过以下地址可直接读取方案，内容与您的权限一致。请以密钥作为 Basic 认证的密码。",
    ),
    "address_qgis": Text("QGIS: OGC API – Features", "QGIS：OGC API – Features"),
    "address_gdal": Text("GDAL (ogrinfo, ogr2ogr)", "GDAL（ogrinfo、ogr2ogr）"),
    "address_grids": Text("Grids as GeoJSON", "网格（GeoJSON）"),
    "address_units": Text("Units as GeoJSON", "地块/楼栋（GeoJSON）"),
    "more_help": Text("Step by step", "操作步骤"),
    "similar": Text("New plan from these files", "用相同文件新建"),
    "suppressed_note": Text("Counts of people below {k} are not shown.", "小于 {k} 的人数不予显示。"),
    "help_lead": Text(
        "How to use plans from other programs. You need a key; ask who runs the service.",
        "如何在其他程序中使用方案。需要密钥，请向管理员索取。",
    ),
    "help_qgis": Text("QGIS", "QGIS"),
    "help_qgis_1": Text(
        "Layer → Add Layer → Add WFS / OGC API – Features Layer, then New.",
        "图层 → 添加图层 → 添加 WFS / OGC API – Features 图层，点击“新建”。",
    ),
    "help_qgis_2": Text(
        "As URL enter this address; as version choose OGC API – Features.",
        "URL 填写以下地址，版本选择 OGC API – Features。",
    ),
    "help_qgis_3": Text(
        "Under Authentication → Basic enter any user name, and the key as password.",
        "在“身份认证 → 基本”中，用户名任意，密码填写密钥。",
    ),
    "help_qgis_4": Text(
        "Connect: every plan is there twice, its grids and its units.",
        "连接后，每个方案各有两个图层：网格与地块/楼栋。",
    ),
    "help_gdal": Text("GDAL", "GDAL"),
    "help_gdal_1": Text(
        "Any program with GDAL opens all plans by one address:",
        "任何使用 GDAL 的程序均可通过同一地址打开全部方案：",
    ),
    "help_curl": Text("curl", "curl"),
    "help_curl_1": Text(
        "Upload a file, make a plan from it, fetch its grids:", "上传文件、生成方案、取回网格："
    ),
    "help_more": Text("Descriptions for programs", "供程序使用的说明"),
    "help_openapi": Text("OpenAPI document", "OpenAPI 文档"),
    "help_processes": Text("Processes", "处理过程"),
    "help_collections": Text("Collections", "要素集合"),
}
