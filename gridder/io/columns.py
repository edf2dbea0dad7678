"""Which column plays which role, by its header in Chinese or English; and which may name a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from gridder.errors import InputError
from gridder.io.formats import SHAPEFILE
from gridder.io.headings import folded
from gridder.model import MOST_CANDIDATES, Finding, Source, Text

DBF_NAME_BYTES = 10
"""So much of the name of a column is kept in a .dbf."""

Aliases = Mapping[str, tuple[str, ...]]

_ID_OF_PERSON = (
    "身份证号",
    "身份证号码",
    "身份证",
    "公民身份号码",
    "证件号码",
    "证件号",
    "id_number",
    "id_card",
    "idcard",
)
_PHONE = (
    "电话", "手机", "手机号", "手机号码", "联系电话", "电话号码", "联系方式", "移动电话",
    "phone", "phone_number", "mobile", "tel", "telephone", "contact:phone",
)  # fmt: skip
_ADDRESS = (
    "地址", "详细地址", "家庭住址", "家庭地址", "住址", "现住址", "居住地址", "门牌地址", "坐落", "通讯地址",
    "address", "full_address", "home_address", "addr:full", "addr", "street_address",
)  # fmt: skip
_COMPOUND = ("小区", "小区名称", "小区名", "所属小区", "compound", "estate")
_BUILDING = (
    "楼栋",
    "楼号",
    "栋号",
    "楼栋号",
    "幢号",
    "楼幢",
    "楼栋编号",
    "building",
    "building_no",
    "building_number",
)
_STAIRWELL = ("单元", "单元号", "楼栋单元", "stairwell", "entrance")
_HOUSEHOLDS = ("户数", "住户数", "总户数", "households", "n_households", "dwellings")

_STREET: Aliases = {
    "street": ("addr:street", "street", "street_name", "strasse", "straße", "straatnaam", "街道名称", "道路"),
    "housenumber": (
        "addr:housenumber", "housenumber", "house_number", "house_no", "hausnummer", "hausnr", "huisnummer",
        "门牌", "门牌号",
    ),
    "postcode": ("addr:postcode", "postcode", "postal_code", "zip", "zipcode", "plz", "邮编", "邮政编码"),
    "city": ("addr:city", "city", "town", "ort", "woonplaats", "城市"),
}  # fmt: skip
"""A postal address in several columns."""

UNIT_ROLES: Aliases = {
    "unit_id": (
        "地块编号", "地块编码", "地块代码", "地块号", "dkbm", "田块编号", "田块编码", "田块号", "宗地编号", "宗地代码",
        "楼栋编号", "楼栋编码", "建筑编号", "建筑编码", "图斑编号", "编号", "编码",
        "parcel_id", "parcel_no", "field_id", "unit_id", "building_id", "cell_id", "apn", "gid", "id", "objectid", "fid",
        "osm_id", "osm_way_id",
    ),
    "compound": _COMPOUND,
    "building": _BUILDING,
    "stairwell": _STAIRWELL,
    "address": _ADDRESS,
    "name": ("楼栋名称", "建筑名称", "楼宇名称", "楼名", "名称", "building_name", "name"),
    **_STREET,
    "households": _HOUSEHOLDS,
    "date": (),
}  # fmt: skip
"""Roles of the columns of units; `date` is never guessed, because many files have a date of something else."""

MEMBER_ROLES: Aliases = {
    "member_id": (
        "成员编号", "成员号", "人员编号", "会员编号", "编号", "工号", "职工号", "学号",
        "member_id", "person_id", "staff_id", "id", "fid", "osm_id", "序号", "no",
    ),
    "name": ("姓名", "成员姓名", "成员", "名字", "name", "full_name", "member_name", "person"),
    "phone": _PHONE,
    "id_number": _ID_OF_PERSON,
    "household": ("户号", "户编号", "家庭编号", "家庭号", "户主编号", "household", "household_id", "family_id"),
    "households": _HOUSEHOLDS,
    "compound": _COMPOUND,
    "building": (*_BUILDING, "楼栋编号", "building"),
    "stairwell": _STAIRWELL,
    "floor": ("楼层", "层", "所在层", "floor", "storey", "level", "addr:floor"),
    "room": ("房号", "室号", "房间号", "房室号", "室", "户室号", "room", "room_no", "flat", "door", "addr:door", "addr:flats"),
    "parcel": (
        "地块编号", "田块编号", "地块编码", "田块编码", "地块代码", "地块号", "田块号", "承包地块编号", "dkbm",
        "parcel", "parcel_id", "parcel_no", "field_id", "field", "unit_id",
    ),
    "address": _ADDRESS,
    **_STREET,
    "skill": ("技能", "特长", "专长", "技术", "工种", "skill", "skills"),
    "point": (
        "坐标", "经纬度", "经纬度坐标", "位置坐标", "家庭坐标", "住址坐标", "gps坐标", "纬经度", "coordinates", "coordinate",
        "gps", "lonlat", "lnglat", "latlon", "latlng", "lat_lon", "lat_lng", "wkt",
    ),
    "field_point": ("田块坐标", "地块坐标", "耕地坐标", "地块经纬度", "田块经纬度", "field_coordinates", "parcel_coordinates"),
    "lon": (
        "经度", "东经", "家庭经度", "住址经度", "居住经度", "住所经度", "lon", "lng", "long", "longitude", "x", "home_lon",
        "home_lng", "横坐标", "东坐标", "家庭横坐标", "住址横坐标", "x坐标", "坐标x", "easting",
    ),
    "lat": (
        "纬度", "北纬", "家庭纬度", "住址纬度", "居住纬度", "住所纬度", "lat", "latitude", "y", "home_lat",
        "纵坐标", "北坐标", "家庭纵坐标", "住址纵坐标", "y坐标", "坐标y", "northing",
    ),
    "field_lon": (
        "田块经度", "地块经度", "耕地经度", "field_lon", "field_lng", "field_longitude", "parcel_lon", "field_x",
        "田块横坐标", "地块横坐标", "field_easting",
    ),
    "field_lat": (
        "田块纬度", "地块纬度", "耕地纬度", "field_lat", "field_latitude", "parcel_lat", "field_y",
        "田块纵坐标", "地块纵坐标", "field_northing",
    ),
}  # fmt: skip

ZONE_ROLES: Aliases = {
    "name": (
        "名称", "片区", "片区名称", "管理区", "管理区名称", "社区", "社区名称", "村名", "乡镇", "街道", "分区",
        "zone", "zone_name", "name", "district", "area_name",
    ),
    "code": ("编码", "代码", "片区编码", "片区代码", "区划代码", "社区编码", "行政区划代码", "zone_code", "code"),
}  # fmt: skip

LOCK_ROLES: Aliases = {
    "layer": ("图层", "类型", "layer", "kind"),
    "unit_id": (*UNIT_ROLES["unit_id"], "地块", "楼栋", "unit", "parcel"),
    "grid": ("网格", "网格编号", "网格编码", "网格标识", "所属网格", "grid", "grid_id", "grid_code"),
    "together": ("同网格", "同组", "合并", "together", "same_grid"),
    "apart": ("分开", "不同网格", "不同组", "apart", "other_grid"),
}  # fmt: skip

DECISION_ROLES: Aliases = {
    "address": _ADDRESS,
    "unit_id": ("决定", "采用编号", "decision", "decided", *UNIT_ROLES["unit_id"]),
}
"""Columns of the table in which doubtful addresses are decided."""

PARTS_OF_ADDRESS = tuple(_STREET)
WHEREABOUTS = ("compound", "building", "stairwell", "address", "name", *PARTS_OF_ADDRESS)
"""Roles of units that tell where they are."""

SAME_ROLE = {"members": {"unit_id": "parcel", "id": "member_id"}}
"""Other words for a role in `--map-column`."""

CANDIDATE_ADDRESS = Text("address of candidate {k}", "候选{k}的地址")
"""Header of a column of `address_review.xlsx`: where somebody may live."""
_CANDIDATE_ADDRESSES = tuple(
    header.format(k=k)
    for k in range(1, MOST_CANDIDATES + 1)
    for header in (CANDIDATE_ADDRESS.en, CANDIDATE_ADDRESS.zh)
)

PERSONAL_HEADERS = (
    "姓名", "户主", "户主姓名", "承包方", "承包方名称", "承包方代表", "承包方代表姓名", "承包人", "承包人姓名", "承包户",
    "cbfmc", "cbfdbxm", "所有人", "所有权人", "权利人", "权利人名称", "业主", "业主姓名", "联系人", "经营者", "经营人",
    "负责人", "种植户", "种植者", "农户", "农户姓名", "使用人", "居民姓名", "成员姓名",
    "owner", "owner_name", "ownername", "owner1", "owner2", "owners", "farmer", "farmer_name", "contact",
    "contact_name", "tenant", "tenant_name", "occupant", "holder", "full_name", "person", "person_name",
    "email", "e-mail", "邮箱", "微信", "微信号", "wechat",
    *_PHONE, *_ID_OF_PERSON, *_ADDRESS, *_CANDIDATE_ADDRESSES,
)  # fmt: skip
"""Headers of columns that say who somebody is or where they live."""
PERSONAL_VALUES = re.compile(r"1[3-9]\d{9}|\d{17}[\dXx]")
"""A mainland mobile number, or an identity number of 18 characters."""


NOTHING = ("nan", "none", "null", "n/a", "na", "/", "无")
"""What people write, in any case, into a cell that has nothing to say; they also write dashes."""

MEMBER_HEADERS = frozenset(folded(alias) for aliases in MEMBER_ROLES.values() for alias in aliases)
"""By these the header row of a table is known."""


def find_columns(
    headers: Iterable[str],
    roles: Aliases,
    given: Mapping[str, str] | None,
    source: Source,
) -> dict[str, str]:
    """Return the column of every role that has one: what the user says, then the first alias that is there.

    Raises
    ------
    InputError
        Where the user names a role or a column that does not exist.
    """
    headers = [str(header) for header in headers]
    by_folded = {folded(header): header for header in reversed(headers)}
    if source.driver == SHAPEFILE:
        roles = {role: with_cut_forms(aliases) for role, aliases in roles.items()}
    found = {
        role: by_folded[folded(alias)]
        for role, aliases in roles.items()
        for alias in reversed(aliases)
        if folded(alias) in by_folded
    }
    faults = []
    for role, name in (given or {}).items():
        if role not in roles:
            faults.append(_unknown("role", role, roles, source))
        elif name not in headers:
            faults.append(_unknown("column", name, headers, source))
        else:
            found[role] = name
    if faults:
        raise InputError(faults)
    return found


def with_cut_forms(names: Iterable[str]) -> tuple[str, ...]:
    """Return names, and behind them what a .dbf keeps of them.

    >>> with_cut_forms(["地块编号", "编号"])
    ('地块编号', '编号', '地块编')
    """
    names = tuple(names)
    raw = [
        (name.encode(codec), codec) for name in names for codec in ("utf-8", "gbk") if _can_be(name, codec)
    ]
    cut = [name[:DBF_NAME_BYTES].decode(codec, "ignore") for name, codec in raw if len(name) > DBF_NAME_BYTES]
    return names + tuple(name for name in dict.fromkeys(cut) if name not in names)


def _can_be(name: str, codec: str) -> bool:
    try:
        name.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def tells_apart(column: pd.Series[Any]) -> bool:
    """Return whether at least half of the filled values of a column are different."""
    filled = column.dropna()
    return len(filled) > 0 and filled.nunique() * 2 >= len(column)


def texts(column: pd.Series[Any]) -> pd.Series[str]:
    """Return cells as text without outer blanks: whole numbers without a point, blank cells missing."""
    if pd.api.types.is_float_dtype(column):
        column = column.map("{:.15g}".format, na_action="ignore")
    elif not isinstance(column.dtype, pd.StringDtype):
        column = column.map(str, na_action="ignore")
    stripped = column.astype("str").str.strip()
    return stripped.mask(stripped == "")


def said(column: pd.Series[Any]) -> pd.Series[str]:
    """Return cells as text, missing where they hold a word for nothing or dashes."""
    found = texts(column)
    return found.mask(found.str.lower().isin(NOTHING) | (found.str.strip("-") == ""))


def or_none(column: pd.Series[str]) -> pd.Series[Any]:
    """Return texts as objects, None where missing."""
    return column.astype(object).where(column.notna(), None)


def _unknown(what: str, name: str, known: Iterable[str], source: Source) -> Finding:
    kind = Text("role", "角色") if what == "role" else Text("column", "列")
    listed = ", ".join(known)
    return Finding(
        f"no-such-{what}",
        Text(f"there is no {kind.en} {name!r}", f"没有{kind.zh} {name!r}"),
        source.file,
        source.layername,
        remedy=Text(f"use one of: {listed}", f"可用：{listed}"),
    )


def personal_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that look as if they named a person, by header or by most of their values."""
    headers = {folded(header) for header in with_cut_forms(PERSONAL_HEADERS)}
    return [
        str(name) for name in table.columns if folded(str(name)) in headers or _mostly_personal(table[name])
    ]


def _mostly_personal(column: pd.Series[str]) -> bool:
    if pd.api.types.is_float_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    values = column.dropna().astype(str).str.strip()
    values = values[values != ""].head(1000)
    return len(values) > 0 and bool(values.str.fullmatch(PERSONAL_VALUES).mean() > 0.5)
