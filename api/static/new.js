/* The way to a new plan: files, review, size. What was chosen survives a reload and a change of the language. */

import { ask, element, root, said, say, showTrouble, Trouble, words } from "./common.js";
import { fill, firstWrong, parametersOf } from "./parameters.js";
import { drawReview } from "./review.js";
import { SizeForm } from "./sizes.js";
import { Slot } from "./slot.js";
import { WishForm } from "./wishes.js";

const KEPT = "gridder-new-plan";
const USES = { fields: "units", buildings: "units", members: "members", zones: "zones", dedicated: "zones" };
/** Roles whose files are looked at as rosters, which they are not. */
const UNJUDGED = ["bridges", "address_decisions"];

const form = document.getElementById("new");
const trouble = document.getElementById("trouble");
const columnRoles = JSON.parse(form.dataset.columns);
const sizes = [...form.querySelectorAll("[data-size]")].map((box) => new SizeForm(box));
const title = document.getElementById("plan-title");
const advanced = [...document.querySelectorAll("#advanced [data-name]")];
const wishes = new WishForm(form);
let step = 1;
let sent = { body: "", key: "" };

const slots = [...form.querySelectorAll("[data-role]")].map((box) => new Slot(box, page()));

/** Return what the places of files tell the page. */
function page() {
  return {
    changed: keep,
    uploaded: (dataset) => slots.forEach((slot) => slot.offer(dataset)),
    isLast: (slot) => slots.findLast(({ role }) => role === slot.role) === slot,
    more: (slot) => another(slot).chooser.focus(),
    removed(slot) {
      slots.splice(slots.indexOf(slot), 1);
      slot.box.remove();
      const rest = slots.findLast(({ role }) => role === slot.role);
      rest.showMore();
      rest.chooser.focus();
    },
  };
}

/** Return one more place for files of the role of a place, behind it. */
function another(slot) {
  const made = slot.another(page());
  slots.splice(slots.indexOf(slot) + 1, 0, made);
  return made;
}

/** Return how files are read, by role; of several for a role the first. */
function readings() {
  return Object.fromEntries(slots.filter((slot) => slot.reading).reverse().map((slot) => [slot.role, slot.reading]));
}

/** Return what keeps the reader from going on, and where to mend it. */
function fault() {
  if (step === 1) {
    const failed = slots.find((slot) => slot.state === "failed");
    if (failed) return { text: words.fix_files, input: failed.remover };
    if (slots.some((slot) => slot.state === "busy")) return { text: words.still_busy };
    const read = readings();
    if (!read.fields && !read.buildings) return { text: words.need_units, input: slots[0].chooser };
  }
  if (step === 2) {
    if (document.querySelector("#reviews [aria-busy]")) return { text: words.still_busy };
    const wrong = slots.find((slot) => slot.reading?.trouble);
    if (wrong) return { text: words.fix_files, input: document.getElementById(`review-${wrong.key}`) };
    const open = slots.find((slot) => !UNJUDGED.includes(slot.role) && slot.reading?.blocking);
    if (open) return { text: say("settle_first", { name: open.reading.name }), input: document.getElementById(`review-${open.key}`) };
  }
  if (step < 3) return null;
  return sizes.map((size) => size.fault()).find(Boolean) ?? firstWrong(advanced) ?? wishes.fault(readings());
}

function goTo(wanted) {
  step = wanted;
  showTrouble(trouble, null);
  if (step === 2) drawReviews();
  if (step === 3) for (const part of [...sizes, wishes]) part.offer(readings());
  draw();
  document.getElementById(`step-${step}`).focus();
  window.scrollTo(0, 0);
}

