// Steps across, the parts of the data up, colour: the share of the fakes there. Painted over the metrics panel's axes.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const FAKES = 2000; // in a look while training goes on
  const HELD = 10; // CSS pixels that a look fills at most; where the next one is farther, nobody looked
  const LEAST = -3; // octaves of the share, in even shares: an eighth of one; the greatest is all fakes in one part
  const ROWS = 48; // of pixels at least, about, for the hatching
  let small = null; // a canvas with one row of pixels to a part, or as many as make up ROWS
  let table = null; // 256 colours, from few to all; none at all has no colour

  // The colour of a share of all fakes, as a place on the table; -1 for none.
  function level(share) {
    if (!(share > 0)) return -1;
    const parts = app.strata.count();
    const at = (Math.log2(share * parts) - LEAST) / (Math.log2(parts) - LEAST);
    return Math.round(255 * Math.min(Math.max(at, 0), 1));
  }

  // Shares of all fakes in each part; a reading's on_band is the share that is in any.
  function shares(row) {
    const parts = row.along.subarray(0, app.strata.count());
    const total = parts.reduce((a, b) => a + b, 0);
    const all = app.readings.value(row, "on_band");
    return Array.from(parts, (count) => (total ? (count / total) * all : 0));
  }

  // An old recording may have looks that knew nothing of the parts.
  const counted = (row) => row && row.along.length >= app.strata.count() && Number.isFinite(app.readings.value(row, "on_band"));

  const isDark = () => document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";

  // Few fakes are near the colour of the ground, in light and dark.
  function colours() {
    const { shares: stops } = state.settings;
    const at = (i) => (isDark() ? i / 255 : 1 - i / 255);
    return Array.from({ length: 256 }, (_, i) => app.scales.mixed(stops, at(i)));
  }

  // `marks`: [{at, text}], at 0..1 along the axis.
  function paint(layer, axis, marks) {
    const width = layer.paint.width;
    const times = Math.max(1, Math.round(ROWS / app.strata.count()));
    const rows = times * app.strata.count();
    table = table || Uint32Array.from(colours(), app.scales.pack);
    if (!small || small.width !== width || small.height !== rows) small = Object.assign(document.createElement("canvas"), { width, height: rows });
    const context = small.getContext("2d");
    const image = context.createImageData(width, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const line = app.scales.pack(app.scales.rgb(app.plot.colour("line")));
    let last = null;
    let since = 0;
    let column = null;
    for (let x = 0; x < width && axis.toStep(x / width) <= Math.max(app.readings.lastStep(), 1); x++) {
      const row = app.readings.before(axis.toStep((x + 1) / width));
      if (row && (!last || row.step !== last.step)) {
        column = shares(row).map((share) => level(share));
        since = last ? x : Math.min(x, axis.toFraction(row.step) * width); // it may be of a step before the left edge
      }
      last = row;
      const looked = counted(row) && x - since < HELD * layer.scale;
      for (let i = 0; i < rows; i++) {
        const k = (rows - 1 - i) * width + x;
        if (!looked) pixels[k] = (x + 6 * i) % 12 === 0 ? line : 0;
        else if (column[Math.floor(i / times)] >= 0) pixels[k] = table[column[Math.floor(i / times)]];
      }
    }
    context.putImageData(image, 0, 0);
    const target = layer.paint.getContext("2d");
    target.clearRect(0, 0, width, layer.paint.height);
    target.imageSmoothingEnabled = false;
    target.drawImage(small, 0, 0, width, layer.paint.height);
    paintGroups(target, layer);
    marks.forEach((mark, i) => paintMark(target, layer, mark, i));
  }

  // Lines between the groups of parts.
  function paintGroups(context, { scale, paint: { width, height } }) {
    const { groups } = app.strata.now();
    context.fillStyle = app.plot.colour("quiet");
    for (let k = 1; k < groups; k++) context.fillRect(0, Math.round((k * height) / groups) - scale / 2, width, scale);
  }

  // What Plotly's marks look like, which lie below.
  function paintMark(context, { scale, paint: { width, height } }, { at, text }, i) {
    const x = Math.round(at * width);
    const y = 2 * scale + (i % 4) * 0.075 * height;
    context.font = `${10 * scale}px system-ui, sans-serif`;
    const size = context.measureText(text).width;
    const left = at > 0.75 ? x - size - 3 * scale : x + 3 * scale;
    context.fillStyle = app.plot.colour("card");
    context.fillRect(x - scale, 0, 2 * scale, height);
    context.fillRect(left - scale, y, size + 2 * scale, 13 * scale);
    context.fillStyle = app.plot.colour("quiet");
    for (let top = 0; top < height; top += 5 * scale) context.fillRect(x - scale / 2, top, scale, 3 * scale);
    context.textBaseline = "top";
    context.fillText(text, left, y + scale);
  }

  function clear(layer) {
    layer.paint.getContext("2d").clearRect(0, 0, layer.paint.width, layer.paint.height);
  }

  // What is at a height, 0..1, of the column at a step: [lines].
  function words(row, height) {
    const parts = app.strata.count();
    const i = Math.min(Math.max(Math.floor(height * parts), 0), parts - 1);
    if (!counted(row)) return [app.strata.name(i), app.say("kymograph.unknown")];
    return [app.strata.name(i), app.say("kymograph.count", { count: row.along[i], percent: 100 * shares(row)[i] })];
  }

  // A bar with the colours, what they mean, and where on it real data lie: a twentieth of their parts lie outside.
  function legend() {
    const bar = app.element("span", { class: "bar" });
    const stops = colours().filter((_, i) => i % 15 === 0).map(([r, g, b]) => `rgb(${r} ${g} ${b})`);
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    const [low, high] = app.strata.ofRealData(FAKES);
    const real = app.element("span", { class: "real" });
    real.style.left = `${(100 * level(low)) / 255}%`;
    real.style.width = `${(100 * (level(high) - level(low))) / 255}%`;
    const ends = app.element("span", { class: "ends" }, app.element("span", {}, app.say("kymograph.few")), app.element("span", {}, app.say("kymograph.all")));
    const words = [app.say("kymograph.real", { low: 100 * low, high: 100 * high }), app.say("kymograph.point")];
    return app.element("div", { class: "legend" }, app.element("span", {}, app.say("kymograph.legend")), bar, real, ends, ...words.map((text) => app.element("span", {}, text)));
  }

  state.on("theme", () => (table = null));

  app.kymograph = { paint, clear, words, legend };
})(window.dash_clientside);
