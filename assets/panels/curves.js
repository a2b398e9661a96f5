// The metrics panel: draws every step's numbers (rows.js) through Plotly four times a second or less, marks changes. What
// is drawn is the business of views.js and plot.js.
//
// Each pixel column keeps the smallest and the largest value that falls into it. Steps that a zoom (zoom.js) shows are
// drawn from all rows anew.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const FIRST_RANGE = 600; // steps shown from the start, so that the axis does not run away under the first curves
  const EVERY = 250; // ms between two drawings,
  const SHARE = 0.1; // or more, where they would take a larger share of the page's time
  const MAX_MARKS = 12;
  const MERGE = 0.02; // changes of one value closer than this share of the axis are one mark
  const MARGIN = 1.02;
  const NARROW = 340; // CSS pixels across the plot

  let log = false;
  let range = [0, FIRST_RANGE]; // steps; decades when logarithmic
  let drawn = { key: "", looks: null, refilled: false, when: -Infinity, took: 0, usual: null, plot: null };
  let timer = null;

  function clear() {
    drawn.key = "";
    update();
  }

  // -- the axis --------------------------------------------------------------------------------------------------------

  const end = () => Math.max(FIRST_RANGE, app.rows.lastStep() * MARGIN, app.ghost.reach() * MARGIN); // of the whole run

  function axisRange() {
    const steps = app.zoom.range() || [0, end()];
    return log ? steps.map((step) => Math.log10(Math.max(step, 1))) : steps;
  }

  const toAxis = (step) => (log ? Math.log10(Math.max(step, 1)) : step); // as Plotly wants it

  function toFraction(step) {
    return (toAxis(step) - range[0]) / (range[1] - range[0]);
  }

  function toStep(fraction) {
    return Math.min(Math.max(Math.round(along(fraction)), 1), Math.max(1, app.rows.lastStep()));
  }

  function along(fraction) {
    const at = range[0] + fraction * (range[1] - range[0]);
    return log ? 10 ** at : at;
  }

  // The steps of the pixel column in which a step is and of those beside it, as nobody points more exactly, and the least
  // and greatest numbers there: see rows.js.
  function column(step) {
    const layer = app.layers.all.metrics;
    if (!layer || !layer.width) return null;
    const buckets = bucketsOf(layer);
    const bucket = Math.floor(toFraction(step) * buckets);
    const [from, until] = [Math.ceil(along((bucket - 1) / buckets)), Math.ceil(along((bucket + 2) / buckets)) - 1];
    return app.rows.held.between(Math.max(1, Math.min(from, step)), Math.min(Math.max(until, step), app.rows.lastStep()));
  }

  const bucketsOf = (layer) => Math.max(50, Math.round(layer.width));

  // -- drawing ---------------------------------------------------------------------------------------------------------

  function update() {
    if (timer) return;
    timer = setTimeout(async () => {
      await app.together.picture();
      if (!timer) return; // drawn meanwhile
      timer = null;
      draw();
    }, Math.max(0, drawn.when + Math.max(EVERY, drawn.took / SHARE) - performance.now()));
  }

  // Draws again, soon; at once if what is shown has become another.
  function redraw(now = false) {
    if (!now) return update();
    clearTimeout(timer);
    timer = null;
    drawn.key = "";
    draw();
  }

  function draw() {
    const layer = app.layers && app.layers.all.metrics;
    if (!layer || document.hidden) return;
    const [view, usual] = [app.views.chosen(), app.views.plot()];
    const zoom = app.zoom.range();
    const weight = app.choices.weight();
    const key = `${app.rows.count()},${app.rows.held.stride},${log},${state.changesTotal},${layer.width},${state.run},${app.ghost.key()},${app.readings.version()},${zoom},${weight}`;
    drawn.when = performance.now();
    if (drawn.key === key) return;
    const anew = drawn.key === "";
    drawn.key = key;
    range = axisRange();
    const buckets = bucketsOf(layer);
    const axis = { toFraction, toStep: along };
    const curves = app.plot.curves(usual, { rows: app.rows.held, weight, axis, buckets, first: log ? 1 : 0, part: part(zoom) });
    const smooth = curves.smooth ? [...curves.smooth.own, ...curves.smooth.lines] : [];
    const shown = app.yaxis.fitted(usual, app.choices.scale(), [...curves.own, ...curves.lines, ...smooth], zoom || [0, Infinity]);
    Object.assign(drawn, { usual, plot: shown });
    const data = app.plot.traces(layer, shown, curves);
    const ghosts = view.name === "losses" ? app.ghost.traces(buckets, axis, weight).map((curve) => app.yaxis.placed(shown, curve)) : [];
    const marks = changeMarks();
    const { shapes, annotations } = app.plot.lines(shown);
    const { layout } = layer.plot;
    const traces = [...data, ...ghosts];
    const dress = {
      ...layout,
      xaxis: { ...layout.xaxis, type: log ? "log" : "linear", range, title: { ...layout.xaxis.title, text: axisWords(layer, zoom) } },
      yaxis: { ...layout.yaxis, ...app.plot.yAxis(shown) },
      shapes: [...shapes, ...marks.map(markLine)],
      annotations: [...annotations, ...marks.map(markLabel), ...(ghosts.length ? app.ghost.labels(toAxis) : [])],
    };
    const looks = JSON.stringify([dress, traces.map((trace) => ({ ...trace, x: null, y: null }))]);
    drawn.refilled = !anew && drawn.looks === looks && app.plot.refill(layer.plot, traces);
    drawn.looks = looks;
    if (!drawn.refilled) {
      layer.data = traces;
      window.Plotly.react(layer.plot, traces, dress);
    }
    if (shown.canvas) app.offscale.clear(layer);
    else app.offscale.mark(layer, shown, [...curves.own, ...curves.lines], axis);
    canvas(layer, shown);
    place();
    drawn.took = performance.now() - drawn.when;
  }

  // A row beyond either end of a zoom, too, so that curves go on to the edges.
  function part(zoom) {
    if (!zoom) return {};
    return { after: zoom[0] - 1 - app.rows.held.stride, until: Math.min(zoom[1] + app.rows.held.stride, app.rows.lastStep()) };
  }

  // What is drawn: the plot of the view in force, with the axis that it has now.
  function plot() {
    const usual = app.views.plot();
    return drawn.usual === usual ? drawn.plot : usual;
  }

  // Between the choices at the foot, where there is room for it.
  const axisWords = (layer, zoom) => (zoom ? "" : app.say(layer.width < NARROW ? "curves.step-short" : "curves.step"));

  const paintCanvas = (layer) =>
    app.kymograph.paint(layer, { toFraction, toStep: along }, changeMarks().map((mark) => ({ at: mark.at, text: markText(mark) })));

  function canvas(layer, shown) {
    layer.graph.dataset.view = app.views.chosen().name;
    if (shown.canvas) paintCanvas(layer);
    else if (layer.canvas) app.kymograph.clear(layer);
    layer.canvas = shown.canvas;
  }

  // Changes near each other are one mark, with the last value.
  function changeMarks() {
    const marks = [];
    const last = {};
    for (const [step, name, old, value] of state.changes) {
      const at = toFraction(step);
      const before = last[name];
      if (before && at - before.at < MERGE) Object.assign(before, { at, step, value });
      else marks.push((last[name] = { name, step, at, value }));
    }
    return marks.filter(({ at }) => at >= 0 && at <= 1).slice(-MAX_MARKS);
  }

  function markLine({ step }) {
    const x = Math.max(step, 1);
    return { type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line: { color: app.plot.colour("quiet"), width: 1, dash: "dot" } };
  }

  const markText = ({ name, value }) => `${name} ${app.brief(value)}`;

  function markLabel({ name, step, value }, i) {
    return {
      text: markText({ name, value }),
      x: toAxis(step),
      xref: "x",
      yref: "paper",
      y: 1 - (i % 4) * 0.075,
      yanchor: "top",
      xanchor: toFraction(step) > 0.75 ? "right" : "left",
      showarrow: false,
      font: { size: 10, color: app.plot.colour("quiet") },
      bgcolor: app.plot.colour("card"),
      opacity: 0.85,
      borderpad: 1,
    };
  }

  // -- the step that is shown, and its numbers ----------------------------------------------------------------------------

  function place() {
    const layer = app.layers.all.metrics;
    if (!layer) return;
    if (!layer.shownStep) {
      layer.shownStep = document.createElement("div");
      layer.shownStep.className = "shown-step";
      layer.root.appendChild(layer.shownStep);
    }
    const step = shownStep();
    const at = toFraction(step);
    layer.shownStep.hidden = (state.view.live && state.view.preview === null) || at < 0 || at > 1;
    layer.shownStep.style.transform = `translateX(${at * layer.width}px)`;
    layer.graph.dataset.step = step;
    app.numbers.show(step);
    state.emit("axis");
  }

  function shownStep() {
    const { view } = state;
    if (view.preview !== null) return view.preview;
    if (!view.live) return view.step;
    return app.rows.lastStep();
  }

  function set_log(on) {
    log = on;
    drawn.key = "";
    update();
  }

  state.on("run", clear);
  state.on("rows", update);
  state.on("progress", update);
  state.on("view", place);
  state.on("drawn", place);
  state.on("placed", (layer) => {
    if (layer.name !== "metrics") return;
    if (layer.canvas) paintCanvas(layer);
    update();
  });
  // Whatever makes Plotly draw by itself: it has the numbers of its own last drawing.
  state.on("plotted", ({ name }) => {
    if (name !== "metrics" || !drawn.refilled) return;
    drawn.key = "plotted";
    queueMicrotask(draw);
  });
  for (const event of ["theme", "figure"]) {
    state.on(event, () => {
      drawn.key = "";
      update();
    });
  }

  app.curves = { redraw, column, plot, toFraction, toStep, along, end, set_log };
})(window.dash_clientside);
