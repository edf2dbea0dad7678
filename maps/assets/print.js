/* The sheet for print: title, date, map, legend. The page takes the size of the paper, the map is painted
   anew for it at the printer's resolution, and afterwards all is as it was.
   The size is told by a sheet of the script's own: a style element is not allowed where the map is served. */

Gridder.PAPERS = {
  a4_landscape: { size: "A4 landscape", width: 297, height: 210 },
  a4_portrait: { size: "A4 portrait", width: 210, height: 297 },
  a3_landscape: { size: "A3 landscape", width: 420, height: 297 },
  a3_portrait: { size: "A3 portrait", width: 297, height: 420 },
};
Gridder.MARGIN_MM = 10;
Gridder.PRINT_RATIO = 3;

Gridder.createPrinter = (map, data, say, page) => {
  const h = Gridder.element;
  const root = document.documentElement;
  const style = new CSSStyleSheet();
  const head = h("header", { class: "g-print-head", hidden: true });
  document.adoptedStyleSheets.push(style);
  document.body.append(head);
  let before = null;
  let paper = "a4_landscape";

  const lay = () => {
    if (before) return;
    before = { center: map.getCenter(), zoom: map.getZoom(), bounds: page.visibleBounds() };
    const { size, width, height } = Gridder.PAPERS[paper];
    style.replaceSync(`@page { size: ${size}; margin: ${Gridder.MARGIN_MM}mm; }`);
    root.style.setProperty("--g-paper-width", `${width - 2 * Gridder.MARGIN_MM}mm`);
    root.style.setProperty("--g-paper-height", `${height - 2 * Gridder.MARGIN_MM - 1}mm`);
    root.classList.add("g-printing");
    root.classList.toggle("g-print-portrait", height > width);
    const today = new Date().toLocaleDateString(root.lang === "zh-CN" ? "zh-CN" : "en-GB", { dateStyle: "long" });
    const dates = [say.word("printed", { date: today })];
    if (data.valid_from) dates.unshift(say.word("valid_from", { date: data.valid_from }));
    head.hidden = false;
    head.replaceChildren(h("h1", {}, h("bdi", {}, document.title)), h("p", {}, dates.join(" · ")));
    page.openLegend(true);
    map.invalidateSize({ animate: false, pan: false });
    map.fitBounds(before.bounds, { animate: false, padding: [12, 12] });
    page.paintWhole(Gridder.PRINT_RATIO);
  };
  const undo = () => {
    if (!before) return;
    root.classList.remove("g-printing", "g-print-portrait");
    head.hidden = true;
    page.openLegend(false);
    map.invalidateSize({ animate: false, pan: false });
    map.setView(before.center, before.zoom, { animate: false });
    before = null;
    page.paintWhole(null);
  };
  window.addEventListener("beforeprint", lay);
  window.addEventListener("afterprint", undo);
  return {
    print: (name) => {
      paper = name;
      lay();
      window.print();
    },
  };
};
