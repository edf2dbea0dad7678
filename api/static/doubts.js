/* What a file leaves open: where its numbers lie, and in which encoding its texts are. */

import { address, element, said, say, words } from "./common.js";

/**
 * Draw the coordinate systems that a file may be in: a sketch with numbered places, and the systems to choose from.
 *
 * `chosen` is called with the candidate that the user takes.
 */
export function placeChoice({ problem, job, layer }, { options, id, part, chosen }) {
  const sketch = element("img", {
    className: "sketch",
    src: address(`/pages/jobs/${job}/sketch?layer=${encodeURIComponent(layer)}`),
    alt: words.sketch_alt,
  });
  const places = placesOf(problem.candidates).map((candidates, i) =>
    element(
      "li",
      {},
      element(
        "div",
        { role: "group", "aria-labelledby": `${id}-place-${i}` },
        element("b", { id: `${id}-place-${i}`, textContent: said(candidates[0], "near") }),
        ...candidates.map((candidate) => radio(candidate, { options, id, chosen })),
      ),
    ),
  );
  const several = places.length < problem.candidates.length;
  return [
    part(words.place),
    element("p", { textContent: said(problem, "what") }),
    element("p", { className: "help", textContent: words.place_help }),
    element(
      "div",
      { className: "place" },
      sketch,
      element("div", {}, element("ol", {}, ...places), several ? element("small", { textContent: words.place_same }) : ""),
    ),
  ];
}

/** Draw the same rows in every encoding that may be right; `chosen` is called with the one that the user takes. */
export function encodingChoice(readings, { part, chosen }) {
  const shown = readings.map(({ encoding, columns, preview }, i) => {
    const head = columns.map((name) => element("th", { scope: "col", textContent: name }));
    const rows = preview.map((row) => element("tr", {}, ...columns.map((name) => element("td", { textContent: row[name] }))));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
    const use = element("button", { type: "button", textContent: say("use_encoding", { name: encoding }) });
    use.addEventListener("click", () => chosen(encoding));
    return element(
      "div",
      {},
      element("p", {}, element("b", { textContent: encoding }), i ? "" : ` · ${words.encoding_now}`),
      element("div", { className: "wide", tabIndex: 0, role: "group", "aria-label": encoding }, table),
      use,
    );
  });
  return [
    part(words.encodings),
    element("p", { className: "help", textContent: words.encodings_help }),
    element("div", { className: "encodings" }, ...shown),
  ];
}

/** Return candidates by the place where they would put the land, in the order in which the sketch numbers them. */
function placesOf(candidates) {
  const places = new Map();
  for (const candidate of candidates) places.set(candidate.near, [...(places.get(candidate.near) ?? []), candidate]);
  return [...places.values()];
}

function radio(candidate, { options, id, chosen }) {
  const { crs, axes } = candidate;
  const input = element("input", { type: "radio", name: `${id}-place`, id: `${id}-place-${crs}${axes}` });
  input.checked = crs === options.crs && (axes || "xy") === options.axes;
  input.addEventListener("change", () => chosen(candidate));
  const turned = axes === "yx" ? ` · ${words.axes_yx}` : "";
  return element("label", { className: "choice" }, input, ` ${said(candidate, "name")} (${crs})${turned}`);
}