function draw() {
  for (const section of form.querySelectorAll("[data-step]")) section.hidden = Number(section.dataset.step) !== step;
  form.querySelectorAll(".steps li").forEach((item, i) => {
    if (i + 1 === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  document.getElementById("back").hidden = step === 1;
  document.getElementById("next").hidden = step === 3;
  document.getElementById("run").hidden = step !== 3;
}

function drawReviews() {
  const box = document.getElementById("reviews");
  box.replaceChildren();
  for (const slot of slots) {
    if (!slot.reading) continue;
    const heading = element("h3", { id: `review-${slot.key}`, tabIndex: -1 }, slot.title, element("small", { textContent: slot.reading.name }));
    const body = element("div");
    box.append(element("section", { className: "review", "aria-labelledby": heading.id }, heading, body));
    const use = USES[slot.role];
    drawReview(body, slot.reading, {
      id: slot.key,
      use,
      columnRoles: columnRoles[use],
      heading: "h4",
      changed: () => {
        slot.refresh();
        keep();
      },
    });
  }
}

/** Return everything that the page has been told, in the form in which jobs are kept. */
function told() {
  const sources = {};
  for (const { role, reading } of slots) {
    if (reading) (sources[role] ??= []).push({ dataset: reading.dataset, name: reading.name, options: reading.options });
  }
  const shown = sizes.filter((size) => !size.box.hidden);
  const parameters = Object.fromEntries(shown.map((size, i) => [i ? "building_size" : "size", size.value]));
  Object.assign(parameters, parametersOf(advanced), wishes.value);
  return { sources, parameters, title: title.value.trim() };
}

function keep() {
  if ("ready" in form.dataset) sessionStorage.setItem(KEPT, JSON.stringify(told()));
}

/** Take up what was told before: to this page, or for an earlier job. */
async function takeUp({ sources, parameters, title: name }) {
  title.value = name ?? "";
  fill(advanced, parameters);
  const taken = [...slots].flatMap((first) => {
    let slot = first;
    return (sources[first.role] ?? []).map(({ dataset, options }, i) => {
      if (i) slot = another(slot);
      return slot.take(dataset, options);
    });
  });
  await Promise.all(taken);
  const given = [parameters.size, parameters.building_size].filter(Boolean);
  for (const size of sizes) {
    size.offer(readings());
    if (!size.box.hidden && given.length) size.value = given.length > 1 ? given.shift() : given[0];
  }
  wishes.offer(readings());
  wishes.value = parameters;
}

/** Tell what came of an earlier try, also beside the inputs that it is about. */
function tell(error) {
  const faults = (error.problem?.faults ?? []).filter((fault) => wishes.inputOf(fault));
  if (faults.length && step !== 3) goTo(3);
  showTrouble(trouble, error);
  trouble.focus();
  for (const fault of faults.reverse()) mark(wishes.inputOf(fault), said(fault, "what"));
}

/** Lead to an input that is wrong, with the reason beside it until it is changed. */
function mark(input, reason) {
  const fold = input.closest("details");
  if (fold) fold.open = true;
  document.getElementById(`${input.id}-wrong`)?.remove();
  const note = element("small", { id: `${input.id}-wrong`, className: "wrong", textContent: reason });
  (input.closest(".field") ?? input.parentElement).append(note);
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== note.id);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", [...described, note.id].join(" "));
  const mend = () => {
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", described.join(" "));
    note.remove();
  };
  input.addEventListener(input.type === "button" ? "click" : "input", mend, { once: true });
  input.focus();
}

async function run() {
  const { sources, parameters, title: name } = told();
  const inputs = Object.fromEntries(
    Object.entries(sources).map(([role, files]) => {
      const given = files.map(({ dataset, options }) => ({ dataset, ...options }));
      return [role, given.length > 1 ? given : given[0]];
    }),
  );
  const body = { inputs: { ...inputs, ...parameters } };
  if (name) body.inputs.title = name;
  const text = JSON.stringify(body);
  // The same order sent again, because no answer came to the first, is the same job.
  if (text !== sent.body) sent = { body: text, key: newKey() };
  const headers = { Prefer: "respond-async", "Idempotency-Key": sent.key };
  const job = await ask("POST", "/processes/partition/execution", { body, headers });
  sessionStorage.removeItem(KEPT);
  location.assign(`${root}/pages/jobs/${job.jobID}`);
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const found = fault();
  showTrouble(trouble, found ? new Trouble({ title: found.text, remedy: found.remedy }) : null);
  if (found) {
    if (found.input && step === 3) mark(found.input, found.text);
    else (found.input ?? trouble).focus();
    return;
  }
  if (step < 3) {
    goTo(step + 1);
    return;
  }
  const button = document.getElementById("run");
  button.disabled = true;
  try {
    await run();
  } catch (error) {
    tell(error);
    button.disabled = false;
  }
});
form.addEventListener("change", keep);
document.getElementById("next").addEventListener("click", () => form.requestSubmit());
document.getElementById("back").addEventListener("click", () => goTo(step - 1));
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());

form.hidden = false;
draw();
const before = JSON.parse(form.dataset.earlier) ?? JSON.parse(sessionStorage.getItem(KEPT));
if (before) await takeUp(before);
form.dataset.ready = "";
if (before?.problem) tell(new Trouble(before.problem));
