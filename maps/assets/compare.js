/* Two plans: side by side with the same view, or what moved between them on the new one.
   A pane is a map with its plan; a pair is a grid of the old plan and the one that carries it on, or null. */

Gridder.STATUSES = ["kept", "moved", "new", "gone"];
Gridder.GREY = ["#DDE0DD", "#98A1A6"];
Gridder.FIRST_FLOWS = 20;
Gridder.MORE_FLOWS = 200;
/* Two maps paint in every frame. */
Gridder.SLICE_MS /= 2;

Gridder.openCompare = async (...ids) => {
  if (!("DecompressionStream" in window)) {
    document.querySelector(".g-old").hidden = false;
    return;
  }
  const told = JSON.parse(new TextDecoder().decode(await Gridder.inflate("gridder-comparison")));
  const panes = await Promise.all(ids.map((id, i) => Gridder.openPane(id, told, i)));
  const isLater = panes.some(({ data }) => Gridder.hasManyUnits(data));
  if (!isLater) await Gridder.addPaneUnits(panes, told);
  const shared = { lang: panes[1].data.lang, mode: "side", flow: null, pair: null, nFlows: Gridder.FIRST_FLOWS };
  const say = Gridder.speaker(panes[1].data, shared);
  Gridder.panes = panes;
  const page = Gridder.buildComparison(panes, told, shared, say);
  page.write();
  page.showWhole();
  panes.forEach((pane, i) => Gridder.addPaneSheets(pane, panes, told, shared, i));
  Gridder.keepInStep(panes);
  Gridder.listenToPanes(panes, told, shared, page);
  document.documentElement.dataset.ready = "true";
  if (isLater) {
    await Gridder.addPaneUnits(panes, told);
    page.redraw();
  }
  document.documentElement.dataset.complete = "true";
};

Gridder.openPane = async (id, told, i) => {
  const data = await Gridder.readData(id);
  data.grids.colour = told.colour[i];
  Gridder.rankGrids(data);
  Gridder.measureWidths(data);
  const state = {
    on: { field: true, building: true, units: true, zones: true, barriers: true, labels: true, base: true },
    scheme: { palette: data.palette, of: data.grids.colour },
    hovered: null,
    selected: null,
    unit: null,
  };
  const carriedOn = data.grids.id.map(() => null);
  told.pairs.forEach((pair) => { carriedOn[pair[i]] = pair[1 - i]; });
  return { id, data, state, carriedOn, map: Gridder.createMap(id, { zoomAnimation: false }), sheets: {}, status: [], changes: [] };
};

/* The units of both panes: those of every status by layer, the old grids whose units are not the same, and
   the grid in the other plan of every unit that moved. */
Gridder.addPaneUnits = async (panes, told) => {
  await Promise.all(panes.map(({ data }) => Gridder.addUnits(data)));
  panes.forEach((pane, i) => {
    const { data } = pane;
    pane.status = told.status[i];
    pane.changes = Gridder.STATUSES.map(() => ({ field: [], building: [] }));
    data.units.grid.forEach((g, u) => pane.changes[pane.status[u]][data.grids.layer[g]].push(u));
    pane.moved = new Map();
    told.moved[i].forEach((u, m) => pane.moved.set(u, panes[1 - i].data.units.grid[told.moved[1 - i][m]]));
    Gridder.measureWidths(data);
  });
  const [before, after] = panes;
  const same = before.data.grids.id.map((_, g) => before.carriedOn[g] !== null);
  before.data.units.grid.forEach((g, u) => { if (before.status[u]) same[g] = false; });
  after.data.units.grid.forEach((g, u) => {
    if (after.status[u] && after.carriedOn[g] !== null) same[after.carriedOn[g]] = false;
  });
  before.changed = before.data.grids.id.map((_, g) => g).filter((g) => !same[g]);
};

