// The linked cursors: pointing at one panel shows the same place in the others, at the pace of the pointer.
//
// Everything is computed here from the frame on the screen; the server is asked for nothing but previewed frames.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let all, toPixels, toData, moveCursor, hideCursor; // of layers.js, which is loaded later
  const RADIUS = 0.05; // in sample space: fakes this near to the cursor light up in latent space
  const MARKED = 5; // nearest fakes that are ringed
  const KEY_STEP = 0.02; // data units an arrow key moves the cursor; five times that with Shift
  let at = null; // {panel, x, y} in the pointed panel's data, or {panel: "metrics", step}
  let moved = null; // the latest pointer position, until it is drawn
  let drawing = false;

  // Times from pointer event to drawn cursor: read by tests/browser/measure.py.
  const stats = { delays: [], times: [] };

  // -- where the pointer is ---------------------------------------------------------------------------------------------

  function pointer(event) {
    const root = event.target.closest && event.target.closest(".layer");
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
    const layer = all[root.dataset.panel];
    const box = root.getBoundingClientRect();
    const px = Math.min(Math.max(x - box.left, 0), layer.width);
    const py = Math.min(Math.max(y - box.top, 0), layer.height);
    pointAt(layer, px, py);
    stats.delays.push(performance.now() - time);
    stats.times.push(performance.now());
    if (stats.delays.length > 1000) {
      stats.delays.shift();
      stats.times.shift();
    }
  }

  function pointAt(layer, px, py) {
    if (layer.name === "metrics") {
      at = { panel: "metrics", step: app.curves.toStep(px / layer.width) };
      if (app.curves.rows()) app.timeline.preview(at.step);
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
    ({ samples: overSamples, latent: overLatent, discriminator: overMap })[at.panel](frame, at.x, at.y);
  }

  function overMap(frame, x, y) {
    put("discriminator", x, y);
    put("samples", x, y);
    const near = nearest(frame.fakes, x, y, MARKED);
    ring("samples", frame.fakes, near.map((n) => n.index));
    const found = within(frame.fakes, x, y, RADIUS);
    dots("latent", state.points.latents, found);
    hideCursor(all.latent);
    const place = `x = ${pair(x, y)}`;
    words({
      discriminator: [place, ...reading("D(x)", frame.sample_map, frame.resolution, x, y)],
      samples: [place, `nearest fake ${distance(near)}`],
      latent: found.length
        ? [`${app.grouped(found.length)} z land within ${RADIUS}`]
        : [`no z lands within ${RADIUS}`, `the nearest fake is ${distance(near)} away`],
    });
  }

  function overSamples(frame, x, y) {
    put("samples", x, y);
    put("discriminator", x, y);
    const near = nearest(frame.fakes, x, y, 1);
    ring("samples", frame.fakes, near.map((n) => n.index));
    const { latents } = state.points;
    const i = near[0].index;
    const z = [latents[2 * i] / state.POINT, latents[2 * i + 1] / state.POINT];
    put("latent", ...z);
    words({
      samples: [`x = ${pair(x, y)}`, `nearest fake ${distance(near)}`],
      discriminator: reading("D(x)", frame.sample_map, frame.resolution, x, y),
      latent: ["nearest fake comes from", `z = ${pair(...z)}`],
    });
  }

  function overLatent(frame, u, v) {
    put("latent", u, v);
    const x = imageOf(frame, u, v);
    put("samples", ...x);
    put("discriminator", ...x);
    const score = reading("D(G(z))", frame.latent_map, frame.resolution, u, v);
    words({
      latent: [`z = ${pair(u, v)}`, ...score],
      samples: [`G(z) ≈ ${pair(...x)}`],
      discriminator: [`G(z) ≈ ${pair(...x)}`, score[0]],
    });
  }

  function overMetrics() {
    for (const name of ["samples", "latent", "discriminator"]) hideCursor(all[name]);
    const layer = all.metrics;
    const found = app.curves.valuesAt(at.step);
    if (!layer || !found) return hideCursor(layer);
    moveCursor(layer, app.curves.toFraction(at.step) * layer.width, 0, [at.step, found.values[0]]);
    words({});
  }

  // -- geometry -------------------------------------------------------------------------------------------------------------

  // The k points nearest to (x, y), nearest first: [{index, distance}].
  function nearest(points, x, y, k) {
    const best = [];
    const px = x * state.POINT, py = y * state.POINT;
    let limit = Infinity;
    for (let i = 0; 2 * i < points.length; i++) {
      const dx = points[2 * i] - px, dy = points[2 * i + 1] - py;
      const square = dx * dx + dy * dy;
      if (square >= limit) continue;
      let n = Math.min(best.length, k - 1);
      while (n > 0 && best[n - 1].square > square) {
        best[n] = best[n - 1];
        n -= 1;
      }
      best[n] = { index: i, square };
      if (best.length === k) limit = best[k - 1].square;
    }
    return best.map(({ index, square }) => ({ index, distance: Math.sqrt(square) / state.POINT }));
  }

  function within(points, x, y, radius) {
    const found = [];
    const px = x * state.POINT, py = y * state.POINT, limit = (radius * state.POINT) ** 2;
    for (let i = 0; 2 * i < points.length; i++) {
      if ((points[2 * i] - px) ** 2 + (points[2 * i + 1] - py) ** 2 <= limit) found.push(i);
    }
    return found;
  }

  // G(z) between the exact values of the frame's image grid, by Catmull-Rom splines along both axes (Catmull and Rom
  // 1974): on about 50 x 50 values their error on the spiral is below the width of a pixel, that of straight lines is not.
  function imageOf(frame, u, v) {
    const cells = Math.round(Math.sqrt(frame.image.length / 2));
    const along = (z) => (z - frame.image_start) / frame.image_spacing;
    const inside = (at) => Math.min(Math.max(Math.floor(at), 0), cells - 2);
    const [gx, gy] = [along(u), along(v)];
    const [j, i] = [inside(gx), inside(gy)];
    const [wx, wy] = [weights(gx - j), weights(gy - i)];
    const clamp = (n) => Math.min(Math.max(n, 0), cells - 1);
    const sum = [0, 0];
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        const k = 2 * (clamp(i + a - 1) * cells + clamp(j + b - 1));
        const w = wy[a] * wx[b];
        sum[0] += w * frame.image[k];
        sum[1] += w * frame.image[k + 1];
      }
    }
    return sum.map((s) => Math.min(Math.max(s / state.POINT, -1), 1));
  }

  function weights(t) {
    if (t < 0 || t > 1) return [0, 1 - t, t, 0]; // beyond the outermost values: straight on
    return [
      ((2 - t) * t - 1) * t / 2,
      ((3 * t - 5) * t * t + 2) / 2,
      ((4 - 3 * t) * t + 1) * t / 2,
      (t - 1) * t * t / 2,
    ];
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

  // Circles with a light and a dark line, so that they show on every colour.
  function stroke(name, points, indices, radius) {
    const target = marksOf(name);
    if (!target) return;
    const { layer, context, s } = target;
    context.beginPath();
    for (const i of indices) {
      const [x, y] = toPixels(layer, points[2 * i] / state.POINT, points[2 * i + 1] / state.POINT);
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

  // -- words ----------------------------------------------------------------------------------------------------------------

  const pair = (x, y) => `(${x.toFixed(2)}, ${y.toFixed(2)})`;
  // What a map says of a place, and of which place exactly.
  function reading(name, map, cells, x, y) {
    const { value, centre } = app.paint.cellAt(map, cells, x, y);
    return [`${name} = ${value.toFixed(2)}`, `in the cell around ${pair(...centre)}`];
  }

  const distance = (near) => near[0].distance.toFixed(3);

  function words(lines) {
    for (const name of ["samples", "latent", "discriminator"]) {
      const notes = app.byId(`${name}-panel-notes`);
      if (!notes) continue;
      const text = (lines[name] || []).join("\n");
      if (notes.textContent !== text) notes.textContent = text;
    }
  }

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
      const from = at && at.panel === "metrics" ? at.step : app.curves.lastStep();
      const step = Math.min(Math.max(from + direction[0] * faster * (direction[0] ? 1 : 0), 1), Math.max(1, app.curves.lastStep()));
      at = { panel: name, step };
      if (app.curves.rows()) app.timeline.preview(step);
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
  document.documentElement.addEventListener("pointerleave", () => leave());
  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest(".layer.metrics")) click();
  });
  document.addEventListener("keydown", key, true);
  document.addEventListener("focusout", (event) => {
    if (event.target.closest && event.target.closest(".layer")) leave();
  });

  // A still pointer over a moving picture: the numbers follow the picture.
  state.on("drawn", () => at && show());
  state.on("axis", () => at && at.panel === "metrics" && overMetrics());

  app.cursor = { point, stats, nearest, within, imageOf };
})(window.dash_clientside);
