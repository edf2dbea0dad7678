"""What axe-core finds wrong with a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
    "iframes": False,
}
"""Pages inside a page are looked at by themselves."""

OUTLINED = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


def violations(page: Any) -> list[str]:
    """Return the faults of a page, each with its rule, what is wrong and the element."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{rule['id']}: {node['failureSummary']} {node['html']}" for rule in found for node in rule["nodes"]
    ]


def tab_stops(page: Any, most: int = 300) -> list[str]:
    """Press Tab from the page's start until the focus leaves it or comes round, and return what had it.

    The stops within a frame count as one, of which the frame's page shows the focus. Every stop is told by its tag, its name or id, and its label, and must show that it has the focus.
    """
    page.evaluate(
        "() => { document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); }"
    )
    stops: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (e === document.body) return null;
              if (e.dataset.tabbed) return e.tagName === "IFRAME" ? "within" : null;
              e.dataset.tabbed = "true";
              return [e.tagName.toLowerCase(), e.getAttribute("name") ?? e.id,
                e.getAttribute("aria-label") ?? e.innerText ?? ""].join("|");
            }"""
        )
        if stop is None:
            break
        if stop == "within":
            continue
        assert stop.startswith("iframe") or page.evaluate(OUTLINED), f"{stop} does not show its focus"
        stops.append(stop)
    else:
        raise AssertionError(f"after {most} stops there are still others")
    page.evaluate("for (const e of document.querySelectorAll('[data-tabbed]')) delete e.dataset.tabbed")
    return stops
