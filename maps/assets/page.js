/* The page around the map: search, layers, colours, panel, tools, language. */

Gridder.createMap = (id, options = {}) => {
  const map = L.map(id, {
    zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.75, wheelPxPerZoomLevel: 110, minZoom: 2, maxZoom: 21, ...options,
  });
  map.attributionControl.setPrefix("Leaflet");
  map.getContainer().setAttribute("role", "application");
  return map;
};

Gridder.open = async (map) => {
  if (!("DecompressionStream" in window)) {
    document.querySelector(".g-old").hidden = false;
    return;
  }
  const data = await Gridder.readData();
  const isLater = Gridder.hasManyUnits(data);
  if (!isLater) await Gridder.addUnits(data);
  Gridder.rankGrids(data);
  Gridder.measureWidths(data);
  const hash = Gridder.readHash();
  const state = {
    lang: ["en", "zh"].includes(hash.get("lang")) ? hash.get("lang") : data.lang,
    on: { field: true, building: true, units: true, zones: true, barriers: true, labels: true, base: true },
    colour: "grid",
    scheme: null,
    hovered: null,
    selected: null,
    unit: null,
    tiled: null,
    listed: null,
  };
  const say = Gridder.speaker(data, state);
  state.scheme = Gridder.schemes[state.colour](data, say);
  const page = Gridder.buildPage(map, data, state, say);
  page.write();
  const open = data.open ?? data.grids.id.indexOf(hash.get("grid"));
  if (open < 0) Gridder.showWhole(map, data, page);
  else page.showGrid(open);
  page.addSheets();
  document.documentElement.dataset.ready = "true";
  if (isLater) {
    await Gridder.addUnits(data);
    Gridder.measureWidths(data);
    page.showUnits();
  }
  Gridder.joinService?.(data, { begun: page.showUnits, changed: page.tileCame });
  document.documentElement.dataset.complete = "true";
};

/* Leaflet takes an attribution for markup. */
Gridder.escaped = (text) => Gridder.element("span", {}, text).innerHTML;

Gridder.toLatLng = (bits, x, y) => {
  const size = 2 ** bits;
  return L.latLng(
    (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / size))) * 180) / Math.PI, (x / size) * 360 - 180);
};

/* Keep clear of the card and the panel, wherever the width of the screen puts them. */
Gridder.padding = (page) => {
  const isWide = window.innerWidth > 720;
  const panel = page.panel.hidden ? null : page.panel.getBoundingClientRect();
  const card = page.card.getBoundingClientRect();
  if (isWide) {
    const right = panel ? window.innerWidth - panel.left + 14 : 56;
    return { paddingTopLeft: [card.right + 14, 18], paddingBottomRight: [right, 22] };
  }
  const bottom = panel ? window.innerHeight - panel.top + 24 : 40;
  return { paddingTopLeft: [14, card.bottom + 10], paddingBottomRight: [14, bottom] };
};

Gridder.boundsOf = (data, [west, north, east, south]) =>
  L.latLngBounds(Gridder.toLatLng(data.bits, west, south), Gridder.toLatLng(data.bits, east, north));

Gridder.wholeBounds = (data) => {
  const { start, end } = data.sections.grids;
  const all = Array.from({ length: end - start }, (_, i) => start + i);
  return Gridder.boundsOf(data, Gridder.unionBox(data.shapes.box, all));
};

Gridder.showBox = (map, data, page, box, options) =>
  map.fitBounds(Gridder.boundsOf(data, box), { ...Gridder.padding(page), ...options });

Gridder.showWhole = (map, data, page) =>
  map.fitBounds(Gridder.wholeBounds(data), { ...Gridder.padding(page), animate: false });

