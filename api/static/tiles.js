/* Tiles for the map of a plan in its frame. The frame is sandboxed and may ask the service for nothing, so it
   asks this page, which asks for tiles of its own plan and for nothing else. */

import { ask, request } from "./common.js";

const DEEPEST = 30;

export function serveTiles(frame) {
  const address = frame.dataset.tiles;
  // The frame's origin is opaque and has no name; its page is ours (frame-src 'self').
  const tell = (message, given = []) => frame.contentWindow.postMessage({ gridder: "tiles", ...message }, "*", given);

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== "null" || data?.gridder !== "tiles") return;
    if (data.begin === true) begin();
    else if (isTile(data)) send(data.zoom, data.row, data.column);
  });
  tell({ ready: true });

  async function begin() {
    const { vector_layers: layers, maxzoom } = await ask("GET", address);
    const units = layers.find(({ id }) => id === "units");
    if (units) tell({ first: units.minzoom, deepest: maxzoom });
  }

  async function send(zoom, row, column) {
    try {
      const path = `${address}/${zoom}/${row}/${column}?collections=units`;
      const answer = await request("GET", path, { headers: { Accept: "*/*" } });
      const bytes = await answer.arrayBuffer();
      tell({ zoom, row, column, bytes }, [bytes]);
    } catch {
      tell({ zoom, row, column, bytes: null });
    }
  }
}

function isTile({ zoom, row, column }) {
  const isBelow = (value, end) => Number.isInteger(value) && value >= 0 && value < end;
  return isBelow(zoom, DEEPEST) && isBelow(row, 2 ** zoom) && isBelow(column, 2 ** zoom);
}
