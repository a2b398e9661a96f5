// Paints the frame on the screen: both maps with their contour at 0.5, real and fake points, the trail.
//
// Between cell centres maps are interpolated before they are coloured. Numbers are not: what is said of a place is the
// exact value at the centre of its cell.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const USUAL_POINTS = 2000; // more than these are drawn smaller
  const HATCH = 7; // pixels from one line of a hatching to the next
  let ink = {}; // colours of the theme
  let trail = false;
  let due = false;
  const realsPainted = { key: "", pixels: null };

  // -- maps ------------------------------------------------------------------------------------------------------------

  // For each of `pixels` positions along an axis: the cell before it and the weight of the one after it.
  function positions(pixels, cells, flip) {
    const cell = new Int32Array(pixels);
    const weight = new Float32Array(pixels);
    for (let p = 0; p < pixels; p++) {
      const along = ((flip ? pixels - 1 - p : p) + 0.5) / pixels;
      const at = Math.min(Math.max(along * cells - 0.5, 0), cells - 1);
      cell[p] = Math.min(Math.floor(at), Math.max(0, cells - 2));
      weight[p] = at - cell[p];
    }
    return { cell, weight };
  }

  // `scale` says what the bytes mean (scales.js); `folded` cells are hatched and outlined.
  function paintMap(layer, map, cells, scale, folded = null) {
    const { width, height } = layer.paint;
    const context = layer.paint.getContext("2d");
    const key = `${width},${height},${cells}`;
    if (layer.mapKey !== key) {
      layer.mapKey = key;
      layer.image = context.createImageData(width, height);
      layer.pixels = new Uint32Array(layer.image.data.buffer);
      layer.columns = positions(width, cells, false);
      layer.rows = positions(height, cells, true);
      layer.line = new Float32Array(cells);
    }
    (scale.sparse ? fillSparse : fill)(layer, map, cells, scale.table);
    if (folded) hatch(layer, folded, cells);
    context.putImageData(layer.image, 0, 0);
    if (scale.contour) paintContour(context, map, cells, layer, scale.top / 2);
    if (folded) paintContour(context, folded, cells, layer, 0.5, 1.8);
  }

  function fill({ pixels, columns, rows, line }, map, cells, table) {
    const [width, height] = [columns.cell.length, rows.cell.length];
    for (let y = 0, out = 0; y < height; y++) {
      const below = rows.cell[y] * cells;
      const w = rows.weight[y];
      for (let j = 0; j < cells; j++) {
        const a = map[below + j];
        line[j] = a + (map[below + cells + j] - a) * w;
      }
      for (let x = 0; x < width; x++, out++) {
        const j = columns.cell[x];
        pixels[out] = table[(line[j] + (line[j + 1] - line[j]) * columns.weight[x] + 0.5) | 0];
      }
    }
  }

  // The same where some cells have no number: a place belongs to its nearest cell, and is hatched if that has none; else
  // it lies between those around it that have one.
  function fillSparse({ pixels, columns, rows }, map, cells, table) {
    const { NOTHING, pack, rgb } = app.scales;
    const [width, height] = [columns.cell.length, rows.cell.length];
    const [card, lines] = [pack(rgb(ink.card)), pack(rgb(ink.line))];
    for (let y = 0, out = 0; y < height; y++) {
      const wy = rows.weight[y];
      for (let x = 0; x < width; x++, out++) {
        const wx = columns.weight[x];
        const k = rows.cell[y] * cells + columns.cell[x];
        const a = map[k], b = map[k + 1], c = map[k + cells], d = map[k + cells + 1];
        const nearest = wy < 0.5 ? (wx < 0.5 ? a : b) : wx < 0.5 ? c : d;
        if (nearest === NOTHING) {
          pixels[out] = (x + y) % HATCH < 1 ? lines : card;
          continue;
        }
        const wa = a === NOTHING ? 0 : (1 - wx) * (1 - wy), wb = b === NOTHING ? 0 : wx * (1 - wy);
        const wc = c === NOTHING ? 0 : (1 - wx) * wy, wd = d === NOTHING ? 0 : wx * wy;
        pixels[out] = table[((wa * a + wb * b + wc * c + wd * d) / (wa + wb + wc + wd) + 0.5) | 0];
      }
    }
  }

  // Dark lines over the cells that are marked.
  function hatch({ pixels, columns, rows }, marked, cells) {
    const [width, height] = [columns.cell.length, rows.cell.length];
    for (let y = 0; y < height; y++) {
      const row = (rows.cell[y] + (rows.weight[y] >= 0.5)) * cells;
      for (let x = HATCH - 1 - (y % HATCH); x < width; x += HATCH) {
        if (marked[row + columns.cell[x] + (columns.weight[x] >= 0.5)]) pixels[y * width + x] = 0xff33291f;
      }
    }
  }

  // Marching squares between cell centres; every saddle is cut the same way.
  function paintContour(context, map, cells, layer, level, weight = 1) {
    const { width, height } = layer.paint;
    const sx = width / cells;
    const sy = height / cells;
    const between = (a, b) => (level - a) / (b - a);
    context.beginPath();
    for (let i = 0; i + 1 < cells; i++) {
      for (let j = 0; j + 1 < cells; j++) {
        const k = i * cells + j;
        const a = map[k], b = map[k + 1], c = map[k + cells + 1], d = map[k + cells];
        const kind = (a > level) | ((b > level) << 1) | ((c > level) << 2) | ((d > level) << 3);
        if (kind === 0 || kind === 15) continue;
        const x = (j + 0.5) * sx;
        const y = height - (i + 0.5) * sy;
        const ends = [];
        if ((kind & 1) !== ((kind >> 1) & 1)) ends.push(x + between(a, b) * sx, y);
        if (((kind >> 1) & 1) !== ((kind >> 2) & 1)) ends.push(x + sx, y - between(b, c) * sy);
        if (((kind >> 2) & 1) !== ((kind >> 3) & 1)) ends.push(x + between(d, c) * sx, y - sy);
        if (((kind >> 3) & 1) !== (kind & 1)) ends.push(x, y - between(a, d) * sy);
        for (let e = 0; e + 3 < ends.length; e += 4) {
          context.moveTo(ends[e], ends[e + 1]);
          context.lineTo(ends[e + 2], ends[e + 3]);
        }
      }
    }
    context.lineWidth = weight * layer.scale;
    context.strokeStyle = "#333";
    context.stroke();
  }

  // The cell that data (x, y) lie in: its number, its exact byte, and its centre, where the networks were asked.
  function cellAt(map, cells, x, y) {
    const index = (v) => Math.min(Math.max(Math.floor(((v + 1) / 2) * cells), 0), cells - 1);
    const centre = (i) => ((i + 0.5) / cells) * 2 - 1;
    const j = index(x), i = index(y);
    return { index: i * cells + j, byte: map[i * cells + j], centre: [centre(j), centre(i)] };
  }

  // -- points ----------------------------------------------------------------------------------------------------------

  // The opacity of a small shape, as {size, alpha}; `draw` gets a context whose origin is the middle.
  function stamp(radius, draw) {
    const size = 2 * Math.ceil(radius) + 1;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const context = canvas.getContext("2d");
    context.translate(size / 2, size / 2);
    draw(context, radius);
    const data = context.getImageData(0, 0, size, size).data;
    return { size, alpha: Uint8Array.from({ length: size * size }, (_, i) => data[4 * i + 3]) };
  }

  function dot(context, radius) {
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.fill();
  }

  function cross(context, radius) {
    const r = radius * 0.8;
    context.lineWidth = Math.max(1, radius * 0.45);
    context.moveTo(-r, -r);
    context.lineTo(r, r);
    context.moveTo(-r, r);
    context.lineTo(r, -r);
    context.stroke();
  }

  function stampAll(pixels, width, height, points, count, shape, colour) {
    const { size, alpha } = shape;
    const half = (size - 1) / 2;
    const [r, g, b] = app.scales.rgb(colour);
    const base = (b << 16) | (g << 8) | r;
    for (let n = 0; n < count; n++) {
      const left = Math.round((points[2 * n] / state.POINT + 1) / 2 * width - 0.5) - half;
      const top = Math.round((1 - points[2 * n + 1] / state.POINT) / 2 * height - 0.5) - half;
      for (let y = 0; y < size; y++) {
        const row = top + y;
        if (row < 0 || row >= height) continue;
        for (let x = 0; x < size; x++) {
          const column = left + x;
          const a = alpha[y * size + x];
          if (!a || column < 0 || column >= width) continue;
          const at = row * width + column;
          // The more opaque of what is there and what comes: cheaper than blending, and as good at this size.
          if (a >= pixels[at] >>> 24 || a > 127) pixels[at] = (a << 24) | base;
        }
      }
    }
  }

  function ring(context, radius) {
    context.lineWidth = Math.max(1, radius * 0.35);
    context.arc(0, 0, radius * 0.8, 0, 2 * Math.PI);
    context.stroke();
  }

  function paintPoints(layer, frame) {
    const { width, height } = layer.paint;
    const context = layer.paint.getContext("2d");
    const count = frame.fakes.length / 2;
    const key = `${width},${height},${count},${state.run},${ink.real}`;
    if (realsPainted.key !== key) {
      realsPainted.key = key;
      const size = layer.scale * Math.max(0.7, Math.sqrt(USUAL_POINTS / Math.max(count, USUAL_POINTS)));
      realsPainted.dot = stamp(1.5 * size, dot);
      realsPainted.cross = stamp(2.3 * size, cross);
      realsPainted.ring = stamp(2.6 * size, ring);
      realsPainted.pixels = new Uint32Array(width * height);
      stampAll(realsPainted.pixels, width, height, state.points.reals, count, realsPainted.dot, ink.real);
      layer.image = context.createImageData(width, height);
      layer.pixels = new Uint32Array(layer.image.data.buffer);
    }
    layer.pixels.set(realsPainted.pixels);
    const ghost = app.ghost.frame(frame.step);
    if (ghost) stampAll(layer.pixels, width, height, ghost.fakes, ghost.fakes.length / 2, realsPainted.ring, ink.mark);
    stampAll(layer.pixels, width, height, frame.fakes, count, realsPainted.cross, ink.fake);
    context.putImageData(layer.image, 0, 0);
  }

  // -- trail -----------------------------------------------------------------------------------------------------------

  function paintTrail(layer, frame) {
    const context = layer.paint.getContext("2d");
    const s = layer.scale;
    const path = (k) => Array.from(frame.trail_steps, (_, i) => {
      const [x, y] = frame.trail.subarray(4 * i + k, 4 * i + k + 2);
      return app.layers.toPixels(layer, x / state.POINT, y / state.POINT).map((v) => v * s);
    });
    const [centre, bluest] = [path(0), path(2)];
    draw(bluest, [5 * s, 3 * s], "#1d4f91", (x, y) => {
      context.moveTo(x, y - 6 * s);
      context.lineTo(x + 6 * s, y);
      context.lineTo(x, y + 6 * s);
      context.lineTo(x - 6 * s, y);
      context.closePath();
    });
    draw(centre, [], "#a3142a", (x, y) => context.arc(x, y, 5 * s, 0, 2 * Math.PI));

    function draw(points, dash, colour, end) {
      if (!points.length) return;
      for (const [width, style] of [[4 * s, "#fff"], [2 * s, colour]]) {
        context.lineWidth = width;
        context.strokeStyle = style;
        context.lineJoin = "round";
        context.setLineDash(width > 3 * s ? [] : dash);
        context.beginPath();
        points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
        context.stroke();
        context.setLineDash([]);
        context.beginPath();
        end(...points[points.length - 1]);
        context.stroke();
      }
    }
  }

  // -- small ------------------------------------------------------------------------------------------------------------

  // The sample map and some of its fakes, on a canvas that is no panel's.
  function thumbnail(canvas, frame) {
    const scale = canvas.width / 100;
    paintMap({ paint: canvas, scale }, frame.sample_map, frame.resolution, app.scales.of("real-fake"));
    const context = canvas.getContext("2d");
    context.strokeStyle = "#1b1f24"; // shows on every colour of the map
    context.globalAlpha = 0.7;
    context.beginPath();
    for (let n = 0; n < frame.fakes.length / 2; n += 4) {
      const x = ((frame.fakes[2 * n] / state.POINT + 1) / 2) * canvas.width;
      const y = ((1 - frame.fakes[2 * n + 1] / state.POINT) / 2) * canvas.height;
      context.translate(x, y);
      cross(context, scale);
      context.setTransform(1, 0, 0, 1, 0, 0);
    }
  }

  // -- when to paint ---------------------------------------------------------------------------------------------------

  function request() {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      if (state.shown && state.points && state.shown.run === state.run) draw(state.shown);
    });
  }

  function draw(frame) {
    const { samples, latent, discriminator } = app.layers.all;
    if (!ink.real) readInk();
    for (const layer of [latent, discriminator]) {
      if (!layer) continue;
      const { bytes, scale, folded } = app.lens.mapOf(layer.name, frame);
      paintMap(layer, bytes, frame.resolution, app.scales.of(scale), folded);
    }
    if (samples) {
      paintPoints(samples, frame);
      overlays().forEach(({ paint }) => paint(samples, frame));
    }
    if (trail && samples && discriminator) {
      paintTrail(samples, frame);
      paintTrail(discriminator, frame);
    }
    for (const layer of [samples, latent, discriminator]) if (layer) layer.graph.dataset.step = frame.step;
    badges(frame);
    state.emit("drawn", frame);
  }

  // Fades what is there, so that what comes over it stands out.
  function veil(layer) {
    const context = layer.paint.getContext("2d");
    context.globalAlpha = 0.55;
    context.fillStyle = ink.card;
    context.fillRect(0, 0, layer.paint.width, layer.paint.height);
    context.globalAlpha = 1;
  }

  // What is drawn over the points now.
  function overlays() {
    const chosen = { mesh: app.mesh, pull: app.pull }[app.lens.chosen("samples").name];
    return [...(app.scenes.task() === "fit" ? [app.pairs] : []), ...(chosen ? [chosen] : [])];
  }

  function badges(frame) {
    const { view } = state;
    const kind = view.preview !== null ? "preview · " : view.live ? "" : "past · ";
    const step = `${kind}step ${app.grouped(frame.step)}`;
    const cells = `${frame.resolution} × ${frame.resolution}`;
    for (const panel of ["latent", "discriminator"]) say(panel, [step, cells]);
    const [real, fake] = app.scenes.now("samples").points;
    const n = app.grouped(frame.fakes.length / 2);
    const ghost = app.ghost.frame(frame.step);
    const pulled = app.lens.chosen("samples").name === "pull" && frame.pull;
    say("samples", [
      ...(pulled ? [app.pull.badge(frame), step] : [step, `${n} ${real}, ${n} ${fake}`]),
      trail ? `trail of ${frame.trail_steps.length} frames` : "",
      ghost ? `parent's at ${app.grouped(ghost.step)}, grey` : "",
    ]);

    function say(panel, parts) {
      app.badge.say(panel, [app.lens.state(panel, frame), ...parts]);
    }
  }

  function readInk() {
    const style = getComputedStyle(document.documentElement);
    ink = Object.fromEntries(["real", "fake", "mark", "card", "line"].map((name) => [name, style.getPropertyValue(`--gs-${name}`).trim()]));
  }

  function set_trail(on) {
    trail = on;
    request();
  }

  state.on("frame", request);
  state.on("view", request);
  state.on("placed", request);
  state.on("theme", () => {
    readInk();
    request();
  });

  app.paint = { cellAt, set_trail, thumbnail, veil, repaint: request };
})(window.dash_clientside);
