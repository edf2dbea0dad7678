/* The review of one file: what was read, how, the first rows, remarks, and what the columns mean. */

import { element, findings, number, say, showTrouble, Trouble, words } from "./common.js";
import { family, inspect } from "./inspect.js";

const ENCODINGS = ["UTF-8", "GBK", "GB18030", "Big5", "Shift_JIS", "windows-1252"];
const MAIN_ROLES = {
  units: ["unit_id"],
  members: ["member_id", "name", "household", "parcel", "lon", "lat"],
  zones: ["name", "code"],
};
const MASK = "***";

/** A file as it is read: `options` are the user's words, `layers` all layers, `layer` the one that counts. */
export class Reading {
  constructor(dataset, name, options = {}) {
    this.dataset = dataset;
    this.name = name;
    this.options = { layername: "", subset: "", crs: "", encoding: "", columns: {}, ...options };
    this.layers = [];
    this.layer = null;
    this.trouble = null;
  }

  /** Look at all layers and choose one: the user's, else the one that `choose` names. */
  async open(choose) {
    const { crs, encoding } = this.options;
    const found = await inspect(this.dataset, this.#asked({ layername: "", subset: "", crs, encoding }));
    this.layers = found.layers;
    const wanted = this.layers.find((layer) => layer.name === this.options.layername) ?? choose(this.layers);
    this.options.layername = this.layers.length > 1 ? wanted.name : "";
    this.layer = wanted;
    if (this.options.subset) await this.again();
  }

  /** Look at the chosen layer again, since something about its reading has changed. */
  async again() {
    this.trouble = null;
    try {
      const found = await inspect(this.dataset, this.#asked(this.options));
      this.layer = found.layers.find((layer) => layer.name === this.options.layername) ?? found.layers[0];
      this.layers = this.layers.map((layer) => (layer.name === this.layer.name ? this.layer : layer));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.trouble = error;
    }
  }

  /** Return the reading as an input of a process; what is empty here stands before what was kept of the file. */
  source() {
    return { dataset: this.dataset, ...this.options };
  }

  #asked(options) {
    return { ...options, columns: {} };
  }
}

/** Return one line on what was read. */
export function summary(layer) {
  const remarks = layer.problems.length ? say("n_problems", { n: layer.problems.length }) : words.no_remarks;
  return `${say("n_rows", { n: number(layer.rows) })} · ${kindOf(layer)} · ${remarks}`;
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
  const readAgain = async () => {
    box.setAttribute("aria-busy", "true");
    await reading.again();
    box.removeAttribute("aria-busy");
    redraw();
    changed();
  };
  box.append(howItIsRead(reading, id, readAgain));
  const alert = element("div", { role: "alert" });
  showTrouble(alert, reading.trouble);
  box.append(alert);
  if (!reading.trouble) {
    const { layer } = reading;
    box.prepend(facts(layer));
    const part = (title) => element(heading, { className: "part", textContent: title });
    box.append(...remarks(layer, part), ...preview(layer, part));
    if (layer.roles[use]) {
      box.append(part(words.columns), ...columns(reading, id, layer.roles[use], columnRoles, MAIN_ROLES[use], changed));
    }
  }
  if (focused) document.getElementById(focused)?.focus();
}

function facts(layer) {
  const crs = layer.crs_name ? `${layer.crs_name} (${layer.crs})` : layer.crs;
  const located = layer.roles.members?.lon ? words.crs_table : "";
  const shown = [
    [words.rows, number(layer.rows)],
    [words.geometry, kindOf(layer)],
    [words.crs, family(layer) === "table" ? located : crs || words.crs_none],
    [words.encoding, layer.encoding],
    [words.area, layer.area_ha === null ? "" : `${number(layer.area_ha, 1)} ${words.ha} = ${number(layer.area_mu)} ${words.mu}`],
  ];
  const parts = shown
    .filter(([, value]) => value)
    .map(([name, value]) => element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value })));
  return element("dl", { className: "facts" }, ...parts);
}

function kindOf(layer) {
  const kinds = Object.keys(layer.geometry_types);
  return kinds.length ? kinds.join(", ") : words.table;
}

function howItIsRead(reading, id, readAgain) {
  const { options, layers } = reading;
  const box = element("div", { className: "reading" });
  const change = (name) => (event) => {
    options[name] = event.target.value.trim();
    if (name === "layername") {
      options.columns = {};
      options.subset = "";
    }
    readAgain();
  };
  if (layers.length > 1) {
    const choices = layers.map((layer) => [layer.name, `${layer.name} (${number(layer.rows)})`]);
    box.append(field(`${id}-layer`, words.layer, select(choices, options.layername, change("layername")), words.layer_help));
  }
  const encodings = [["", words.as_told], ...ENCODINGS.map((name) => [name, name])];
  box.append(
    field(`${id}-encoding`, words.encoding, select(encodings, options.encoding, change("encoding")), words.encoding_help),
  );
  if (reading.layer && family(reading.layer) !== "table") {
    box.append(field(`${id}-crs`, words.crs, text(options.crs, words.as_told, change("crs"), crsList()), words.crs_help));
    box.append(field(`${id}-subset`, words.subset, text(options.subset, "", change("subset")), words.subset_help));
  }
  return box;
}

/** Return the id of the list of coordinate systems that are common where the files come from. */
function crsList() {
  const id = "known-crs";
  if (!document.getElementById(id)) {
    const meridians = Array.from({ length: 21 }, (_, i) => [`EPSG:${4534 + i}`, say("crs_zone", { m: 75 + 3 * i })]);
    const known = [["EPSG:4490", words.crs_4490], ["EPSG:4326", words.crs_4326], ...meridians];
    const listed = known.map(([value, label]) => element("option", { value, label }));
    document.body.append(element("datalist", { id }, ...listed));
  }
  return id;
}

function remarks(layer, part) {
  if (!layer.problems.length) return [element("p", { className: "fine", textContent: `✓ ${words.no_problems}` })];
  return [part(words.problems), findings(layer.problems)];
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

function field(id, label, control, help = "") {
  control.id = id;
  const box = element("div", { className: "field" }, element("label", { htmlFor: id, textContent: label }), control);
  if (help) {
    control.setAttribute("aria-describedby", `${id}-help`);
    box.append(element("small", { id: `${id}-help`, textContent: help }));
  }
  return box;
}

function select(choices, value, change) {
  const options = choices.map(([name, label]) => element("option", { value: name, textContent: label }));
  const made = element("select", {}, ...options);
  made.value = value;
  made.addEventListener("change", change);
  return made;
}

function text(value, placeholder, change, list = "") {
  const made = element("input", { type: "text", value, placeholder, autocomplete: "off", spellcheck: false });
  if (list) made.setAttribute("list", list);
  made.addEventListener("change", change);
  return made;
}