Gridder.addPaneSheets = (pane, panes, told, shared, i) => {
  const { data, map, state, sheets } = pane;
  const isMoves = () => i === 1 && shared.mode === "moved";
  /* Which grids are out of bounds is not what moved. */
  const quietGrids = { ...data.grids, within: data.grids.id.map(() => null) };
  const paints = {
    scene: function* (context, frame) {
      if (!isMoves()) {
        yield* Gridder.paintScene(context, frame, data, state);
        return;
      }
      yield* Gridder.paintScene(context, frame, { ...data, grids: quietGrids }, Gridder.quiet(data, state, frame));
      yield* Gridder.paintMoves(context, frame, panes, told);
    },
    highlight: function* (context, frame) {
      if (isMoves()) yield* Gridder.paintHighlight(context, frame, panes[0].data, panes[0].state);
      yield* Gridder.paintHighlight(context, frame, data, state);
    },
    labels: (context, frame) => Gridder.paintLabels(context, frame, data, state),
  };
  for (const [name, paint] of Object.entries(paints)) {
    sheets[name] = new Gridder.Sheet({ bits: data.bits, buffered: name !== "highlight", paint }).addTo(map);
  }
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
};

/* Grey for what stayed, and its units only where they are large on the screen. */
Gridder.quiet = (data, state, { scale }) => ({
  ...state,
  on: { ...state.on, units: Math.max(data.unitWidth.field / 30, data.unitWidth.building / 8) * scale > 1 },
  scheme: { palette: [Gridder.GREY], of: data.grids.id.map(() => 0) },
});

/* Units that moved, are new or are gone, to be seen at every zoom, and as dashes the old borders of grids that
   are no longer the same. */
Gridder.paintMoves = function* (context, frame, [before, after], told) {
  for (const layer of ["field", "building"]) {
    if (!after.state.on[layer]) continue;
    yield* Gridder.paintChanges(context, frame, before, "gone", layer, told);
    yield* Gridder.paintChanges(context, frame, after, "moved", layer, told);
    yield* Gridder.paintChanges(context, frame, after, "new", layer, told);
    if (before.data.gridWidth[layer] * frame.scale < Gridder.LEAST_LINED) continue;
    const old = (before.changed ?? []).filter((g) => before.data.grids.layer[g] === layer);
    const seen = Gridder.asFeatures(old, before.data.sections.grids)
      .filter((f) => Gridder.isSeen(before.data.shapes.box, f, frame));
    for (const _ of Gridder.paths(context, frame, before.data, seen)) {
      Gridder.stroke(context, Gridder.style.ink, 1.4, [5, 4]);
      yield;
    }
  }
};

Gridder.paintChanges = function* (context, frame, { data, changes }, name, layer, told) {
  const number = Gridder.STATUSES.indexOf(name);
  const [fill, line] = told.palette[number - 1];
  const isSmall = data.unitWidth[layer] * frame.scale < 6;
  const seen = Gridder.asFeatures(changes[number]?.[layer] ?? [], data.sections.units)
    .filter((f) => Gridder.isSeen(data.shapes.box, f, frame));
  for (const _ of Gridder.paths(context, frame, data, seen)) {
    context.globalAlpha = 0.85;
    context.fillStyle = fill;
    context.fill("evenodd");
    context.globalAlpha = 1;
    Gridder.stroke(context, isSmall ? fill : line, isSmall ? 3 : 1.2);
    yield;
  }
};

Gridder.keepInStep = (panes) => {
  let isFollowing = false;
  panes.forEach(({ map }, i) => map.on("move", () => {
    const { map: other } = panes[1 - i];
    if (isFollowing || !other.getSize().x) return;
    isFollowing = true;
    other.setView(map.getCenter(), map.getZoom(), { animate: false });
    isFollowing = false;
  }));
};

/* A grid of a pane and what is its like in the other, the old one first. */
Gridder.pairOf = (panes, i, g) => (i === 0 ? [g, panes[0].carriedOn[g]] : [panes[1].carriedOn[g], g]);

/* What is at a place of a pane; where a unit is gone, it is found in the old plan. */
Gridder.hitPane = (panes, i, shared, latlng) => {
  const [before, after] = panes;
  const found = Gridder.hit(panes[i].data, panes[i].state, panes[i].map, latlng);
  if (i === 0 || shared.mode !== "moved" || found.unit !== null) return { i, ...found };
  const old = Gridder.hit(before.data, after.state, after.map, latlng);
  return old.unit !== null && Gridder.STATUSES[before.status[old.unit]] === "gone" ? { i: 0, ...old } : { i, ...found };
};

