"""Where things of a map are on the screen, and what colour it has there."""

from __future__ import annotations

from typing import Any

from gridder.model import PlanView


def place_of(page: Any, lon: float, lat: float) -> tuple[float, float]:
    """Return where on the screen a place is."""
    at = page.evaluate(
        "([lon, lat]) => { const p = map_0.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }",
        [lon, lat],
    )
    return at[0], at[1]


def middle_of(page: Any, view: PlanView, grid_id: str) -> tuple[float, float]:
    """Return where on the screen a grid is."""
    point = view.grids.set_index("grid_id").geometry[grid_id].representative_point()
    return place_of(page, point.x, point.y)


def colour_at(page: Any, x: float, y: float) -> list[int]:
    """Return red, green, blue and alpha that the lowest canvas has there."""
    colour: list[int] = page.evaluate(
        """([x, y]) => {
          const canvas = document.querySelector("canvas");
          const box = canvas.getBoundingClientRect();
          const ratio = canvas.width / box.width;
          return [...canvas.getContext("2d").getImageData((x - box.left) * ratio, (y - box.top) * ratio, 1, 1).data];
        }""",
        [x, y],
    )
    return colour


def until_painted(page: Any) -> None:
    """Wait until the map moves no more and everything in sight is painted."""
    page.evaluate(
        """() => new Promise((done) => {
          const moves = () => map_0._animatingZoom || map_0._panAnim?._inProgress;
          const pictures = () => [...document.querySelectorAll("canvas")].map((c) => {
            const {data} = c.getContext("2d").getImageData(0, 0, c.width, c.height);
            let sum = 0;
            for (let i = 0; i < data.length; i += 97) sum = (sum * 31 + data[i]) | 0;
            return `${c.width} ${c.height} ${c.style.transform} ${sum}`;
          }).join();
          let last = null, calm = 0;
          const look = () => {
            const now = pictures();
            calm = now === last && !moves() ? calm + 1 : 0;
            last = now;
            calm > 8 ? done() : setTimeout(look, 50);
          };
          look();
        })"""
    )
