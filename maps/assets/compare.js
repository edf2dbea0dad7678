/* Two plans: side by side with the same view, or what moved between them on the new one. */

Gridder.STATUSES = ["kept", "moved", "new", "gone"];

Gridder.openCompare = async (...ids) => {
  if (!("DecompressionStream" in window)) {
    document.querySelector(".g-old").hidden = false;
    return;
  }
  const told = JSON.parse(new TextDecoder().decode(await Gridder.inflate("gridder-comparison")));
  const panes = await Promise.all(ids.map((id, i) => Gridder.openPane(id, told.status[i])));
  told.successor = panes[0].data.grids.id.map(() => -1);
  told.partner.forEach((old, g) => { if (old >= 0) told.successor[old] = g; });
  const shared = { lang: panes[1].data.lang, mode: "side", flow: null };
  const say = Gridder.speaker(panes[1].data, shared);
  Gridder.panes = panes;
  const page = Gridder.buildComparison(panes, told, shared, say);
  page.write();
  page.showWhole();
  panes.forEach((pane, i) => Gridder.addPaneSheets(pane, panes, told, shared, i));
  Gridder.keepInStep(panes);
  Gridder.listenToPanes(panes, told, say, page);
  document.documentElement.dataset.ready = "true";
};

/* A map with one plan: its data, what is shown of it, and where the units of every status are. */
Gridder.openPane = async (id, status) => {
  const data = await Gridder.readData(id);
  await Gridder.addUnits(data);
  data.gridsByArea = data.grids.id.map((_, g) => g).sort((a, b) => data.grids.area_ha[b] - data.grids.area_ha[a] || a - b);
  const widths = (section, layerOf) => Object.fromEntries(["field", "building"].map(
    (layer) => [layer, Gridder.medianWidth(data, section, (i) => layerOf(i) === layer)]));
  data.gridWidth = widths("grids", (g) => data.grids.layer[g]);
  data.unitWidth = widths("units", (u) => data.grids.layer[data.units.grid[u]]);
  const ofStatus = Gridder.STATUSES.map(() => []);
  data.units.id.forEach((_, u) => ofStatus[status[u]].push(u));
  const map = L.map(id, { zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.75, minZoom: 2, maxZoom: 21, zoomAnimation: false });
  map.attributionControl.setPrefix("Leaflet");
  const state = {
    on: { field: true, building: true, units: true, zones: true, barriers: true, labels: true, base: true },
    scheme: { palette: data.palette, of: data.grids.colour },
    hovered: null,
    selected: null,
    unit: null,
  };
  return { id, data, map, state, status, ofStatus, sheets: {} };
};

