/* Words, numbers and the panel of one grid. Texts of the data reach the page as text nodes only. */

Gridder.element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null));
  return node;
};

/* The functions that say things in the language of the moment. */
Gridder.speaker = (data, state) => {
  const word = (key, facts = {}) => {
    const text = data.words[key][state.lang === "zh" ? 1 : 0];
    return text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));
  };
  const number = (value, digits = 2) =>
    value.toLocaleString(state.lang === "zh" ? "zh-CN" : "en-GB", { maximumFractionDigits: digits });
  const measure = (layer) => {
    const { of } = data.sizes[layer];
    return data.words[`of_${of}`] ? word(`of_${of}`) : of;
  };
  const count = (value, suppressed) => {
    if (value !== null) return number(value);
    return suppressed ? word("hidden") : "–";
  };
  const size = (g) => {
    const { grids, sizes } = data;
    const value = grids.size[g];
    if (value === null) return word("hidden");
    return `${number(value)} ${measure(grids.layer[g])}`;
  };
  return { word, number, measure, count, size };
};

/* Hidden counts: those below k and those hidden with them cannot be told apart, so both read the same. */
Gridder.gridPanel = (data, say, g, actions, scheme, tiled = null) => {
  const h = Gridder.element;
  const { grids } = data;
  const layer = grids.layer[g];
  const [fill, line] = scheme.palette[scheme.of[g]];
  const status = grids.within[g] ? "in_bounds" : "out_of_bounds";
  return [
    h("header", {},
      h("span", { class: "g-chip", style: `background:${fill};border-color:${line}` }),
      h("div", { class: "g-head" },
        h("h2", { id: "g-panel-title" }, h("bdi", {}, grids.code[g])),
        h("p", {}, say.word(layer), " · ", say.word("zone"), " ", h("bdi", {}, grids.zone[g]))),
      h("button", { class: "g-close", type: "button", "aria-label": say.word("close"), onclick: actions.close }, "×")),
    tiled ? h("p", { class: "g-unit" }, Gridder.tellUnit(data, say, tiled)) : null,
    grids.within[g] === null ? null
      : h("p", { class: `g-status g-${status}` }, grids.within[g] ? "✓ " : "! ", say.word(status)),
    Gridder.toPage(data, say, g),
    Gridder.sizeBar(data, say, g),
    Gridder.certificate(data, say, g),
    Gridder.facts(data, say, g),
    grids.suppressed[g] ? h("p", { class: "g-note" }, say.word("suppressed", { k: data.k })) : null,
    ...Gridder.groups(data, say, g),
    h("h3", {}, say.word("neighbours")),
    Gridder.chips(data.neighboursOf[g], (i) => grids.code[i], actions.showGrid, say),
    ...(data.unitsOf[g].length
      ? [h("h3", {}, say.word(`${layer}_count`)), Gridder.chips(data.unitsOf[g], (u) => data.units.id[u], actions.showUnit, say)]
      : []),
  ].filter((part) => part !== null);
};

Gridder.sizeBar = (data, say, g) => {
  const h = Gridder.element;
  const { target, minimum, maximum } = data.sizes[data.grids.layer[g]];
  const value = data.grids.size[g];
  const full = Math.max(maximum * 1.15, (value ?? 0) * 1.05, 1e-9);
  const share = (x) => `${((100 * x) / full).toFixed(2)}%`;
  const mark = (key, x) =>
    h("span", { class: `g-mark g-mark-${key}`, style: `left:${share(x)}`, title: `${say.word(key)} ${say.number(x)}` },
      h("small", {}, say.number(x)));
  return h("section", { class: "g-size" },
    h("div", { class: "g-size-line" }, h("strong", {}, say.size(g)),
      h("span", {}, say.word("target"), " ", say.number(target))),
    h("div", { class: "g-bar" },
      h("span", { class: "g-allowed", style: `left:${share(minimum)};width:${share(maximum - minimum)}` }),
      h("span", { class: `g-value${data.grids.within[g] === 0 ? " g-alarm" : ""}`, style: `width:${share(value ?? 0)}` }),
      mark("minimum", minimum), mark("target", target), mark("maximum", maximum)));
};

