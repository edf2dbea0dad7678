/* The places of files in the first step of a new plan. */

import { ask, element, say, showTrouble, Trouble, words } from "./common.js";
import { family } from "./inspect.js";
import { Reading } from "./reading.js";
import { summary } from "./review.js";
import { upload } from "./upload.js";

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

/** The place of one file: chosen by button, by dropping it, or among earlier uploads. */
export class Slot {
  /**
   * `page` is told when a file was `changed` or `uploaded`, when one `more` is wanted for the same role, and when the
   * place was `removed`, and knows which place `isLast`; `number` counts the places of a role.
   */
  constructor(box, page, number = 1) {
    this.box = box;
    this.page = page;
    this.number = number;
    this.role = box.dataset.role;
    this.key = number > 1 ? `${this.role}-${number}` : this.role;
    this.reading = null;
    this.turn = 0;
    this.input = box.querySelector("input[type=file]");
    this.earlier = box.querySelector("[data-earlier]");
    this.chooser = box.querySelector("[data-choose]");
    this.remover = box.querySelector("[data-remove]");
    this.progress = box.querySelector("progress");
    this.chooser.addEventListener("click", () => this.input.click());
    this.adder = box.querySelector("[data-more]");
    this.adder?.addEventListener("click", () => page.more(this));
    this.remover.addEventListener("click", () => {
      this.clear();
      if (this.number > 1) page.removed(this);
      else this.chooser.focus();
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

  get title() {
    return this.box.querySelector("h3").firstChild.textContent.trim();
  }

  /** Return one more place for files of this role, behind this one. */
  another(page) {
    const box = this.box.cloneNode(true);
    const number = this.number + 1;
    const heading = box.querySelector("h3");
    const id = `slot-${this.role}-${number}`;
    for (const attribute of ["aria-labelledby", "aria-describedby"]) {
      for (const part of [box, ...box.querySelectorAll(`[${attribute}]`)]) {
        if (part.getAttribute(attribute) === this.box.querySelector("h3").id) part.setAttribute(attribute, id);
      }
    }
    heading.id = id;
    heading.firstChild.textContent = `${heading.firstChild.textContent.trim().replace(/ \d+$/, "")} ${number} `;
    this.box.after(box);
    if (this.adder) this.adder.hidden = true;
    const made = new Slot(box, page, number);
    made.#show("empty", "", "");
    made.remover.hidden = false;
    return made;
  }

  /** Offer one more place where this is the last of its role and has its file. */
  showMore() {
    if (this.adder) this.adder.hidden = this.state !== "ready" || !this.page.isLast(this);
  }

  clear() {
    this.turn += 1;
    this.reading = null;
    this.earlier.value = "";
    this.#show("empty", "", "");
    this.page.changed();
  }

  async send(files) {
    const name = files.map((file) => file.name).join(", ");
    await this.#work(name, words.uploading, async () => {
      const dataset = await upload(files, (share) => (this.progress.value = share * 100));
      this.page.uploaded(dataset);
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
    this.page.changed();
  }

  #fail(name, error) {
    this.turn += 1;
    this.reading = null;
    this.#show("failed", name, "");
    showTrouble(this.box.querySelector("[data-said]"), error);
    this.page.changed();
  }

  /** Say again how the file is read, since the review has changed it. */
  refresh() {
    this.#show("ready", this.reading.name, summary(this.reading.layer));
  }

  /** Offer an upload among the earlier ones. */
  offer(dataset) {
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
    this.remover.hidden = state === "empty" && this.number === 1;
    this.showMore();
    this.chooser.textContent = state === "empty" ? words.choose_file : words.change_file;
  }
}

/** Return the layer that most likely is meant: by its geometry and its name. */
function likeliest(layers, role) {
  const fitting = layers.filter((layer) => FAMILIES[role].includes(family(layer)));
  return fitting.find((layer) => NAMES[role].test(layer.name)) ?? fitting[0] ?? layers[0];
}
