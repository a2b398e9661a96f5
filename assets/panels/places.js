// What the linked cursors say and show of a place, by the task of the run: which panels it is in, and what is there.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const RADIUS = 0.05; // in sample space: fakes this near to the cursor light up in latent space
  const MARKED = 5; // nearest fakes that are ringed
  const CIRCLE = 0.08; // radius in latent space of the circle whose image is drawn
  const SHARE = (0.3 * Math.PI) / 4; // |det J| of an even spread of the latent square over the band
  let tools; // of cursor.js: put, hide, ring, dots, join, ellipse, words

  const two = (x) => x.toFixed(2).replace(/^-(0\.00)$/, "$1");
  const pair = (x, y) => `(${two(x)}, ${two(y)})`;
  const distance = (near) => near[0].distance.toFixed(3);
  const pointOf = (points, i) => [points[2 * i] / state.POINT, points[2 * i + 1] / state.POINT];

  // -- readings ----------------------------------------------------------------------------------------------------------

  // What the usual map of a panel says of a place, and of which place exactly.
  function reading(panel, frame, x, y) {
    const { reading: name, scale } = app.scenes.now(panel);
    const map = panel === "latent" ? frame.latent_map : frame.sample_map;
    const { byte, centre } = app.maps.cellAt(map, frame.resolution, x, y);
    const { nothing, text } = app.scales.of(scale, frame);
    const value = nothing && byte === app.scales.NOTHING ? `${name}: ${nothing}` : `${name} = ${text(byte)}`;
    const reach = panel === "latent" ? app.plane.reach() : 1;
    return [value, app.say("places.cell", { place: pair(...centre.map((at) => at * reach)) })];
  }

  // What its lens adds.
  function lensLines(panel, frame, x, y) {
    const { name, bytes, scale, reading: what } = app.lens.mapOf(panel, frame);
    if (name === "map") return [];
    const { byte, index } = app.maps.cellAt(bytes, frame.resolution, x, y);
    if (name === "tears") return stretchLines(frame, index, x, y);
    const { nothing, text } = app.scales.of(scale);
    const best = name === "difference" ? bestLine(frame, x, y) : [];
    return [...best, byte === app.scales.NOTHING ? `${what}: ${nothing}` : `${what} = ${text(byte)}`];
  }

  function bestLine(frame, x, y) {
    const map = frame.best_d || frame.latent_map;
    const { byte } = app.maps.cellAt(map, frame.resolution, x, y);
    return byte === app.scales.NOTHING ? [] : [`D*(x) = ${app.scales.of("best").text(byte)}`];
  }

  function stretchLines(frame, index, u, v) {
    const factor = 10 ** (frame.stretch[index] / 1000);
    const { axes, angle } = app.geometry.stretchAt(frame, u, v);
    tools.ellipse("latent", [u, v], [CIRCLE, CIRCLE], 0);
    tools.ellipse("samples", app.geometry.imageOf(frame, u, v), axes.map((a) => a * CIRCLE), angle); // of the panel's units
    return [
      app.say("places.stretch", { factor: app.brief(factor), multiple: multiple(factor / share()) }),
      app.say(frame.folded[index] ? "places.folded" : "places.not-folded"),
      app.say("places.stretched", { one: stretched(axes[0]), other: stretched(axes[1]) }),
    ];
  }

  const share = () => SHARE / app.plane.reach() ** 2;
  const stretched = (times) => app.brief((times / app.plane.reach()).toPrecision(2));
  const multiple = (times) => (times >= 1 ? app.say("places.times-even", { times: brief2(times) }) : app.say("places.even-by", { times: brief2(1 / times) }));
  const brief2 = (x) => app.grouped(Number(x.toPrecision(2)));

  // -- both networks -------------------------------------------------------------------------------------------------------

  function ganMap(frame, x, y) {
    tools.put("discriminator", x, y);
    tools.put("samples", x, y);
    const { near, found } = around(frame, x, y);
    tools.hide("latent");
    const place = `x = ${pair(x, y)}`;
    tools.words({
      discriminator: [place, ...reading("discriminator", frame, x, y), ...lensLines("discriminator", frame, x, y)],
      samples: [place, app.say("places.nearest", { what: crosses(), distance: distance(near) })],
      latent: found.length
        ? [app.say("places.z-near", { count: found.length, radius: String(RADIUS) })]
        : [app.say("places.no-z-near", { radius: String(RADIUS) }), app.say("places.nearest-away", { what: crosses(), distance: distance(near) })],
    });
  }

  const crosses = () => app.scenes.now("samples").crosses;

  // Rings the nearest crosses, and lights up the z of all that are near.
  function around(frame, x, y) {
    const near = app.geometry.nearest(frame.fakes, x, y, MARKED);
    tools.ring("samples", frame.fakes, near.map((n) => n.index));
    const found = app.geometry.within(frame.fakes, x, y, RADIUS);
    tools.dots("latent", app.plane.latents(frame), found);
    return { near, found };
  }

  function ganSamples(frame, x, y) {
    tools.put("samples", x, y);
    tools.put("discriminator", x, y);
    const { near, z } = nearestZ(frame, x, y);
    tools.words({
      samples: [`x = ${pair(x, y)}`, app.say("places.nearest", { what: crosses(), distance: distance(near) })],
      discriminator: [...reading("discriminator", frame, x, y), ...lensLines("discriminator", frame, x, y)],
      latent: [app.say("places.comes-from", { what: crosses() }), app.plane.shadow(...z)],
    });
  }

  // The nearest cross, ringed, and the z it comes from, pointed at.
  function nearestZ(frame, x, y) {
    const near = app.geometry.nearest(frame.fakes, x, y, 1);
    tools.ring("samples", frame.fakes, near.map((n) => n.index));
    const z = pointOf(app.plane.latents(frame), near[0].index);
    tools.put("latent", ...z);
    return { near, z, index: near[0].index };
  }

  function ganLatent(frame, u, v) {
    const x = app.geometry.imageOf(frame, u, v);
    const score = reading("latent", frame, u, v);
    const lens = lensLines("latent", frame, u, v);
    tools.put("latent", u, v);
    tools.put("samples", ...x);
    tools.put("discriminator", ...x);
    tools.words({
      latent: [app.plane.place(frame, u, v), ...score, ...lens],
      samples: [`G(z) ≈ ${pair(...x)}`],
      discriminator: [`G(z) ≈ ${pair(...x)}`, score[0]],
    });
  }

  // -- G alone, on pairs ---------------------------------------------------------------------------------------------------

  function fitLatent(frame, u, v) {
    const [x, target] = [app.geometry.imageOf(frame, u, v), app.spiral.f(u, v)];
    tools.join("samples", x, target);
    const lens = lensLines("latent", frame, u, v);
    tools.put("latent", u, v);
    tools.put("samples", ...x);
    tools.put("discriminator", ...x);
    tools.words({
      latent: [app.plane.place(frame, u, v), ...reading("latent", frame, u, v), ...lens],
      samples: [`f(z) = ${pair(...target)}`, `G(z) ≈ ${pair(...x)}`, app.say("places.apart", { distance: Math.hypot(x[0] - target[0], x[1] - target[1]) })],
      discriminator: [`G(z) ≈ ${pair(...x)}`, reading("discriminator", frame, ...x)[0]],
    });
  }

  function fitSamples(frame, x, y) {
    tools.put("samples", x, y);
    tools.put("discriminator", x, y);
    const { near, z, index } = nearestZ(frame, x, y);
    const [is, target] = [pointOf(frame.fakes, index), pointOf(state.points.reals, index)];
    tools.join("samples", is, target);
    tools.words({
      samples: [`x = ${pair(x, y)}`, app.say("places.nearest", { what: crosses(), distance: distance(near) }), app.say("places.its-target", { place: pair(...target) }), app.say("places.error", { distance: Math.hypot(is[0] - target[0], is[1] - target[1]) })],
      discriminator: reading("discriminator", frame, x, y),
      latent: [app.say("places.comes-from", { what: crosses() }), app.plane.shadow(...z)],
    });
  }

  // -- D alone: one place, in all three ------------------------------------------------------------------------------------

  function everywhere(frame, x, y) {
    for (const panel of app.panels.square()) tools.put(panel, x, y);
    const place = `x = ${pair(x, y)}`;
    const near = app.geometry.nearest(frame.fakes, x, y, 1);
    const real = app.geometry.nearest(state.points.reals.subarray(0, frame.fakes.length), x, y, 1);
    tools.words({
      samples: [place, ...real.map((one) => app.say("places.nearest-real", { distance: distance([one]) })), app.say("places.nearest-of", { what: crosses(), distance: distance(near) })],
      latent: [place, ...reading("latent", frame, x, y)],
      discriminator: [place, ...reading("discriminator", frame, x, y), ...lensLines("discriminator", frame, x, y)],
    });
  }

  // -- nothing is trained --------------------------------------------------------------------------------------------------

  function squareLatent(frame, u, v) {
    const [now, x] = [app.geometry.imageOf(frame, u, v), app.spiral.f(u, v)];
    tools.join("samples", now, x);
    tools.put("latent", u, v);
    tools.put("samples", ...x);
    tools.put("discriminator", ...x);
    tools.words({
      latent: [app.plane.place(frame, u, v), ...reading("latent", frame, u, v)],
      samples: [`f(z) = ${pair(...x)}`, app.say("places.now-at", { place: pair(...now) })],
      discriminator: [`f(z) = ${pair(...x)}`],
    });
  }

  function squareSamples(frame, x, y) {
    const [u, v] = app.spiral.inverse(x, y);
    tools.put("samples", x, y);
    tools.put("discriminator", x, y);
    const inside = Math.abs(v) <= 1;
    if (inside) tools.put("latent", u, v);
    else tools.hide("latent");
    const uv = [`u = ${two(u)}`, `v = ${two(v)}`];
    tools.words({
      samples: [`x = ${pair(x, y)}`, ...uv, app.say(inside ? "places.on-band" : "places.off-band")],
      discriminator: reading("discriminator", frame, x, y),
      latent: inside ? [`f⁻¹(x) = ${pair(u, v)}`] : [app.say("places.no-z")],
    });
  }

  const SAME = { samples: everywhere, latent: everywhere, discriminator: everywhere };
  const TASKS = {
    gan: { samples: ganSamples, latent: ganLatent, discriminator: ganMap },
    fit: { samples: fitSamples, latent: fitLatent, discriminator: ganMap },
    noise: SAME,
    blob: SAME,
    none: { samples: squareSamples, latent: squareLatent, discriminator: squareSamples },
  };

  function show(given, panel, frame, x, y) {
    tools = given;
    TASKS[app.scenes.task()][panel](frame, x, y);
  }

  app.places = { show, pair };
})(window.dash_clientside);
