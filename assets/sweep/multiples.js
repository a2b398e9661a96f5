// Small multiples: of each run its last fakes over the real points, its seed, step and state; each opens as a run.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const SIZE = 150; // CSS pixels a side
  const REACH = 1.05; // of the square, at the edge

  // {root, show(watched, runs, fakes, reals)}: `runs` in their order.
  function make(label) {
    const root = app.element("ul", { class: "multiples", "aria-label": label });
    const held = new Map(); // key -> {item, canvas, link, words, painted}

    function show(watched, runs, fakes, reals) {
      for (const run of runs) if (!held.has(run.key)) held.set(run.key, build());
      const items = runs.map(({ key }) => held.get(key).item);
      if (items.length !== root.children.length || items.some((item, i) => root.children[i] !== item)) root.replaceChildren(...items);
      for (const run of runs) fill(held.get(run.key), watched, run, fakes.get(run.key), reals);
    }

    return { root, show };
  }

  function build() {
    const canvas = app.element("canvas", { "aria-hidden": "true" });
    const words = app.element("span", {});
    const link = app.element("a", { class: "multiple", target: "_blank", title: app.say("sweep.open-run") }, canvas, words);
    return { item: app.element("li", {}, link), canvas, link, words, said: "", painted: null };
  }

  function fill(one, watched, run, fakes, reals) {
    const now = app.sweepWords.stateOf(watched, run);
    const step = app.sweepWords.stepOf(watched, run);
    const said = now ? app.say("sweep.run", { seed: String(run.seed), step, state: app.sweepWords.verdict(now) }) : app.say("sweep.run-waits", { seed: String(run.seed) });
    if (one.said !== said) {
      one.said = said;
      one.words.replaceChildren(now ? app.say("sweep.run-at", { seed: String(run.seed), step }) : said, app.element("br"), now ? app.sweepWords.shaped(now) : "");
      one.link.setAttribute("aria-label", app.say("sweep.open", { run: said }));
      one.link.href = app.sweeps.link(watched, run);
      one.link.dataset.state = now || "";
      one.link.dataset.step = step;
    }
    if (one.painted && one.painted[0] === fakes && one.painted[1] === reals && one.painted[2] === theme()) return;
    one.painted = [fakes, reals, theme()];
    paint(one.canvas, fakes || new Int16Array(0), reals);
  }

  const theme = () => document.documentElement.dataset.mantineColorScheme;

  function paint(canvas, fakes, reals) {
    const scale = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(SIZE * scale);
    const context = canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const place = (v) => ((v / state.POINT / REACH + 1) / 2) * SIZE;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = style.getPropertyValue("--gs-real");
    context.globalAlpha = 0.55;
    for (let n = 0; n < reals.length; n += 2) context.fillRect(place(reals[n]) - 0.6, SIZE - place(reals[n + 1]) - 0.6, 1.2, 1.2);
    context.globalAlpha = 0.9;
    context.strokeStyle = style.getPropertyValue("--gs-fake");
    context.beginPath();
    for (let n = 0; n < fakes.length; n += 2) {
      const [x, y] = [place(fakes[n]), SIZE - place(fakes[n + 1])];
      context.moveTo(x - 1.8, y - 1.8);
      context.lineTo(x + 1.8, y + 1.8);
      context.moveTo(x + 1.8, y - 1.8);
      context.lineTo(x - 1.8, y + 1.8);
    }
    context.stroke();
  }

  app.multiples = { make };
})(window.dash_clientside);
