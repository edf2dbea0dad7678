"""The plain words, in both languages, for slugs that files and pages show to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gridder.model import Text

LAYERS = {"field": Text("Fields", "田间"), "building": Text("Buildings", "楼宇")}

UNITS = {"field": Text("fields", "地块"), "building": Text("buildings", "楼栋")}

SIZES = {
    "members": Text("members", "人"),
    "households": Text("households", "户"),
    "area_ha": Text("ha", "公顷"),
    "area_mu": Text("mu", "亩"),
}

METHODS = {
    "inside": Text("point inside", "坐标在内"),
    "nearest": Text("nearest", "就近"),
    "unit-id": Text("by number", "按编号"),
    "address": Text("by address", "按地址"),
    "by-order": Text("shared out", "按次序分配"),
}

COLUMN_ROLES: Mapping[str, Text] = {
    "unit_id": Text("Number of the field or building", "地块/楼栋编号"),
    "compound": Text("Compound", "小区"),
    "building": Text("Building", "楼栋"),
    "stairwell": Text("Stairwell", "单元"),
    "households": Text("Number of households", "户数"),
    "date": Text("Date of the survey", "测绘日期"),
    "member_id": Text("Number of the member", "成员编号"),
    "name": Text("Name", "名称/姓名"),
    "phone": Text("Phone", "电话"),
    "id_number": Text("Identity number", "身份证号"),
    "household": Text("Household number", "户号"),
    "floor": Text("Floor", "楼层"),
    "room": Text("Room", "房号"),
    "parcel": Text("Parcel number", "地块编号"),
    "address": Text("Address", "地址"),
    "street": Text("Street", "街道路名"),
    "housenumber": Text("House number", "门牌号"),
    "postcode": Text("Postcode", "邮政编码"),
    "city": Text("Town", "城市"),
    "point": Text("Coordinates of the home in one column", "家庭坐标（同一列）"),
    "field_point": Text("Coordinates of the field in one column", "田块坐标（同一列）"),
    "skill": Text("Skill", "技能"),
    "lon": Text("Longitude of the home", "家庭经度"),
    "lat": Text("Latitude of the home", "家庭纬度"),
    "field_lon": Text("Longitude of the field", "田块经度"),
    "field_lat": Text("Latitude of the field", "田块纬度"),
    "code": Text("Code", "编码"),
}
"""What a column may mean."""

OUT_OF_BOUNDS = {
    "unit-over-maximum": Text("one unit alone is above the maximum", "单个地块/楼栋已超过上限"),
    "component-under-minimum": Text("isolated piece below the minimum", "孤立片块合计低于下限"),
    "no-count-fits": Text("no number of grids fits the bounds", "任何网格数都无法满足上下限"),
    "skill-short": Text("too few people with the needed skill", "具备所需技能的人员不足"),
    "proved-infeasible": Text("proved impossible", "已证明无解"),
    "not-found": Text("not found within the effort", "在限定的计算量内未找到"),
}

_COUNT_PROVED = Text(
    "{asked} grids were asked for and {made} were made: the weights of the connected pieces allow no such "
    "number within the bounds.",
    "要求 {asked} 个网格，实得 {made} 个：按各连通片块的合计规模，该数目无法满足上下限。",
)
_COUNT_NOT_FOUND = Text(
    "{asked} grids were asked for and {made} were made: no plan with that number was found.",
    "要求 {asked} 个网格，实得 {made} 个：未找到该数目的方案。",
)
_CERTIFICATES = {
    "unit-over-maximum": Text(
        "Unit {units} alone comes to {weight}, above the maximum of {maximum}, and may not be cut.",
        "地块/楼栋 {units} 单独即为 {weight}，超过上限 {maximum}，且不可再分。",
    ),
    "component-under-minimum": Text(
        "This piece ({n} units) touches no other of its zone; all of it comes to {weight}, "
        "below the minimum of {minimum}.",
        "该片块（{n} 个地块/楼栋）在片区内与其他部分不相连，合计 {weight}，低于下限 {minimum}。",
    ),
    "no-count-fits": Text(
        "The connected piece comes to {weight}; no number of grids keeps every one between {minimum} "
        "and {maximum}.",
        "相连部分合计 {weight}，无论分成几个网格，都不能使每个网格都在 {minimum} 至 {maximum} 之间。",
    ),
    "skill-short": Text(
        "The connected piece has fewer people with the needed skill than its grids require.",
        "相连部分中具备所需技能的人员少于各网格所需。",
    ),
    "proved-infeasible": Text(
        "All divisions of this piece ({n} units, {weight} in all) were examined: none keeps every grid "
        "between {minimum} and {maximum}.",
        "已穷尽该部分（{n} 个地块/楼栋，合计 {weight}）的所有划分：没有一种能使每个网格都在 {minimum} 至 "
        "{maximum} 之间。",
    ),
    "not-found": Text(
        "The search ended before a division within {minimum} to {maximum} was found; more effort may find one.",
        "搜索结束时仍未找到在 {minimum} 至 {maximum} 之间的划分；增加计算量或可找到。",
    ),
}

UNPLACED = {
    "no-parcel": (
        Text("no parcel number and no field coordinates", "没有地块编号，也没有田块坐标"),
        Text("fill in the parcel number (地块编号) or the field coordinates", "补填地块编号或田块经纬度"),
    ),
    "no-location": (
        Text("nothing says where this person belongs", "没有任何位置信息"),
        Text("fill in coordinates, a unit number or an address", "补填经纬度、地块/楼栋编号或地址"),
    ),
    "unknown-unit": (
        Text("the unit number is not in the boundary file", "编号在边界文件中不存在"),
        Text("correct the number, or add coordinates", "更正编号，或补填经纬度"),
    ),
    "ambiguous-unit": (
        Text("the unit number names several units", "编号对应多个地块/楼栋"),
        Text("add coordinates, or make the numbers unique", "补填经纬度，或使编号唯一"),
    ),
    "out-of-reach": (
        Text("the coordinates lie too far from every unit", "坐标离所有地块/楼栋都太远"),
        Text("check the coordinates, or raise --reach", "核对经纬度，或增大 --reach"),
    ),
    "no-address-match": (
        Text("the address was not found", "地址未能匹配"),
        Text("correct the address, or add coordinates", "更正地址，或补填经纬度"),
    ),
}

_SKILL_KEPT = Text(
    "Every grid has at least {minimum} with the skill {word}.",
    "每个网格至少有 {minimum} 人具备技能“{word}”。",
)
_SKILL_SHORT = Text(
    "{n} grids have fewer than {minimum} with the skill {word}; each is listed with the reason.",
    "{n} 个网格具备技能“{word}”的不足 {minimum} 人，已逐一说明原因。",
)
_SKILL_NOT_FOUND = Text(
    "The search ended before every grid of the connected piece had enough people with the skill; more effort "
    "may find it.",
    "搜索结束时相连部分仍有网格缺少该技能；增加计算量或可解决。",
)
_SECOND = Text(
    "The second size ({of}) is within {minimum} to {maximum} in {share} of the grids.",
    "第二种规模（{of}）在 {minimum} 至 {maximum} 之间的网格占 {share}。",
)
_ALIKE = Text(
    "{share} of the differences in {column} lie within grids; 0 % is one kind a grid.",
    "“{column}”的差异有 {share} 在网格内部；0% 表示每个网格只有一种。",
)
_LOCKS_HOLD = Text("All locks hold ({n} units).", "全部锁定均已满足（{n} 个地块/楼栋）。")
_LOCKS_BROKEN = Text(
    "Units that were to be in different grids could not be parted in {n} grids: {listed}.",
    "{n} 个网格中要求分开的地块/楼栋未能分开：{listed}。",
)
_STABILITY = Text(
    "Of the older plan {kept} grids carry on and {gone} are gone; {new} are new. {units} of the units that were "
    "there before changed grid{members}.",
    "旧方案的 {kept} 个网格沿用，{gone} 个撤销，新增 {new} 个；原有地块/楼栋中 {units} 改变了网格{members}。",
)
_STABILITY_PEOPLE = Text(
    ", and {share} of the {n} people who stayed where they were", "；未迁移的 {n} 人中 {share} 改变了网格"
)

_MOST_IDS = 5


def word(table: Mapping[str, Text], slug: str) -> Text:
    """Return the words for a slug, or the slug itself where it has none (a user's own column)."""
    return table.get(slug, Text(slug, slug))


def zone(name: str) -> Text:
    """Return the name of a zone as people read it."""
    return Text("No zone", "未分片区") if name == "none" else Text(name, name)


def number(value: float) -> str:
    """Return a size as people write it: whole numbers without a point, others with two decimals.

    >>> number(1234.0), number(0.5)
    ('1,234', '0.5')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")


def explain(certificate: Mapping[str, Any]) -> Text:
    """Return a certificate (DESIGN: `reason, grid_ids, unit_ids, weight, minimum, maximum`) as a sentence."""
    template = word(_CERTIFICATES, certificate["reason"])
    ids = [str(unit) for unit in certificate["unit_ids"]]
    return template.format(
        n=len(ids),
        units=", ".join(ids[:_MOST_IDS]) + (" …" if len(ids) > _MOST_IDS else ""),
        weight=number(certificate["weight"]),
        minimum=number(certificate["minimum"]),
        maximum=number(certificate["maximum"]),
    )


def explain_count(missed: Mapping[str, Any]) -> Text:
    """Return in a sentence that the number of grids asked for was not reached (`n_grids_missed`)."""
    proved = missed["certificate"] and missed["certificate"]["reason"] == "no-count-fits"
    sentence = _COUNT_PROVED if proved else _COUNT_NOT_FOUND
    return sentence.format(asked=number(missed["asked"]), made=number(missed["made"]))


def explain_skill(certificate: Mapping[str, Any] | None) -> Text:
    """Return in a sentence why a grid has too few people with the skill asked for."""
    if certificate is None or certificate["reason"] == "not-found":
        return _SKILL_NOT_FOUND
    return explain(certificate)


def explain_wishes(layer: Mapping[str, Any]) -> list[Text]:
    """Return in sentences what came of the skill, second size, likeness and older plan of a layer's report."""
    told = []
    if "skill" in layer:
        skill = layer["skill"]
        sentence = _SKILL_SHORT if skill["grids_short"] else _SKILL_KEPT
        told.append(
            sentence.format(n=len(skill["grids_short"]), minimum=skill["minimum"], word=skill["word"])
        )
    if "second_size" in layer:
        told.append(_second(layer["second_size"]))
    told += [
        _ALIKE.format(column=column, share=share(one["within"]))
        for column, one in layer.get("alike", {}).items()
    ]
    if layer.get("dedicated"):
        told.append(_dedicated(layer["dedicated"]))
    if "locks" in layer:
        told.append(_locks(layer["locks"]))
    if "stability" in layer:
        told.append(_stability(layer["stability"]))
    return told


def _dedicated(grids: Sequence[Mapping[str, Any]]) -> Text:
    listed = "; ".join(f"{grid['site']} ({number(grid['size'])})" for grid in grids[:_MOST_IDS])
    return _DEDICATED.format(n=number(len(grids)), listed=listed + (" …" if len(grids) > _MOST_IDS else ""))


_DEDICATED = Text(
    "{n} dedicated grids, kept whole whatever their size: {listed}",
    "{n} 个专属网格，不受规模限制，保持完整：{listed}",
)


def _locks(locks: Mapping[str, Any]) -> Text:
    broken = locks["broken"]
    if not broken:
        return _LOCKS_HOLD.format(n=number(locks["n_units"]))
    listed = "; ".join(
        f"{entry['grid_id']} ({', '.join(entry['unit_ids'][:_MOST_IDS])})" for entry in broken[:_MOST_IDS]
    )
    return _LOCKS_BROKEN.format(
        n=number(len(broken)), listed=listed + (" …" if len(broken) > _MOST_IDS else "")
    )


def _second(second: Mapping[str, Any]) -> Text:
    of = word(SIZES, second["of"])
    most = "∞" if second["maximum"] is None else number(second["maximum"])
    told = {"minimum": number(second["minimum"]), "maximum": most, "share": share(second["within_bounds"])}
    return Text(_SECOND.en.format(of=of.en, **told), _SECOND.zh.format(of=of.zh, **told))


def _stability(stability: Mapping[str, Any]) -> Text:
    people = Text("", "")
    if stability["members_changed"] is not None:
        people = _STABILITY_PEOPLE.format(
            share=share(stability["members_changed"]), n=number(stability["members_before"])
        )
    told = {
        "kept": number(stability["grids_kept"]),
        "gone": number(stability["grids_gone"]),
        "new": number(stability["grids_new"]),
        "units": share(stability["units_changed"]),
    }
    return Text(
        _STABILITY.en.format(members=people.en, **told), _STABILITY.zh.format(members=people.zh, **told)
    )


def share(value: float) -> str:
    """Return a share as percent, never rounded to a whole that was not reached.

    >>> share(0.9999), share(0.0001), share(0.25)
    ('99.9 %', '0.1 %', '25 %')
    """
    tenths = int(value * 1000 + 1e-9)
    return f"{max(tenths, 1) / 10 if value > 0 else 0:g} %"
