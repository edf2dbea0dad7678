/* The review of one file: what was read, how, what is open, the first rows, remarks, and what the columns mean. */

import { element, findings, lang, number, say, showTrouble, words } from "./common.js";
import { encodingChoice, placeChoice } from "./doubts.js";
import { field, select, suggestions, text } from "./fields.js";
import { family } from "./inspect.js";
import { UNSAID } from "./reading.js";

const ENCODINGS = ["UTF-8", "GBK", "GB18030", "Big5", "Shift_JIS", "windows-1252"];
const MAIN_ROLES = {
  units: ["unit_id"],
  members: ["member_id", "name", "household", "parcel", "lon", "lat"],
  zones: ["name", "code"],
};
const MASK = "***";
const UNSURE_CRS = ["missing-crs", "wrong-crs", "swapped-axes"];

/** Return one line on what was read. */
export function summary(layer) {
  const open = layer.problems.some((problem) => problem.blocking);
  const remarks = layer.problems.length ? say("n_problems", { n: layer.problems.length }) : words.no_remarks;
  return `${say("n_rows", { n: number(layer.rows) })} · ${kindOf(layer)} · ${open ? words.to_settle : remarks}`;
}

/**
 * Draw the review of a reading.
 *
 * `use` is what the file is for (`units`, `members`, `zones` or nothing), `columnRoles` the roles of its columns,
 * `heading` the tag of the headings within, `changed` is called when the user has changed something.
 */
export function drawReview(box, reading, { id, use, columnRoles, heading, changed }) {
  const focused = document.activeElement?.id;
  box.replaceChildren();
  const redraw = () => drawReview(box, reading, { id, use, columnRoles, heading, changed });
  const readAgain = async (focus = "") => {
    box.setAttribute("aria-busy", "true");
    await reading.again();
    box.removeAttribute("aria-busy");
    redraw();
    changed();
    if (focus) document.getElementById(focus)?.focus();
  };
  const part = (title) => element(heading, { className: "part", textContent: title });
  const alert = element("div", { role: "alert" });
  showTrouble(alert, reading.trouble);
  const { layer, options } = reading;
  if (!reading.trouble) {
    box.append(facts(layer));
    if (reading.place) {
      const chosen = (candidate) => {
        reading.locate(candidate);
        readAgain();
      };
      box.append(...placeChoice(reading.place, { options, id, part, chosen }));
    }
    if (layer.readings.length) {
      const chosen = (encoding) => {
        options.encoding = encoding;
        readAgain(`${id}-encoding`);
      };
      box.append(...encodingChoice(layer.readings, { part, chosen }));
    }
  }
  box.append(part(words.how_read), ...howItIsRead(reading, id, readAgain), alert);
  if (!reading.trouble) {
    box.append(...remarks(layer, part), ...preview(layer, part));
    if (layer.roles[use]) {
      box.append(part(words.columns), ...columns(reading, id, layer.roles[use], columnRoles, MAIN_ROLES[use], changed));
    }
  }
  if (focused) document.getElementById(focused)?.focus();
}

function facts(layer) {
  const name = (lang === "zh" && layer.crs_name_zh) || layer.crs_name;
  const crs = name ? `${name} (${layer.crs})` : layer.crs;
  const shown = [
    [words.rows, number(layer.rows)],
    [words.geometry, kindOf(layer)],
    [words.crs, crs || (layer.in_degrees ? words.crs_table : words.crs_none)],
    [words.encoding, layer.encoding_origin && layer.encoding],
    [words.area, layer.area_ha === null ? "" : `${number(layer.area_ha, 1)} ${words.ha} = ${number(layer.area_mu)} ${words.mu}`],
  ];
  const parts = shown
    .filter(([, value]) => value)
    .map(([label, value]) => element("div", {}, element("dt", { textContent: label }), element("dd", { textContent: value })));
  return element("dl", { className: "facts" }, ...parts);
}

function kindOf(layer) {
  return words[`kind_${family(layer)}`];
}