Gridder.hit = (data, state, map, latlng) => {
  const at = map.options.crs.latLngToPoint(latlng, 0).multiplyBy(2 ** data.bits / 256);
  const { grids, units } = data.sections;
  const scale = map.options.crs.scale(map.getZoom()) / 2 ** data.bits;
  const tiled = data.tiled ? Gridder.tiledUnitAt(data, state, scale, at) : null;
  if (tiled) return { grid: tiled.grid, unit: null, tiled };
  for (const layer of ["building", "field"]) {
    if (!state.on[layer]) continue;
    for (let f = grids.start; f < grids.end; f++) {
      const g = f - grids.start;
      if (data.grids.layer[g] !== layer || !Gridder.contains(data.shapes, f, at.x, at.y)) continue;
      const unit = data.unitsOf[g].find((u) => Gridder.contains(data.shapes, units.start + u, at.x, at.y));
      return { grid: g, unit: unit ?? null };
    }
  }
  return { grid: null, unit: null };
};

/* Grids by code, zones and kinds (a compound, a crop) by name, and units by id: equal before beginning before
   containing. */
Gridder.find = (data, text, most = 12) => {
  const wanted = text.trim().toUpperCase();
  data.kinds ??= [...new Set(data.units.kind)].filter((name) => name).sort();
  data.upper ??= Object.fromEntries(Object.entries({
    grid: data.grids.code, zone: data.zones.name, kind: data.kinds, unit: data.units.id,
  }).map(([kind, names]) => [kind, names.map((name) => name.toUpperCase())]));
  const ranked = [];
  const look = (kind) => data.upper[kind].forEach((name, i) => {
    const at = name.indexOf(wanted);
    if (at >= 0) ranked.push({ kind, i, rank: name.length === wanted.length ? 0 : at === 0 ? 1 : 2 });
  });
  look("grid");
  if (wanted) look("zone");
  if (wanted) look("kind");
  if (wanted) look("unit");
  return ranked.sort((a, b) => a.rank - b.rank).slice(0, most);
};

