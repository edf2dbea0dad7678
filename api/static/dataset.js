/* The page of one uploaded file: look at it, correct how it is read, confirm. */

import { ask, element, showTrouble, Trouble, words } from "./common.js";
import { family } from "./inspect.js";
import { LatticeForm } from "./lattice.js";
import { Reading } from "./reading.js";
import { drawReview, summary } from "./review.js";

const page = document.getElementById("dataset");
const status = document.getElementById("status");
const trouble = document.getElementById("trouble");
const confirm = document.getElementById("confirm");
const columnRoles = JSON.parse(page.dataset.columns);
const uses = JSON.parse(page.dataset.uses);
const reading = new Reading(page.dataset.id, "", JSON.parse(page.dataset.options));
const lattice = new LatticeForm(document.getElementById("lattice"), () => ({
  dataset: reading.dataset,
  ...reading.options,
  columns: use === "zones" ? reading.options.columns : {},
}));
let use = "";

function draw() {
  const box = document.getElementById("review");
  const known = Object.keys(reading.layer?.roles ?? {});
  if (!known.includes(use)) use = known.find((name) => Object.keys(reading.options.columns).length && fits(name)) ?? known[0] ?? "";
  box.replaceChildren();
  if (known.length > 1) box.append(useChoice(known));
  const review = element("div", { className: "review" });
  box.append(review);
  drawReview(review, reading, { id: "file", use, columnRoles: columnRoles[use], heading: "h2", changed: draw });
  status.textContent = reading.trouble ? words.failed_upload : summary(reading.layer);
  confirm.disabled = Boolean(reading.trouble);
  const land = !reading.trouble && !reading.blocking && family(reading.layer) === "polygon" ? reading.layer : null;
  document.getElementById("as-fields").hidden = !land;
  lattice.offer(land);
}

/** Return whether the columns that were confirmed belong to a use. */
function fits(name) {
  const roles = columnRoles[name].map(([role]) => role);
  return Object.keys(reading.options.columns).every((role) => roles.includes(role));
}

function useChoice(known) {
  const choices = known.map((name) => element("option", { value: name, textContent: uses[name] }));
  const select = element("select", { id: "use" }, ...choices);
  select.value = use;
  select.addEventListener("change", () => {
    use = select.value;
    reading.options.columns = {};
    draw();
    document.getElementById("use").focus();
  });
  const label = element("label", { htmlFor: "use", textContent: words.use_as });
  return element("div", { className: "field wide-field" }, label, select);
}

confirm.addEventListener("click", async () => {
  confirm.disabled = true;
  showTrouble(trouble, null);
  try {
    await ask("PATCH", `/datasets/${reading.dataset}`, { body: reading.said() });
    status.textContent = words.saved;
    status.scrollIntoView({ block: "center" });
  } catch (error) {
    showTrouble(trouble, error);
  }
  confirm.disabled = false;
});

try {
  await reading.open((layers) => layers[0]);
  draw();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  status.textContent = words.failed_upload;
  showTrouble(trouble, error);
}
