// The metrics panel: holds every step's numbers, draws them through Plotly at most four times a second, marks changes.
//
// All rows are here, so exact values under the cursor need no server; for drawing, each pixel column keeps the smallest
// and the largest value that falls into it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const NAMES = ["D loss", "D accuracy", "G loss", "G accuracy"];
  const FIRST_RANGE = 600; // steps shown from the start, so that the axis does not run away under the first curves
  const EVERY = 250; // ms between two drawings
  const MAX_MARKS = 12;
  const MERGE = 0.02; // changes of one value closer than this share of the axis are one mark
  const MARGIN = 1.02;
  const OFF_SCALE = 2.1;

  let rows = null; // of this run; made when the first message comes, because rows.js is loaded later
  let log = false;
  let range = [0, FIRST_RANGE]; // steps; decades when logarithmic
  let drawn = { key: "", when: -Infinity };
  let timer = null;

  function clear() {
    if (rows) rows.clear();
    drawn.key = "";
    update();
  }

  // Takes in the rows of a progress message. False when they do not fit what is held, which then starts anew.
  function append(message) {
    rows = rows || new app.rows.Rows();
    if (!rows.append(message)) return false;
    update();
    return true;
  }

  const count = () => (rows ? rows.count : 0);
  const lastStep = () => (rows ? rows.lastStep() : 0);
  const valuesAt = (step) => (rows ? rows.valuesAt(step) : null);

  // -- the axis --------------------------------------------------------------------------------------------------------

  function axisRange() {
    const end = Math.max(FIRST_RANGE, lastStep() * MARGIN, app.ghost.reach() * MARGIN);
    return log ? [0, Math.log10(end)] : [0, end];
  }

  const toAxis = (step) => (log ? Math.log10(Math.max(step, 1)) : step); // as Plotly wants it

  function toFraction(step) {
    return (toAxis(step) - range[0]) / (range[1] - range[0]);
  }

  function toStep(fraction) {
    return Math.min(Math.max(Math.round(along(fraction)), 1), Math.max(1, lastStep()));
  }

  function along(fraction) {
    const at = range[0] + fraction * (range[1] - range[0]);
    return log ? 10 ** at : at;
  }

  // -- drawing ---------------------------------------------------------------------------------------------------------

  function update() {
    if (timer) return;
    timer = setTimeout(() => {
      timer = null;
      draw();
    }, Math.max(0, drawn.when + EVERY - performance.now()));
  }

  function draw() {
    const layer = app.layers.all.metrics;
    if (!layer || document.hidden) return;
    const key = `${count()},${rows && rows.stride},${log},${state.changesTotal},${layer.width},${state.run},${app.ghost.key()}`;
    drawn.when = performance.now();
    if (drawn.key === key) return;
    drawn.key = key;
    range = axisRange();
    const buckets = Math.max(50, Math.round(layer.width));
    const axis = { toFraction, toStep: along };
    const curves = NAMES.map((_, column) => (rows ? rows.decimate(column, buckets, axis) : { x: [], y: [] }));
    curves.push(...app.ghost.curves(layer.plot, buckets, axis));
    const marks = changeMarks();
    const fixed = layer.plot.layout;
    window.Plotly.update(
      layer.plot,
      { x: curves.map((c) => c.x), y: curves.map((c) => c.y) },
      {
        "xaxis.type": log ? "log" : "linear",
        "xaxis.range": range,
        shapes: [fixed.shapes[0], ...marks.map(markLine)],
        annotations: [fixed.annotations[0], ...marks.map(markLabel), ...app.ghost.labels(toAxis)],
      },
      curves.map((_, i) => i),
    );
    place();
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
    return marks.slice(-MAX_MARKS);
  }

  function markLine({ step }) {
    const x = Math.max(step, 1);
    return { type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line: { color: colour("--gs-quiet"), width: 1, dash: "dot" } };
  }

  function markLabel({ name, step, value }, i) {
    return {
      text: `${name} ${app.brief(value)}`,
      x: toAxis(step),
      xref: "x",
      yref: "paper",
      y: 1 - (i % 4) * 0.075,
      yanchor: "top",
      xanchor: toFraction(step) > 0.75 ? "right" : "left",
      showarrow: false,
      font: { size: 10, color: colour("--gs-quiet") },
      bgcolor: colour("--gs-card"),
      opacity: 0.85,
      borderpad: 1,
    };
  }

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

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
    layer.shownStep.hidden = state.view.live && state.view.preview === null;
    layer.shownStep.style.transform = `translateX(${toFraction(step) * layer.width}px)`;
    layer.graph.dataset.step = step;
    numbers(step);
    state.emit("axis");
  }

  function shownStep() {
    const { view } = state;
    if (view.preview !== null) return view.preview;
    if (!view.live) return view.step;
    return lastStep();
  }

  function numbers(step) {
    const notes = app.byId("metrics-panel-notes");
    if (!notes) return;
    if (!notes.firstChild) {
      notes.innerHTML =
        '<p class="at"></p><dl>' +
        NAMES.map((n) => `<dt class="${n[0].toLowerCase()} ${n.endsWith("loss") ? "solid" : "dotted"}">${n}</dt><dd></dd>`).join("") +
        "</dl>";
    }
    const found = valuesAt(step);
    const at = notes.querySelector(".at");
    const text = found ? `step ${app.grouped(found.step)}` : "no step yet";
    if (at.textContent !== text) at.textContent = text;
    notes.querySelectorAll("dd").forEach((dd, i) => {
      const value = found ? found.values[i] : NaN;
      const shown = found && !Number.isNaN(value) ? `${value.toFixed(4)}${value > OFF_SCALE ? " ▲ off scale" : ""}` : "–";
      if (dd.textContent !== shown) dd.textContent = shown;
    });
    app.setText("metrics-panel-badge", `${app.grouped(lastStep())} steps`);
  }

  function set_log(on) {
    log = on;
    drawn.key = "";
    update();
  }

  state.on("run", clear);
  state.on("progress", update);
  state.on("view", place);
  state.on("drawn", place);
  state.on("placed", (layer) => {
    if (layer.name === "metrics") update();
  });
  state.on("theme", () => {
    drawn.key = "";
    update();
  });

  app.curves = { append, rows: count, redraw: update, valuesAt, toFraction, toStep, lastStep, set_log };
})(window.dash_clientside);