Gridder.buildPage = (map, data, state, say) => {
  const h = Gridder.element;
  const page = {
    card: h("aside", { class: "g-card" }),
    panel: h("section", { class: "g-panel", role: "dialog", "aria-labelledby": "g-panel-title", tabindex: "-1", hidden: true }),
    tip: h("div", { class: "g-tip", hidden: true }),
    tools: h("div", { class: "g-tools", role: "region" }),
    measured: h("output", { class: "g-measured", hidden: true }),
  };
  document.body.append(page.card, page.panel, page.tools, page.measured, page.tip);
  let cameFrom = null;

  const sheets = {};
  page.base = data.tiles.map(({ url, attribution, subdomains, max_zoom }) => L.tileLayer(url, {
    subdomains, maxNativeZoom: max_zoom, maxZoom: map.getMaxZoom(), attribution: Gridder.escaped(attribution),
  }).addTo(map));
  page.addSheets = () => {
    for (const [name, paint, buffered] of [
      ["scene", Gridder.paintScene, true], ["highlight", Gridder.paintHighlight, false],
      ["labels", Gridder.paintLabels, true],
    ]) {
      sheets[name] = new Gridder.Sheet({
        bits: data.bits, buffered, paint: (context, frame) => paint(context, frame, data, state),
      }).addTo(map);
    }
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  };
  const redraw = (...names) => names.forEach((name) => sheets[name]?.redraw());

  /* For paper: all of it, before anything else happens, at so many pixels for one of the page. */
  page.paintWhole = (ratio) => Object.values(sheets).forEach((sheet) => {
    sheet.options.ratio = ratio;
    sheet._update();
    sheet.redraw({ whole: true });
  });
  /* The plan where all of it is in sight, or what lies between card and panel. */
  page.visibleBounds = () => {
    const { paddingTopLeft, paddingBottomRight } = Gridder.padding(page);
    const all = Gridder.wholeBounds(data);
    if (map.getBounds().contains(all)) return all;
    const corners = [L.point(paddingTopLeft), map.getSize().subtract(paddingBottomRight)];
    return L.latLngBounds(corners.map((corner) => map.containerPointToLatLng(corner)));
  };
  page.openLegend = (isOpen) => {
    if (isOpen) page.legendWasOpen = layersPart.open;
    layersPart.open = isOpen || page.legendWasOpen;
  };

  const writePanel = () => {
    const isOpen = state.selected !== null || state.listed !== null;
    page.panel.hidden = !isOpen;
    document.body.classList.toggle("g-panelled", isOpen);
    if (!isOpen) return;
    const parts = state.selected !== null
      ? Gridder.gridPanel(data, say, state.selected, actions, state.scheme, state.tiled)
      : Gridder.outOfBoundsPanel(data, say, state.listed, actions);
    page.panel.replaceChildren(...parts);
    page.panel.scrollTop = 0;
  };

  const select = (change, moves) => {
    if (page.panel.hidden) cameFrom = document.activeElement;
    Object.assign(state, { selected: null, unit: null, tiled: null, listed: null }, change);
    if (state.selected !== null) state.on[data.grids.layer[state.selected]] = true;
    writePanel();
    writeLayers();
    if (!page.panel.hidden) page.panel.focus({ preventScroll: true });
    if (state.selected !== null) (moves ? moveTo : bringIntoSight)(state.selected);
    redraw("scene", "highlight", "labels");
  };

  const bringIntoSight = (g) => {
    const [x, y] = data.grids.label;
    map.panInside(Gridder.toLatLng(data.bits, x[g], y[g]), Gridder.padding(page));
  };

  const moveTo = (g) => {
    const f = data.sections.grids.start + g;
    const [west, north, east, south] = data.shapes.box.subarray(4 * f, 4 * f + 4);
    const more = 0.6 * Math.max(east - west, south - north);
    Gridder.showBox(map, data, page, [west - more, north - more, east + more, south + more], { maxZoom: 18 });
  };

  const actions = {
    close: () => {
      select({}, false);
      if (cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
    },
    showGrid: (g) => select({ selected: g }, true),
    showUnit: (u) => select({ selected: data.units.grid[u], unit: u }, true),
    showZone: (z) => {
      const f = data.sections.zones.start + z;
      Gridder.showBox(map, data, page, data.shapes.box.subarray(4 * f, 4 * f + 4));
    },
    showKind: (k) => {
      const { start } = data.sections.units;
      const own = data.units.kind.flatMap((name, u) => (name === data.kinds[k] ? [start + u] : []));
      colourBy("kind");
      Gridder.showBox(map, data, page, Gridder.unionBox(data.shapes.box, own));
    },
    list: (layer) => select({ listed: layer }, false),
  };

  const colourBy = (key) => {
    state.colour = key;
    state.scheme = Gridder.schemes[key](data, say);
    writeLayers();
    writePanel();
    redraw("scene");
  };

  page.showGrid = actions.showGrid;
  page.showUnits = () => {
    writeLayers();
    writePanel();
    redraw("scene", "labels");
  };

  /* Several tiles that come one after the other are painted at once. */
  let isPainted = true;
  page.tileCame = () => {
    if (isPainted) setTimeout(() => {
      isPainted = true;
      redraw("scene", "highlight");
    }, 60);
    isPainted = false;
  };

  /* The card: title, language, search, layers. */
  const layersPart = h("details", { class: "g-layers", open: window.innerWidth > 720 });
  const writeLayers = () => layersPart.replaceChildren(...Gridder.layerRows(data, state, say, {
    toggle: (name, isOn) => {
      state.on[name] = isOn;
      if (name === "base") for (const layer of page.base) isOn ? layer.addTo(map) : layer.remove();
      redraw("scene", "labels");
    },
    list: actions.list,
    colour: (key) => {
      colourBy(key);
      layersPart.querySelector("select").focus();
    },
  }));
  page.write = () => {
    document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
    const title = data.title[state.lang === "zh" ? 1 : 0];
    document.title = title;
    map.getContainer().setAttribute("aria-label", say.word("map"));
    page.tools.setAttribute("aria-label", say.word("tools"));
    page.card.replaceChildren(
      h("div", { class: "g-title" },
        h("h1", {}, h("bdi", {}, title)),
        h("button", {
          class: "g-lang", type: "button", lang: state.lang === "zh" ? "en" : "zh-CN",
          onclick: () => {
            state.lang = state.lang === "zh" ? "en" : "zh";
            state.scheme = Gridder.schemes[state.colour](data, say);
            ruler.toggle(false);
            page.write();
            page.card.querySelector(".g-lang").focus();
          },
        }, say.word("other_language"))),
      ...Gridder.atlasPart(data, say),
      Gridder.searchBox(data, say, actions),
      layersPart);
    writeLayers();
    writePanel();
    page.tools.replaceChildren(...Gridder.toolButtons(map, say, {
      whole: () => Gridder.showWhole(map, data, page), measure: () => ruler.toggle(), print: printer.print,
    }));
  };

  const ruler = Gridder.createRuler(map, say, (text) => {
    page.measured.hidden = text === null;
    page.measured.textContent = text ?? "";
    page.tools.querySelector("[name=measure]")?.setAttribute("aria-pressed", String(ruler.isOn));
  });
  const printer = Gridder.createPrinter(map, data, say, page);

  Gridder.listen(map, data, state, say, page, { ...actions, redraw, ruler, pick: (found) =>
    (found.grid === null ? actions.close()
      : select({ selected: found.grid, unit: found.unit, tiled: found.tiled ?? null }, false)) });
  return page;
};

/* Drawn, not typed: office machines lack the letters. */
Gridder.ICONS = {
  zoom_in: "M10 4v12M4 10h12",
  zoom_out: "M4 10h12",
  whole: "M3 10.5 10 4l7 6.5M5.5 9v7h9V9",
  full_screen: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  measure: "M2.5 13 13 2.5 17.5 7 7 17.5zM6 9.5l2 2M9 6.5l2 2M12 3.5l2 2",
  print: "M6 8V3h8v5M6 14H3V8h14v6h-3M6 12h8v5H6z",
};

Gridder.icon = (key) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", Gridder.ICONS[key]);
  svg.append(path);
  return svg;
};