Gridder.addPaneSheets = (pane, panes, told, shared, i) => {
  const { data, map, state, sheets } = pane;
  const isMoves = () => i === 1 && shared.mode === "moved";
  const paints = {
    scene: function* (context, frame) {
      yield* Gridder.paintScene(context, frame, data, state);
      if (isMoves()) yield* Gridder.paintMoves(context, frame, panes, told);
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

/* Units that moved, are new or are gone, to be seen at every zoom, and the old borders as dashes. */
Gridder.paintMoves = function* (context, frame, [before, after], told) {
  const paint = function* ({ data, ofStatus }, status) {
    const { start } = data.sections.units;
    const [fill, line] = told.palette[status - 1];
    const seen = ofStatus[status].map((u) => start + u).filter((f) => Gridder.isSeen(data.shapes.box, f, frame));
    for (const _ of Gridder.paths(context, frame, data, seen)) {
      context.globalAlpha = 0.75;
      context.fillStyle = fill;
      context.fill("evenodd");
      context.globalAlpha = 1;
      Gridder.stroke(context, line, 1.2);
      yield;
    }
  };
  yield* paint(before, 3);
  yield* paint(after, 1);
  yield* paint(after, 2);
  const { grids } = before.data.sections;
  const seen = [];
  for (let f = grids.start; f < grids.end; f++) if (Gridder.isSeen(before.data.shapes.box, f, frame)) seen.push(f);
  for (const _ of Gridder.paths(context, frame, before.data, seen)) {
    Gridder.stroke(context, Gridder.style.ink, 1, [4, 4]);
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

/* What is under the pointer in one pane, with the grid that carries it on, or that it carries on, in the other. */
Gridder.listenToPanes = (panes, told, say, page) => {
  const others = [told.successor, told.partner];
  panes.forEach((pane, i) => {
    const hover = (g) => {
      const other = g === null ? null : others[i][g];
      if (pane.state.hovered === g) return;
      pane.state.hovered = g;
      panes[1 - i].state.hovered = other === -1 ? null : other;
      panes.forEach(({ sheets }) => sheets.highlight.redraw());
    };
    pane.map.on("mousemove", (event) => {
      const { grid, unit } = Gridder.hit(pane.data, pane.state, pane.map, event.latlng);
      hover(grid);
      page.tell(pane, grid, unit, event.originalEvent);
    });
    pane.map.on("mouseout", () => {
      hover(null);
      page.tell(pane, null, null, null);
    });
  });
};

Gridder.buildComparison = (panes, told, shared, say) => {
  const h = Gridder.element;
  const [before, after] = panes;
  const page = { card: h("aside", { class: "g-card c-card" }), tip: h("div", { class: "g-tip", hidden: true }) };
  document.body.append(page.card, page.tip);
  const redraw = () => panes.forEach(({ sheets }) => Object.values(sheets).forEach((sheet) => sheet.redraw()));

  const whole = Gridder.wholeBounds(before.data).extend(Gridder.wholeBounds(after.data));
  page.showWhole = () => {
    after.map.fitBounds(whole, { animate: false, padding: [24, 24] });
    before.map.setView(after.map.getCenter(), after.map.getZoom(), { animate: false });
  };

  const showMode = (mode) => {
    shared.mode = mode;
    document.body.classList.toggle("c-moved", mode === "moved");
    const neutral = { palette: [["#DDE0DD", "#98A1A6"]], of: after.data.grids.id.map(() => 0) };
    after.state.scheme = mode === "moved" ? neutral : { palette: after.data.palette, of: after.data.grids.colour };
    const bounds = after.map.getBounds();
    panes.forEach(({ map }) => map.invalidateSize({ animate: false, pan: false }));
    if (bounds.contains(whole)) page.showWhole();
    else after.map.fitBounds(bounds, { animate: false });
    page.tip.hidden = true;
    page.write();
    redraw();
    page.card.querySelector(`input[value=${mode}]`).focus();
  };

  const showFlow = (i) => {
    const isSame = shared.flow === i;
    shared.flow = isSame ? null : i;
    before.state.selected = isSame ? null : told.flows.before[i];
    after.state.selected = isSame ? null : told.flows.after[i];
    page.write();
    redraw();
    if (isSame) return;
    const boxes = [before, after].map(({ data, state }) => {
      const f = data.sections.grids.start + state.selected;
      return Gridder.boundsOf(data, data.shapes.box.subarray(4 * f, 4 * f + 4));
    });
    after.map.fitBounds(boxes[0].extend(boxes[1]).pad(0.4), { animate: false, maxZoom: 18 });
    page.card.querySelector(`[name=flow-${i}]`).focus();
  };

  const swatch = (status) => {
    const [fill, line] = told.palette[status - 1];
    return h("span", { class: "g-swatch", style: `background:${fill};border:1.5px solid ${line}` });
  };
  const totals = ([layer, counts]) => h("div", { class: "g-layer" },
    h("h3", {}, say.word(layer)),
    h("ul", { class: "c-totals" }, Gridder.STATUSES.map((status, s) => h("li", {},
      s ? swatch(s) : h("span", { class: "g-swatch c-kept" }),
      h("span", {}, say.word(`status_${status}`)),
      h("b", {}, say.number(counts[status]))))),
    counts.moved ? h("p", {}, say.word("moved_ha", { ha: say.number(counts.moved_ha, 1) })) : null);
  const flow = (i) => {
    const { layer, before: a, after: b, units, area_ha, size } = told.flows;
    const parts = [`${say.number(units[i])} ${say.word(`${layer[i]}_units`)}`, `${say.number(area_ha[i], 1)} ${say.word("of_area_ha")}`];
    if (size[i] !== null && !after.data.sizes[layer[i]].of.startsWith("area")) {
      parts.push(`${say.number(size[i])} ${say.measure(layer[i])}`);
    }
    return h("li", {}, h("button", {
      type: "button", class: "g-link", name: `flow-${i}`, "aria-pressed": String(shared.flow === i), onclick: () => showFlow(i),
    }, h("bdi", {}, before.data.grids.code[a[i]]), " → ", h("bdi", {}, after.data.grids.code[b[i]])), h("small", {}, parts.join(" · ")));
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
    const mode = (key) => h("label", {},
      h("input", { type: "radio", name: "mode", value: key, checked: shared.mode === key, onchange: () => showMode(key) }),
      h("span", {}, say.word(`mode_${key}`)));
    const n = told.flows.units.length;
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
      h("fieldset", { class: "c-modes" }, h("legend", {}, say.word("mode")), mode("side"), mode("moved")),
      ...Object.entries(told.totals).map(totals),
      n ? h("h3", {}, say.word("flows")) : h("p", { class: "g-note" }, say.word("nothing_moved")),
      h("ul", { class: "c-flows" }, told.flows.units.map((_, i) => flow(i))),
      ...(told.n_flows > n ? [h("p", { class: "g-note" }, say.word("more", { n: say.number(told.n_flows - n) }))] : []));
  };

  page.tell = ({ data, status }, grid, unit, event) => {
    page.tip.hidden = grid === null;
    if (grid === null) return;
    const parts = [h("strong", {}, h("bdi", {}, data.grids.code[grid]))];
    if (unit !== null) {
      parts.push(h("small", {}, h("bdi", {}, data.units.id[unit]), ` · ${say.word(`status_${Gridder.STATUSES[status[unit]]}`)}`));
    }
    page.tip.replaceChildren(...parts);
    const left = Math.min(event.clientX + 14, window.innerWidth - page.tip.offsetWidth - 8);
    const top = Math.min(event.clientY + 16, window.innerHeight - page.tip.offsetHeight - 8);
    page.tip.style.transform = `translate(${left}px, ${top}px)`;
  };
  return page;
};