function howItIsRead(reading, id, readAgain) {
  const { options, layers, leftOut, layer, place } = reading;
  const box = element("div", { className: "reading" });
  const change = (name) => (event) => {
    options[name] = event.target.value.trim();
    if (name === "layername") {
      options.columns = {};
      options.subset = "";
    }
    readAgain();
  };
  if (reading.hasSeveral) {
    const choices = layers.map((one) => [one.name, `${one.name} (${number(one.rows)})`]);
    choices.push(...leftOut.map((name) => [name, name]));
    box.append(field(`${id}-layer`, words.layer, select(choices, options.layername, change("layername")), words.layer_help));
  }
  if (!layer || layer.encoding_origin || options.encoding) {
    const known = new Set([...ENCODINGS, options.encoding].filter(Boolean));
    const encodings = [["", words.as_told], ...[...known].map((name) => [name, name])];
    box.append(field(`${id}-encoding`, words.encoding, select(encodings, options.encoding, change("encoding")), words.encoding_help));
  }
  if (!layer) return [box];
  const isTable = family(layer) === "table";
  const more = element("div", { className: "reading" });
  const settling = place ? box : more;
  if (!isTable || place || options.crs) {
    box.append(field(`${id}-crs`, words.crs, text(options.crs, words.as_told, change("crs"), crsList()), words.crs_help));
    const axes = [["xy", words.axes_xy], ["yx", words.axes_yx]];
    settling.append(field(`${id}-axes`, words.axes, select(axes, options.axes, change("axes")), words.axes_help));
  }
  if (!isTable || place || options.region) {
    const region = text(options.region, words.region_example, change("region"), "provinces");
    settling.append(field(`${id}-region`, words.region, region, words.region_help));
  }
  if (layer.in_degrees || options.coordinates !== UNSAID.coordinates) {
    const datums = [["wgs84", words.datum_wgs84], ["gcj02", words.datum_gcj02], ["bd09", words.datum_bd09]];
    const datum = select(datums, options.coordinates, change("coordinates"));
    (isTable ? box : more).append(field(`${id}-coordinates`, words.datum, datum, words.datum_help));
  }
  more.append(field(`${id}-subset`, words.subset, text(options.subset, "", change("subset")), words.subset_help));
  return [box, folded(more, reading)];
}

/** Fold what is seldom needed; what the user has unfolded or said stays in sight. */
function folded(more, reading) {
  const said = ["axes", "region", "coordinates", "subset"].some((name) => reading.options[name] !== UNSAID[name]);
  const fold = element("details", { open: said || reading.unfolded }, element("summary", { textContent: words.more_reading }), more);
  fold.addEventListener("toggle", () => (reading.unfolded = fold.open));
  return fold;
}

/** Return the id of the list of coordinate systems that are common where the files come from. */
function crsList() {
  const meridians = Array.from({ length: 21 }, (_, i) => [`EPSG:${4534 + i}`, say("crs_zone", { m: 75 + 3 * i })]);
  return suggestions("known-crs", [["EPSG:4490", words.crs_4490], ["EPSG:4326", words.crs_4326], ...meridians]);
}
function remarks(layer, part) {
  if (!layer.problems.length) return [element("p", { className: "fine", textContent: `✓ ${words.no_problems}` })];
  return [part(words.problems), findings(layer.problems.map(inPage))];
}

/** Return a problem with what to do about it on this page, where that is not what one types. */
function inPage(problem) {
  let remedy = "";
  if (problem.candidates) remedy = words.choose_place;
  else if (UNSURE_CRS.includes(problem.kind)) remedy = words.ask_crs;
  else if (problem.kind.startsWith("encoding-")) remedy = words.choose_encoding;
  return remedy ? { ...problem, remedy, remedy_zh: remedy } : problem;
}

function preview(layer, part) {
  if (!layer.preview.length) return [];
  const head = layer.columns.map((name) => element("th", { scope: "col", textContent: name }));
  const rows = layer.preview.map((row) =>
    element("tr", {}, ...layer.columns.map((name) => element("td", { textContent: row[name] ?? "" }))),
  );
  const table = element(
    "table",
    { className: "preview" },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
  const masked = layer.preview.some((row) => Object.values(row).includes(MASK));
  const wide = element("div", { className: "wide", tabIndex: 0, role: "group", "aria-label": words.first_rows }, table);
  return [
    part(words.first_rows),
    wide,
    masked ? element("small", { textContent: words.masked }) : "",
  ];
}

function columns(reading, id, guesses, columnRoles, mainRoles, changed) {
  const { options, layer } = reading;
  const shown = element("div", { className: "columns" });
  const others = element("div", { className: "columns" });
  for (const [role, label] of columnRoles) {
    const guess = guesses[role] ?? "";
    const change = (event) => {
      const { value } = event.target;
      if (value && value !== guess) options.columns[role] = value;
      else delete options.columns[role];
      changed();
    };
    if (!layer.columns.includes(options.columns[role])) delete options.columns[role];
    const choices = layer.columns.map((name) => [name, name]);
    if (!guess) choices.unshift(["", words.not_set]);
    const chosen = options.columns[role] ?? guess;
    const place = chosen || mainRoles.includes(role) ? shown : others;
    place.append(field(`${id}-column-${role}`, label, select(choices, chosen, change)));
  }
  const out = [
    element("p", { className: "help", textContent: words.columns_help }),
    shown,
  ];
  if (others.childElementCount) {
    out.push(element("details", {}, element("summary", { textContent: words.other_columns }), others));
  }
  return out;
}
