"""An inspection in words, for people who are no programmers: what was read, what is done, what is to be decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gridder.errors import rows_text
from gridder.io.location import Location
from gridder.io.words import COLUMN_ROLES
from gridder.io.xlsx import text_width
from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, Candidate, Finding, Lang, Text

if TYPE_CHECKING:
    from gridder.io.inspection import Inspection, LayerInspection, Reading

VALUES_SHOWN = 3
VALUE_WIDTH = 20
LABEL_WIDTH = 20
COLUMN_WIDTH = 24
"""Widths in Latin characters; a Chinese one counts as two."""

LONGEST_CRS = 80
"""A CRS without a code is a long text."""

OPEN_QUESTIONS = frozenset(["encoding-doubtful", "encoding-lossy", "far-away"])
"""Kinds of remarks that ask the user something; the others tell what is done."""


def inspection_lines(inspection: Inspection, lang: Lang) -> list[str]:
    """Return all that was found as lines."""
    many = len(inspection.layers) + len(inspection.left_out) > 1
    lines: list[str] = []
    for number, layer in enumerate(inspection.layers, 1):
        location = inspection.location
        if many:
            location = replace(location, layername=layer.name)
        lines += [*([""] if lines else []), _title(inspection, layer, number).say(lang)]
        lines += _Words(location, lang).layer(layer)
    if inspection.left_out:
        lines += ["", _left_out(inspection).say(lang)]
    return lines


def _left_out(inspection: Inspection) -> Text:
    file, names = inspection.file, ", ".join(inspection.left_out)
    return Text(
        "{n} further [layer was|layers were] not looked at; write the name of one behind that of the file, "
        "{file}|layername=NAME, or set GRIDDER_READ_LAYERS higher: {names}",
        "另有 {n} 个图层未查看；请在文件名后写明图层名 {file}|layername=图层名，或调高 GRIDDER_READ_LAYERS：{names}",
    ).format(n=len(inspection.left_out), file=file, names=names)


def _title(inspection: Inspection, layer: LayerInspection, number: int) -> Text:
    file, n = inspection.file, len(inspection.layers) + len(inspection.left_out)
    if n > 1:
        return Text(f"{file}, layer {number} of {n}: {layer.name}", f"{file} 图层 {number}/{n}：{layer.name}")
    return Text(file, file)


class _Words:
    """The words of one layer."""

    def __init__(self, location: Location, lang: Lang) -> None:
        self._location = location
        self._lang = lang

    def layer(self, layer: LayerInspection) -> list[str]:
        """Return all that is said of it."""
        questions = [remark for remark in layer.remarks if remark.kind in OPEN_QUESTIONS]
        told = [remark for remark in layer.remarks if remark not in questions]
        lines = [*self._head(Text("What was read", "读取结果")), *self._facts(layer), *self._columns(layer)]
        lines += [
            *self._head(Text("What it can be used for", "用途及命令写法")),
            *self._uses(layer),
        ]
        for head, findings in (
            (Text("What is done without asking", "自动处理和提示"), told),
            (Text("Please confirm", "请您确认"), questions),
            (Text("Must be settled before it can be used", "必须先解决，否则不能使用"), layer.faults),
        ):
            if findings:
                lines += self._head(head)
                for number, finding in enumerate(findings, 1):
                    lines += self._finding(number, finding)
                    if finding.kind == "encoding-doubtful":
                        lines += self._readings(layer.readings)
        if not layer.problems:
            lines += ["", f"  {self._say('no problems were found', '没有发现问题')}"]
        return lines

    def _say(self, en: str, zh: str) -> str:
        return Text(en, zh).say(self._lang)

    def _head(self, text: Text) -> list[str]:
        return ["", f"  {text.say(self._lang)}"]

    def _facts(self, layer: LayerInspection) -> Iterator[str]:
        for label, fact in self._told(layer):
            yield f"    {_padded(label, LABEL_WIDTH)}{fact}"

    def _told(self, layer: LayerInspection) -> Iterator[tuple[str, str]]:
        yield self._say("rows", "行数"), f"{layer.n_rows:,}"
        if layer.geometry_types:
            yield self._say("shapes", "图形"), _shapes(layer).say(self._lang)
            yield self._say("coordinate system", "坐标系"), self._crs(layer)
        if layer.area_m2 is not None:
            ha, mu = layer.area_m2 / SQUARE_METRES_PER_HA, layer.area_m2 / SQUARE_METRES_PER_MU
            yield (
                self._say("area", "面积"),
                self._say(f"{ha:,.1f} ha = {mu:,.0f} mu (亩)", f"{ha:,.1f} 公顷 = {mu:,.0f} 亩"),
            )
        if layer.encoding_origin:
            origin = ENCODING_ORIGINS[layer.encoding_origin].say(self._lang)
            yield self._say("text encoding", "文字编码"), f"{layer.encoding}{origin}"

    def _crs(self, layer: LayerInspection) -> str:
        if not layer.crs:
            return self._say("not stated in the file", "文件未注明")
        name, code = layer.crs_name, layer.crs[:LONGEST_CRS]
        return self._say(f"{name.en} ({code})", f"{name.zh}，{code}")

    def _columns(self, layer: LayerInspection) -> Iterator[str]:
        if not layer.columns:
            return
        yield "    " + self._say("columns, and their first values:", "列名及前几行的值：")
        yield from column_lines(layer.columns, layer.preview)

    def _uses(self, layer: LayerInspection) -> Iterator[str]:
        for use, options in _uses_of(layer).items():
            commands = [f"{option} {self._location.written()}" for option in options]
            yield f"    {USES[use].say(self._lang)}  {self._say(' or ', ' 或 ').join(commands)}"
            roles = layer.roles.get(use)
            if roles is None:
                continue
            for role, name in roles.items():
                label = COLUMN_ROLES[role].say(self._lang)
                yield "      " + self._say(
                    f"{label}: column {name} ({role})", f"{label}：列“{name}”（{role}）"
                )
            if not roles:
                yield f"      {NO_COLUMN[use].say(self._lang)}"
            yield "      " + self._say(
                f"another column: --map-column {options[0][2:]}.{_example(use)}=COLUMN",
                f"如需换用其他列：--map-column {options[0][2:]}.{_example(use)}=列名",
            )

    def _finding(self, number: int, finding: Finding) -> Iterator[str]:
        where = rows_text(finding, self._lang)
        colon = self._say(": ", "：")
        what = finding.what.say(self._lang)
        yield f"    {number}. {where}{colon if where else ''}{what}"
        if finding.remedy.en:
            yield f"       → {finding.remedy.say(self._lang)}"
        for letter, candidate in enumerate(finding.candidates, 1):
            yield f"       ({letter}) {candidate.near.say(self._lang)}{colon}{candidate.name.say(self._lang)}"
            yield f"           gridder inspect {self._with(candidate)}"

    def _readings(self, readings: Sequence[Reading]) -> Iterator[str]:
        """Yield the same rows in every encoding, and what to type for each but the first."""
        for number, reading in enumerate(readings):
            mark = self._say("as it was read", "现按此读取") if not number else f"({number})"
            yield f"       {mark} {reading.encoding}"
            for line in column_lines(reading.columns, reading.rows):
                yield f"      {line}"
            if number:
                yield f"           gridder inspect {replace(self._location, encoding=reading.encoding).written()}"

    def _with(self, candidate: Candidate) -> str:
        return replace(self._location, crs=candidate.crs, axes=candidate.axes).written()


USES = {
    "units": Text("as fields or buildings:", "作为地块或楼栋："),
    "zones": Text("as zones:", "作为片区："),
    "barriers": Text("as barriers:", "作为障碍线："),
    "bridges": Text("as crossings:", "作为桥梁："),
    "members": Text("as a roster:", "作为成员名册："),
}
NO_COLUMN = {
    "units": Text(
        "no column of numbers was found; they are named by their row", "未找到编号列，将以行号命名"
    ),
    "zones": Text("no column of names was found; they are named by their row", "未找到名称列，将以行号命名"),
    "members": Text(
        "no known column was found; nobody can be placed by it", "未找到可识别的列，成员无法落位"
    ),
}
ENCODING_ORIGINS = {
    "user": Text(", on your word", "（按您的说明）"),
    "cpg": Text(", as the file says", "（文件注明）"),
    "language-id": Text(", as the file says", "（文件注明）"),
    "bom": Text(", as the file says", "（文件注明）"),
    "utf-8": Text("", ""),
    "guess": Text(", a guess", "（推断）"),
}


def _uses_of(layer: LayerInspection) -> Mapping[str, Sequence[str]]:
    """Return the options of `gridder partition` by use that this kind of layer may have."""
    if "units" in layer.roles:
        return {"units": ("--fields", "--buildings"), "zones": ("--zones",)}
    if not layer.roles:
        return {"barriers": ("--barriers",), "bridges": ("--bridges",)}
    if layer.geometry_types:
        return {"members": ("--members",), "bridges": ("--bridges",)}
    return {"members": ("--members",)}


def _example(use: str) -> str:
    return {"units": "unit_id", "zones": "name", "members": "member_id"}[use]


def _shapes(layer: LayerInspection) -> Text:
    """Return how many shapes of which kind there are."""
    en, zh = [], []
    for kind, singular, plural, chinese in (
        ("Polygon", "area", "areas", "个面"),
        ("LineString", "line", "lines", "条线"),
        ("Point", "point", "points", "个点"),
    ):
        parts = layer.geometry_types.get(f"Multi{kind}", 0)
        n = parts + layer.geometry_types.get(kind, 0)
        if kind == "LineString":
            n += layer.geometry_types.get("LinearRing", 0)
        if n:
            en.append(f"{n:,} {singular if n == 1 else plural}" + (f" ({parts:,} of parts)" if parts else ""))
            zh.append(f"{n:,} {chinese}" + (f"（多部件 {parts:,} 个）" if parts else ""))
    mixed = layer.geometry_types.get("GeometryCollection", 0)
    if mixed:
        en.append(f"{mixed:,} mixed")
        zh.append(f"{mixed:,} 个混合图形")
    without = layer.n_rows - sum(layer.geometry_types.values())
    if without:
        en.append(f"{without:,} {'row' if without == 1 else 'rows'} without a shape")
        zh.append(f"{without:,} 行没有图形")
    return Text(", ".join(en), "、".join(zh))


def column_lines(columns: Sequence[str], preview: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield a line for every column: its name and its first values."""
    width = min(max(map(text_width, columns)), COLUMN_WIDTH)
    for name in columns:
        values = " | ".join(_short(row.get(name, ""), VALUE_WIDTH) for row in preview[:VALUES_SHOWN])
        yield f"      {_padded(name, width + 2)}{values}".rstrip(" |")


def _padded(text: str, width: int) -> str:
    return text + " " * max(width - text_width(text), 1)


def _short(text: str, width: int) -> str:
    """Return text on one line, cut where it is wider than asked."""
    plain = " ".join(text.split())
    if text_width(plain) <= width:
        return plain
    while text_width(plain) > width - 1:
        plain = plain[:-1]
    return plain + "…"
