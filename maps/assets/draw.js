/* Drawing on canvases. A frame says which part of the world a canvas shows: `scale` pixels for a step
   of the world, the canvas' corner `left`, `top` in pixels of the world, `width`, `height` in pixels.
   Everything here but `Sheet` draws into whatever frame it is given. */

Gridder.style = {
  font: '"Segoe UI", system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  ink: "#26323b",
  alarm: "#b3261e",
  zoneLine: "#45525c",
  zoneFill: "#fdfcf9",
  barrier: "#6c90ab",
  halo: "rgba(255,255,255,0.92)",
  fieldFill: 0.55,
  buildingFill: 0.5,
  beside: 0.35,
};

/* A canvas that Leaflet keeps in place while the map moves; `draw(context, frame)` fills it. */
Gridder.Sheet = L.Renderer.extend({
  options: { padding: 0.2, bits: 28, draw: null },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._context = this._container.getContext("2d");
    this._container.setAttribute("aria-hidden", "true");
  },

  _destroyContainer() {
    this._container.remove();
    delete this._context;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = window.devicePixelRatio || 1;
    const canvas = this._container;
    L.DomUtil.setPosition(canvas, this._bounds.min);
    canvas.width = Math.round(size.x * ratio);
    canvas.height = Math.round(size.y * ratio);
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    this.redraw();
  },

  redraw() {
    const ratio = window.devicePixelRatio || 1;
    const size = this._bounds.getSize();
    const corner = this._bounds.min.add(this._map.getPixelOrigin());
    const context = this._context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    this.options.draw(context, {
      scale: this._map.options.crs.scale(this._map.getZoom()) / 2 ** this.options.bits,
      left: corner.x,
      top: corner.y,
      width: size.x,
      height: size.y,
    });
  },
});

Gridder.isSeen = (box, f, frame, margin = 8) =>
  box[4 * f] * frame.scale - frame.left < frame.width + margin &&
  box[4 * f + 2] * frame.scale - frame.left > -margin &&
  box[4 * f + 1] * frame.scale - frame.top < frame.height + margin &&
  box[4 * f + 3] * frame.scale - frame.top > -margin;

