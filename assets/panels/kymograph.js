// Steps across, the place along the spiral up, colour: the share of the fakes there. Painted over the metrics panel's axes.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const STRETCHES = 50; // of u, -1 to 1
  const FAKES = 2000; // in a look while training goes on
  const HELD = 10; // CSS pixels that a look fills at most; where the next one is farther, nobody looked
  const OCTAVES = [-3, Math.log2(STRETCHES)]; // of the share, in even shares: an eighth of one, to all fakes in one stretch
  let small = null; // a canvas with one pixel to a stretch
  let table = null; // 256 colours, from few to all; none at all has no colour

  // The colour of a share of all fakes, as a place on the table; -1 for none.
  function level(share) {
    if (!(share > 0)) return -1;
    const at = (Math.log2(share * STRETCHES) - OCTAVES[0]) / (OCTAVES[1] - OCTAVES[0]);
    return Math.round(255 * Math.min(Math.max(at, 0), 1));
  }

  // Shares of all fakes in each stretch; a reading's on_band is the share that is in any.
  function shares(row) {
    const total = row.along.reduce((a, b) => a + b, 0);
    const all = app.readings.value(row, "on_band");
    return Array.from(row.along, (count) => (total ? (count / total) * all : 0));
  }

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
    table = table || Uint32Array.from(colours(), app.scales.pack);
    if (!small || small.width !== width) small = Object.assign(document.createElement("canvas"), { width, height: STRETCHES });
    const context = small.getContext("2d");
    const image = context.createImageData(width, STRETCHES);
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
      const looked = row && x - since < HELD * layer.scale;
      for (let i = 0; i < STRETCHES; i++) {
        const k = (STRETCHES - 1 - i) * width + x;
        if (!looked) pixels[k] = (x + 6 * i) % 12 === 0 ? line : 0;
        else if (column[i] >= 0) pixels[k] = table[column[i]];
      }
    }
    context.putImageData(image, 0, 0);
    const target = layer.paint.getContext("2d");
    target.clearRect(0, 0, width, layer.paint.height);
    target.imageSmoothingEnabled = false;
    target.drawImage(small, 0, 0, width, layer.paint.height);
    marks.forEach((mark, i) => paintMark(target, layer, mark, i));
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
    const i = Math.min(Math.max(Math.floor(height * STRETCHES), 0), STRETCHES - 1);
    const from = -1 + (2 * i) / STRETCHES;
    const count = row.along[i];
    return [app.say("kymograph.stretch", { from, to: from + 2 / STRETCHES }), app.say("kymograph.count", { count, percent: 100 * shares(row)[i] })];
  }

  // A bar with the colours, what they mean, and where on it real data lie: a twentieth of their stretches lie outside.
  function legend() {
    const bar = app.element("span", { class: "bar" });
    const stops = colours().filter((_, i) => i % 15 === 0).map(([r, g, b]) => `rgb(${r} ${g} ${b})`);
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    const [low, high] = ofRealData(FAKES);
    const real = app.element("span", { class: "real" });
    real.style.left = `${(100 * level(low)) / 255}%`;
    real.style.width = `${(100 * (level(high) - level(low))) / 255}%`;
    const ends = app.element("span", { class: "ends" }, app.element("span", {}, app.say("kymograph.few")), app.element("span", {}, app.say("kymograph.all")));
    const words = [app.say("kymograph.real", { low: 100 * low, high: 100 * high }), app.say("kymograph.point")];
    return app.element("div", { class: "legend" }, app.element("span", {}, app.say("kymograph.legend")), bar, real, ends, ...words.map((text) => app.element("span", {}, text)));
  }

  // Where the share of a stretch is for n real points, 19 times of 20: binomial, near enough to normal for hundreds.
  function ofRealData(n) {
    const even = 1 / STRETCHES;
    const apart = 1.96 * Math.sqrt((even * (1 - even)) / n);
    return [even - apart, even + apart];
  }

  state.on("theme", () => (table = null));

  app.kymograph = { paint, clear, words, legend };
})(window.dash_clientside);
