// Lenses: what a square panel shows instead of its usual map, or on top of it, by Python's table `lenses`. The arrays for
// it come with the frames of those who ask for them; a frame that lacks them shows the usual map meanwhile.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const EVEN = Math.log10((0.3 * Math.PI) / 4); // log of |det J| of an even spread of the latent square over the band
  const DECADES = 2; // either way, on the scale of stretching
  const chosenNames = {}; // by panel; none: the usual
  const controls = {};
  const maps = new WeakMap(); // frame -> {name of a choice: bytes}
  let refused = null; // the step whose frame cannot have what was asked for

  const choicesOf = (panel) => state.settings.lenses[panel] || [{ name: "", needs: [] }];
  const whyNot = (choice) => app.offers.whyNot(choice.needs);

  // The choice in force: what the visitor chose, or the usual where the task has no such thing.
  function chosen(panel) {
    const choices = choicesOf(panel);
    const found = choices.find(({ name }) => name === chosenNames[panel]);
    return found && !whyNot(found) ? found : choices[0];
  }

  // The lenses that the server has to compute now.
  function wanted() {
    if (!state.settings) return [];
    const lenses = Object.keys(app.panels.choosing()).map((panel) => chosen(panel).lens).filter((lens) => lens && !(lens === "best-d" && shownAnyway()));
    if (app.ask.units()) lenses.push("units");
    lenses.push(...app.ask.theory());
    return [...new Set(lenses)].sort();
  }

  // In some tasks the latent panel shows D* over sample space, whatever lens is on.
  const shownAnyway = () => app.scenes.now("latent").scale === "best";

  const has = (frame, lens) => Boolean(frame[state.settings.lens_arrays[lens]]);
  const lacks = (frame) => wanted().some((lens) => !has(frame, lens)) || app.plane.isOther(frame);

  // -- maps ------------------------------------------------------------------------------------------------------------

  // Choices whose map has to be made of what came; that of the others is an array as it is.
  const MADE = {
    difference: (frame) => {
      const best = shownAnyway() ? frame.latent_map : frame.best_d;
      return best && Uint8Array.from(best, (b, k) => (b === app.scales.NOTHING ? b : Math.round(127 + 127 * (frame.sample_map[k] / 255 - b / 254))));
    },
    tears: (frame) => frame.stretch && Uint8Array.from(frame.stretch, stretchByte),
  };

  const isMap = ({ name, map }) => Boolean(MADE[name] || map);

  const stretchByte = (thousandths) => Math.min(Math.max(Math.round(127 + (127 * (thousandths / 1000 - even())) / DECADES), 0), 254);
  const even = () => EVEN - 2 * Math.log10(app.plane.reach());

  // What a panel's map is now: {bytes, scale, reading, folded}; the usual one while the lens's is not there.
  function mapOf(panel, frame) {
    const scene = app.scenes.now(panel);
    const choice = chosen(panel);
    const usual = { name: "map", bytes: panel === "latent" ? frame.latent_map : frame.sample_map, scale: scene.scale, reading: scene.reading };
    if (!isMap(choice)) return usual;
    if (!maps.has(frame)) maps.set(frame, {});
    const held = maps.get(frame);
    held[choice.name] = held[choice.name] || (MADE[choice.name] ? MADE[choice.name](frame) : frame[choice.map]);
    if (!held[choice.name]) return usual;
    return { name: choice.name, bytes: held[choice.name], scale: choice.scale, reading: choice.reading, folded: choice.name === "tears" ? frame.folded : null };
  }

  // What is said of a panel's lens beside the step; empty when all is as it should be.
  function state_of(panel, frame) {
    const { lens } = chosen(panel);
    const lacking = lens && wanted().includes(lens) && !has(frame, lens);
    if (!lacking && !(panel === "latent" && app.plane.isOther(frame))) return "";
    if (state.view.preview !== null) return app.say("lens.click");
    if (app.ask.playing() || app.ask.dragged()) return app.say("lens.at-rest");
    const step = state.view.live ? frame.step : state.view.step;
    return app.say(refused !== null && refused === step ? "lens.unavailable" : "lens.computing");
  }

  // The choice that is to be seen: the usual one while the frame on the screen lacks what the chosen one needs.
  function visible(panel) {
    const choice = chosen(panel);
    const there = !isMap(choice) || (state.shown && mapOf(panel, state.shown).name === choice.name);
    return there ? choice : choicesOf(panel)[0];
  }

  function refuse(step) {
    refused = step;
    app.paint.repaint();
  }

  // -- choosing ----------------------------------------------------------------------------------------------------------

  function choose(panel, name) {
    if (chosenNames[panel] === name) return;
    chosenNames[panel] = name;
    changed();
  }

  // Switches these lenses on and all others off: the first choice that needs each.
  function set(lenses) {
    for (const panel of Object.keys(app.panels.choosing())) {
      const choices = choicesOf(panel);
      const found = choices.find(({ name, lens }) => lenses.includes(lens) || lenses.includes(name)) || choices[0];
      chosenNames[panel] = found.name;
    }
    changed();
  }

  function changed() {
    refused = null;
    show();
    state.emit("lens");
    app.paint.repaint();
  }

  function show() {
    for (const [panel, control] of Object.entries(controls)) {
      const choices = choicesOf(panel).map((choice) => ({ name: choice.name, label: labelOf(panel, choice.label), why: whyNot(choice) }));
      control.show(choices, chosen(panel).name);
    }
  }

  function build() {
    for (const [panel, id] of Object.entries(app.panels.choosing())) {
      const title = app.byId(`${panel}-panel-title`);
      if (!title || controls[panel]) continue;
      controls[panel] = app.segments.make({ id, label: app.say(`lens.label-${panel}`), choose: (name) => choose(panel, name), least: 2 });
      title.after(controls[panel].root);
    }
    show();
    state.emit("controls");
  }

  // [label, words] of all choices of a panel that are possible now, the one in force first.
  function help(panel) {
    const choices = choicesOf(panel).filter((choice) => !whyNot(choice)).map(({ name, label, help: words }) => [name, labelOf(panel, label), words || app.scenes.now(panel).help]);
    return choices.sort(([a], [b]) => (b === chosen(panel).name) - (a === chosen(panel).name)).map(([, label, words]) => [label, words]);
  }

  const labelOf = (panel, label) => label || app.scenes.now(panel).short;

  Object.assign(app.ask, { lenses: wanted, lacks });
  state.on("exact", (step) => step !== null && refuse(step));
  state.on("settings", build);
  state.on("run", () => {
    show();
    state.emit("lens");
  });

  app.lens = { chosen, visible, mapOf, state: state_of, choose, set, help };
})(window.dash_clientside);
