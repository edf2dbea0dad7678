/* Measuring lengths and areas, and the full screen. */

/* Square metres of a ring and metres of a line on the sphere of Leaflet's distances. */
Gridder.EARTH_M = 6371000;

Gridder.lengthOf = (map, points) =>
  points.slice(1).reduce((sum, point, i) => sum + map.distance(points[i], point), 0);

Gridder.areaOf = (points) => {
  const rad = Math.PI / 180;
  let sum = 0;
  points.forEach((a, i) => {
    const b = points[(i + 1) % points.length];
    sum += (b.lng - a.lng) * rad * (2 + Math.sin(a.lat * rad) + Math.sin(b.lat * rad));
  });
  return Math.abs((sum * Gridder.EARTH_M ** 2) / 2);
};

/* A ruler: clicks set points, a double click or Enter ends, Escape leaves. While it is on, `ruler.isOn`. */
Gridder.createRuler = (map, say, told) => {
  const ruler = { isOn: false };
  const line = L.polyline([], { color: Gridder.style.ink, weight: 2.5, dashArray: "6 5", interactive: false });
  const area = L.polygon([], { color: Gridder.style.ink, weight: 0, fillOpacity: 0.1, interactive: false });
  let points = [];
  let isDone = false;

  const tell = (ahead) => {
    const all = ahead ? [...points, ahead] : points;
    line.setLatLngs(all);
    area.setLatLngs(all.length > 2 ? all : []);
    told(all.length < 2 ? say.word("measure_start") : Gridder.measured(map, say, all));
  };
  const add = ({ latlng }) => {
    if (isDone) [points, isDone] = [[], false];
    const last = points.at(-1);
    if (!last || map.latLngToLayerPoint(last).distanceTo(map.latLngToLayerPoint(latlng)) > 2) points.push(latlng);
    tell();
  };
  const follow = ({ latlng }) => { if (points.length && !isDone) tell(latlng); };
  const end = () => {
    isDone = true;
    tell();
  };
  const key = (event) => { if (event.originalEvent.key === "Enter") end(); };

  ruler.toggle = (isOn = !ruler.isOn) => {
    if (isOn === ruler.isOn) return;
    ruler.isOn = isOn;
    points = [];
    isDone = false;
    for (const layer of [line, area]) isOn ? layer.addTo(map) : layer.remove();
    map[isOn ? "on" : "off"]({ click: add, mousemove: follow, dblclick: end, keydown: key });
    map.doubleClickZoom[isOn ? "disable" : "enable"]();
    map.getContainer().classList.toggle("g-measuring", isOn);
    isOn ? tell() : told(null);
  };
  return ruler;
};

Gridder.measured = (map, say, points) => {
  const metres = Gridder.lengthOf(map, points);
  const length = metres < 1000 ? `${say.number(metres, metres < 100 ? 1 : 0)} ${say.word("metres")}`
    : `${say.number(metres / 1000, 2)} ${say.word("kilometres")}`;
  if (points.length < 3) return length;
  const ha = Gridder.areaOf(points) / 10000;
  return `${length} · ${say.number(ha, 2)} ${say.word("of_area_ha")} · ${say.number(ha * 15, 1)} ${say.word("of_area_mu")}`;
};

Gridder.toggleFullScreen = () =>
  (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
