/* Painting of the plan, into whatever frame it is given (sheet.js). */

Gridder.style = {
  font: '"Segoe UI", system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  ink: "#26323b",
  alarm: "#b3261e",
  zoneLine: "#45525c",
  zoneFill: "#fdfcf9",
  barrier: "#1f4e79",
  halo: "rgba(255,255,255,0.92)",
  fill: 0.5,
  kindFill: 0.8,
  beside: 0.35,
};

/* Grids of fewer pixels across have no lines around them, only fills. */
Gridder.LEAST_LINED = 9;

/* So many points are put into one path before the browser may do something else. */
Gridder.BATCH_POINTS = 20000;

Gridder.isSeen = (box, f, frame, margin = 8) =>
  box[4 * f] * frame.scale - frame.left < frame.width + margin &&
  box[4 * f + 2] * frame.scale - frame.left > -margin &&
  box[4 * f + 1] * frame.scale - frame.top < frame.height + margin &&
  box[4 * f + 3] * frame.scale - frame.top > -margin;

/* Add a feature to the context's path, without the points that move less than half a pixel.
   A ring is closed by a line: closePath looks at all of the path each time (Chromium). */
Gridder.trace = (context, shapes, f, frame, closed) => {
  const { ringOf, pointOf, x, y } = shapes;
  const { scale, left, top } = frame;
  for (let r = ringOf[f]; r < ringOf[f + 1]; r++) {
    let p = pointOf[r];
    const end = pointOf[r + 1];
    const firstX = x[p] * scale - left;
    const firstY = y[p] * scale - top;
    let lastX = firstX;
    let lastY = firstY;
    context.moveTo(firstX, firstY);
    for (p += 1; p < end; p++) {
      const nextX = x[p] * scale - left;
      const nextY = y[p] * scale - top;
      if (Math.abs(nextX - lastX) + Math.abs(nextY - lastY) < 0.5 && p < end - 1) continue;
      context.lineTo(nextX, nextY);
      lastX = nextX;
      lastY = nextY;
    }
    if (closed) context.lineTo(firstX, firstY);
  }
};

Gridder.stroke = (context, colour, width, dash = []) => {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke();
};