Gridder.toolButtons = (map, say, acts) => {
  const h = Gridder.element;
  const named = (key, more = {}) => ({ title: say.word(key), "aria-label": say.word(key), ...more });
  const tool = (key, act, more) =>
    h("button", { type: "button", name: key, ...named(key, more), onclick: act }, Gridder.icon(key));
  const papers = h("div", { class: "g-papers", role: "group", "aria-label": say.word("print") },
    Object.keys(Gridder.PAPERS).map((name) => h("button", {
      type: "button", name, onclick: () => {
        menu.open = false;
        acts.print(name);
      },
    }, say.word(name))));
  const menu = h("details", { class: "g-print", onkeydown: (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.firstChild.focus();
  } }, h("summary", named("print"), Gridder.icon("print")), papers);
  return [
    h("div", { class: "g-north", "aria-hidden": "true" }, h("span", {}, "▲"), say.word("north")),
    tool("zoom_in", () => map.zoomIn()),
    tool("zoom_out", () => map.zoomOut()),
    tool("whole", acts.whole),
    ...(document.fullscreenEnabled ? [tool("full_screen", Gridder.toggleFullScreen)] : []),
    ...(acts.measure ? [tool("measure", acts.measure, { "aria-pressed": "false" })] : []),
    menu,
  ];
};

