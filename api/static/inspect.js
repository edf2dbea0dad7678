/* Have the service look at an uploaded file. */

import { ask, Trouble } from "./common.js";

const SOONEST_MS = 150;
const LATEST_MS = 1500;
const found = new Map();

/** Return what is in a file, read with some options, and the `job` that told; raise `Trouble` where it cannot be read. */
export function inspect(dataset, options) {
  const inputs = { dataset: { dataset, ...options } };
  const asked = JSON.stringify(inputs);
  if (!found.has(asked)) {
    // an uploaded file never changes, so that one look at it is enough
    const looking = look(inputs);
    found.set(asked, looking);
    looking.catch(() => found.delete(asked));
  }
  return found.get(asked);
}

async function look(inputs) {
  const body = { inputs };
  const headers = { Prefer: "respond-async" };
  let job = await ask("POST", "/processes/inspect/execution", { body, headers });
  for (let wait = SOONEST_MS; ["accepted", "running"].includes(job.status); wait = Math.min(LATEST_MS, wait * 1.3)) {
    await new Promise((done) => setTimeout(done, wait));
    job = await ask("GET", `/jobs/${job.jobID}`);
  }
  if (job.status === "dismissed") throw new Trouble({});
  return { ...(await ask("GET", `/jobs/${job.jobID}/results`)), job: job.jobID };
}

/** Return the family of a layer's geometry. */
export function family(layer) {
  const kinds = Object.keys(layer.geometry_types).join();
  if (!kinds) return "table";
  if (/Polygon|Collection/.test(kinds)) return "polygon";
  return /Line/.test(kinds) ? "line" : "point";
}