Gridder.listenToPanes = (panes, told, shared, page) => {
  const hover = (pair) => {
    panes.forEach(({ state, sheets, map }, i) => {
      map.getContainer().style.cursor = pair[0] === null && pair[1] === null ? "" : "pointer";
      if (state.hovered === pair[i]) return;
      state.hovered = pair[i];
      sheets.highlight.redraw();
      if (i === 0 && shared.mode === "moved") panes[1].sheets.highlight.redraw();
    });
  };
  const none = [null, null];
  panes.forEach(({ map }, i) => {
    map.on("mousemove", ({ latlng, originalEvent }) => {
      const found = Gridder.hitPane(panes, i, shared, latlng);
      hover(found.grid === null ? none : Gridder.pairOf(panes, found.i, found.grid));
      page.tell(found, originalEvent);
    });
    map.on("mouseout", () => {
      hover(none);
      page.tell({ i, grid: null }, null);
    });
    map.on("click", ({ latlng }) => {
      const found = Gridder.hitPane(panes, i, shared, latlng);
      page.select({ pair: found.grid === null ? null : Gridder.pairOf(panes, found.i, found.grid) });
    });
    /* For the keyboard, a click is where the middle of the map is. */
    map.on("keydown", ({ originalEvent }) => {
      if (![" ", "Enter"].includes(originalEvent.key) || originalEvent.target !== map.getContainer()) return;
      originalEvent.preventDefault();
      map.fire("click", { latlng: map.getCenter() });
    });
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && (shared.pair || shared.flow !== null)) page.select({});
  });
};