Gridder.listen = (map, data, state, say, page, actions) => {
  const hover = (g) => {
    if (g === state.hovered) return;
    state.hovered = g;
    actions.redraw("highlight");
    map.getContainer().style.cursor = g === null ? "" : "pointer";
  };
  map.on("mousemove", (event) => {
    if (actions.ruler.isOn) return;
    const { grid, unit, tiled } = Gridder.hit(data, state, map, event.latlng);
    hover(grid);
    page.tip.hidden = grid === null;
    if (grid === null) return;
    page.tip.replaceChildren(
      Gridder.element("strong", {}, Gridder.element("bdi", {}, data.grids.code[grid])),
      ` ${say.size(grid)}`,
      unit === null ? "" : Gridder.element("small", {}, Gridder.element("bdi", {}, data.units.id[unit]),
        data.units.kind[unit] ? ` · ${data.units.kind[unit]}` : ""),
      tiled ? Gridder.element("small", {}, Gridder.tellUnit(data, say, tiled)) : "");
    const { clientX, clientY } = event.originalEvent;
    const left = Math.min(clientX + 14, window.innerWidth - page.tip.offsetWidth - 8);
    const top = Math.min(clientY + 16, window.innerHeight - page.tip.offsetHeight - 8);
    page.tip.style.transform = `translate(${left}px, ${top}px)`;
  });
  map.on("mouseout", () => {
    page.tip.hidden = true;
    hover(null);
  });
  map.on("click", (event) => {
    if (!actions.ruler.isOn) actions.pick(Gridder.hit(data, state, map, event.latlng));
  });
  /* For the keyboard, a click is where the middle of the map is; Enter ends a measurement. */
  map.on("keydown", ({ originalEvent }) => {
    const isClick = originalEvent.key === " " || (originalEvent.key === "Enter" && !actions.ruler.isOn);
    if (!isClick || originalEvent.target !== map.getContainer()) return;
    originalEvent.preventDefault();
    map.fire("click", { latlng: map.getCenter() });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (actions.ruler.isOn) actions.ruler.toggle(false);
    else if (!page.panel.hidden) actions.close();
  });
};

Gridder.whereUnitsAre = (data) => (data.tiled ? "units_in_tiles" : data.atlas ? "units_on_pages" : "units_left_out");

Gridder.layerRows = (data, state, say, actions) => {
  const h = Gridder.element;
  const box = (name, ...label) => h("label", {},
    h("input", {
      type: "checkbox", name, checked: state.on[name],
      onchange: (event) => actions.toggle(name, event.currentTarget.checked),
    }), ...label);
  const layers = ["field", "building"].filter((layer) => data.sizes[layer]);
  const blocks = layers.map((layer) => {
    const { n_units, n_grids, n_within, unplaced } = data.summary[layer];
    const { target, minimum, maximum } = data.sizes[layer];
    const n_out = n_within === null ? 0 : n_grids - n_within;
    return h("div", { class: "g-layer" },
      box(layer, h("span", { class: `g-swatch g-swatch-${layer}` }), h("span", {}, say.word(layer)), h("b", {}, say.number(n_grids))),
      h("p", {}, `${say.number(n_units)} ${say.word(`${layer}_units`)}`, h("br"),
        say.word("target_of", {
          target: say.number(target), minimum: say.number(minimum), maximum: say.number(maximum), unit: say.measure(layer),
        })),
      h("p", { class: "g-tally" },
        n_within === null ? null : h("span", {}, `✓ ${say.number(n_within)} ${say.word("in_bounds")}`),
        n_out ? h("button", { type: "button", class: "g-out", title: say.word("show_out_of_bounds"), onclick: () => actions.list(layer) },
          h("span", { class: "g-swatch g-hatched" }), ` ${say.number(n_out)} ${say.word("out_of_bounds")}`) : null,
        unplaced ? h("span", {}, `${say.number(unplaced)} ${say.word("of_members")} ${say.word("unplaced")}`) : null));
  });
  const has = (name) => data.sections[name].end > data.sections[name].start;
  return [
    h("summary", {}, say.word("layers")),
    ...blocks,
    Gridder.colourPart(data, state, say, actions),
    h("div", { class: "g-others" },
      has("units") || data.tiled ? box("units", h("span", { class: "g-swatch g-swatch-units" }), h("span", {}, say.word("units"))) : null,
      has("zones") ? box("zones", h("span", { class: "g-swatch g-swatch-zones" }), h("span", {}, say.word("zones"))) : null,
      has("barriers") ? box("barriers", h("span", { class: "g-swatch g-swatch-barriers" }), h("span", {}, say.word("barriers"))) : null,
      has("bridges") ? h("div", {}, h("span", { class: "g-swatch g-swatch-bridges" }), h("span", {}, say.word("bridges"))) : null,
      data.tiles.length ? box("base", h("span", { class: "g-swatch g-swatch-base" }), h("span", {}, say.word("base_map"))) : null,
      box("labels", h("span", { class: "g-swatch g-swatch-labels" }, "01"), h("span", {}, say.word("labels")))),
    data.simplified_m ? h("p", { class: "g-note" }, say.word("simplified", { n: say.number(data.simplified_m) })) : "",
    data.datum === "gcj02" ? h("p", { class: "g-note" }, say.word("gcj02")) : "",
    data.units_left_out ? h("p", { class: "g-note" }, say.word(Gridder.whereUnitsAre(data), { n: say.number(data.units_left_out) })) : "",
    data.k > 1 ? h("p", { class: "g-note" }, say.word("suppressed", { k: data.k })) : "",
  ];
};

