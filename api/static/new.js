/* The way to a new plan: files, review, size. What was chosen survives a reload and a change of the language. */

import { ask, element, root, say, showTrouble, Trouble, words } from "./common.js";
import { family } from "./inspect.js";
import { Reading } from "./reading.js";
import { drawReview, summary } from "./review.js";
import { fill, firstWrong, parametersOf } from "./parameters.js";
import { SizeForm } from "./sizes.js";
import { upload } from "./upload.js";
import { WishForm } from "./wishes.js";

const KEPT = "gridder-new-plan";
const USES = { fields: "units", buildings: "units", members: "members", zones: "zones", dedicated: "zones" };
const FAMILIES = {
  fields: ["polygon"],
  buildings: ["polygon"],
  members: ["table", "point"],
  zones: ["polygon"],
  barriers: ["line"],
  bridges: ["line", "point"],
  dedicated: ["polygon"],
  address_decisions: ["table"],
};
const NAMES = {
  fields: /field|parcel|farm|plot|地块|田/i,
  buildings: /build|house|楼|房|建筑/i,
  members: /member|roster|people|person|address|成员|名册|人员/i,
  zones: /zone|district|communit|片区|社区|管理区/i,
  barriers: /barrier|river|highway|railway|障碍|河|公路|铁路/i,
  bridges: /bridge|crossing|ford|桥|渡|涵/i,
  dedicated: /dedicated|site|school|market|campus|专属|学校|市场|场所|园区/i,
  address_decisions: /address|decision|review|地址|决定|核对/i,
};

const form = document.getElementById("new");
const trouble = document.getElementById("trouble");
const columnRoles = JSON.parse(form.dataset.columns);
const roles = JSON.parse(form.dataset.roles);
const sizes = [...form.querySelectorAll("[data-size]")].map((box) => new SizeForm(box));
const title = document.getElementById("plan-title");
const advanced = [...document.querySelectorAll("#advanced [data-name]")];
const wishes = new WishForm(form);
let step = 1;
let sent = { body: "", key: "" };

/** The place of one file: chosen by button, by dropping it, or among earlier uploads. */
class Slot {
  constructor(box) {
    this.box = box;
    this.role = box.dataset.role;
    this.reading = null;
    this.turn = 0;
    this.input = box.querySelector("input[type=file]");
    this.earlier = box.querySelector("[data-earlier]");
    this.chooser = box.querySelector("[data-choose]");
    this.remover = box.querySelector("[data-remove]");
    this.progress = box.querySelector("progress");
    this.chooser.addEventListener("click", () => this.input.click());
    this.remover.addEventListener("click", () => {
      this.clear();
      this.chooser.focus();
    });
    this.input.addEventListener("change", () => {
      if (this.input.files.length) this.send([...this.input.files]);
      this.input.value = "";
    });
    this.earlier.addEventListener("change", () => {
      if (this.earlier.value) this.take(this.earlier.value, null);
    });
    box.addEventListener("dragover", () => box.classList.add("over"));
    box.addEventListener("dragleave", (event) => {
      if (!box.contains(event.relatedTarget)) box.classList.remove("over");
    });
    box.addEventListener("drop", (event) => {
      box.classList.remove("over");
      if (event.dataTransfer.files.length) this.#drop(event.dataTransfer);
    });
  }

  get state() {
    return this.box.dataset.state ?? "empty";
  }

  clear() {
    this.turn += 1;
    this.reading = null;
    this.earlier.value = "";
    this.#show("empty", "", "");
    keep();
  }

