/* How one file is read: the user's words about it, and what came of them. */

import { Trouble } from "./common.js";
import { inspect } from "./inspect.js";

/** What is said of a file before the user says anything. */
export const UNSAID = {
  layername: "",
  subset: "",
  crs: "",
  encoding: "",
  axes: "xy",
  coordinates: "wgs84",
  region: "",
};

/** A file as it is read: `options` are the user's words, `layers` all layers, `layer` the one that counts. */
export class Reading {
  constructor(dataset, name, options = {}) {
    this.dataset = dataset;
    this.name = name;
    this.options = { ...UNSAID, columns: {}, ...options };
    this.layers = [];
    this.leftOut = [];
    this.layer = null;
    this.place = null;
    this.trouble = null;
    this.unfolded = false;
    this.turn = 0;
  }

  /** Look at all layers and choose one: the user's, else the one that `choose` names. */
  async open(choose) {
    const all = { layername: "", subset: "" };
    const found = await this.#look(all);
    this.layers = found.layers;
    this.leftOut = found.layers_left_out;
    if (this.leftOut.includes(this.options.layername)) return this.again();
    const wanted = this.layers.find((layer) => layer.name === this.options.layername) ?? choose(this.layers);
    this.options.layername = this.hasSeveral ? wanted.name : "";
    this.layer = wanted;
    if (this.options.subset) await this.again();
    else this.place = await this.#unsettledPlace(wanted, all);
  }

  /** Look at the chosen layer again, since something about its reading has changed. */
  async again() {
    const turn = ++this.turn;
    try {
      const found = await this.#look();
      const layer = found.layers.find(({ name }) => name === this.options.layername) ?? found.layers[0];
      const place = await this.#unsettledPlace(layer);
      if (turn !== this.turn) return;
      this.layers = this.layers.map((one) => (one.name === layer.name ? layer : one));
      Object.assign(this, { layer, place, trouble: null });
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (turn === this.turn) this.trouble = error;
    }
  }

  get hasSeveral() {
    return this.layers.length + this.leftOut.length > 1;
  }

  /** Return the first thing that keeps the layer from being used. */
  get blocking() {
    return this.layer?.problems.find((problem) => problem.blocking) ?? null;
  }

  /** Say in which coordinate system the numbers are; `axes` is `yx` where the northing or the latitude comes first. */
  locate({ crs, axes }) {
    this.options.crs = crs;
    this.options.axes = axes || UNSAID.axes;
  }

  /** Return what the user has said and does not go without saying. */
  said() {
    const said = Object.entries(this.options).filter(([name, value]) => name in UNSAID && value !== UNSAID[name]);
    const { columns } = this.options;
    return { ...Object.fromEntries(said), ...(Object.keys(columns).length ? { columns } : {}) };
  }

  /**
   * Return the question in which coordinate system the layer is: the problem with its candidates, and the job and the
   * layer by which it was found; nothing where there is no doubt.
   *
   * It is asked of the file itself, so that another answer can be given after the first.
   */
  async #unsettledPlace(wanted, asked = {}) {
    const { layers, job } = await this.#look({ ...asked, crs: UNSAID.crs, axes: UNSAID.axes });
    const layer = layers.find(({ name }) => name === wanted.name) ?? layers[0];
    const problem = layer.problems.find(({ candidates }) => candidates);
    return problem ? { problem, job, layer: layer.name } : null;
  }

  #look(changed = {}) {
    return inspect(this.dataset, { ...this.options, ...changed, columns: {} });
  }
}
