// A link that shows the step on the screen elsewhere: copies one, and opens the one in the address.
//
// The address is written to when a link is copied, and at no other time. Opening a link re-runs its recipe, unless the
// present run is that already; a reloaded page only offers to, because much may have happened since.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const MOST_SAID = 6; // notes
  let cursor = null; // where the visitor points now
  let turn = 0; // counts up with every link that is opened: an earlier one is given up

  // -- copying ---------------------------------------------------------------------------------------------------------

  async function copy() {
    if (!state.status || !state.shown || app.source.recorded) return;
    const recipe = present();
    const obstacle = foreign() || tooLong(recipe);
    if (obstacle) return app.notice.put("copied", obstacle, { passing: true });
    const hash = app.recipe.write(recipe);
    history.replaceState(null, "", hash); // unlike location.hash, this is not a link that was followed
    const what = app.say(recipe.cursor ? "link.step-cursor" : "link.step", { step: recipe.step });
    if (await toClipboard(address())) app.notice.put("copied", app.say("link.copied", { what }), { passing: true });
    else offerText(what);
  }

  // Where each visitor has a session of his own, under an address that is only his, a link leads to where they begin.
  function address() {
    const { links } = document.documentElement.dataset;
    return links === undefined ? location.href : new URL(links.replace(/\/?$/, "/") + location.hash, location.origin).href;
  }

  // What led to the step on the screen, and to the values that are in force there.
  function present() {
    const { info } = state.status;
    const live = state.view.live && state.view.preview === null;
    const step = live ? state.shown.step : state.view.preview !== null ? state.shown.step : state.view.step;
    const last = live && state.status.phase !== "training" ? step + 1 : step;
    const { preset, seed, device, precision, threads } = info;
    const changes = app.recipe.effective(logged().filter(([at]) => at <= last), info.values);
    return { preset, ...app.experiment.differences(info), seed, changes, step, cursor, as: { device, precision, threads } };
  }

  const logged = () => state.changes.map(([step, name, , value]) => [step, name, value]);

  // Why a link could not say what this run is.
  function foreign() {
    const { preset, changed_at: at } = state.status.info;
    if (!app.preset(preset)) return app.say("link.foreign");
    return at ? app.say("link.changed", { step: at }) : null;
  }

  const same = (a, b) => Object.keys({ ...a, ...b }).every((name) => String(a[name]) === String(b[name]));

  function tooLong(recipe) {
    const held = state.changes.length === state.changesTotal;
    const fits = held && recipe.changes.length <= state.settings.link.changes;
    return fits ? null : app.say("link.too-long");
  }

  async function toClipboard(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false; // an address without https, or a browser that does not let the page
    }
  }

  // How something that is selected is copied here. A tablet may call itself a Mac.
  function device() {
    if (matchMedia("(pointer: coarse)").matches) return "touch";
    return /^Mac/.test(navigator.platform) ? "mac" : "keys";
  }

  function offerText(what) {
    app.notice.remove("copied");
    app.notice.put("copied", app.say("link.to-copy", { what, how: app.say(`link.how.${device()}`) }));
    const field = app.element("input", { class: "link", readonly: true, "aria-label": app.say("link.label"), value: address() });
    document.querySelector('.notice[data-key="copied"] p').after(field);
    field.focus();
    field.select();
  }

  // -- opening ---------------------------------------------------------------------------------------------------------

  async function follow({ reloaded = false } = {}) {
    const read = app.recipe.read(location.hash);
    if (!read || app.source.recorded) return;
    const mine = ++turn;
    const { recipe, notes } = read;
    if (!recipe) return tell(notes);
    await until(() => state.status && state.run === state.status.info.run && state.changesTotal >= state.status.changes);
    await app.ownData.names([recipe.config.target || ""]);
    if (mine !== turn) return;
    if (isPresent(recipe)) return arrive(recipe, notes);
    if (isUnderWay(recipe)) return accompany(recipe, notes, mine);
    const unrecorded = !state.status.recording && state.status.step > 0;
    if (!reloaded && !unrecorded) return repeat(recipe, notes, mine);
    app.notice.put("link", app.say(unrecorded ? "link.another-unrecorded" : "link.another", { run: words(recipe) }), {
      action: { text: app.say("link.open"), run: () => repeat(recipe, notes, mine) },
    });
  }

  // Whether the present run has come to the recipe's step as the recipe says, or is on its way there.
  const isPresent = (recipe) => state.newestStep() >= recipe.step && agrees(recipe, recipe.step);
  const isUnderWay = (recipe) => state.status.goal === recipe.step && agrees(recipe, state.status.step);

  // Whether the present run is the recipe's up to a step.
  function agrees({ preset, config, values, seed, changes }, step) {
    const { info } = state.status;
    const told = state.settings.presets[preset];
    const upTo = (list) => list.filter(([at]) => at <= step);
    if (info.preset !== preset || info.seed !== seed || state.changes.length !== state.changesTotal) return false;
    if (!same(info.config, { ...told.config, ...config }) || !same(info.values, { ...told.values, ...values })) return false;
    const mine = app.recipe.effective(upTo(logged()), info.values);
    return JSON.stringify(mine) === JSON.stringify(upTo(changes));
  }

  async function repeat(recipe, notes, mine) {
    const before = state.status.info.run;
    announce(recipe);
    const { preset, config, values, seed, changes, step, sweep } = recipe;
    const texts = Object.fromEntries(Object.entries(config).map(([key, text]) => [key, String(text)]));
    const refusal = await app.command.send({ do: "repeat", preset, config: texts, values, seed, changes, step, sweep });
    if (refusal) return tell([app.say("link.refused", { why: refusal }), ...notes]);
    await until(() => mine !== turn || state.run !== before);
    await accompany(recipe, notes, mine);
  }

  async function accompany(recipe, notes, mine) {
    announce(recipe);
    const run = state.run;
    await until(() => mine !== turn || state.run !== run || isThere(recipe.step));
    if (mine === turn && state.run === run) arrive(recipe, notes);
    else if (mine === turn) app.notice.remove("link"); // another run was begun on the way
  }

  const announce = (recipe) => app.notice.put("link", app.say("link.rerunning", { run: words(recipe) }));
  const isThere = (step) => state.status.info.run === state.run && state.status.goal === null && state.status.step >= step;

  function arrive({ step, cursor: there, as }, notes) {
    if (step < state.newestStep()) app.timeline.goToStep(step);
    else app.timeline.follow_live();
    if (there) app.cursor.point(there);
    tell([...differently(as), ...notes]);
  }

  function differently(as) {
    if (!as) return [];
    const described = ({ device, precision, threads }) => app.say("link.computed", { device, precision, threads });
    const [there, here] = [described(as), described(state.status.info)];
    if (there === here) return [];
    return [app.say("link.differently", { there, here })];
  }

  function words({ preset, config, values, seed, step }) {
    const told = state.settings.presets[preset];
    const others = app.experiment.words({ preset, config: { ...told.config, ...config }, values: { ...told.values, ...values } });
    const fields = { scenario: told.title, seed: String(seed), step };
    return others ? app.say("link.altered-run", { ...fields, differences: others }) : app.say("link.run", fields);
  }

  function tell(notes) {
    if (!notes.length) return app.notice.remove("link");
    const more = notes.length > MOST_SAID ? ` ${app.say("link.more", { count: notes.length - MOST_SAID })}` : "";
    app.notice.put("link", notes.slice(0, MOST_SAID).join(" ") + more);
  }

  // Resolves once a condition holds.
  function until(condition) {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return setTimeout(look, 50);
        resolve();
      };
      look();
    });
  }

  state.on("pointed", (at) => (cursor = at && { ...at }));
  state.on("settings", () => follow({ reloaded: performance.getEntriesByType("navigation")[0].type === "reload" }));
  window.addEventListener("hashchange", () => state.settings && follow());

  app.link = { copy };
})(window.dash_clientside);