  async send(files) {
    const name = files.map((file) => file.name).join(", ");
    await this.#work(name, words.uploading, async () => {
      const dataset = await upload(files, (share) => (this.progress.value = share * 100));
      for (const slot of slots) slot.#offer(dataset);
      return dataset;
    });
  }

  #drop({ files, items }) {
    const folder = [...items].map((item) => item.webkitGetAsEntry?.()).find((entry) => entry?.isDirectory);
    if (folder) this.#fail(folder.name, new Trouble({ title: say("is_folder", folder), remedy: words.is_folder_remedy }));
    else this.send([...files]);
  }

  /** Take an earlier upload, read as `options` say, else as was confirmed for it. */
  async take(id, options) {
    const name = [...this.earlier.options].find((option) => option.value === id)?.text ?? "";
    await this.#work(name, words.inspecting, async () => {
      const dataset = await ask("GET", `/datasets/${id}`);
      return options ? { ...dataset, options } : dataset;
    });
  }

  async #work(name, doing, find) {
    const turn = ++this.turn;
    this.reading = null;
    this.#show("busy", name, doing);
    try {
      const dataset = await find();
      if (turn !== this.turn) return;
      const reading = new Reading(dataset.id, dataset.name, dataset.options);
      this.#show("busy", dataset.name, words.inspecting);
      await reading.open((layers) => likeliest(layers, this.role));
      if (turn !== this.turn) return;
      this.reading = reading;
      this.earlier.value = dataset.id;
      this.#show("ready", dataset.name, summary(reading.layer));
    } catch (error) {
      if (turn === this.turn) this.#fail(name, error);
      return;
    }
    keep();
  }

  #fail(name, error) {
    this.turn += 1;
    this.reading = null;
    this.#show("failed", name, "");
    showTrouble(this.box.querySelector("[data-said]"), error);
    keep();
  }

  /** Say again how the file is read, since the review has changed it. */
  refresh() {
    this.#show("ready", this.reading.name, summary(this.reading.layer));
  }

  #offer(dataset) {
    if ([...this.earlier.options].some((option) => option.value === dataset.id)) return;
    this.earlier.closest("label").hidden = false;
    this.earlier.options[0].after(element("option", { value: dataset.id, textContent: dataset.name }));
  }

  #show(state, name, said) {
    this.box.dataset.state = state;
    this.box.querySelector(".picked").hidden = state === "empty";
    this.box.querySelector("[data-file]").textContent = name;
    this.box.querySelector("[data-said]").textContent = said;
    this.progress.hidden = state !== "busy";
    this.progress.removeAttribute("value");
    this.remover.hidden = state === "empty";
    this.chooser.textContent = state === "empty" ? words.choose_file : words.change_file;
  }
}

const slots = [...form.querySelectorAll("[data-role]")].map((box) => new Slot(box));

/** Return the layer that most likely is meant: by its geometry and its name. */
function likeliest(layers, role) {
  const fitting = layers.filter((layer) => FAMILIES[role].includes(family(layer)));
  return fitting.find((layer) => NAMES[role].test(layer.name)) ?? fitting[0] ?? layers[0];
}

function readings() {
  return Object.fromEntries(slots.filter((slot) => slot.reading).map((slot) => [slot.role, slot.reading]));
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
    if (wrong) return { text: words.fix_files, input: document.getElementById(`review-${wrong.role}`) };
    const open = slots.find((slot) => slot.role !== "bridges" && slot.reading?.blocking);
    if (open) return { text: say("settle_first", { name: open.reading.name }), input: document.getElementById(`review-${open.role}`) };
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
    const heading = element("h3", { id: `review-${slot.role}`, tabIndex: -1 }, roles[slot.role][0], element("small", { textContent: slot.reading.name }));
    const body = element("div");
    box.append(element("section", { className: "review", "aria-labelledby": heading.id }, heading, body));
    const use = USES[slot.role];
    drawReview(body, slot.reading, {
      id: slot.role,
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
  const sources = Object.entries(readings()).map(([role, reading]) => [
    role,
    [{ dataset: reading.dataset, name: reading.name, options: reading.options }],
  ]);
  const shown = sizes.filter((size) => !size.box.hidden);
  const parameters = Object.fromEntries(shown.map((size, i) => [i ? "building_size" : "size", size.value]));
  Object.assign(parameters, parametersOf(advanced), wishes.value);
  return { sources: Object.fromEntries(sources), parameters, title: title.value.trim() };
}

function keep() {
  if ("ready" in form.dataset) sessionStorage.setItem(KEPT, JSON.stringify(told()));
}

/** Take up what was told before: to this page, or for an earlier job. */
async function takeUp({ sources, parameters, title: name }) {
  title.value = name ?? "";
  fill(advanced, parameters);
  const known = slots.filter((slot) => sources[slot.role]);
  await Promise.all(known.map((slot) => slot.take(sources[slot.role][0].dataset, sources[slot.role][0].options)));
  const given = [parameters.size, parameters.building_size].filter(Boolean);
  for (const size of sizes) {
    size.offer(readings());
    if (!size.box.hidden && given.length) size.value = given.length > 1 ? given.shift() : given[0];
  }
  wishes.offer(readings());
  wishes.value = parameters;
}

/** Tell what came of an earlier try, beside the input that it is about. */
function tell(error) {
  const input = error.problem?.faults?.map((fault) => wishes.inputOf(fault)).find(Boolean);
  if (input && step !== 3) goTo(3);
  showTrouble(trouble, error);
  if (input) mark(input);
  else trouble.focus();
}

/** Lead to an input that is wrong. */
function mark(input) {
  const fold = input.closest("details");
  if (fold) fold.open = true;
  input.setAttribute("aria-invalid", "true");
  input.addEventListener("input", () => input.removeAttribute("aria-invalid"), { once: true });
  input.focus();
}

async function run() {
  const { sources, parameters, title: name } = told();
  const inputs = Object.fromEntries(
    Object.entries(sources).map(([role, [{ dataset, options }]]) => [role, { dataset, ...options }]),
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
    if (found.input && step === 3) mark(found.input);
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
