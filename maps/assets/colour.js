/* What the colours of grids say: one scheme for each thing that can be coloured by.
   A scheme has a palette of fills and lines, the number of the colour of every grid (`of`), for kinds that of
   every unit (`unitOf`), and the classes for the legend: colour, words, and how many grids or units they hold. */

Gridder.DEVIATIONS = [-0.3, -0.1, 0.1, 0.3];
Gridder.COMPACTNESS = [0.3, 0.45, 0.6, 0.75];
Gridder.MOST_KINDS = 7;

Gridder.schemes = {
  grid: (data) => ({ palette: data.palette, of: data.grids.colour, classes: [] }),

  deviation: (data, say) => {
    const percent = (x) => `${x > 0 ? "+" : x < 0 ? "−" : ""}${say.number(100 * Math.abs(x), 0)} %`;
    return Gridder.classed(data, say, data.ramps.diverging, data.grids.deviation, () => Gridder.DEVIATIONS, percent);
  },

  size: (data, say) => Gridder.classed(data, say, data.ramps.sequential, data.grids.size, (layer) => {
    const { minimum, maximum } = data.sizes[layer];
    return [0, 1, 2, 3].map((i) => minimum + (i * (maximum - minimum)) / 3);
  }, (x) => say.number(x, 1)),

  compactness: (data, say) =>
    Gridder.classed(data, say, data.ramps.sequential, data.grids.polsby_popper, () => Gridder.COMPACTNESS,
      (x) => x.toFixed(2)),

  kind: (data, say) => {
    const { kind, grid } = data.units;
    const counts = new Map();
    for (const name of kind) if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
    const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const shown = ranked.slice(0, Gridder.MOST_KINDS);
    const number = new Map(shown.map(([name], c) => [name, c]));
    const other = shown.length;
    const unitOf = kind.map((name) => number.get(name) ?? other);
    const area = data.grids.id.map(() => new Float64Array(other + 1));
    unitOf.forEach((c, u) => { area[grid[u]][c] += data.units.area_ha[u] ?? 0; });
    const rest = kind.length - shown.reduce((sum, [, n]) => sum + n, 0);
    return {
      palette: [...data.ramps.kinds.slice(0, other), data.ramps.none],
      of: area.map((shares) => shares.indexOf(Math.max(...shares))),
      unitOf,
      classes: [
        ...shown.map(([name, n], c) => ({ colour: c, text: name, count: n })),
        ...(rest ? [{ colour: other, text: say.word("other_kinds"), count: rest }] : []),
      ],
    };
  },
};

/* Classes of numbers between breaks, which may differ from layer to layer; what is missing is grey. */
Gridder.classed = (data, say, ramp, values, breaksOf, write) => {
  const palette = [...ramp, data.ramps.none];
  const of = values.map((value, g) => {
    if (value === null) return ramp.length;
    const breaks = breaksOf(data.grids.layer[g]);
    return breaks.filter((edge, i) => (i < breaks.length - 1 ? value >= edge : value > edge)).length;
  });
  const classes = [];
  const layers = ["field", "building"].filter((layer) => data.sizes[layer]);
  const texts = (layer) => {
    const breaks = breaksOf(layer);
    return ramp.map((_, c) => {
      if (c === 0) return `< ${write(breaks[0])}`;
      if (c === ramp.length - 1) return `> ${write(breaks.at(-1))}`;
      return say.word("from_to", { low: write(breaks[c - 1]), high: write(breaks[c]) });
    });
  };
  const differs = layers.length > 1 && texts(layers[0]).join() !== texts(layers[1]).join();
  for (const layer of differs ? layers : [null]) {
    const isOf = (g) => layer === null || data.grids.layer[g] === layer;
    const counts = palette.map(() => 0);
    of.forEach((c, g) => { if (isOf(g)) counts[c] += 1; });
    if (layer) classes.push({ heading: `${say.word(layer)}（${say.measure(layer)}）` });
    texts(layer ?? layers[0]).forEach((text, c) => classes.push({ colour: c, text, count: counts[c] }));
    if (counts[ramp.length]) classes.push({ colour: ramp.length, text: say.word("unknown"), count: counts[ramp.length] });
  }
  return { palette, of, classes };
};

/* What there is to colour by. */
Gridder.colourKeys = (data) => {
  const some = (values) => values.some((value) => value !== null && value !== "");
  return ["grid", "deviation", "size", "compactness", "kind"].filter((key) => ({
    grid: true,
    deviation: some(data.grids.deviation),
    size: some(data.grids.size),
    compactness: some(data.grids.polsby_popper),
    kind: some(data.units.kind),
  })[key]);
};
