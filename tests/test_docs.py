"""The documents name all there is: settings with their defaults, problems, commands, and files that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.errors import KINDS
from gridder.cli import app
from gridder.config import Settings
from gridder.io import formats
from gridder.io.limits import NAMES, Limits

ROOT = Path(__file__).resolve().parent.parent
SERVICE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_told_with_its_default(name):
    """A row of the table: variable, default, description."""
    field = Settings.model_fields[name]
    (row,) = re.findall(rf"^\| `GRIDDER_{name.upper()}` \|(.*)\|(.*)\|$", SERVICE, re.MULTILINE)
    default, what = (cell.strip() for cell in row)
    assert default == ("" if field.default in ("", ()) else f"`{field.default}`")
    assert what == field.description


def test_every_setting_that_is_told_exists():
    """No variable is left from before."""
    told = set(re.findall(r"GRIDDER_([A-Z_]+)", SERVICE)) - {"KEY_FILE"}
    assert told == {name.upper() for name in Settings.model_fields}


def test_every_limit_of_reading_and_every_format_is_told():
    """A row of the table of limits with its default and description; a suffix among the formats."""
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(GRIDDER_READ_\w+)` \| `(\d+)` \|", page, re.MULTILINE))
    assert told == {name: str(getattr(Limits(), field)) for name, field in NAMES.items()}
    assert [suffix for suffix in formats.SUFFIXES if f"`{suffix}`" not in page] == []


def test_every_kind_of_problem_is_told_with_its_status():
    """A row of the table in docs/errors.md."""
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    missing = [kind.type for kind in KINDS if f"| `{kind.type}` | {kind.status} |" not in page]
    assert missing == []


def _commands(group: Any, before: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before} {name}")
        elif not command.hidden:
            yield f"{before} {name}"


def test_every_command_is_told():
    """By its whole name; commands after a first one of the same group by their last word."""
    named = set()
    for cell in re.findall(r"^\| (`gridder [^|]*) \|", SERVICE, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", cell)
        group = first.rpartition(" ")[0]
        named |= {first} | {word if " " in word else f"{group} {word}" for word in others}
    assert named == set(_commands(typer.main.get_command(app), "gridder"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_documents_lead_somewhere(page):
    """Relative ones; nothing is asked of the network."""
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
