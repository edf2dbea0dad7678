"""Codes of grids by a pattern or a standard: which parts they need, what is missing, and the codes themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from gridder.model import IN_MEMORY, Coding, Finding, Ints, Source, Text, Zones

DEFAULT_PATTERN = "{zone_code}{number:03d}"
ZONE_PARTS = {"county": 6, "street": 3, "community": 3}
"""Digits of the parts of a community's code, from the left."""
OPTION_DIGITS = {"kind": 6, "county": 6, "street": 3}
FIELDS = ("zone_code", *ZONE_PARTS, "kind", "number")
_NUMBER = re.compile(r"(?:0([1-9]))?d?")
_ZONE_DIGITS = {12: ("county", "street", "community"), 6: ("street", "community"), 3: ("community",)}


@dataclass(frozen=True)
class Standard:
    """A preset: its pattern, the length of a code, and whether the grid of an undivided zone has number 0."""

    name: Text
    pattern: str
    undivided_zero: bool = False


STANDARDS: Mapping[str, Standard] = {
    "cjt349": Standard(
        Text("CJ/T 349-2010", "CJ/T 349-2010"),
        "{kind}{county}{street}{community}{number:02d}",
        undivided_zero=True,
    ),
    "db11": Standard(Text("DB11/T 2157", "DB11/T 2157"), "{county}{street}{community}{number:03d}"),
    "db6101": Standard(
        Text("DB6101/T 3185-2024", "DB6101/T 3185-2024"), "{county}{street}{community}{number:03d}"
    ),
}


def pattern_of(coding: Coding) -> str:
    """Return the pattern of a coding."""
    if coding.standard is not None:
        return STANDARDS[coding.standard].pattern
    return coding.pattern or DEFAULT_PATTERN


def undivided_zero(coding: Coding) -> bool:
    """Return whether the only grid of a zone has number 0."""
    return coding.standard is not None and STANDARDS[coding.standard].undivided_zero


def fields_of(pattern: str) -> list[str]:
    """Return the names of the fields of a pattern."""
    return [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]


def coding_faults(coding: Coding, zones: Zones | None) -> list[Finding]:
    """Return everything that is wrong with a coding and the codes of the zones, before any geometry is looked at."""
    faults = list(_wish_faults(coding))
    if faults:
        return faults
    needed = fields_of(pattern_of(coding))
    faults = list(_option_faults(coding, needed))
    if not set(needed).intersection(ZONE_PARTS):
        return faults
    return [*faults, *_zone_faults(coding, zones)]


def needs_zones(coding: Coding) -> bool:
    """Return whether every grid must lie in a zone with a code."""
    return bool(set(fields_of(pattern_of(coding))).intersection(ZONE_PARTS))


def _wish_faults(coding: Coding) -> Iterator[Finding]:
    if coding.standard is not None and coding.standard not in STANDARDS:
        known = ", ".join(STANDARDS)
        yield Finding(
            "bad-code-standard",
            Text(f"there is no standard {coding.standard!r}", f"没有标准 {coding.standard!r}"),
            remedy=Text(f"use one of: {known}", f"可用：{known}"),
        )
    if coding.standard is not None and coding.pattern is not None:
        yield Finding(
            "bad-code-pattern",
            Text("both a standard and a pattern of codes were given", "同时给出了编码标准和编码格式"),
            remedy=Text(
                "give --code-standard or --code-pattern", "请只给出 --code-standard 或 --code-pattern"
            ),
        )
    elif coding.pattern is not None and not _readable(coding.pattern):
        yield Finding(
            "bad-code-pattern",
            Text(
                f"the pattern of codes {coding.pattern!r} cannot be read",
                f"无法理解编码格式 {coding.pattern!r}",
            ),
            remedy=Text(
                "write text and {number}, {number:03d}, {zone_code}, {county}, {street}, {community}, {kind}; "
                "{number} must be there",
                "可用文字与 {number}、{number:03d}、{zone_code}、{county}、{street}、{community}、{kind}，"
                "其中 {number} 必须有",
            ),
        )


def _readable(pattern: str) -> bool:
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        return False
    named = [(name, spec) for _, name, spec, _ in parts if name is not None]
    plain = all(
        name in FIELDS and bool(_NUMBER.fullmatch(spec or "") if name == "number" else not spec)
        for name, spec in named
    )
    unchanged = all(conversion is None for _, _, _, conversion in parts)
    return plain and unchanged and any(name == "number" for name, _ in named)


_OPTIONS = {
    "kind": Text(
        "the kind of object looked after (--object-kind), 6 digits by CJ/T 348",
        "管理对象代码（--object-kind），6 位，按 CJ/T 348",
    ),
    "county": Text(
        "the county code (--county-code), 6 digits by GB/T 2260",
        "县级区划代码（--county-code），6 位，按 GB/T 2260",
    ),
    "street": Text("the street code (--street-code), 3 digits", "街道（乡镇）代码（--street-code），3 位"),
}


def _option_faults(coding: Coding, needed: Sequence[str]) -> Iterator[Finding]:
    """Yield options of the wrong length, and the kind of object where it is missing: no zone can tell it."""
    for name, digits in OPTION_DIGITS.items():
        value = getattr(coding, name)
        if value and not (value.isascii() and value.isdigit() and len(value) == digits):
            yield Finding(
                "bad-code-part",
                Text(f"{value} is not {_OPTIONS[name].en}", f"{value} 不是{_OPTIONS[name].zh}"),
                remedy=Text(f"give {digits} digits", f"请给出 {digits} 位数字"),
            )
    if "kind" in needed and not coding.kind:
        yield Finding(
            "missing-code-part",
            Text(f"the codes need {_OPTIONS['kind'].en}", f"编码需要{_OPTIONS['kind'].zh}"),
            remedy=Text("give --object-kind, e.g. 010100", "请给出 --object-kind，如 010100"),
        )