Gridder.certificate = (data, say, g) => {
  const reason = data.grids.reason[g];
  if (data.grids.within[g] !== 0 || !data.words[reason]) return null;
  const layer = data.grids.layer[g];
  const { minimum, maximum } = data.sizes[layer];
  const weight = data.grids.certificate_weight[g];
  return Gridder.element("section", { class: "g-why" },
    Gridder.element("h3", {}, say.word("why")),
    Gridder.element("p", {}, say.word(reason, {
      weight: weight === null ? say.word("hidden") : say.number(weight),
      minimum: say.number(minimum), maximum: say.number(maximum), unit: say.measure(layer),
    })));
};

Gridder.facts = (data, say, g) => {
  const h = Gridder.element;
  const { grids } = data;
  const hidden = grids.suppressed[g];
  const deviation = grids.deviation[g];
  const percent = deviation === null ? say.count(null, hidden)
    : `${deviation > 0 ? "+" : ""}${say.number(100 * deviation, 1)} %`;
  const area = grids.area_ha[g];
  const rows = [
    ["deviation", percent],
    grids.n_members[g] === null && !hidden ? null : ["members", say.count(grids.n_members[g], hidden)],
    [`${grids.layer[g]}_count`, say.number(grids.n_units[g])],
    ["area", `${say.number(area)} ${say.word("of_area_ha")} · ${say.number(area * 15, 1)} ${say.word("of_area_mu")}`],
    ["compactness", grids.polsby_popper[g] === null ? "–" : grids.polsby_popper[g].toFixed(2)],
  ].filter((row) => row !== null);
  return h("dl", {}, rows.map(([key, value]) =>
    h("div", key === "compactness" ? { title: say.word("compactness_note") } : {},
      h("dt", {}, say.word(key)), h("dd", {}, value))));
};

Gridder.groups = (data, say, g) => {
  const h = Gridder.element;
  const { attribute, value, count } = data.composition;
  const attributes = new Map();
  for (const row of data.compositionOf[g]) {
    if (!attributes.has(attribute[row])) attributes.set(attribute[row], []);
    attributes.get(attribute[row]).push(row);
  }
  if (!attributes.size) return [];
  const tables = [...attributes].map(([name, rows]) => {
    const most = Math.max(...rows.map((row) => count[row] ?? 0), 1);
    rows.sort((a, b) => (count[b] ?? 0) - (count[a] ?? 0) || a - b);
    return h("div", { class: "g-group" },
      h("h4", {}, h("bdi", {}, name === "skill" ? say.word("skill") : name)),
      rows.map((row) => h("div", { class: "g-share" },
        h("bdi", {}, value[row]),
        h("span", { class: "g-rail" }, h("span", { style: `width:${(100 * (count[row] ?? 0)) / most}%` })),
        h("span", { class: "g-count" }, say.count(count[row], true)))));
  });
  return [h("h3", {}, say.word("group")), ...tables];
};

Gridder.chips = (items, name, show, say, most = 40) => {
  const h = Gridder.element;
  if (!items.length) return h("p", { class: "g-note" }, say.word("no_neighbours"));
  const chip = (i) => h("button", { type: "button", class: "g-link", onclick: () => show(i) }, h("bdi", {}, name(i)));
  const list = h("div", { class: "g-chips" }, items.slice(0, most).map(chip));
  const rest = items.slice(most);
  if (rest.length) {
    list.append(h("button", {
      type: "button", class: "g-link g-more",
      onclick: (event) => event.currentTarget.replaceWith(...rest.map(chip)),
    }, say.word("more", { n: say.number(rest.length) })));
  }
  return list;
};

Gridder.outOfBoundsPanel = (data, say, layer, actions) => {
  const h = Gridder.element;
  const list = data.grids.id.map((_, g) => g).filter((g) => data.grids.layer[g] === layer && data.grids.within[g] === 0
    && !(data.atlas && Gridder.isBeside(data, g)));
  return [
    h("header", {},
      h("span", { class: "g-chip g-hatched" }),
      h("div", { class: "g-head" },
        h("h2", { id: "g-panel-title" }, say.word("out_of_bounds"), ` · ${say.number(list.length)}`),
        h("p", {}, say.word(layer))),
      h("button", { class: "g-close", type: "button", "aria-label": say.word("close"), onclick: actions.close }, "×")),
    h("ul", { class: "g-list" }, list.slice(0, 500).map((g) => h("li", {},
      h("button", { type: "button", class: "g-link", onclick: () => actions.showGrid(g) }, h("bdi", {}, data.grids.code[g])),
      " ", say.size(g), " ", Gridder.certificate(data, say, g)?.lastChild ?? ""))),
  ];
};