/* Diagonal lines that stay with the map while it moves. */
Gridder.hatch = (context, frame) => {
  const step = 9;
  const tile = document.createElement("canvas");
  tile.width = tile.height = step;
  const pen = tile.getContext("2d");
  pen.strokeStyle = Gridder.style.alarm;
  pen.lineWidth = 1.3;
  pen.beginPath();
  for (const shift of [-step, 0, step]) {
    pen.moveTo(shift, step);
    pen.lineTo(shift + step, 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().translate(-(frame.left % step), -(frame.top % step)));
  return pattern;
};

Gridder.paintScene = function* (context, frame, data, state) {
  context.lineJoin = context.lineCap = "round";
  Gridder.drawZoneGround(context, frame, data, state);
  for (const layer of ["field", "building"]) {
    if (!state.on[layer]) continue;
    const seen = Gridder.seenGrids(data, frame, layer);
    const fill = Gridder.style[state.scheme.unitOf ? "kindFill" : "fill"];
    const isBeside = (g) => Gridder.isBeside(data, g);
    yield* Gridder.fillGrids(context, frame, data, state, seen.filter(isBeside), fill * Gridder.style.beside);
    yield* Gridder.fillGrids(context, frame, data, state, seen.filter((g) => !isBeside(g)), fill);
    if (state.on.units && Gridder.showsUnits(data, frame, layer)) {
      yield* data.tiled ? Gridder.drawTiledUnits(context, frame, data, state, layer)
        : Gridder.drawUnits(context, frame, data, state, seen, layer);
    }
    yield* Gridder.outlineGrids(context, frame, data, state, seen, layer);
  }
  Gridder.drawLines(context, frame, data, state);
};

Gridder.seenGrids = (data, frame, layer) => {
  const seen = [];
  const { start, end } = data.sections.grids;
  for (let f = start; f < end; f++) {
    if (data.grids.layer[f - start] === layer && Gridder.isSeen(data.shapes.box, f, frame)) seen.push(f - start);
  }
  return seen;
};

Gridder.drawZoneGround = (context, frame, data, state) => {
  if (!state.on.zones || (data.tiles.length && state.on.base)) return;
  const { start, end } = data.sections.zones;
  context.beginPath();
  for (let f = start; f < end; f++) Gridder.trace(context, data.shapes, f, frame, true);
  context.fillStyle = Gridder.style.zoneFill;
  context.fill("evenodd");
};

/* Features by the number of their colour. */
Gridder.byColour = (features, { of, palette }) => {
  const lists = palette.map(() => []);
  for (const f of features) lists[of[f]].push(f);
  return lists;
};

/* Paths of some features each, none with very many points. */
Gridder.paths = function* (context, frame, { shapes }, features) {
  let points = 0;
  context.beginPath();
  for (const f of features) {
    Gridder.trace(context, shapes, f, frame, true);
    points += shapes.pointOf[shapes.ringOf[f + 1]] - shapes.pointOf[shapes.ringOf[f]];
    if (points > Gridder.BATCH_POINTS) {
      yield;
      context.beginPath();
      points = 0;
    }
  }
  if (points) yield;
};

Gridder.asFeatures = (list, { start }) => list.map((i) => start + i);

Gridder.fillGrids = function* (context, frame, data, state, seen, alpha) {
  const { palette } = state.scheme;
  for (const [c, list] of Gridder.byColour(seen, state.scheme).entries()) {
    for (const _ of Gridder.paths(context, frame, data, Gridder.asFeatures(list, data.sections.grids))) {
      context.globalAlpha = alpha;
      context.fillStyle = palette[c][0];
      context.fill("evenodd");
      context.globalAlpha = 1;
      yield;
    }
  }
  const missed = seen.filter((g) => data.grids.within[g] === 0);
  for (const _ of Gridder.paths(context, frame, data, Gridder.asFeatures(missed, data.sections.grids))) {
    context.globalAlpha = 0.5;
    context.fillStyle = Gridder.hatch(context, frame);
    context.fill("evenodd");
    context.globalAlpha = 1;
    yield;
  }
};

Gridder.outlineGrids = function* (context, frame, data, state, seen, layer) {
  const dash = layer === "building" ? [6, 3] : [];
  const { palette, unitOf } = state.scheme;
  const across = data.gridWidth[layer] * frame.scale;
  const width = Math.min(1.3, Math.max(0.4, across / 12));
  const lined = across < Gridder.LEAST_LINED ? [] : seen;
  for (const [c, list] of Gridder.byColour(lined, state.scheme).entries()) {
    for (const _ of Gridder.paths(context, frame, data, Gridder.asFeatures(list, data.sections.grids))) {
      Gridder.stroke(context, unitOf ? Gridder.style.ink : palette[c][1], width, dash);
      yield;
    }
  }
  const missed = seen.filter((g) => data.grids.within[g] === 0);
  for (const _ of Gridder.paths(context, frame, data, Gridder.asFeatures(missed, data.sections.grids))) {
    Gridder.stroke(context, Gridder.style.alarm, 1.85 * width);
    yield;
  }
};

/* Units show from the zoom where half of them are wider than some pixels. */
Gridder.showsUnits = (data, frame, layer) => data.unitWidth[layer] * frame.scale > (layer === "field" ? 9 : 4);

/* The median of the longer sides of the features of a layer. */
Gridder.medianWidth = (data, section, isOfLayer) => {
  const { start, end } = data.sections[section];
  const { box } = data.shapes;
  const widths = new Float64Array(end - start);
  let n = 0;
  for (let f = start; f < end; f++) {
    if (isOfLayer(f - start)) widths[n++] = Math.max(box[4 * f + 2] - box[4 * f], box[4 * f + 3] - box[4 * f + 1]);
  }
  return widths.subarray(0, n).sort()[n >> 1] || 0;
};

/* The usual width of grids and of units, layer by layer. */
Gridder.measureWidths = (data) => {
  const widths = (section, layerOf) => Object.fromEntries(["field", "building"].map(
    (layer) => [layer, Gridder.medianWidth(data, section, (i) => layerOf(i) === layer)]));
  data.gridWidth = widths("grids", (g) => data.grids.layer[g]);
  data.unitWidth = widths("units", (u) => data.grids.layer[data.units.grid[u]]);
};

/* The largest grids first: the order in which they are labelled. */
Gridder.rankGrids = (data) => {
  const { id, area_ha } = data.grids;
  data.gridsByArea = id.map((_, g) => g).sort((a, b) => area_ha[b] - area_ha[a] || a - b);
};

Gridder.drawUnits = function* (context, frame, data, state, seen, layer) {
  const { start } = data.sections.units;
  const { box } = data.shapes;
  const { unitOf, palette } = state.scheme;
  const shown = function* (list) {
    for (const g of list) {
      for (const u of data.unitsOf[g]) if (Gridder.isSeen(box, start + u, frame)) yield start + u;
    }
  };
  if (unitOf) {
    const units = [...shown(seen)].map((f) => f - start);
    for (const [c, list] of Gridder.byColour(units, { of: unitOf, palette }).entries()) {
      for (const _ of Gridder.paths(context, frame, data, Gridder.asFeatures(list, data.sections.units))) {
        context.fillStyle = palette[c][0];
        context.fill("evenodd");
        Gridder.stroke(context, "rgba(60,66,60,0.34)", 0.7);
        yield;
      }
    }
    return;
  }
  for (const [c, list] of Gridder.byColour(seen, state.scheme).entries()) {
    for (const _ of Gridder.paths(context, frame, data, shown(list))) {
      Gridder.paintUnitPath(context, layer, palette[c]);
      yield;
    }
  }
};

/* Units in a path: buildings are filled, fields have a line around them, as their grid fills them. */
Gridder.paintUnitPath = (context, layer, colour) => {
  if (layer === "field") {
    Gridder.stroke(context, "rgba(60,66,60,0.34)", 0.7);
    return;
  }
  context.globalAlpha = 0.72;
  context.fillStyle = colour[1];
  context.fill("evenodd");
  context.globalAlpha = 1;
};

Gridder.drawLines = (context, frame, data, state) => {
  const traceAll = (name, closed) => {
    const { start, end } = data.sections[name];
    context.beginPath();
    for (let f = start; f < end; f++) {
      if (Gridder.isSeen(data.shapes.box, f, frame)) Gridder.trace(context, data.shapes, f, frame, closed);
    }
  };
  if (state.on.zones) {
    traceAll("zones", true);
    Gridder.stroke(context, Gridder.style.halo, 6);
    Gridder.stroke(context, Gridder.style.zoneLine, 3);
  }
  if (state.on.barriers) {
    traceAll("barriers", false);
    Gridder.stroke(context, Gridder.style.halo, 3.6);
    Gridder.stroke(context, Gridder.style.barrier, 2.2);
  }
  if (state.on.field || state.on.building) {
    traceAll("bridges", false);
    Gridder.stroke(context, Gridder.style.halo, 4);
    Gridder.stroke(context, Gridder.style.ink, 1.8, [5, 5]);
  }
};

Gridder.paintHighlight = function* (context, frame, data, state) {
  context.lineJoin = "round";
  const { grids, units } = data.sections;
  const lines = (width) => {
    Gridder.stroke(context, Gridder.style.halo, width + 3);
    Gridder.stroke(context, Gridder.style.ink, width);
  };
  const outline = (f, width) => {
    context.beginPath();
    Gridder.trace(context, data.shapes, f, frame, true);
    lines(width);
  };
  const shadeUnit = () => {
    context.fillStyle = "rgba(38,50,59,0.32)";
    context.fill("evenodd");
    lines(1.6);
  };
  if (state.hovered !== null && state.hovered !== state.selected) {
    context.beginPath();
    Gridder.trace(context, data.shapes, grids.start + state.hovered, frame, true);
    context.save();
    context.shadowColor = "rgba(30,40,50,0.55)";
    context.shadowBlur = 14;
    context.shadowOffsetY = 3;
    context.fillStyle = "#000000";
    context.fill("evenodd");
    context.restore();
    context.save();
    context.globalCompositeOperation = "destination-out";
    context.fillStyle = "#000000";
    context.fill("evenodd");
    context.restore();
    context.fillStyle = "rgba(255,255,255,0.22)";
    context.fill("evenodd");
    outline(grids.start + state.hovered, 1.8);
  }
  if (state.selected !== null) outline(grids.start + state.selected, 3);
  if (state.unit !== null) {
    context.beginPath();
    Gridder.trace(context, data.shapes, units.start + state.unit, frame, true);
    shadeUnit();
  }
  if (state.tiled) Gridder.traceTiledUnit(context, frame, data, state.tiled, shadeUnit);
};

/* The grid's own label point, or where that is out of sight, the middle of what is seen of the grid. */
Gridder.labelPoint = ({ grids, shapes, sections }, g, { scale, left, top, width, height }) => {
  const x = grids.label[0][g] * scale - left;
  const y = grids.label[1][g] * scale - top;
  if (x > 0 && y > 0 && x < width && y < height) return [x, y];
  const f = sections.grids.start + g;
  const [west, north, east, south] = shapes.box.subarray(4 * f, 4 * f + 4);
  const middle = (low, high, start, length) =>
    (Math.max(low * scale - start, 0) + Math.min(high * scale - start, length)) / 2;
  const seen = [middle(west, east, left, width), middle(north, south, top, height)];
  return Gridder.contains(shapes, f, (seen[0] + left) / scale, (seen[1] + top) / scale) ? seen : [x, y];
};

/* Labels, the most important first; one that would cover another is left away. */
Gridder.paintLabels = function* (context, frame, data, state) {
  if (!state.on.labels) return;
  const taken = [];
  const put = (text, x, y, look) => {
    if (look.size > look.room[1]) return false;
    context.font = `${look.weight} ${look.size}px ${Gridder.style.font}`;
    const width = context.measureText(text).width;
    const box = [x - width / 2 - 3, y - look.size / 2 - 2, x + width / 2 + 3, y + look.size / 2 + 2];
    if (width > look.room[0]) return false;
    if (box[2] < 0 || box[3] < 0 || box[0] > frame.width || box[1] > frame.height) return false;
    if (taken.some((t) => t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) return false;
    taken.push(box);
    if (look.sign) {
      context.beginPath();
      context.rect(box[0] - 4, box[1] - 3, box[2] - box[0] + 8, box[3] - box[1] + 6);
      context.fillStyle = Gridder.style.halo;
      context.fill();
      Gridder.stroke(context, look.colour, 1);
    } else {
      context.strokeStyle = Gridder.style.halo;
      context.lineWidth = look.halo;
      context.strokeText(text, x, y);
    }
    context.fillStyle = look.colour;
    context.fillText(text, x, y);
    return true;
  };
  const room = (f) => {
    const at = 4 * f;
    const box = data.shapes.box;
    return [(box[at + 2] - box[at]) * frame.scale, (box[at + 3] - box[at + 1]) * frame.scale];
  };
  const place = (label, i) => [label[0][i] * frame.scale - frame.left, label[1][i] * frame.scale - frame.top];
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.setLineDash([]);

  const { grids, units } = data.sections;
  const putGrid = (g) => {
    if (!state.on[data.grids.layer[g]] || !Gridder.isSeen(data.shapes.box, grids.start + g, frame)) return;
    const colour = data.grids.within[g] === 0 ? Gridder.style.alarm : Gridder.style.ink;
    const space = room(grids.start + g);
    const look = {
      weight: 600, size: space[0] > 110 ? 13 : 11, halo: 3.5, colour, room: [space[0] * 0.92, space[1] * 0.8],
    };
    if (look.size > look.room[1]) return;
    const point = Gridder.labelPoint(data, g, frame);
    if (!put(data.grids.code[g], ...point, look)) put(String(data.grids.number[g]), ...point, look);
  };
  if (data.open !== null) putGrid(data.open);
  if (state.on.zones) {
    data.zones.name.forEach((name, i) => {
      const look = { weight: 700, size: 14, sign: true, colour: Gridder.style.zoneLine };
      put(name, ...place(data.zones.label, i), { ...look, room: room(data.sections.zones.start + i) });
    });
  }
  for (const [i, g] of data.gridsByArea.entries()) {
    if (g !== data.open) putGrid(g);
    if (i % 100 === 99) yield;
  }
  if (!state.on.units) return;
  for (const layer of ["field", "building"]) {
    if (!state.on[layer] || data.unitWidth[layer] * frame.scale < 46) continue;
    for (const g of Gridder.seenGrids(data, frame, layer)) {
      for (const u of data.unitsOf[g]) {
        const f = units.start + u;
        if (!Gridder.isSeen(data.shapes.box, f, frame)) continue;
        const box = data.shapes.box.subarray(4 * f, 4 * f + 4);
        const x = ((box[0] + box[2]) / 2) * frame.scale - frame.left;
        const y = ((box[1] + box[3]) / 2) * frame.scale - frame.top;
        const [width, height] = room(f);
        put(data.units.id[u], x, y, {
          weight: 400, size: 10.5, halo: 2.5, colour: "#4c5861", room: [width * 0.95, height * 0.8],
        });
      }
      yield;
    }
  }
};
