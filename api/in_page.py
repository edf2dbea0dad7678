"""Findings speak of options of the command line; the pages say which of their fields is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from api.script_words import SCRIPT
from api.words import ROLES, WORDS
from gridder.io.words import COLUMN_ROLES
from gridder.model import Lang, Text

_SIZES = ("members", "households", "area_ha", "area_mu")
_FILES = ("members", "fields", "buildings", "zones", "barriers", "bridges", "dedicated")
_FIELDS: Mapping[str, Text] = {
    "target": WORDS["target"],
    "min": WORDS["minimum"],
    "max": WORDS["maximum"],
    "n-grids": WORDS["count"],
    "code-standard": WORDS["code_how"],
    "code-pattern": WORDS["code_pattern"],
    "county-code": WORDS["code_county"],
    "street-code": WORDS["code_street"],
    "object-kind": WORDS["code_kind"],
    "skill": WORDS["skill"],
    "reach": WORDS["reach_m"],
    "address-decisions": ROLES["address_decisions"][0],
}
"""What an option is on the page."""
_OF_FILES: Mapping[str, Text] = {
    "crs": SCRIPT["crs"],
    "encoding": SCRIPT["encoding"],
    "region": SCRIPT["region"],
    "layername": SCRIPT["layer"],
}
"""What a word behind the name of a file is on the page."""
_PLACEHOLDER = r"(?: (?:FILE|NAME|COLUMN|communities\.gpkg))?"


@cache
def rewrites(lang: Lang) -> Sequence[tuple[str, str]]:
    """Return what is replaced by what, one after the other: regular expressions, as Python and browsers know them."""
    return tuple(_rewrites(lang))


def in_page(text: str, lang: Lang) -> str:
    """Return what a finding says, in the words of the page.

    >>> in_page("give --members FILE, or count something else: --of area_ha", "en")
    'give “Members”, or count something else: “What is balanced”: area in hectares'
    """
    for pattern, said in rewrites(lang):
        text = re.sub(pattern, said, text)
    return text


def _rewrites(lang: Lang) -> Iterator[tuple[str, str]]:
    colon = "：" if lang == "zh" else ": "
    columns = SCRIPT["columns"].say(lang)
    for role, label in COLUMN_ROLES.items():
        column = f"“{columns}{colon}{label.say(lang)}”"
        yield rf"--map-column [a-z_]+\.{role}=(?:NAME|COLUMN|列名)", column
    balance = f"“{WORDS['balance'].say(lang)}”"
    for of in _SIZES:
        yield rf"--(?:building-)?of {of}\b", f"{balance}{colon}{WORDS[f'of_{of}'].say(lang)}"
    for role in _FILES:
        yield rf"--{role}\b{_PLACEHOLDER}", f"“{ROLES[role][0].say(lang)}”"
    for option, label in _FIELDS.items():
        yield rf"--{option}\b(?!-)", f"“{label.say(lang)}”"
    for word, label in _OF_FILES.items():
        yield rf"[^\s：；，|]+\|{word}=(?:…|SHEET|工作表名)?", f"“{label.say(lang)}” "
