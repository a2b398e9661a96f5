// Paints the frame on the screen: both maps (maps.js), real and fake points, the trail.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const USUAL_POINTS = 2000; // more than these are drawn smaller
  let ink = {}; // colours of the theme
  let trail = false;
  let due = false;
  const realsPainted = { key: "", pixels: null };

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

  function stampAll(pixels, { paint: { width, height }, extent }, points, count, shape, colour) {
    const { size, alpha } = shape;
    const unit = state.POINT * extent;
    const half = (size - 1) / 2;
    const [r, g, b] = app.scales.rgb(colour);
    const base = (b << 16) | (g << 8) | r;
    for (let n = 0; n < count; n++) {
      const left = Math.round((points[2 * n] / unit + 1) / 2 * width - 0.5) - half;
      const top = Math.round((1 - points[2 * n + 1] / unit) / 2 * height - 0.5) - half;
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
      stampAll(realsPainted.pixels, layer, state.points.reals, shownReals(frame), realsPainted.dot, ink.real);
      layer.image = context.createImageData(width, height);
      layer.pixels = new Uint32Array(layer.image.data.buffer);
    }
    layer.pixels.set(realsPainted.pixels);
    const ghost = app.ghost.frame(frame.step);
    if (ghost) stampAll(layer.pixels, layer, ghost.fakes, ghost.fakes.length / 2, realsPainted.ring, ink.mark);
    stampAll(layer.pixels, layer, frame.fakes, count, realsPainted.cross, ink.fake);
    context.putImageData(layer.image, 0, 0);
  }

  // -- trail -----------------------------------------------------------------------------------------------------------

  function paintTrail(layer, frame) {
    const context = layer.paint.getContext("2d");
    const s = layer.scale;
    const path = (k) => Array.from(frame.trail_steps, (_, i) => {
      const [x, y] = frame.trail.subarray(4 * i + k, 4 * i + k + 2);
      return app.layers.toCanvas(layer, x / state.POINT, y / state.POINT);
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

  // Points as they travel, drawn one by one on a canvas that is no panel's: "dot" or "cross", of a radius in CSS pixels.
  function scatter(layer, points, shape, colour, radius) {
    const context = layer.paint.getContext("2d");
    context.fillStyle = context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue(colour).trim();
    for (let n = 0; n < points.length; n += 2) {
      context.setTransform(1, 0, 0, 1, ...app.layers.toCanvas(layer, points[n] / state.POINT, points[n + 1] / state.POINT));
      context.beginPath();
      ({ dot, cross })[shape](context, radius * layer.scale);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  // The sample map and some of its fakes, on a canvas that is no panel's.
  function thumbnail(canvas, frame) {
    const layer = { paint: canvas, scale: canvas.width / 100, extent: app.layers.all.discriminator.extent };
    app.maps.paint(layer, frame.sample_map, frame.resolution, app.scales.of("real-fake"));
    const context = canvas.getContext("2d");
    context.strokeStyle = "#1b1f24"; // shows on every colour of the map
    context.globalAlpha = 0.7;
    context.beginPath();
    for (let n = 0; n < frame.fakes.length / 2; n += 4) {
      context.translate(...app.layers.toCanvas(layer, frame.fakes[2 * n] / state.POINT, frame.fakes[2 * n + 1] / state.POINT));
      cross(context, layer.scale);
      context.setTransform(1, 0, 0, 1, 0, 0);
    }
  }

  // -- when to paint ---------------------------------------------------------------------------------------------------

  function request() {
    if (due) return;
    due = true;
    requestAnimationFrame((now) => {
      due = false;
      if (state.shown && state.points && state.shown.run === state.run) draw(state.shown, now);
    });
  }

  // `now` in ms, of any clock that the other calls go by, too.
  function draw(frame, now) {
    const { samples, latent, discriminator } = app.layers.all;
    if (!ink.real) readInk();
    for (const layer of [latent, discriminator]) {
      if (!layer) continue;
      const { bytes, scale, folded } = app.lens.mapOf(layer.name, frame);
      app.maps.paint(layer, bytes, frame.resolution, app.scales.of(scale), folded, now);
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

  // Fakes of the running mean of G's weights, over what G makes now.
  function paintMean(layer, frame) {
    if (!frame.mean) return;
    veil(layer);
    const context = layer.paint.getContext("2d");
    context.strokeStyle = ink.mark;
    context.lineWidth = 1.2 * layer.scale;
    for (let n = 0; n < frame.mean.length; n += 2) {
      const [x, y] = app.layers.toCanvas(layer, frame.mean[n] / state.POINT, frame.mean[n + 1] / state.POINT);
      context.beginPath();
      context.arc(x, y, 2.6 * layer.scale, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  // What is drawn over the points now.
  function overlays() {
    const chosen = { mesh: app.mesh, pull: app.pull, mean: { paint: paintMean } }[app.lens.chosen("samples").name];
    return [...(app.scenes.task() === "fit" ? [app.pairs] : []), ...(chosen ? [chosen] : [])];
  }

  // As many as there are fakes; none of a recorded run whose data are not here.
  const shownReals = (frame) => Math.min(frame.fakes.length, state.points.reals.length) / 2;

  function badges(frame) {
    const { view } = state;
    const kind = view.preview !== null ? "badge.preview" : view.live ? "badge.step" : "badge.past";
    const step = app.say(kind, { step: frame.step });
    const cells = `${frame.resolution} × ${frame.resolution}`;
    const fading = (panel) => (app.fade.on(app.layers.all[panel]) ? [app.say("badge.fading")] : []);
    for (const panel of ["latent", "discriminator"]) say(panel, [step, ...fading(panel), cells]);
    const { dots, crosses } = app.scenes.now("samples");
    const n = frame.fakes.length / 2;
    const ghost = app.ghost.frame(frame.step);
    const pulled = app.lens.chosen("samples").name === "pull" && frame.pull;
    say("samples", [
      ...(pulled ? [app.pull.badge(frame), step] : [step, app.say("badge.points", { reals: shownReals(frame), n, dots, crosses })]),
      beyond(frame),
      trail ? app.say("badge.trail", { count: frame.trail_steps.length }) : "",
      ghost ? app.say("badge.ghost", { step: ghost.step }) : "",
    ]);

    function say(panel, parts) {
      app.badge.say(panel, [app.lens.state(panel, frame), ...parts]);
    }
  }

  // A G that does not end in tanh may put fakes beyond the square: they are drawn at its edge, and told of.
  function beyond({ fakes }) {
    const { config } = state.status.info;
    if (!config || !String(config.generator).endsWith(":linear")) return "";
    let count = 0;
    for (let i = 0; i < fakes.length; i += 2) count += Math.abs(fakes[i]) >= state.POINT || Math.abs(fakes[i + 1]) >= state.POINT;
    return count ? app.say("badge.beyond", { count }) : "";
  }

  function readInk() {
    const style = getComputedStyle(document.documentElement);
    ink = Object.fromEntries(["real", "fake", "mark", "card"].map((name) => [name, style.getPropertyValue(`--gs-${name}`).trim()]));
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

  app.paint = { draw, set_trail, thumbnail, scatter, veil, repaint: request };
})(window.dash_clientside);
