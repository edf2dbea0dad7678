"use strict";
const Gridder = {};

/* Decode what maps/payload.py packed, all but the units, whose section is the last. */
Gridder.readData = async (prefix = "gridder") => {
  const [about, planes] = await Promise.all([
    Gridder.inflate(`${prefix}-about`),
    Gridder.inflate(`${prefix}-geometry`),
  ]);
  const data = JSON.parse(new TextDecoder().decode(about));
  data.prefix = prefix;
  data.shapes = Gridder.readShapes(planes, data.counts);
  data.sections = {};
  let start = 0;
  for (const [name, length] of Object.entries(data.counts.sections)) {
    data.sections[name] = { start, end: start + length };
    start += length;
  }
  data.sections.units = { start, end: start };
  data.units = { id: [], grid: [], size: [], area_ha: [], kind: [] };
  data.atlas = await Gridder.readAtlas();
  if (data.atlas) data.grids.colour = data.atlas.colour;
  data.neighboursOf = Gridder.listNeighbours(data);
  data.unitsOf = Gridder.groupBy(data.units.grid, data.grids.id.length);
  data.compositionOf = Gridder.groupBy(data.composition.grid, data.grids.id.length);
  return data;
};

/* More characters of units are decoded only after the first painting. */
Gridder.MANY_UNITS = 2e6;

Gridder.hasManyUnits = ({ prefix }) =>
  document.getElementById(`${prefix}-unit-geometry`).textContent.length > Gridder.MANY_UNITS;

Gridder.addUnits = async (data) => {
  const [about, planes] = await Promise.all([
    Gridder.inflate(`${data.prefix}-units`),
    Gridder.inflate(`${data.prefix}-unit-geometry`),
  ]);
  const { counts, ...units } = JSON.parse(new TextDecoder().decode(about));
  data.units = units;
  data.shapes = Gridder.joinShapes(data.shapes, Gridder.readShapes(planes, counts, data.shapes));
  data.sections.units.end += counts.features;
  data.unitsOf = Gridder.groupBy(units.grid, data.grids.id.length);
  data.upper = data.kinds = null;
};

Gridder.inflate = async (id) => {
  const binary = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

/* Undo maps/shapes.py; an item with points of the base has as many as follow its first, and that one. */
Gridder.readShapes = (planes, counts, base) => {
  const n = planes.length / 4;
  const values = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    values[i] = planes[i] | (planes[n + i] << 8) | (planes[2 * n + i] << 16) | (planes[3 * n + i] << 24);
  }
  let taken = 0;
  const take = (length) => values.subarray(taken, (taken += length));
  const unzigzag = (z) => (z >>> 1) ^ -(z & 1);
  const rings = take(counts.features), items = take(counts.rings), more = take(counts.items);
  const dx = take(counts.own), dy = take(counts.own), from = take(counts.items - counts.own);

  const ringOf = new Uint32Array(counts.features + 1), pointOf = new Uint32Array(counts.rings + 1);
  for (let f = 0; f < counts.features; f++) ringOf[f + 1] = ringOf[f] + rings[f];
  const x = new Int32Array(counts.points), y = new Int32Array(counts.points);
  let p = 0, item = 0, own = 0, shared = 0, at = 0;
  for (let r = 0; r < counts.rings; r++) {
    for (const end = item + items[r]; item < end; item++) {
      if (more[item]) {
        at += unzigzag(from[shared++]);
        for (const last = at + more[item]; at < last; at++, p++) {
          x[p] = base.x[at];
          y[p] = base.y[at];
        }
        x[p] = base.x[at];
        y[p] = base.y[at];
      } else {
        x[p] = (p && x[p - 1]) + unzigzag(dx[own]);
        y[p] = (p && y[p - 1]) + unzigzag(dy[own++]);
      }
      p++;
    }
    pointOf[r + 1] = p;
  }
  const shapes = { ringOf, pointOf, x, y };
  shapes.box = Gridder.boxes(shapes, counts.features);
  return shapes;
};

Gridder.joinShapes = (a, b) => {
  const joined = (first, second) => {
    const all = new first.constructor(first.length + second.length);
    all.set(first);
    all.set(second, first.length);
    return all;
  };
  const behind = (first, second) => joined(first, second.subarray(1).map((at) => at + first.at(-1)));
  return {
    ringOf: behind(a.ringOf, b.ringOf),
    pointOf: behind(a.pointOf, b.pointOf),
    x: joined(a.x, b.x),
    y: joined(a.y, b.y),
    box: joined(a.box, b.box),
  };
};

/* West, north, east, south of every feature. */
Gridder.boxes = ({ ringOf, pointOf, x, y }, nFeatures) => {
  const box = new Int32Array(4 * nFeatures);
  for (let f = 0; f < nFeatures; f++) {
    let west = 0x7fffffff, north = 0x7fffffff, east = -1, south = -1;
    for (let p = pointOf[ringOf[f]]; p < pointOf[ringOf[f + 1]]; p++) {
      if (x[p] < west) west = x[p];
      if (x[p] > east) east = x[p];
      if (y[p] < north) north = y[p];
      if (y[p] > south) south = y[p];
    }
    box.set([west, north, east, south], 4 * f);
  }
  return box;
};

Gridder.unionBox = (box, features) => {
  const all = [Infinity, Infinity, -Infinity, -Infinity];
  for (const f of features) {
    all[0] = Math.min(all[0], box[4 * f]);
    all[1] = Math.min(all[1], box[4 * f + 1]);
    all[2] = Math.max(all[2], box[4 * f + 2]);
    all[3] = Math.max(all[3], box[4 * f + 3]);
  }
  return all;
};

Gridder.contains = ({ ringOf, pointOf, x, y, box }, f, px, py) => {
  if (px < box[4 * f] || py < box[4 * f + 1] || px > box[4 * f + 2] || py > box[4 * f + 3]) return false;
  let inside = false;
  for (let r = ringOf[f]; r < ringOf[f + 1]; r++) {
    const end = pointOf[r + 1];
    for (let i = pointOf[r], j = end - 1; i < end; j = i++) {
      if (y[i] > py !== y[j] > py && px < ((x[j] - x[i]) * (py - y[i])) / (y[j] - y[i]) + x[i]) inside = !inside;
    }
  }
  return inside;
};

Gridder.groupBy = (owners, n) => {
  const lists = Array.from({ length: n }, () => []);
  owners.forEach((owner, i) => lists[owner].push(i));
  return lists;
};

Gridder.listNeighbours = ({ neighbours: [a, b], grids }) => {
  const lists = grids.id.map(() => []);
  a.forEach((i, m) => {
    lists[i].push(b[m]);
    lists[b[m]].push(i);
  });
  return lists.map((list) => list.sort((i, j) => i - j));
};