Gridder.colourPart = (data, state, say, actions) => {
  const h = Gridder.element;
  const select = h("select", { id: "g-colour", onchange: (event) => actions.colour(event.currentTarget.value) },
    Gridder.colourKeys(data).map((key) =>
      h("option", { value: key, selected: key === state.colour }, say.word(`colour_${key}`))));
  const row = ({ heading, colour, text, count }) => {
    if (heading) return h("li", { class: "g-class-head" }, heading);
    const [fill, line] = state.scheme.palette[colour];
    return h("li", {}, h("span", { class: "g-swatch", style: `background:${fill};border:1.5px solid ${line}` }),
      h("bdi", {}, text), h("b", {}, say.number(count)));
  };
  return h("div", { class: "g-colours" },
    h("label", { for: "g-colour" }, say.word("colour")), select,
    state.scheme.classes.length ? h("ul", {}, state.scheme.classes.map(row)) : null);
};

Gridder.searchBox = (data, say, actions) => {
  const h = Gridder.element;
  const input = h("input", {
    type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "false",
    "aria-controls": "g-found", placeholder: say.word("search"), "aria-label": say.word("search"),
  });
  const list = h("ul", { id: "g-found", role: "listbox", hidden: true });
  let found = [];
  let at = 0;

  const hide = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (hit) => {
    hide();
    ({ grid: actions.showGrid, unit: actions.showUnit, zone: actions.showZone, kind: actions.showKind })[hit.kind](hit.i);
  };
  const mark = () => {
    [...list.children].forEach((node, i) => node.setAttribute("aria-selected", String(i === at)));
    if (found.length) input.setAttribute("aria-activedescendant", `g-found-${at}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const show = () => {
    found = Gridder.find(data, input.value);
    at = 0;
    const rows = found.map((hit, i) => {
      const [name, owner] = {
        grid: () => [data.grids.code[hit.i], say.word(data.grids.layer[hit.i])],
        zone: () => [data.zones.name[hit.i], say.word("zone")],
        kind: () => [data.kinds[hit.i], say.word("colour_kind")],
        unit: () => [data.units.id[hit.i], say.word("found_unit", { code: data.grids.code[data.units.grid[hit.i]] })],
      }[hit.kind]();
      return h("li", { id: `g-found-${i}`, role: "option", onmousedown: (event) => {
        event.preventDefault();
        choose(hit);
      } }, h("bdi", {}, name), h("small", {}, owner));
    });
    list.replaceChildren(...(rows.length ? rows : [h("li", { class: "g-note", role: "option", "aria-disabled": "true" }, say.word("found_nothing"))]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  };

  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  input.addEventListener("blur", hide);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(found.length, 1);
      mark();
    } else if (event.key === "Enter" && found.length) {
      choose(found[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      hide();
    }
  });
  return h("div", { class: "g-search" }, input, list);
};