Gridder.buildComparison = (panes, told, shared, say) => {
  const h = Gridder.element;
  const [before, after] = panes;
  const page = {
    card: h("aside", { class: "g-card c-card" }),
    tip: h("div", { class: "g-tip", hidden: true }),
    tools: h("div", { class: "g-tools", role: "region" }),
  };
  document.body.append(page.card, page.tools);
  document.querySelector(".c-panes").append(page.tip);
  const sheets = () => panes.flatMap((pane) => Object.values(pane.sheets));
  page.redraw = () => sheets().forEach((sheet) => sheet.redraw());

  const whole = Gridder.wholeBounds(before.data).extend(Gridder.wholeBounds(after.data));
  page.showWhole = () => {
    after.map.fitBounds(whole, { animate: false, padding: [16, 16] });
    before.map.setView(after.map.getCenter(), after.map.getZoom(), { animate: false });
  };
  page.visibleBounds = () => (after.map.getBounds().contains(whole) ? whole : after.map.getBounds());
  page.openLegend = () => before.map.invalidateSize({ animate: false, pan: false });
  page.paintWhole = (ratio) => sheets().forEach((sheet) => {
    sheet.options.ratio = ratio;
    sheet._update();
    sheet.redraw({ whole: true });
  });

  const showMode = (mode) => {
    const bounds = page.visibleBounds();
    shared.mode = mode;
    document.body.classList.toggle("c-moved", mode === "moved");
    panes.forEach(({ map }) => map.invalidateSize({ animate: false, pan: false }));
    if (bounds === whole) page.showWhole();
    else after.map.fitBounds(bounds, { animate: false });
    page.tip.hidden = true;
    page.write();
    page.redraw();
    page.card.querySelector(`input[value=${mode}]`).focus();
  };

  page.select = ({ flow = null, pair = null }) => {
    Object.assign(shared, { flow, pair });
    const ends = flow === null ? pair ?? [null, null] : [told.flows.before[flow], told.flows.after[flow]];
    panes.forEach(({ state }, i) => { state.selected = ends[i]; });
    page.write();
    page.redraw();
    return ends;
  };
  const showFlow = (i) => {
    const isOpen = shared.flow === i;
    const ends = page.select({ flow: isOpen ? null : i });
    page.card.querySelector(`[name=flow-${i}]`)?.focus();
    if (isOpen) return;
    const boxes = panes.map(({ data }, p) => {
      const f = data.sections.grids.start + ends[p];
      return Gridder.boundsOf(data, data.shapes.box.subarray(4 * f, 4 * f + 4));
    });
    after.map.fitBounds(boxes[0].extend(boxes[1]).pad(0.4), { animate: false, maxZoom: 18 });
  };
  const toggle = (layer, isOn) => {
    panes.forEach(({ state }) => { state.on[layer] = isOn; });
    page.redraw();
  };

  page.write = () => {
    const isZh = shared.lang === "zh";
    document.documentElement.lang = isZh ? "zh-CN" : "en";
    document.title = told.title[isZh ? 1 : 0];
    panes.forEach(({ map }, i) => {
      const name = say.word(i ? "after" : "before");
      map.getContainer().setAttribute("aria-label", name);
      map.getContainer().previousElementSibling.textContent = i && shared.mode === "moved" ? say.word("mode_moved") : name;
    });
    page.card.replaceChildren(
      h("div", { class: "g-title" },
        h("h1", {}, h("bdi", {}, document.title)),
        h("button", {
          class: "g-lang", type: "button", lang: isZh ? "en" : "zh-CN",
          onclick: () => {
            shared.lang = isZh ? "en" : "zh";
            page.write();
            page.card.querySelector(".g-lang").focus();
          },
        }, say.word("other_language"))),
      Gridder.modePart(shared, say, showMode),
      ...["field", "building"].filter((layer) => told.totals[layer]).map(
        (layer) => Gridder.totalsPart(told, say, layer, after.state.on[layer], (isOn) => toggle(layer, isOn))),
      ...Gridder.pairPart(panes, shared, say, () => page.select({})),
      ...Gridder.flowsPart(panes, told, shared, say, showFlow, page),
      ...Gridder.comparisonNotes(panes, told, shared, say));
    page.tools.setAttribute("aria-label", say.word("tools"));
    page.tools.replaceChildren(...Gridder.toolButtons(after.map, say, { whole: page.showWhole, print: printer.print }));
  };

  page.tell = ({ i, grid, unit }, event) => {
    page.tip.hidden = grid === null;
    if (grid === null) return;
    const { data } = panes[i];
    const lines = unit === null ? [] : [h("small", {}, h("bdi", {}, data.units.id[unit]), ` · ${Gridder.fate(panes, i, unit, say)}`)];
    page.tip.replaceChildren(
      h("strong", {}, h("bdi", {}, data.grids.code[grid])), ` ${Gridder.speaker(data, shared).size(grid)}`, ...lines);
    const left = Math.min(event.clientX + 14, window.innerWidth - page.tip.offsetWidth - 8);
    const top = Math.min(event.clientY + 16, window.innerHeight - page.tip.offsetHeight - 8);
    page.tip.style.transform = `translate(${left}px, ${top}px)`;
  };
  const printer = Gridder.createPrinter(after.map, after.data, say, page);
  return page;
};

/* What became of a unit of a pane. */
Gridder.fate = (panes, i, unit, say) => {
  const other = panes[i].moved.get(unit);
  if (other === undefined) return say.word(`status_${Gridder.STATUSES[panes[i].status[unit]]}`);
  return say.word(i ? "moved_from" : "moved_to", { code: panes[1 - i].data.grids.code[other] });
};

Gridder.modePart = (shared, say, show) => {
  const h = Gridder.element;
  return h("fieldset", { class: "c-modes" }, h("legend", {}, say.word("mode")), ["side", "moved"].map((key) => h("label", {},
    h("input", { type: "radio", name: "mode", value: key, checked: shared.mode === key, onchange: () => show(key) }),
    h("span", {}, say.word(`mode_${key}`)))));
};

Gridder.totalsPart = (told, say, layer, isOn, toggle) => {
  const h = Gridder.element;
  const counts = told.totals[layer];
  const swatch = ([fill, line]) => h("span", { class: "g-swatch", style: `background:${fill};border:1.5px solid ${line}` });
  return h("div", { class: "g-layer" },
    h("label", {},
      h("input", { type: "checkbox", name: layer, checked: isOn, onchange: (event) => toggle(event.currentTarget.checked) }),
      h("span", {}, `${say.word(layer)} · ${say.word(`${layer}_units`)}`)),
    h("ul", { class: "c-totals" }, Gridder.STATUSES.map((status, s) => h("li", {},
      swatch(s ? told.palette[s - 1] : Gridder.GREY),
      h("span", {}, say.word(`status_${status}`)),
      h("b", {}, say.number(counts[status]))))),
    counts.moved ? h("p", {}, say.word("moved_ha", { ha: say.number(counts.moved_ha, 1) })) : null);
};