/* Add a feature to the context's path, without the points that move less than half a pixel. */
Gridder.trace = (context, shapes, f, frame, closed) => {
  const { ringOf, pointOf, x, y } = shapes;
  const { scale, left, top } = frame;
  for (let r = ringOf[f]; r < ringOf[f + 1]; r++) {
    let p = pointOf[r];
    const end = pointOf[r + 1];
    let lastX = x[p] * scale - left;
    let lastY = y[p] * scale - top;
    context.moveTo(lastX, lastY);
    for (p += 1; p < end; p++) {
      const nextX = x[p] * scale - left;
      const nextY = y[p] * scale - top;
      if (Math.abs(nextX - lastX) + Math.abs(nextY - lastY) < 0.5 && p < end - 1) continue;
      context.lineTo(nextX, nextY);
      lastX = nextX;
      lastY = nextY;
    }
    if (closed) context.closePath();
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

Gridder.drawScene = (context, frame, data, state) => {
  context.lineJoin = context.lineCap = "round";
  Gridder.drawZoneGround(context, frame, data, state);
  for (const layer of ["field", "building"]) {
    if (!state.on[layer]) continue;
    const seen = Gridder.seenGrids(data, frame, layer);
    const beside = seen.filter((g) => data.open !== null && g !== data.open);
    const fill = Gridder.style[`${layer}Fill`];
    Gridder.fillGrids(context, frame, data, beside, fill * Gridder.style.beside);
    Gridder.fillGrids(context, frame, data, seen.filter((g) => !beside.includes(g)), fill);
    if (state.on.units && Gridder.showsUnits(data, frame, layer)) {
      Gridder.drawUnits(context, frame, data, seen, layer);
    }
    Gridder.outlineGrids(context, frame, data, seen, layer);
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
  if (!state.on.zones) return;
  const { start, end } = data.sections.zones;
  context.beginPath();
  for (let f = start; f < end; f++) Gridder.trace(context, data.shapes, f, frame, true);
  context.fillStyle = Gridder.style.zoneFill;
  context.fill("evenodd");
};

Gridder.byColour = (data, seen) => {
  const lists = data.palette.map(() => []);
  for (const g of seen) lists[data.grids.colour[g]].push(g);
  return lists;
};

Gridder.traceGrids = (context, frame, data, list) => {
  context.beginPath();
  for (const g of list) Gridder.trace(context, data.shapes, data.sections.grids.start + g, frame, true);
};

Gridder.fillGrids = (context, frame, data, seen, alpha) => {
  Gridder.byColour(data, seen).forEach((list, c) => {
    Gridder.traceGrids(context, frame, data, list);
    context.globalAlpha = alpha;
    context.fillStyle = data.palette[c][0];
    context.fill("evenodd");
  });
  context.globalAlpha = 0.5;
  Gridder.traceGrids(context, frame, data, seen.filter((g) => data.grids.within[g] === 0));
  context.fillStyle = Gridder.hatch(context, frame);
  context.fill("evenodd");
  context.globalAlpha = 1;
};

Gridder.outlineGrids = (context, frame, data, seen, layer) => {
  const dash = layer === "building" ? [6, 3] : [];
  Gridder.byColour(data, seen).forEach((list, c) => {
    Gridder.traceGrids(context, frame, data, list);
    Gridder.stroke(context, data.palette[c][1], 1.3, dash);
  });
  Gridder.traceGrids(context, frame, data, seen.filter((g) => data.grids.within[g] === 0));
  Gridder.stroke(context, Gridder.style.alarm, 2.4);
};

/* Units show from the zoom where half of them are wider than some pixels. */
Gridder.showsUnits = (data, frame, layer) => data.unitWidth[layer] * frame.scale > (layer === "field" ? 9 : 4);

Gridder.medianUnitWidth = (data, layer) => {
  const widths = [];
  const { start } = data.sections.units;
  data.units.grid.forEach((g, u) => {
    const at = 4 * (start + u);
    const box = data.shapes.box;
    if (data.grids.layer[g] === layer) widths.push(Math.max(box[at + 2] - box[at], box[at + 3] - box[at + 1]));
  });
  return widths.sort((a, b) => a - b)[widths.length >> 1] || 0;
};

Gridder.drawUnits = (context, frame, data, seen, layer) => {
  const { start } = data.sections.units;
  Gridder.byColour(data, seen).forEach((list, c) => {
    for (const g of list) {
      context.beginPath();
      for (const u of data.unitsOf[g]) {
        if (Gridder.isSeen(data.shapes.box, start + u, frame)) {
          Gridder.trace(context, data.shapes, start + u, frame, true);
        }
      }
      if (layer === "building") {
        context.globalAlpha = 0.72;
        context.fillStyle = data.palette[c][1];
        context.fill("evenodd");
        context.globalAlpha = 1;
      } else {
        Gridder.stroke(context, "rgba(60,66,60,0.34)", 0.7);
      }
    }
  });
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

Gridder.drawHighlight = (context, frame, data, state) => {
  context.lineJoin = "round";
  const { grids, units } = data.sections;
  const outline = (f, width) => {
    context.beginPath();
    Gridder.trace(context, data.shapes, f, frame, true);
    Gridder.stroke(context, Gridder.style.halo, width + 3);
    Gridder.stroke(context, Gridder.style.ink, width);
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
    context.fillStyle = "rgba(38,50,59,0.32)";
    context.fill("evenodd");
    outline(units.start + state.unit, 1.6);
  }
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
Gridder.drawLabels = (context, frame, data, state) => {
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
    const point = Gridder.labelPoint(data, g, frame);
    const look = {
      weight: 600, size: space[0] > 110 ? 13 : 11, halo: 3.5, colour, room: [space[0] * 0.92, space[1] * 0.8],
    };
    if (!put(data.grids.code[g], ...point, look)) put(String(data.grids.number[g]), ...point, look);
  };
  if (data.open !== null) putGrid(data.open);
  if (state.on.zones) {
    data.zones.name.forEach((name, i) => {
      const look = { weight: 700, size: 14, sign: true, colour: Gridder.style.zoneLine };
      put(name, ...place(data.zones.label, i), { ...look, room: room(data.sections.zones.start + i) });
    });
  }
  for (const g of data.gridsByArea) if (g !== data.open) putGrid(g);
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
    }
  }
};
