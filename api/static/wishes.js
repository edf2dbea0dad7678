/* What a plan is asked for beside its size: codes of grids, a skill, likeness, a second size and the rest. */

import { element, words } from "./common.js";
import { fill, firstWrong, parametersOf, wrong } from "./parameters.js";
import { offerColumns } from "./sizes.js";

const WISHES = ["skill", "alike", "second_size", "dedicated_column", "objective", "cut_at_barriers"];
const PATTERN = "pattern";
/** By the kind of a fault: the input that it is about. */
const INPUT_OF_FAULT = {
  "bad-code-standard": "code-how",
  "bad-code-pattern": "codes-pattern",
  "missing-code-part": "codes-kind",
  "missing-zone-code": "code-how",
  "bad-zone-code": "code-how",
  "too-many-grids-for-code": "code-how",
  "repeated-codes": "code-how",
  "bad-date": "codes-valid_from",
  "no-such-skill": "wishes-skill",
  "bad-second-size": "second-minimum",
  "too-many-categories": "alike-add",
  "no-such-column": "alike-add",
  "bad-objective": "wishes-objective",
};

export class WishForm {
  constructor(form) {
    this.form = form;
    this.how = form.querySelector("#code-how");
    this.alike = form.querySelector("#alike");
    this.inputs = [...form.querySelectorAll("#codes [data-name], #wishes [data-name]")];
    this.columns = [];
    this.how.addEventListener("change", () => this.#showHow());
    form.querySelector("#alike-add").addEventListener("click", () => {
      this.#addAlike("", 1);
      this.alike.lastElementChild.querySelector("select").focus();
    });
  }

  /** Offer what the files that were read make possible. */
  offer(readings) {
    const units = [readings.fields, readings.buildings].filter(Boolean);
    this.columns = [...new Set(units.flatMap(({ layer }) => layer.columns))];
    const dedicated = this.#input("dedicated_column");
    const before = dedicated.value;
    dedicated.replaceChildren(...choices([["", words.not_set], ...this.columns.map((name) => [name, name])]));
    dedicated.value = this.columns.includes(before) ? before : "";
    for (const select of this.alike.querySelectorAll("select")) this.#offerAlike(select, select.value);
    offerColumns(this.#input("second_size.of"), Object.values(readings));
    for (const box of this.form.querySelectorAll("[data-needs]")) {
      box.hidden = !box.dataset.needs.split(" ").some((role) => readings[role]);
    }
    const skills = skillsOf(readings.members);
    document.getElementById("skills").replaceChildren(...skills.map((value) => element("option", { value })));
    this.#showHow();
  }

  get value() {
    const said = parametersOf(this.inputs.filter((input) => !input.closest("[data-needs]")?.hidden));
    const how = this.how.value;
    const coding = { ...said.coding };
    if (how && how !== PATTERN) coding.standard = how;
    if (how !== PATTERN) delete coding.pattern;
    if (how !== PATTERN && !needsKind(how)) delete coding.kind;
    if (how) said.coding = coding;
    else delete said.coding;
    const { minimum, maximum } = said.second_size ?? {};
    if (minimum === undefined && maximum === undefined) delete said.second_size;
    if (!said.skill) delete said.skill_minimum;
    if (said.objective === "mix") delete said.objective;
    const alike = this.#alikeRows().filter(([name]) => name);
    if (alike.length) said.alike = Object.fromEntries(alike);
    return said;
  }

  set value(parameters) {
    fill(this.inputs, parameters);
    const { coding } = parameters;
    this.how.value = coding?.standard ?? (coding?.pattern ? PATTERN : "");
    this.alike.replaceChildren();
    for (const [name, weight] of Object.entries(parameters.alike ?? {})) this.#addAlike(name, weight);
    this.#showHow();
    const said = this.value;
    this.form.querySelector("#codes").open = ["coding", "responsible", "valid_from"].some((name) => name in said);
    this.form.querySelector("#wishes").open = WISHES.some((name) => name in said);
  }

  /** Return what is wrong, and where; nothing where it is right. */
  fault(readings) {
    const first = firstWrong(this.inputs);
    if (first) return first;
    const { coding, second_size: second } = this.value;
    if (this.how.value === PATTERN && !coding.pattern) return wrong(this.#input("coding.pattern"));
    if (needsKind(this.how.value) && !coding.kind) return wrong(this.#input("coding.kind"));
    if (coding?.standard && !readings.zones) return { text: words.codes_need_zones, input: this.how };
    if (second && second.minimum > second.maximum) {
      return { text: words.second_order, input: this.#input("second_size.maximum") };
    }
    return null;
  }

  /** Return the input that a fault of the service is about, if it is one of these. */
  inputOf({ kind, where = "" }) {
    return document.getElementById(INPUT_OF_FAULT[kind] ?? "") ?? this.#input(where.replace("inputs.", "")) ?? null;
  }

  #showHow() {
    const how = this.how.value;
    for (const box of this.form.querySelectorAll("[data-codes]")) box.hidden = !box.dataset.codes.split(" ").includes(how);
  }

  #addAlike(name, weight) {
    const select = element("select", { "aria-label": words.alike_column });
    const number = element("input", { type: "number", min: 0, step: "any", value: weight, "aria-label": words.alike_weight });
    const remove = element("button", { type: "button", textContent: words.remove });
    const row = element("div", { className: "alike" }, select, number, remove);
    remove.addEventListener("click", () => {
      row.remove();
      document.getElementById("alike-add").focus();
      this.form.dispatchEvent(new Event("change"));
    });
    this.#offerAlike(select, name);
    this.alike.append(row);
  }

  #offerAlike(select, wanted) {
    const known = new Set([...this.columns, wanted].filter(Boolean));
    select.replaceChildren(...choices([["", words.not_set], ...[...known].map((name) => [name, name])]));
    select.value = wanted;
  }

  #alikeRows() {
    return [...this.alike.children].map((row) => {
      const weight = row.querySelector("input").valueAsNumber;
      return [row.querySelector("select").value, Number.isNaN(weight) ? 1 : weight];
    });
  }

  #input(name) {
    return this.inputs.find((input) => input.dataset.name === name);
  }
}

function needsKind(how) {
  return how === "cjt349";
}

/** Return the skills in the first rows of a roster. */
function skillsOf(members) {
  const column = members?.options.columns.skill ?? members?.layer.roles.members?.skill;
  const values = column ? members.layer.preview.map((row) => row[column] ?? "") : [];
  return [...new Set(values.flatMap((value) => value.split(/[;；,，、/|]/)).map((value) => value.trim()))].filter(Boolean);
}

function choices(listed) {
  return listed.map(([value, textContent]) => element("option", { value, textContent }));
}
