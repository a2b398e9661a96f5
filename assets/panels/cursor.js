// The linked cursors: pointing at one panel shows the same place in the others, at the pace of the pointer.
//
// What is said and shown is in places.js. It comes from the frame on the screen; the server is asked for nothing but previewed frames.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let all, toPixels, toData, moveCursor, hideCursor; // of layers.js, which is loaded later
  const KEY_STEP = 0.02; // data units an arrow key moves the cursor; five times that with Shift
  const SAME_PLACE = 16; // px between two taps of a finger that mean the same place
  const SLOP = 8; // px that a finger moves sideways before it draws the cursor along
  let at = null; // {panel, x, y} in the pointed panel's data, or {panel: "metrics", step, height}, height: 0..1
  let moved = null; // the latest pointer position, until it is drawn
  let finger = null; // where one came down last: {x, y}, whether `again` where the cursor stands, whether it `drags`
  let drawing = false;

  // Times from pointer event to drawn cursor: read by tests/browser/measure.py.
  const stats = { delays: [], times: [] };

  // -- where the pointer is ---------------------------------------------------------------------------------------------

  function pointer(event) {
    const root = layerAt(event);
    if (event.pointerType !== "touch") finger = null;
    else if (!drags(event, root)) return;
    moved = { root, x: event.clientX, y: event.clientY, time: event.timeStamp };
    if (!drawing) {
      drawing = true;
      requestAnimationFrame(follow);
    }
  }

  function follow() {
    drawing = false;
    const { root, x, y, time } = moved;
    if (!root) return leave();
    pointAt(all[root.dataset.panel], ...placeIn(root, x, y));
    stats.delays.push(performance.now() - time);
    stats.times.push(performance.now());
    if (stats.delays.length > 1000) {
      stats.delays.shift();
      stats.times.shift();
    }
  }

  // Whether a finger draws the cursor along: it may also be about to scroll the page, or to tap.
  function drags({ type, clientX: x, clientY: y }, root) {
    if (type === "pointerdown" || !finger) finger = { x, y, again: Boolean(root) && isAt(root, x, y), drags: false };
    const [across, along] = [Math.abs(x - finger.x), Math.abs(y - finger.y)];
    if (across > SLOP && across > along) finger.drags = true;
    return finger.drags;
  }

  const layerAt = (event) => event.target.closest && event.target.closest(".layer");

  // Where in a layer a place of the window is, in the layer's own pixels, whatever the page is zoomed or scaled by.
  function placeIn(root, x, y) {
    const { left, top, width, height } = root.getBoundingClientRect();
    const layer = all[root.dataset.panel];
    const within = (part) => Math.min(Math.max(part, 0), 1);
    return [within((x - left) / width) * layer.width, within((y - top) / height) * layer.height];
  }

  // A finger has no hovering: a tap points, and a second one there, or one elsewhere, takes the cursor away.
  function tap(event) {
    const root = layerAt(event);
    if (!root || finger.again) leave();
    else pointAt(all[root.dataset.panel], ...placeIn(root, event.clientX, event.clientY));
  }

  // Whether the cursor stands there; over the curves it is a line.
  function isAt(root, clientX, clientY) {
    const layer = all[root.dataset.panel];
    const [px, py] = placeIn(root, clientX, clientY);
    if (!at || at.panel !== layer.name) return false;
    if (at.panel === "metrics") return Math.abs(app.curves.toFraction(at.step) * layer.width - px) < SAME_PLACE;
    const [x, y] = toPixels(layer, at.x, at.y);
    return Math.hypot(x - px, y - py) < SAME_PLACE;
  }

  function pointAt(layer, px, py) {
    if (layer.name === "metrics") {
      at = { panel: "metrics", step: app.curves.toStep(px / layer.width), height: 1 - py / layer.height };
      if (app.rows.count()) app.timeline.preview(at.step);
    } else {
      if (at && at.panel === "metrics") app.timeline.preview(null);
      const [x, y] = toData(layer, px, py);
      at = { panel: layer.name, x, y };
    }
    show();
  }

  function leave() {
    if (!at) return;
    const wasPreview = at.panel === "metrics";
    at = null;
    if (wasPreview) app.timeline.preview(null);
    show();
  }

  // -- what the other panels show -----------------------------------------------------------------------------------------

  function show() {
    state.emit("pointed", at);
    for (const layer of Object.values(all)) if (layer && layer.marked) clearMarks(layer);
    const frame = state.shown;
    if (!at || !frame || !state.points) {
      Object.values(all).forEach(hideCursor);
      words({});
      return;
    }
    if (at.panel === "metrics") return overMetrics();
    hideCursor(all.metrics);
    app.places.show(TOOLS, at.panel, frame, at.x, at.y);
  }

  function overMetrics() {
    for (const name of app.panels.square()) hideCursor(all[name]);
    const layer = all.metrics;
    if (layer && layer.marked) clearMarks(layer);
    const found = app.rows.valuesAt(at.step);
    const x = app.curves.toFraction(at.step) * (layer ? layer.width : 0);
    if (!layer || !found || x < 0 || x > layer.width) return hideCursor(layer); // or beyond a zoom
    moveCursor(layer, x, 0, [at.step, found.values[0]]);
    if (at.height !== undefined && app.views.plot().canvas) circle("metrics", [[x, (1 - at.height) * layer.height]], 4);
    words({});
  }

  // -- drawing --------------------------------------------------------------------------------------------------------------

  function put(name, x, y) {
    const layer = all[name];
    if (layer) moveCursor(layer, ...toPixels(layer, x, y), [x, y]);
  }

  function marksOf(name) {
    const layer = all[name];
    if (!layer) return null;
    layer.marked = true;
    const context = layer.marks.getContext("2d");
    return { layer, context, s: layer.scale };
  }

  function clearMarks(layer) {
    layer.marked = false;
    layer.marks.getContext("2d").clearRect(0, 0, layer.marks.width, layer.marks.height);
  }

  function ring(name, points, indices) {
    stroke(name, points, indices, 5);
  }

  function dots(name, points, indices) {
    stroke(name, points, indices, 3);
  }

  function stroke(name, points, indices, radius) {
    const layer = all[name];
    if (!layer) return;
    circle(name, Array.from(indices, (i) => toPixels(layer, points[2 * i] / state.POINT, points[2 * i + 1] / state.POINT)), radius);
  }

  // Circles with a light and a dark line, so that they show on every colour.
  function circle(name, places, radius) {
    const target = marksOf(name);
    if (!target) return;
    const { context, s } = target;
    context.beginPath();
    for (const [x, y] of places) {
      context.moveTo((x + radius) * s, y * s);
      context.arc(x * s, y * s, radius * s, 0, 2 * Math.PI);
    }
    context.lineWidth = 3 * s;
    context.strokeStyle = "#fff";
    context.stroke();
    context.lineWidth = 1.5 * s;
    context.strokeStyle = "#111";
    context.stroke();
  }

  // A line with a light border, from one place to another.
  function join(name, from, to) {
    const target = marksOf(name);
    if (!target) return;
    const { layer, context, s } = target;
    for (const [width, style] of [[3.5, "#fff"], [1.5, "#111"]]) {
      context.beginPath();
      context.moveTo(...toPixels(layer, ...from).map((v) => v * s));
      context.lineTo(...toPixels(layer, ...to).map((v) => v * s));
      context.lineWidth = width * s;
      context.strokeStyle = style;
      context.stroke();
    }
  }

  // An ellipse around a place; half its axes in data units, the first one's direction as an angle.
  function ellipse(name, [x, y], [a, b], angle) {
    const target = marksOf(name);
    if (!target) return;
    const { layer, context, s } = target;
    const [px, py] = toPixels(layer, x, y).map((v) => v * s);
    const unit = (layer.width / (2 * layer.extent)) * s;
    for (const [width, style] of [[4, "#fff"], [2, "#111"]]) {
      context.beginPath();
      context.ellipse(px, py, Math.max(a * unit, 1), Math.max(b * unit, 1), -angle, 0, 2 * Math.PI);
      context.lineWidth = width * s;
      context.strokeStyle = style;
      context.stroke();
    }
  }

  // -- words ----------------------------------------------------------------------------------------------------------------

  function words(lines) {
    for (const name of app.panels.square()) {
      const notes = app.byId(`${name}-panel-notes`);
      if (!notes) continue;
      const text = (lines[name] || []).join("\n");
      if (notes.textContent !== text) notes.textContent = text;
    }
  }

  const TOOLS = { put, hide: (name) => hideCursor(all[name]), ring, dots, join, ellipse, words };

  // -- keys inside a panel ----------------------------------------------------------------------------------------------------

  function key(event) {
    const root = event.target.closest && event.target.closest(".layer");
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!root || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") return leave();
    if (event.key === "Enter" && root.dataset.panel === "metrics") return click();
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    const name = root.dataset.panel;
    const faster = event.shiftKey ? 5 : 1;
    if (name === "metrics") {
      const from = at && at.panel === "metrics" ? at.step : app.rows.lastStep();
      const step = Math.min(Math.max(from + direction[0] * faster * (direction[0] ? 1 : 0), 1), Math.max(1, app.rows.lastStep()));
      at = { panel: name, step, ...heightAfter(direction[1] * faster) };
      app.zoom.follow(step);
      if (app.rows.count()) app.timeline.preview(step);
    } else {
      const from = at && at.panel === name ? at : { x: 0, y: 0 };
      const clamp = (c) => Math.min(Math.max(c, -1), 1);
      at = {
        panel: name,
        x: clamp(from.x + direction[0] * KEY_STEP * faster),
        y: clamp(from.y + direction[1] * KEY_STEP * faster),
      };
    }
    show();
    announce();
  }

  // Up and down move the cursor where the panel's height means something.
  function heightAfter(moves) {
    if (!app.views.plot().canvas) return {};
    const from = at && at.height !== undefined ? at.height : 0.5;
    return { height: Math.min(Math.max(from + moves / 50, 0.01), 0.99) };
  }

  function announce() {
    const ids = at.panel === "metrics" ? ["metrics"] : ["discriminator", "samples", "latent"];
    app.setText("cursor-words", ids.map((n) => app.byId(`${n}-panel-notes`).innerText.replace(/\n+/g, ", ")).join("; "));
  }

  function click() {
    if (at && at.panel === "metrics") {
      const { step } = at;
      app.timeline.preview(null);
      app.timeline.goToStep(step);
    }
  }

  // As if the visitor pointed there, or at nothing.
  function point(there) {
    at = there;
    show();
  }

  state.on("settings", () => ({ all, toPixels, toData, moveCursor, hideCursor } = app.layers));
  document.addEventListener("pointermove", pointer, { passive: true });
  document.addEventListener("pointerdown", pointer, { passive: true });
  document.documentElement.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
  document.addEventListener("click", (event) => {
    if (finger && event.detail) tap(event); // not the click that a key makes
    if (event.target.closest && event.target.closest(".layer.metrics")) click();
  });
  document.addEventListener("keydown", key, true);
  document.addEventListener("focusout", (event) => {
    if (event.target.closest && event.target.closest(".layer")) leave();
  });

  // A still pointer over a moving picture: the numbers follow the picture.
  state.on("drawn", () => at && show());
  state.on("axis", () => at && at.panel === "metrics" && overMetrics());

  app.cursor = { point, stats };
})(window.dash_clientside);
