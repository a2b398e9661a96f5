// The same experiment with other seeds: begun with a button, and seen as small multiples, as curves with a band, and in words.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const HOW_MANY = [4, 8, 16];
  const USUAL = 8;
  const MOST_SHOWN = 64; // runs of one recipe that are drawn; all are counted
  const MOST_STEPS = 100000; // of a run that a page asks for
  const LONG = 6000; // a scenario that is meant for longer is trained for so long, as by the command `train`
  const READINGS = ["coverage", "on_band", "distance", "spread", "saturated", "precision", "recall", "density", "neighbour_coverage", "energy", "modes", "high_quality", "reverse_kl", "d_loss", "g_loss"];

  // The present experiment as a plan has it; all of it where its scenario is not known here.
  function present() {
    const { info } = state.status;
    const preset = app.preset(info.preset) ? info.preset : state.settings.link.preset;
    const { config, values } = app.experiment.differences({ ...info, preset });
    const texts = Object.fromEntries(Object.entries({ ...config, ...values }).map(([name, value]) => [name, String(value)]));
    const changes = app.recipe.effective(state.changes.map(([step, name, , value]) => [step, name, value]), info.values);
    return { preset, config: texts, changes, seed: info.seed };
  }

  function usualSteps() {
    const { preset } = state.status.info;
    const length = app.preset(preset) ? app.preset(preset).length : 600;
    return Math.min(MOST_STEPS, Math.max(state.newestStep(), Math.min(length, LONG), 1));
  }

  function planOf(count, steps) {
    const { preset, config, changes, seed } = present();
    const seeds = Array.from({ length: count }, (_, i) => (seed + i) % Number.MAX_SAFE_INTEGER);
    return { preset, steps, seeds, config, changes: changes.filter(([step]) => step <= steps) };
  }

  // Why no plan can say what the present run is.
  const obstacle = () => (state.changes.length === state.changesTotal ? null : app.say("seeds.too-many-changes"));

  // Begins it with as many seeds as usual, and shows it.
  async function again() {
    if (!state.status) return;
    const { said, error: refused } = await app.sweeps.list();
    const error = refused || obstacle();
    if (error) return app.notice.put("seeds", error, { passing: true });
    const why = await begin(planOf(USUAL, usualSteps()), said.cores);
    if (why) app.notice.put("seeds", why, { passing: true });
  }

  async function begin(plan, cores, workers = cores) {
    const { said, error } = await app.sweeps.begin(plan, workers);
    if (!error) open(said.id, cores);
    return error;
  }

  // Shows one that is there.
  function open(id, cores) {
    const body = app.element("div", { class: "seeds-body" });
    const title = app.element("p", { class: "sweep-title" });
    const error = app.element("p", { class: "field-error", role: "alert" });
    const choice = app.element("select", { id: "seeds-reading", onchange: () => draw() }, ...READINGS.map((name) => app.element("option", { value: name }, app.sweepWords.reading(name))));
    const chosen = app.element("div", { class: "field-row" }, app.element("label", { for: choice.id }, app.say("seeds.curves")), choice);
    const compared = app.comparison.make(id);
    const place = app.element("div", { class: "seeds-parts" });
    let parts = null; // one for each recipe
    let reals = new Int16Array(0);
    const follow = app.sweeps.follow(id, changed);
    const steering = app.steering.make(id, cores, { again: () => follow.again(), halt: () => follow.halt(), gone: () => app.sweepHome.open() });
    const observer = new ResizeObserver(() => draw());
    observer.observe(place);
    body.append(title, steering.root, error, chosen, place, compared.root, anew(id, cores));

    async function changed(watched) {
      error.textContent = watched.error || "";
      if (!watched.plan) return;
      title.textContent = watched.sweep.title;
      steering.show(watched.sweep);
      if (!parts) {
        parts = watched.cells.map((cell, i) => part(i, cell, watched));
        place.replaceChildren(...parts.map(({ root }) => root));
        reals = await app.sweeps.reals(id, 0);
      }
      draw();
      const missing = parts.flatMap(({ runs }) => runs.slice(0, MOST_SHOWN)).filter(({ key }) => watched.rows.has(key) && !watched.fakes.has(key)).map(({ key }) => key);
      if (!missing.length) return;
      for (const [key, points] of Object.entries(await app.sweeps.fakes(id, missing.slice(0, 64)))) watched.fakes.set(key, points);
      draw();
    }

    function draw() {
      if (!parts || !body.isConnected) return;
      for (const { show } of parts) show(follow.watched, choice.value, reals);
      compared.show(follow.watched, choice.value);
    }

    const left = () => {
      follow.stop();
      observer.disconnect();
    };
    app.sweepWindow.show({ id: "seeds", title: app.say("seeds.title"), body, left, actions: [app.sweepHome.button()] });
  }

  // What is seen of one recipe: how often what came of it, each of its runs, and their curves.
  function part(i, cell, { cells, runs: all }) {
    const runs = all.filter((run) => run.cell === i);
    const name = cells.length > 1 ? app.sweepWords.cell(cell) : "";
    const verdict = app.element("p", { class: "sweep-verdicts", role: "status" });
    const multiples = app.multiples.make(name || app.say("seeds.multiples"));
    const bands = app.bands.make();
    const root = app.element("div", { class: "seeds-part" }, name && app.element("h3", {}, name), verdict, multiples.root, bands.root);

    function show(watched, reading, reals) {
      multiples.show(watched, runs.slice(0, MOST_SHOWN), watched.fakes, reals);
      bands.show(watched, runs, reading);
      const states = runs.map((run) => app.sweepWords.stateOf(watched, run)).filter(Boolean);
      const said = states.length ? app.sweepWords.verdicts(states) : "";
      const words = said && (runs.every(({ key }) => watched.rows.has(key)) ? said : app.say("seeds.verdicts-so-far", { said }));
      if (verdict.textContent !== words) verdict.textContent = words;
    }

    return { root, runs, show };
  }

  // With other numbers of seeds and steps: the present experiment, as it is now.
  function anew(id, cores) {
    if (!state.status) return "";
    const count = app.element("select", { id: "seeds-count" }, ...HOW_MANY.map((n) => app.element("option", { value: n, selected: n === USUAL }, String(n))));
    const steps = app.element("input", { id: "seeds-steps", type: "text", inputmode: "numeric", autocomplete: "off", value: usualSteps() });
    const error = app.element("p", { class: "field-error", role: "alert" });
    const press = app.element("button", { id: "seeds-begin", type: "button", class: "button", onclick: async () => {
      const n = app.typed.whole(steps.value);
      if (!(n >= 1 && n <= MOST_STEPS)) return (error.textContent = app.say("seeds.bad-steps", { most: MOST_STEPS }));
      error.textContent = obstacle() || (await begin(planOf(Number(count.value), n), cores)) || "";
    } }, app.say("seeds.begin"));
    const { changed_at: at } = state.status.info;
    const row = app.element("div", { class: "field-row" }, app.element("label", { for: count.id }, app.say("seeds.count")), count, app.element("label", { for: steps.id }, app.say("seeds.steps")), steps, press);
    return app.element("section", { class: "seeds-anew", "aria-label": app.say("seeds.anew") }, app.element("h3", {}, app.say("seeds.anew")), row, at ? app.element("p", { class: "field-help" }, app.say("seeds.changed", { step: at })) : "", error);
  }

  // What the scenario has in the place of what the present experiment has otherwise, as text.
  function asScenario() {
    const { info } = state.status;
    const told = app.preset(info.preset);
    if (!told) return { config: {}, values: {} };
    const { config, values } = app.experiment.differences(info);
    const back = (mine, usual) => Object.fromEntries(Object.keys(mine).map((name) => [name, String(usual[name])]));
    return { config: back(config, told.config), values: back(values, told.values) };
  }

  app.seeds = { again, open, obstacle, present, asScenario, usualSteps, READINGS };
})(window.dash_clientside);