/* The grid that was chosen, before and after. */
Gridder.pairPart = (panes, shared, say, close) => {
  if (!shared.pair) return [];
  const h = Gridder.element;
  const row = (key, i) => {
    const g = shared.pair[i];
    const { grids } = panes[i].data;
    if (g === null) return h("div", {}, h("dt", {}, say.word(key)), h("dd", {}, say.word(i ? "grid_is_gone" : "grid_is_new")));
    const facts = [Gridder.speaker(panes[i].data, shared).size(g), `${say.number(grids.n_units[g])} ${say.word(`${grids.layer[g]}_units`)}`];
    return h("div", {}, h("dt", {}, say.word(key), " ", h("bdi", {}, grids.code[g])), h("dd", {}, facts.join(" · ")));
  };
  return [h("section", { class: "c-pair" },
    h("dl", {}, row("before", 0), row("after", 1)),
    h("button", { class: "g-close", type: "button", "aria-label": say.word("close"), onclick: close }, "×"))];
};

Gridder.flowsPart = (panes, told, shared, say, show, page) => {
  const h = Gridder.element;
  const { flows } = told;
  const all = flows.units.map((_, i) => i).filter((i) => !shared.pair ||
    flows.before[i] === shared.pair[0] || flows.after[i] === shared.pair[1]);
  if (!all.length) return [h("p", { class: "g-note" }, say.word(shared.pair ? "no_flows" : "nothing_moved"))];
  const row = (i) => {
    const layer = flows.layer[i];
    const facts = [`${say.number(flows.units[i])} ${say.word(`${layer}_units`)}`, `${say.number(flows.area_ha[i], 1)} ${say.word("of_area_ha")}`];
    if (!panes[1].data.sizes[layer].of.startsWith("area")) {
      facts.push(flows.size[i] === null ? say.word("hidden") : `${say.number(flows.size[i])} ${say.measure(layer)}`);
    }
    return h("li", {}, h("button", {
      type: "button", class: "g-link", name: `flow-${i}`, "aria-pressed": String(shared.flow === i), onclick: () => show(i),
    }, h("bdi", {}, panes[0].data.grids.code[flows.before[i]]), " → ", h("bdi", {}, panes[1].data.grids.code[flows.after[i]])),
    h("small", {}, facts.join(" · ")));
  };
  const more = () => {
    const last = shared.nFlows;
    shared.nFlows += Gridder.MORE_FLOWS;
    page.write();
    page.card.querySelector(`[name=flow-${all[last]}]`)?.focus();
  };
  return [
    h("h2", {}, say.word("flows")),
    h("ul", { class: "c-flows" }, all.slice(0, shared.nFlows).map(row)),
    ...(all.length > shared.nFlows
      ? [h("button", { type: "button", class: "g-link g-more", onclick: more }, say.word("more", { n: say.number(all.length - shared.nFlows) }))]
      : []),
  ];
};

Gridder.comparisonNotes = (panes, told, shared, say) => {
  const h = Gridder.element;
  const { data } = panes[1];
  return [
    shared.mode === "moved" ? h("p", { class: "g-note" }, h("span", { class: "g-swatch c-old" }), " ", say.word("old_borders")) : "",
    told.flows.units.length ? h("p", { class: "g-note" }, say.word("matched_by_ground")) : "",
    told.left_out ? h("p", { class: "g-note" }, say.word(`${told.left_out}_left_out`)) : "",
    data.simplified_m ? h("p", { class: "g-note" }, say.word("simplified", { n: say.number(data.simplified_m) })) : "",
    data.datum === "gcj02" ? h("p", { class: "g-note" }, say.word("gcj02")) : "",
    data.k > 1 ? h("p", { class: "g-note" }, say.word("suppressed", { k: data.k })) : "",
  ];
};
