"""What several pages say: words for the scripts, moments, sizes of files, and a plan in a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api import words as texts
from api.auth import Caller
from api.responses import timestamp
from api.script_words import SCRIPT
from gridder.io import words
from gridder.model import Lang, Text
from gridder.storage.plans import PlanRow


def listed(plan: PlanRow, caller: Caller, lang: Lang) -> dict[str, Any]:
    """Return a plan as the list and its own page name it; what made it and its scores to planners."""
    out: dict[str, Any] = {
        "id": plan.id,
        "job": plan.job_id,
        "title": plan.title,
        "made": moment_of(plan.created_at),
        "ends": moment_of(plan.expires_at),
        "sources": [],
        "layers": [],
    }
    if caller.may("planner"):
        made_from = plan.summary["sources"]
        out["sources"] = [
            {"role": name.say(lang), "files": made_from[role]}
            for role, (name, _) in texts.ROLES.items()
            if role in made_from
        ]
        out["layers"] = [result_of(layer, part, lang) for layer, part in plan.summary["layers"].items()]
    return out


def result_of(layer: str, part: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Return the grids of a layer, their bounds and how many keep them."""
    size = part["size"]
    unit = words.word(words.SIZES, size["of"]).say(lang)
    bounds = " / ".join(words.number(round(size[name], 2)) for name in ("minimum", "target", "maximum"))
    return {
        "name": words.word(words.LAYERS, layer).say(lang),
        "n_grids": words.number(part["n_grids"]),
        "bounds": f"{bounds} {unit}",
        "within": percent(part["within_bounds"]),
    }


def for_script(lang: Lang) -> dict[str, Any]:
    """Return the words that the scripts put on the page."""
    return {"script_words": said(SCRIPT, lang)}


def said(table: Mapping[str, Text], lang: Lang) -> dict[str, str]:
    """Return a table of texts in one language."""
    return {name: text.say(lang) for name, text in table.items()}


def said_pairs(table: Mapping[str, tuple[Text, Text]], lang: Lang) -> dict[str, tuple[str, str]]:
    """Return a table of pairs of texts in one language."""
    return {name: (first.say(lang), second.say(lang)) for name, (first, second) in table.items()}


def moment_of(seconds: float) -> dict[str, str]:
    """Return a moment for a `<time>`: for programs, and for people where no script says it in their zone."""
    local = datetime.fromtimestamp(seconds).astimezone()
    return {
        "iso": timestamp(seconds) or "",
        "text": local.strftime("%Y-%m-%d %H:%M"),
        "day": local.date().isoformat(),
    }


def bytes_text(n_bytes: int) -> str:
    """Return the size of a file for people."""
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:,.1f} kB"


def percent(share: float) -> str:
    """Return a share as percent, never rounded up to a whole that was not reached."""
    return f"{int(share * 1000 + 1e-9) / 10:g} %"
