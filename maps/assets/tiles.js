/* Units of a plan that has too many for one file: vector tiles that the service's page, in which this map
   lies, asks for in its place (docs/design/maps.md). A file by itself has no such page and stays as it is. */

/* So many tiles are kept, those drawn last. */
Gridder.MOST_TILES = 64;
Gridder.TILES_LAYER = "units";
Gridder.TILE_STEPS = 4096;

/* Ask the page around the map whether it has tiles; `changed` is told when it has, and when one came. */
Gridder.joinService = (data, { begun, changed }) => {
  if (!data.units_left_out || window.parent === window || !location.protocol.startsWith("http")) return;
  const tell = (message) => window.parent.postMessage({ gridder: "tiles", ...message }, location.origin);
  window.addEventListener("message", ({ source, origin, data: message }) => {
    if (source !== window.parent || origin !== location.origin || message?.gridder !== "tiles") return;
    if (message.ready) tell({ begin: true });
    else if (message.first !== undefined && !data.tiled) {
      data.tiled = Gridder.newTiles(message, tell);
      data.gridNumber = new Map(data.grids.id.map((id, g) => [id, g]));
      data.unitWidth = Gridder.expectedWidths(data);
      begun();
    } else if (data.tiled?.tiles.has(Gridder.tileKey(message))) {
      Gridder.keepTile(data, message);
      if (message.bytes) changed();
    }
  });
  tell({ begin: true });
};

Gridder.newTiles = ({ first, deepest }, tell) => ({
  first, deepest, tiles: new Map(), ask: (tile) => tell(tile),
});

Gridder.tileKey = ({ zoom, row, column }) => `${zoom}/${row}/${column}`;

/* A tile that did not come is forgotten, so that the next painting asks for it. */
Gridder.keepTile = (data, message) => {
  const { tiles } = data.tiled;
  const key = Gridder.tileKey(message);
  if (message.bytes) tiles.set(key, Gridder.readTile(data, new Uint8Array(message.bytes), message));
  else tiles.delete(key);
};

/* Return a tile, null while it is on its way. */
Gridder.wantTile = ({ tiles, ask }, tile) => {
  const key = Gridder.tileKey(tile);
  const found = tiles.get(key) ?? null;
  if (!tiles.has(key)) ask(tile);
  tiles.delete(key);
  tiles.set(key, found);
  if (tiles.size > Gridder.MOST_TILES) tiles.delete(tiles.keys().next().value);
  return found;
};

/* About how wide units are, of each layer, as long as none is known: the root of their mean area. */
Gridder.expectedWidths = (data) => {
  const { layer, area_ha, label } = data.grids;
  const northing = label[1][0] / 2 ** data.bits;
  const steps = (2 ** data.bits / 40075017) * Math.cosh(Math.PI * (1 - 2 * northing));
  return Object.fromEntries(["field", "building"].map((name) => {
    const ha = area_ha.reduce((sum, area, g) => sum + (layer[g] === name ? area : 0), 0);
    return [name, Math.sqrt((ha * 10000) / (data.summary[name]?.n_units || Infinity)) * steps];
  }));
};

/* The zoom whose tiles are 512 to 1024 pixels wide at a scale, null where there are no units in tiles yet. */
Gridder.tileZoom = (data, scale) => {
  const zoom = Math.floor(Math.log2((scale * 2 ** data.bits) / 256) + 1e-6);
  const { first, deepest } = data.tiled;
  return zoom < first ? null : Math.min(Math.max(zoom - 1, first), deepest);
};

/* Every tile of a frame: where it is in pixels, and what it holds, null while it is on its way. */
Gridder.tilesIn = function* (data, frame) {
  const zoom = Gridder.tileZoom(data, frame.scale);
  if (zoom === null) return;
  const width = 2 ** (data.bits - zoom) * frame.scale;
  const numbers = (start, length) => [start, start + length].map((edge) =>
    Math.min(Math.max(Math.floor(edge / width), 0), 2 ** zoom - 1));
  const [north, south] = numbers(frame.top, frame.height);
  const [west, east] = numbers(frame.left, frame.width);
  for (let row = north; row <= south; row++) {
    for (let column = west; column <= east; column++) {
      const box = [column * width - frame.left, row * width - frame.top, width, width];
      yield { box, tile: Gridder.wantTile(data.tiled, { zoom, row, column }) };
    }
  }
};