def zone_parts(code: str, coding: Coding) -> dict[str, str] | None:
    """Return county, street and community of a zone by its code and the options; None where one is missing.

    A code has 12 digits, or 6 or 3 of them where the options tell county and street.
    An option that says something else than the code is a miss too.
    """
    names = _ZONE_DIGITS.get(len(code)) if code.isascii() and code.isdigit() else None
    if names is None:
        return None
    parts = {"county": coding.county, "street": coding.street}
    at = 0
    for name in names:
        own = code[at : at + ZONE_PARTS[name]]
        if parts.get(name) not in {None, "", own}:
            return None
        parts[name] = own
        at += ZONE_PARTS[name]
    return parts if all(parts.values()) else None


def _zone_faults(coding: Coding, zones: Zones | None) -> Iterator[Finding]:
    if zones is None:
        yield Finding(
            "missing-zone-code",
            Text(
                "the codes are made from those of communities, and no zones were given",
                "编码取自社区代码，但没有给出片区",
            ),
            remedy=Text(
                "give the communities with their codes: --zones communities.gpkg",
                "请用 --zones 给出带代码的社区边界",
            ),
        )
        return
    source = zones.sources[0] if zones.sources else Source(IN_MEMORY)
    codes = [str(code) for code in zones.frame["code"]]
    rows = [int(row) for row in zones.frame["row"]]
    wrong = [zone_parts(code, coding) is None for code in codes]
    if any(wrong):
        bad = sorted({code or "-" for code, is_bad in zip(codes, wrong, strict=True) if is_bad})
        listed = ", ".join(bad[:5]) + (" …" if len(bad) > 5 else "")
        yield Finding(
            "bad-zone-code",
            Text(
                f"{sum(wrong)} zones have no code that fits: {listed}",
                f"{sum(wrong)} 个片区的代码缺失或不符：{listed}",
            ),
            source.file,
            source.layername,
            tuple(row for row, is_bad in zip(rows, wrong, strict=True) if is_bad),
            Text(
                "write 12 digits: county 6 (GB/T 2260), street 3, community 3; or the last 6 or 3 of them, and "
                "give --county-code and --street-code",
                "请填写 12 位代码：县级 6 位（GB/T 2260）、街道 3 位、社区 3 位；或只填后 6 位或后 3 位，"
                "并给出 --county-code、--street-code",
            ),
        )
    again = [codes.index(code) != i for i, code in enumerate(codes)]
    if any(again) and not any(wrong):
        yield Finding(
            "repeated-zone-code",
            Text(f"{sum(again)} zones have the code of another", f"{sum(again)} 个片区与其他片区代码相同"),
            source.file,
            source.layername,
            tuple(row for row, is_again in zip(rows, again, strict=True) if is_again),
            Text(
                "give every community its own code; join its parts to one multipolygon",
                "请使社区代码唯一；同一社区的多个部分请合并为一个多部件面",
            ),
        )


def pattern_codes(zone_code: Sequence[str], number: Ints, coding: Coding) -> list[str]:
    """Return the code of every grid, length g; the coding and the zones have no faults."""
    pattern = pattern_of(coding)
    with_parts = needs_zones(coding)
    return [
        pattern.format(
            number=n,
            zone_code=code,
            kind=coding.kind,
            **((zone_parts(code, coding) or {}) if with_parts else {}),
        )
        for code, n in zip(zone_code, number.tolist(), strict=True)
    ]


def code_faults(
    codes: Sequence[str], zones: Sequence[str], number: Ints, fresh: Sequence[bool], coding: Coding
) -> list[Finding]:
    """Return zones with more grids than the digits of the pattern can tell, and codes that repeat.

    Parameters
    ----------
    codes, zones, number, fresh
        Code, name of the zone and number of every grid, and whether the code is a new one, length g.
    """
    faults = []
    spec = next(spec for _, name, spec, _ in Formatter().parse(pattern_of(coding)) if name == "number")
    match = _NUMBER.fullmatch(spec or "")
    if match and match[1]:
        most = 10 ** int(match[1]) - 1
        full: dict[str, int] = {}
        for zone, n, is_fresh in zip(zones, number.tolist(), fresh, strict=True):
            if is_fresh and n > most:
                full[zone] = max(full.get(zone, 0), n)
        if full:
            listed = ", ".join(f"{zone} ({n})" for zone, n in list(full.items())[:5])
            faults.append(
                Finding(
                    "too-many-grids-for-code",
                    Text(
                        f"the codes have {match[1]} digits for the grid, {most} at most; more are needed in {listed}",
                        f"编码中网格序号为 {match[1]} 位，最多 {most}；以下片区超出：{listed}",
                    ),
                    remedy=Text("ask for larger grids, or for smaller zones", "请增大网格规模，或细分片区"),
                )
            )
    repeated = sorted(code for code, n in Counter(codes).items() if n > 1)
    if repeated:
        listed = ", ".join(repeated[:5]) + (" …" if len(repeated) > 5 else "")
        faults.append(
            Finding(
                "repeated-codes",
                Text(
                    f"{len(repeated)} codes would stand for several grids: {listed}",
                    f"{len(repeated)} 个编码重复：{listed}",
                ),
                remedy=Text(
                    "put {zone_code} into the pattern, or digits for the number: {number:03d}",
                    "请在编码格式中加入 {zone_code}，或给序号定长：{number:03d}",
                ),
            )
        )
    return faults
