/* Canvases that Leaflet keeps in place, unpainted while their map is hidden. A frame says which part of the world a canvas shows: `scale` pixels
   for a step of the world, the canvas' corner `left`, `top` in pixels of the world, `width`, `height` in pixels.
   `paint(context, frame)` fills it and is a generator: it yields wherever it may be interrupted. */

Gridder.SLICE_MS = 12;

Gridder.Sheet = L.Renderer.extend({
  options: { padding: 0.2, bits: 28, paint: null, buffered: false, ratio: null },

  getEvents() {
    return { ...L.Renderer.prototype.getEvents.call(this), move: this._follow };
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._context = this._container.getContext("2d");
    this._container.setAttribute("aria-hidden", "true");
    this._kept = document.createElement("canvas");
    this._back = document.createElement("canvas");
  },

  _destroyContainer() {
    cancelAnimationFrame(this._waiting);
    this._container.remove();
    delete this._context;
  },

  /* A drag that leaves the painted part behind is painted before it ends. */
  _follow() {
    const size = this._map.getSize();
    const corner = this._map.containerPointToLayerPoint([0, 0]);
    const seen = L.bounds(corner, corner.add(size));
    if (this._bounds && !this._map._animatingZoom && !this._bounds.contains(seen)) this._update();
  },

  _update() {
    if ((this._map._animatingZoom && this._bounds) || !this._map.getSize().x) return;
    const shown = this._shown;
    if (shown) Gridder.copy(this._container, this._kept);
    L.Renderer.prototype._update.call(this);
    const frame = this._frame();
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._context = Gridder.sized(this._container, frame);
    if (shown) {
      const grown = frame.scale / shown.scale;
      this._context.drawImage(
        this._kept, shown.left * grown - frame.left, shown.top * grown - frame.top,
        shown.width * grown, shown.height * grown);
      this._shown = frame;
    }
    this.redraw();
  },

  _frame() {
    const size = this._bounds.getSize();
    const corner = this._bounds.min.add(this._map.getPixelOrigin());
    return {
      scale: this._map.options.crs.scale(this._map.getZoom()) / 2 ** this.options.bits,
      left: corner.x,
      top: corner.y,
      width: size.x,
      height: size.y,
      ratio: this.options.ratio || window.devicePixelRatio || 1,
    };
  },

  /* Paint for some milliseconds of every frame; what was there before stays until all is painted.
     Browsers put off what is drawn until its pixels are asked for: one is, after every step, or the last frame
     would have to paint everything. */
  redraw({ whole = false } = {}) {
    cancelAnimationFrame(this._waiting);
    if (!this._map.getSize().x) return;
    const frame = this._frame();
    const { buffered } = this.options;
    const context = Gridder.sized(buffered ? this._back : this._container, frame, { willReadFrequently: buffered });
    const steps = this.options.paint(context, frame);
    const go = () => {
      const end = whole ? Infinity : performance.now() + Gridder.SLICE_MS;
      do {
        const { done } = steps.next();
        if (buffered) context.getImageData(0, 0, 1, 1);
        if (done) {
          if (buffered) this._present(frame);
          this._shown = frame;
          return;
        }
      } while (performance.now() < end);
      this._waiting = requestAnimationFrame(go);
    };
    go();
  },

  _present({ width, height }) {
    this._context.clearRect(0, 0, width, height);
    this._context.drawImage(this._back, 0, 0, width, height);
  },
});

/* Make a canvas as large as a frame, which empties it, and return its context in pixels of the frame. */
Gridder.sized = (canvas, { width, height, ratio }, use = {}) => {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d", use);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
};

Gridder.copy = (from, to) => {
  to.width = from.width;
  to.height = from.height;
  to.getContext("2d").drawImage(from, 0, 0);
};
