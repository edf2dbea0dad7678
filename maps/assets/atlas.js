/* The pages of an atlas: where this one stands, and the links to the others (maps/linked.py). */

Gridder.readAtlas = async () => {
  if (!document.getElementById("gridder-atlas")) return null;
  return JSON.parse(new TextDecoder().decode(await Gridder.inflate("gridder-atlas")));
};

/* What a link carries from page to page: the language and the grid to open. */
Gridder.readHash = () => new URLSearchParams(location.hash.slice(1));

Gridder.pageLink = (data, say, number, children, grid = null) => {
  const { root } = data.atlas;
  const lang = document.documentElement.lang === "zh-CN" ? "zh" : "en";
  const hash = new URLSearchParams({ lang, ...(grid === null ? {} : { grid: data.grids.id[grid] }) });
  return Gridder.element("a", { href: `${root}${number ? `pages/${number}.html` : "index.html"}#${hash}` }, children);
};

Gridder.pageName = (say, name) =>
  Gridder.element("bdi", {}, name === "none" ? say.word("no_zone") : name);

/* Grids that are on a page for orientation only. */
Gridder.isBeside = ({ atlas, open }, g) => {
  if (atlas) return atlas.here > 0 && atlas.of[g] !== atlas.here;
  return open !== null && g !== open;
};

/* The links of a page, or the contents of the atlas in its overview. */
Gridder.atlasPart = (data, say) => {
  if (!data.atlas) return [];
  const h = Gridder.element;
  const { here, previous, next, links, pdf } = data.atlas;
  const turn = (to, sign, word) => {
    if (!to) return h("span", {});
    const link = Gridder.pageLink(data, say, to[0], sign);
    link.title = say.word(word, { name: to[1] === "none" ? say.word("no_zone") : to[1] });
    link.setAttribute("aria-label", link.title);
    return link;
  };
  const turns = here
    ? [turn(previous, "‹", "previous_page"), Gridder.pageLink(data, say, 0, say.word("overview")), turn(next, "›", "next_page")]
    : pdf ? [h("a", { href: pdf }, say.word("for_print"))] : [];
  const list = links.length
    ? [h("details", { open: links.length <= 12 && window.innerWidth > 720 },
      h("summary", {}, say.word(here ? "pages_beside" : "pages"), " ", h("b", {}, say.number(links.length))),
      h("div", { class: "g-chips" }, links.map(([number, name]) =>
        Gridder.pageLink(data, say, number, Gridder.pageName(say, name)))))]
    : [];
  if (!turns.length && !list.length) return [];
  return [h("nav", { class: "g-pages", "aria-label": say.word("atlas") },
    ...(turns.length ? [h("div", { class: "g-turns" }, turns)] : []), ...list)];
};

/* From the panel of a grid to the page that is about it. */
Gridder.toPage = (data, say, g) => {
  if (!data.atlas || data.atlas.of[g] === data.atlas.here) return null;
  const link = Gridder.pageLink(data, say, data.atlas.of[g], say.word("to_page"), g);
  link.className = "g-to-page";
  return link;
};
