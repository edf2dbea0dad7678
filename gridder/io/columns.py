"""Which column plays which role, by its header in Chinese or English; and which may name a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from gridder.errors import InputError
from gridder.model import Finding, Source, Text

UNIT_ROLES: Mapping[str, tuple[str, ...]] = {
    "unit_id": (
        "地块编号",
        "地块编码",
        "田块编号",
        "地块号",
        "地块代码",
        "DKBM",
        "DKBH",
        "楼栋编号",
        "楼栋编码",
        "建筑编号",
        "unit_id",
        "parcel_id",
        "field_id",
        "building_id",
        "parcel_no",
        "parcel",
        "fid_1",
        "编号",
        "id",
        "osm_id",
        "osm_way_id",
        "apn",
        "gid",
        "objectid",
    ),
    "compound": ("小区", "小区名称", "compound", "estate"),
    "building": ("楼栋", "楼号", "栋号", "楼栋号", "building_no", "building_number"),
    "stairwell": ("单元", "单元号", "stairwell", "entrance"),
    "households": ("户数", "households", "n_households"),
    "date": ("登记日期", "测量日期", "更新日期", "date", "survey_date"),
}
MEMBER_ROLES: Mapping[str, tuple[str, ...]] = {
    "member_id": ("成员编号", "人员编号", "工号", "编号", "member_id", "person_id", "id"),
    "name": ("姓名", "成员姓名", "name", "full_name"),
    "phone": ("电话", "手机", "手机号", "联系电话", "手机号码", "phone", "mobile", "tel"),
    "id_number": ("身份证号", "身份证", "身份证号码", "证件号码", "id_number", "id_card"),
    "lon": ("经度", "lon", "lng", "longitude", "x"),
    "lat": ("纬度", "lat", "latitude", "y"),
    "field_lon": ("田块经度", "地块经度", "field_lon", "parcel_lon"),
    "field_lat": ("田块纬度", "地块纬度", "field_lat", "parcel_lat"),
    "household": ("户号", "户编号", "household", "household_id"),
    "households": ("户数", "households", "n_households"),
    "compound": ("小区", "小区名称", "compound", "estate"),
    "building": ("楼栋", "楼号", "栋号", "楼栋号", "building", "building_no"),
    "stairwell": ("单元", "单元号", "stairwell", "entrance"),
    "floor": ("楼层", "层", "floor"),
    "room": ("房号", "室号", "房间号", "门牌号", "room", "flat", "apartment"),
    "parcel": (
        "地块编号",
        "田块编号",
        "地块号",
        "地块编码",
        "承包地块",
        "parcel",
        "parcel_id",
        "field_id",
        "unit_id",
    ),
    "address": ("地址", "住址", "家庭住址", "详细地址", "通讯地址", "address", "addr:full"),
    "skill": ("技能", "特长", "职业技能", "skill", "skills"),
}
ZONE_ROLES: Mapping[str, tuple[str, ...]] = {
    "name": ("片区", "片区名称", "名称", "管理区", "社区", "zone", "zone_name", "name"),
    "code": ("编码", "片区编码", "代码", "code", "zone_code", "zone_id"),
}
SAME_ROLE = {"members": {"unit_id": "parcel"}}
"""Other words for a role in `--map-column`."""

PERSONAL_HEADERS = (
    "姓名", "户主", "户主姓名", "承包方", "承包人", "承包方名称", "承包方代表", "权利人", "所有者", "业主",
    "联系人", "电话", "手机", "手机号", "联系电话", "身份证号", "身份证", "证件号码", "地址", "住址",
    "家庭住址", "详细地址", "owner", "owner_name", "ownername", "phone", "mobile", "id_number", "address",
    "addr:full", "situs_addr", "contact", "farmer", "farmer_name",
)  # fmt: skip
PERSONAL_VALUES = re.compile(r"1[3-9]\d{9}|\d{17}[\dXx]")
"""A mainland mobile number, or an identity number of 18 characters."""


def folded(header: str) -> str:
    """Return a header as it is compared: without case, blanks, underscores and full-width forms."""
    return re.sub(r"[\s_\-()（）]+", "", unicodedata.normalize("NFKC", header)).lower()


def find_columns(
    headers: Iterable[str],
    roles: Mapping[str, tuple[str, ...]],
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


def tells_apart(column: pd.Series[Any]) -> bool:
    """Return whether at least half of the filled values of a column are different."""
    filled = column.dropna()
    return len(filled) > 0 and filled.nunique() * 2 >= len(column)


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
    headers = {folded(header) for header in PERSONAL_HEADERS}
    return [
        str(name) for name in table.columns if folded(str(name)) in headers or _mostly_personal(table[name])
    ]


def _mostly_personal(column: pd.Series[str]) -> bool:
    if pd.api.types.is_float_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    values = column.dropna().astype(str).str.strip()
    values = values[values != ""].head(1000)
    return len(values) > 0 and bool(values.str.fullmatch(PERSONAL_VALUES).mean() > 0.5)