/* Draw only within a tile: shapes are cut off a little beyond it. */
Gridder.within = (context, box) => {
  context.save();
  context.beginPath();
  context.rect(...box);
  context.clip();
};

Gridder.drawTiledUnits = function* (context, frame, data, state, layer) {
  for (const { box, tile } of Gridder.tilesIn(data, frame)) {
    if (!tile) continue;
    const seen = [];
    tile.grid.forEach((g, u) => {
      if (data.grids.layer[g] === layer && Gridder.isSeen(tile.shapes.box, u, frame)) seen.push(u);
    });
    const of = tile.grid.map((g) => state.scheme.of[g]);
    Gridder.within(context, box);
    for (const [c, list] of Gridder.byColour(seen, { of, palette: state.scheme.palette }).entries()) {
      for (const _ of Gridder.paths(context, frame, tile, list)) {
        Gridder.paintUnitPath(context, layer, state.scheme.palette[c]);
        yield;
      }
    }
    context.restore();
  }
};

/* The unit at a place, in steps of the world, among those that are drawn. */
Gridder.tiledUnitAt = (data, state, scale, at) => {
  if (!state.on.units) return null;
  const zoom = Gridder.tileZoom(data, scale);
  const width = 2 ** (data.bits - zoom);
  const tile = data.tiled.tiles.get(
    Gridder.tileKey({ zoom, row: Math.floor(at.y / width), column: Math.floor(at.x / width) }));
  if (!tile) return null;
  for (const layer of ["building", "field"]) {
    if (!state.on[layer] || !Gridder.showsUnits(data, { scale }, layer)) continue;
    const u = tile.grid.findIndex((g, i) =>
      data.grids.layer[g] === layer && Gridder.contains(tile.shapes, i, at.x, at.y));
    if (u >= 0) return { id: tile.id[u], grid: tile.grid[u], size: tile.size[u], area_ha: tile.area_ha[u], kind: tile.kind[u] };
  }
  return null;
};

/* A unit's own outline; several tiles may have a part of it. */
Gridder.traceTiledUnit = (context, frame, data, unit, draw) => {
  if (!Gridder.showsUnits(data, frame, data.grids.layer[unit.grid])) return;
  for (const { box, tile } of Gridder.tilesIn(data, frame)) {
    const u = tile ? tile.id.findIndex((id, i) => id === unit.id && tile.grid[i] === unit.grid) : -1;
    if (u < 0) continue;
    Gridder.within(context, box);
    context.beginPath();
    Gridder.trace(context, tile.shapes, u, frame, true);
    draw();
    context.restore();
  }
};

/* What is told of a unit: its id, size, area and kind, as far as they may be seen. */
Gridder.tellUnit = (data, say, { id, grid, size, area_ha, kind }) => {
  const { of } = data.sizes[data.grids.layer[grid]];
  const parts = [
    size === undefined ? null : `${say.number(size)} ${say.measure(data.grids.layer[grid])}`,
    area_ha === undefined || of === "area_ha" ? null : `${say.number(area_ha)} ${say.word("of_area_ha")}`,
    kind || null,
  ];
  return [Gridder.element("bdi", {}, id), ...parts.filter((part) => part !== null).map((part) => ` · ${part}`)];
};

/* Decode the units of a Mapbox Vector Tile (specification 2.1), points in steps of the world. */
Gridder.readTile = (data, bytes, place) => {
  const tile = { id: [], grid: [], size: [], area_ha: [], kind: [] };
  const drawn = { ringOf: [0], pointOf: [0], x: [], y: [] };
  for (const [field, part] of Gridder.fields(bytes, { i: 0, end: bytes.length })) {
    if (field !== 3) continue;
    const layer = Gridder.readLayer(bytes, part);
    if (layer.name !== Gridder.TILES_LAYER) continue;
    for (const feature of layer.features) Gridder.addFeature(data, bytes, layer, feature, place, tile, drawn);
  }
  const shapes = {
    ringOf: Uint32Array.from(drawn.ringOf), pointOf: Uint32Array.from(drawn.pointOf),
    x: Int32Array.from(drawn.x), y: Int32Array.from(drawn.y),
  };
  shapes.box = Gridder.boxes(shapes, tile.id.length);
  return { ...tile, shapes };
};

