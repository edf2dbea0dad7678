/* Inputs of a form as the parameters of a plan: `data-name` says which, as `effort` or `coding.county`. */

import { say } from "./common.js";

/** Return what inputs say, nested as their names are; an empty input says nothing. */
export function parametersOf(inputs) {
  const said = {};
  for (const input of inputs) {
    const value = valueOf(input);
    if (value === null) continue;
    const names = input.dataset.name.split(".");
    const last = names.pop();
    const place = names.reduce((at, name) => (at[name] ??= {}), said);
    place[last] = value;
  }
  return said;
}

/** Put parameters into inputs; what they do not name goes back to its default. */
export function fill(inputs, parameters) {
  for (const input of inputs) {
    const value = input.dataset.name.split(".").reduce((at, name) => at?.[name], parameters) ?? null;
    if (input.type === "checkbox") input.checked = value ?? input.defaultChecked;
    else input.value = value ?? defaultOf(input);
  }
}

/** Return the first input that is shown and cannot be right, as `wrong` tells it. */
export function firstWrong(inputs) {
  const found = inputs.find((input) => !input.closest("[hidden]") && !input.checkValidity());
  return found ? wrong(found) : null;
}

/** Return what to say of an input that is wrong: its name, and its own help as the remedy. */
export function wrong(input) {
  const remedy = document.getElementById(`${input.id}-help`)?.textContent ?? "";
  return { text: say("wrong_field", { label: input.labels[0].textContent.trim() }), remedy, input };
}

function valueOf(input) {
  if (input.type === "checkbox") return input.checked || null;
  if (input.type === "number") return Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber;
  return input.value.trim() || null;
}

function defaultOf(input) {
  if (input.tagName !== "SELECT") return input.defaultValue;
  return [...input.options].find((option) => option.defaultSelected)?.value ?? input.options[0]?.value ?? "";
}
