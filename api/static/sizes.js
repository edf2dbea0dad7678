/* The size of the grids of one layer: what is balanced, the target and its bounds, or their number. */

import { element, lang, number, say, words } from "./common.js";

const SHARES = { minimum: 0.5, maximum: 1.5 };
const USUAL = {
  fields: { members: [3, 10, 15], households: [5, 10, 15] },
  buildings: { members: [20, 30, 45], households: [20, 40, 60] },
};
const USUAL_COUNT = 30;
const BUILT_IN = ["members", "households", "area_mu", "area_ha"];

export class SizeForm {
  constructor(box) {
    this.box = box;
    this.role = box.dataset.size;
    this.own = new Set();
    this.readings = {};
    for (const input of this.#inputs()) {
      input.addEventListener("input", () => {
        this.own.add(input.dataset.name);
        if (input.dataset.name === "target") this.#fillBounds();
        this.#estimate();
      });
    }
    this.#of().addEventListener("change", () => {
      this.own.clear();
      this.#of().dataset.touched = "";
      this.#fill();
    });
    for (const choice of this.#choices()) choice.addEventListener("change", () => this.#showHow());
  }

  /** Offer what the files that were read can balance; what the user has said stays. */
  offer(readings) {
    this.readings = readings;
    this.box.hidden = !readings[this.role];
    if (this.box.hidden) return;
    const select = this.#of();
    const before = "touched" in select.dataset ? select.value : "";
    const known = offerColumns(select, [readings[this.role], readings.members]);
    for (const option of select.options) option.disabled = !this.#counts(option.value);
    select.value = known.has(before) && this.#counts(before) ? before : this.#usual();
    this.#fill();
  }

  get value() {
    const of = this.#of().value;
    const names = this.#how() === "count" ? ["n_grids"] : ["minimum", "target", "maximum"];
    const given = names.map((name) => [name, this.#input(name).valueAsNumber]).filter(([, value]) => !Number.isNaN(value));
    return { of, ...Object.fromEntries(given) };
  }

  set value({ of, ...numbers }) {
    const select = this.#of();
    if ([...select.options].some((option) => option.value === of && !option.disabled)) select.value = of;
    select.dataset.touched = "";
    for (const input of this.#inputs()) input.value = "";
    for (const [name, value] of Object.entries(numbers)) {
      this.#input(name).value = value;
      this.own.add(name);
    }
    for (const choice of this.#choices()) choice.checked = choice.value === ("n_grids" in numbers ? "count" : "target");
    this.#showHow();
  }

  /** Return what is wrong with the size, and where; nothing where it is right. */
  fault() {
    if (this.box.hidden) return null;
    const given = this.value;
    if (this.#how() === "count") return given.n_grids >= 1 ? null : { text: words.need_size, input: this.#input("n_grids") };
    if (!(given.target > 0)) return { text: words.need_size, input: this.#input("target") };
    const low = given.minimum ?? given.target * SHARES.minimum;
    const high = given.maximum ?? given.target * SHARES.maximum;
    const rises = low >= 0 && low <= given.target && given.target <= high;
    return rises ? null : { text: words.size_order, input: this.#input(low <= given.target ? "maximum" : "minimum") };
  }

  /** Return whether the files tell a quantity: people need a roster, households one or their number. */
  #counts(of) {
    if (of === "members") return Boolean(this.readings.members);
    if (of !== "households") return true;
    const { members, [this.role]: own } = this.readings;
    const roster = { ...members?.layer.roles.members, ...members?.options.columns };
    const units = { ...own.layer.roles.units, ...own.options.columns };
    return Boolean(roster.household || roster.households || units.households);
  }

  #usual() {
    for (const of of ["members", "households"]) if (this.#counts(of)) return of;
    return lang === "zh" ? "area_mu" : "area_ha";
  }

  #total() {
    const of = this.#of().value;
    if (of === "members") return this.readings.members?.layer.rows ?? null;
    return this.readings[this.role]?.layer[of] ?? null;
  }

  #fill() {
    const usual = USUAL[this.role][this.#of().value];
    const total = this.#total();
    const target = usual?.[1] ?? (total ? rounded(total / USUAL_COUNT) : "");
    if (!this.own.has("target")) this.#input("target").value = target;
    if (usual && !this.own.has("target")) {
      for (const [name, value] of [["minimum", usual[0]], ["maximum", usual[2]]]) {
        if (!this.own.has(name)) this.#input(name).value = value;
      }
    } else this.#fillBounds();
    this.#estimate();
  }

  #fillBounds() {
    const target = this.#input("target").valueAsNumber;
    for (const [name, share] of Object.entries(SHARES)) {
      if (!this.own.has(name)) this.#input(name).value = Number.isNaN(target) ? "" : +(target * share).toPrecision(6);
    }
  }

  #estimate() {
    const total = this.#total();
    const of = this.#of().value;
    const said = this.box.querySelector(".estimate");
    const by = this.#input(this.#how() === "count" ? "n_grids" : "target").valueAsNumber;
    if (!total || !(by > 0)) {
      said.textContent = "";
      return;
    }
    const unit = words[`unit_${of}`];
    const share = total / by;
    const result =
      this.#how() === "count"
        ? say("estimate_each", { n: number(share, share < 10 ? 1 : 0), unit })
        : say("estimate", { n: number(Math.max(1, Math.round(share))) });
    said.textContent = [say("estimate_of", { total: number(total), unit }), result].join(lang === "zh" ? "" : " ");
  }

  #showHow() {
    for (const part of this.box.querySelectorAll("[data-how]")) part.hidden = part.dataset.how !== this.#how();
    this.#estimate();
  }

  #how() {
    return this.#choices().find((choice) => choice.checked).value;
  }

  #choices() {
    return [...this.box.querySelectorAll("input[type=radio]")];
  }

  #inputs() {
    return [...this.box.querySelectorAll("input[data-name]")];
  }

  #input(name) {
    return this.box.querySelector(`[data-name="${name}"]`);
  }

  #of() {
    return this.#input("of");
  }
}

/** Offer the numeric columns of some readings to be counted, and return all that can be chosen; what was chosen stays. */
export function offerColumns(select, readings) {
  const before = select.value;
  for (const option of [...select.options]) if (!BUILT_IN.includes(option.value)) option.remove();
  const layers = readings.filter(Boolean).map(({ layer }) => layer);
  const names = new Set(layers.flatMap(numericColumns).filter((name) => !BUILT_IN.includes(name)));
  for (const name of names) select.append(element("option", { value: name, textContent: say("of_column", { name }) }));
  if (names.has(before)) select.value = before;
  return new Set([...BUILT_IN, ...names]);
}

function numericColumns(layer) {
  const roles = Object.values(layer.roles).flatMap((found) => Object.values(found));
  return layer.columns.filter((name) => !roles.includes(name) && isNumeric(layer, name));
}

function isNumeric(layer, name) {
  const values = layer.preview.map((row) => row[name]).filter(Boolean);
  return values.length > 0 && values.every((value) => Number.isFinite(Number(value)));
}

/** Return a number with one leading digit, or half of it: what a person would say. */
function rounded(value) {
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return +(Math.max(1, Math.round(value / step)) * step).toPrecision(6);
}