Gridder.readLayer = (bytes, part) => {
  const layer = { name: "", features: [], keys: [], values: [] };
  for (const [field, value] of Gridder.fields(bytes, part)) {
    if (field === 1) layer.name = Gridder.text(bytes, value);
    else if (field === 2) layer.features.push(value);
    else if (field === 3) layer.keys.push(Gridder.text(bytes, value));
    else if (field === 4) layer.values.push(Gridder.readValue(bytes, value));
  }
  return layer;
};

Gridder.readValue = (bytes, part) => {
  for (const [field, value] of Gridder.fields(bytes, part)) {
    if (field === 1) return Gridder.text(bytes, value);
    if (field === 3) return new DataView(bytes.buffer, bytes.byteOffset + value.i, 8).getFloat64(0, true);
    return field === 7 ? value === 1 : value;
  }
  return undefined;
};

Gridder.addFeature = (data, bytes, { keys, values }, feature, { zoom, row, column }, tile, drawn) => {
  const facts = {};
  let geometry = null;
  for (const [field, value] of Gridder.fields(bytes, feature)) {
    if (field === 2) {
      const tags = Gridder.integers(bytes, value);
      for (let i = 0; i < tags.length; i += 2) facts[keys[tags[i]]] = values[tags[i + 1]];
    } else if (field === 4) geometry = Gridder.integers(bytes, value);
  }
  const g = data.gridNumber.get(facts.grid_id);
  if (g === undefined || !geometry) return;
  tile.id.push(facts.unit_id);
  tile.grid.push(g);
  for (const name of ["size", "area_ha", "kind"]) tile[name].push(facts[name]);
  const step = 2 ** (data.bits - zoom) / Gridder.TILE_STEPS;
  Gridder.addRings(geometry, column * Gridder.TILE_STEPS, row * Gridder.TILE_STEPS, step, drawn);
};

/* Commands: 1 moves, 2 draws a line, 7 closes the ring; each says how many points follow. */
Gridder.addRings = (geometry, left, top, step, { ringOf, pointOf, x, y }) => {
  const unzigzag = (z) => (z >>> 1) ^ -(z & 1);
  let [px, py, rings] = [left, top, 0];
  for (let i = 0; i < geometry.length;) {
    const command = geometry[i] & 7;
    let count = geometry[i++] >>> 3;
    if (command === 7) {
      pointOf.push(x.length);
      rings += 1;
      continue;
    }
    for (; count > 0; count--) {
      px += unzigzag(geometry[i++]);
      py += unzigzag(geometry[i++]);
      x.push(px * step);
      y.push(py * step);
    }
  }
  ringOf.push(ringOf.at(-1) + rings);
};

/* The fields of a message: number, and the value or where its bytes are. */
Gridder.fields = function* (bytes, { i, end }) {
  const at = { i };
  while (at.i < end) {
    const key = Gridder.varint(bytes, at);
    if ((key & 7) === 0) yield [key >>> 3, Gridder.varint(bytes, at)];
    else {
      const length = (key & 7) === 1 ? 8 : Gridder.varint(bytes, at);
      yield [key >>> 3, { i: at.i, end: at.i + length }];
      at.i += length;
    }
  }
};

Gridder.varint = (bytes, at) => {
  let [value, factor, byte] = [0, 1, 0];
  do {
    byte = bytes[at.i++];
    value += (byte & 127) * factor;
    factor *= 128;
  } while (byte > 127);
  return value;
};

Gridder.integers = (bytes, { i, end }) => {
  const at = { i };
  const all = [];
  while (at.i < end) all.push(Gridder.varint(bytes, at));
  return all;
};

Gridder.text = (bytes, { i, end }) => new TextDecoder().decode(bytes.subarray(i, end));
