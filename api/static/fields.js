/* Controls with their label and help. */

import { element } from "./common.js";

/** Return a labelled control; `help` is one sentence that belongs to it. */
export function field(id, label, control, help = "") {
  control.id = id;
  const box = element("div", { className: "field" }, element("label", { htmlFor: id, textContent: label }), control);
  if (help) {
    control.setAttribute("aria-describedby", `${id}-help`);
    box.append(element("small", { id: `${id}-help`, textContent: help }));
  }
  return box;
}

/** Return a choice among `[value, label]`. */
export function select(choices, value, change) {
  const options = choices.map(([name, label]) => element("option", { value: name, textContent: label }));
  const made = element("select", {}, ...options);
  made.value = value;
  made.addEventListener("change", change);
  return made;
}

/** Return a line of text; `list` is the id of suggestions. */
export function text(value, placeholder, change, list = "") {
  const made = element("input", { type: "text", value, placeholder, autocomplete: "off", spellcheck: false });
  if (list) made.setAttribute("list", list);
  made.addEventListener("change", change);
  return made;
}

/** Return the id of a list of suggestions `[value, label]`, made at first use. */
export function suggestions(id, listed) {
  if (!document.getElementById(id)) {
    const options = listed.map(([value, label]) => element("option", { value, label }));
    document.body.append(element("datalist", { id }, ...options));
  }
  return id;
}
