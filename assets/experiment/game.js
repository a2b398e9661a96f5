// Theory beside practice, under the story: of a game of two numbers the phase plane, with its field, the way so far, and what
// is foretold beside what is observed; of any tiny run the eigenvalues of its game, where it is at rest. All numbers come from
// Python (lenses `game` and `spectrum`) or are readings; here they are only drawn and said.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const WAY = 2000; // looks of the way that are drawn
  const JOINED = 5; // steps between two looks that are joined by a line
  const OVER = 50; // steps over which a factor is observed
  const MOST = 100; // gan_core/theory/game.py: no threshold is looked for beyond
  const NOTHING = 1e-7; // a real part that is rounding
  const REST = 1e-12; // nearer to the middle nothing is left to be observed
  let told = null; // the newest frame with what is foretold
  let seen = null; // the newest frame with a spectrum
  let parts = null;

  const offers = (offer) => Boolean(state.points) && app.offers.has(offer);
  const root = () => app.byId("game");
  const stepInView = () => (state.view.live ? state.newestStep() : state.view.step);
  const number = (x) => app.minus(app.brief(x));
  const factor = (x) => (x >= 100 || x < 0.001 ? number(x) : x.toFixed(4));

  // What the server has to compute now: the spectrum only at rest, and while it is open.
  function wanted() {
    if (!root() || root().hidden) return [];
    const open = parts && parts.spectrum.open && !app.calm.moving();
    return [...(offers("game") ? ["game"] : []), ...(offers("tiny") && open ? ["spectrum"] : [])];
  }

  function build() {
    if (parts) return;
    const canvas = (label, words) => app.element("canvas", { role: "img", "aria-label": app.say(label), "aria-describedby": words });
    const plane = canvas("game.plane", "game-words");
    const words = app.element("div", { id: "game-words", class: "game-words" });
    const phase = app.element("div", { class: "phase" }, app.element("h2", { tabindex: "-1" }, app.say("game.title")), plane, words, app.element("p", { class: "field-help" }, app.say("game.about")));
    const values = canvas("game.spectrum-label", "spectrum-words");
    const said = app.element("p", { id: "spectrum-words" });
    const spectrum = app.element("details", { ontoggle: () => state.emit("lens") }, app.element("summary", {}, app.say("game.spectrum")), said, values, app.element("p", { class: "field-help" }, app.say("game.spectrum-about")));
    parts = { phase, plane, words, spectrum, values, said };
    root().append(phase, spectrum);
    new ResizeObserver(follow).observe(root());
  }

  function show() {
    if (!root()) return;
    const any = offers("game") || offers("tiny");
    if (any) build();
    const before = root().hidden;
    root().hidden = !any;
    if (!parts) return;
    parts.phase.hidden = !offers("game");
    parts.spectrum.hidden = !offers("tiny");
    if (before !== root().hidden) state.emit("lens");
    follow();
  }

  // -- following -----------------------------------------------------------------------------------------------------

  function follow() {
    if (!parts || root().hidden) return;
    const here = [state.shown, ...(state.view.live ? [state.live] : [])].filter((frame) => frame && frame.run === state.run);
    told = newest([told, ...here], "game");
    seen = newest([seen, ...here], "spectrum");
    if (offers("game")) {
      drawPlane();
      sayGame();
    }
    if (offers("tiny") && parts.spectrum.open) drawSpectrum();
  }

  // That of the step in view, or else the latest one.
  function newest(frames, name) {
    const there = frames.filter((frame) => frame && frame.run === state.run && frame[name] && frame[name].length);
    return there.find((frame) => frame.step === stepInView()) || there.reduce((a, b) => (a && a.step >= b.step ? a : b), null);
  }

  // Looks up to the step in view: [[step, theta, psi], ...].
  function way() {
    const [theta, psi] = ["theta", "psi"].map((name) => app.readings.curve(name, Infinity, null));
    const last = stepInView();
    const found = theta.x.map((step, i) => [step, theta.y[i], psi.y[i]]);
    return found.filter(([step, x, y]) => step <= last && Number.isFinite(x) && Number.isFinite(y));
  }

  // By what a step has multiplied the distance from the middle, lately: {factor, steps}, or null.
  function observed(points) {
    const last = points[points.length - 1];
    const first = last && points.findLast(([step]) => step <= last[0] - OVER);
    if (!first) return null;
    const [before, after] = [first, last].map(([, x, y]) => Math.hypot(x, y));
    const steps = last[0] - first[0];
    return before > REST && after > REST ? { factor: (after / before) ** (1 / steps), steps } : null;
  }

  // -- drawing -------------------------------------------------------------------------------------------------------

  // A context in CSS pixels of a square canvas, wiped: [context, side].
  function paper(canvas) {
    const side = canvas.clientWidth;
    const dots = Math.round(side * (window.devicePixelRatio || 1));
    if (canvas.width !== dots) canvas.width = canvas.height = dots;
    const context = canvas.getContext("2d");
    context.setTransform(dots / side, 0, 0, dots / side, 0, 0);
    context.clearRect(0, 0, side, side);
    return [context, side];
  }

  // Axes through 0 with their ends and names; `at` maps a place to pixels.
  function axes(context, side, reach, at, names) {
    const ink = app.plot.colour("quiet");
    context.strokeStyle = app.plot.colour("line");
    context.lineWidth = 1;
    line(context, [at(-reach[0], 0), at(reach[0], 0)]);
    line(context, [at(0, -reach[1]), at(0, reach[1])]);
    context.fillStyle = ink;
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const put = (text, x, y, align) => {
      context.textAlign = align;
      context.fillText(text, x, y);
    };
    const [, middle] = at(0, 0);
    put(app.minus(number(-reach[0])), 2, middle + 14, "left");
    put(`${names[0]} ${number(reach[0])}`, side - 2, middle + 14, "right");
    put(`${names[1]} ${number(reach[1])}`, side / 2 + 5, 12, "left");
    put(app.minus(number(-reach[1])), side / 2 + 5, side - 4, "left");
  }

  function line(context, points) {
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
  }

  function drawPlane() {
    const [context, side] = paper(parts.plane);
    if (!side) return;
    const points = way().slice(-WAY);
    const field = told && told.game_field;
    const farthest = points.reduce((most, [, x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 0);
    const reach = told ? told.game[7] : Math.max(1, farthest);
    const at = (x, y) => [side / 2 + (x / reach) * (side / 2 - 4), side / 2 - (y / reach) * (side / 2 - 4)];
    axes(context, side, [reach, reach], at, ["θ", "ψ"]);
    if (field) arrows(context, field, at, side);
    context.strokeStyle = app.plot.colour("accent");
    context.lineWidth = 1.5;
    for (const piece of pieces(points)) trace(context, piece.map(([, x, y]) => at(x, y)));
    ring(context, at(0, 0));
    if (points.length) dot(context, at(...points[points.length - 1].slice(1)));
  }

  // The way in runs of looks that are near enough to be joined: between others nobody knows how it went.
  function pieces(points) {
    const found = [];
    points.forEach((point, i) => {
      if (i && point[0] - points[i - 1][0] <= JOINED) found[found.length - 1].push(point);
      else found.push([point]);
    });
    return found;
  }

  function trace(context, [first, ...others]) {
    if (others.length) return line(context, [first, ...others]);
    context.fillStyle = app.plot.colour("accent");
    context.fillRect(first[0] - 1.5, first[1] - 1.5, 3, 3);
  }

  // Each as long as the root of its share of the longest: small moves near the middle are to be seen as well.
  function arrows(context, field, at, side) {
    context.strokeStyle = app.plot.colour("mark");
    context.globalAlpha = 0.6;
    context.lineWidth = 1;
    for (let k = 0; k < field.length; k += 4) {
      const [x, y, dx, dy] = field.subarray(k, k + 4);
      const size = Math.hypot(dx, dy);
      if (!(size > 1e-9)) continue;
      const length = (Math.sqrt(size) * side) / 18;
      const [ux, uy] = [dx / size, -dy / size];
      const [px, py] = at(x, y);
      const [ex, ey] = [px + ux * length, py + uy * length];
      line(context, [[px, py], [ex, ey]]);
      line(context, [[ex - 4 * ux - 2.5 * uy, ey - 4 * uy + 2.5 * ux], [ex, ey], [ex - 4 * ux + 2.5 * uy, ey - 4 * uy - 2.5 * ux]]);
    }
    context.globalAlpha = 1;
  }

  // Where it would come to rest.
  function ring(context, [x, y]) {
    context.strokeStyle = app.plot.colour("text");
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, 5, 0, 2 * Math.PI);
    context.stroke();
  }

  function dot(context, [x, y]) {
    context.fillStyle = app.plot.colour("fake");
    context.strokeStyle = app.plot.colour("card");
    context.beginPath();
    context.arc(x, y, 5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }

  function drawSpectrum() {
    const [context, side] = paper(parts.values);
    const late = !seen || seen.step !== stepInView() || app.calm.moving();
    app.setText("spectrum-words", spectrumWords(late));
    parts.values.hidden = !seen;
    if (!seen || !side) return;
    const pairs = Array.from({ length: seen.spectrum.length / 2 }, (_, k) => [seen.spectrum[2 * k], seen.spectrum[2 * k + 1]]);
    const reach = [0, 1].map((k) => pairs.reduce((most, pair) => Math.max(most, Math.abs(pair[k])), 0) * 1.1 || 1);
    const at = (x, y) => [side / 2 + (x / reach[0]) * (side / 2 - 4), side / 2 - (y / reach[1]) * (side / 2 - 4)];
    axes(context, side, reach, at, ["Re", "Im"]);
    for (const [x, y] of pairs) {
      // Those that lead away are filled: not by their colour alone.
      context.strokeStyle = context.fillStyle = app.plot.colour(x > NOTHING ? "fake" : "real");
      context.beginPath();
      context.arc(...at(x, y), 3, 0, 2 * Math.PI);
      if (x > NOTHING) context.fill();
      else context.stroke();
    }
  }

  // -- in words ------------------------------------------------------------------------------------------------------

  function spectrumWords(late) {
    const waiting = app.calm.moving() ? app.say("game.spectrum-at-rest") : app.say("networks.computing");
    if (!seen) return waiting;
    const away = Array.from(seen.spectrum).filter((x, k) => k % 2 === 0 && x > NOTHING).length;
    const said = app.say("game.spectrum-words", { step: seen.step, n: seen.spectrum.length / 2, away, most: number(seen.spectrum[0]) });
    return late ? `${said} ${waiting}` : said;
  }

  function sayGame() {
    const points = way();
    const last = points[points.length - 1];
    const lately = observed(points);
    const lines = [
      last && app.say("game.where", { step: last[0], theta: number(last[1]), psi: number(last[2]), distance: number(Math.hypot(last[1], last[2])) }),
      ...(told ? foretold(told.game) : []),
      lately && app.say("game.observed", { n: lately.steps, factor: factor(lately.factor) }),
    ].filter(Boolean);
    // Read out at rest alone: it would never end.
    parts.words.setAttribute("aria-live", app.calm.moving() ? "off" : "polite");
    lines.forEach((text, k) => {
      const paragraph = parts.words.children[k] || parts.words.appendChild(app.element("p"));
      if (paragraph.textContent !== text) paragraph.textContent = text;
    });
    while (parts.words.children.length > lines.length) parts.words.lastChild.remove();
  }

  function foretold([, , times, turn, threshold, real, imaginary]) {
    if (!Number.isFinite(real)) return [app.say("game.no-slope")];
    const flow = imaginary ? app.say("game.flow", { real: number(real), imaginary: number(Math.abs(imaginary)) }) : app.say("game.flow-real", { real: number(real) });
    if (!Number.isFinite(times)) return [flow, app.say("game.no-step")];
    return [flow, app.say("game.foretold", { factor: factor(times), degrees: number((turn * 180) / Math.PI) }), thresholdWords(threshold)];
  }

  function thresholdWords(times) {
    if (times === 0) return app.say("game.never");
    if (times >= MOST) return app.say("game.always");
    const { values } = state.status;
    const rate = (name) => number(times * values[name].value);
    return app.say("game.threshold", { times: number(times), lr_g: rate("lr_g"), lr_d: rate("lr_d") });
  }

  app.ask.theory = wanted;
  for (const event of ["frame", "live", "view", "progress", "theme"]) state.on(event, follow);
  state.on("settings", show);
  state.on("run", () => {
    told = seen = null;
    show();
  });
})(window.dash_clientside);
