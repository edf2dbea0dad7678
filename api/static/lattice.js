/* The form that divides the areas of a file into uniform cells. */

import { ask, number, root, say, showTrouble } from "./common.js";

const HECTARE_M2 = 10_000;

export class LatticeForm {
  /** `source` returns the file as an input of a process. */
  constructor(box, source) {
    this.box = box;
    this.source = source;
    this.form = box.querySelector("form");
    this.layer = null;
    this.form.addEventListener("input", () => this.#estimate());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
  }

  /** Offer to divide a layer of areas; nothing is offered for other files. */
  offer(layer) {
    this.layer = layer;
    this.box.hidden = !layer;
    this.#estimate();
  }

  #value(name) {
    return document.getElementById(`lattice-${name}`).value;
  }

  #estimate() {
    const unit = document.getElementById("lattice-unit").selectedOptions[0];
    const cells = ((this.layer?.area_ha ?? 0) * HECTARE_M2) / (this.#value("area") * unit.dataset.m2);
    const told = Number.isFinite(cells) && cells > 0;
    this.form.querySelector(".estimate").textContent = told ? say("estimate_cells", { n: number(Math.ceil(cells)) }) : "";
  }

  async #run() {
    const trouble = document.getElementById("lattice-trouble");
    const button = this.form.querySelector("button");
    const inputs = {
      boundary: this.source(),
      shape: this.#value("shape"),
      target_area: `${this.#value("area")}${this.#value("unit")}`,
    };
    button.disabled = true;
    showTrouble(trouble, null);
    try {
      const job = await ask("POST", "/processes/lattice/execution", { body: { inputs }, headers: { Prefer: "respond-async" } });
      location.assign(`${root}/pages/jobs/${job.jobID}`);
    } catch (error) {
      showTrouble(trouble, error);
      button.disabled = false;
    }
  }
}
