// The story beside the picture: the scenario's words with links to controls and panels, and what is measured of it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const POINTED = 2600; // ms for which what a link leads to is outlined
  const SPEED_EVERY = 1000; // ms between two estimates of the time that is left
  const BACKGROUND = 5000; // steps from which on a scenario is long
  const SCENARIO = "preset:"; // how what leads to another scenario begins
  const pointed = new Map(); // outlined element -> timer
  let estimated = -Infinity; // when the time that is left was last said

  // -- the words -------------------------------------------------------------------------------------------------------

  // Another scenario: its words, its curves and its lenses.
  function tell(name) {
    const preset = app.preset(name) || { title: name, story: [], claim: "", by: "", found: "", why: [], attempt: [], lenses: [] };
    app.setText("story-title", preset.title);
    app.setText("story-figure", preset.figure ? app.say("story.figure", { figure: preset.figure }) : "");
    write("story", preset.story);
    write("story-attempt", preset.attempt);
    write("story-why", preset.why);
    app.byId("story-why").parentElement.open = false;
    app.more.turn(0, false);
    document.querySelector(".side").scrollTop = 0; // what is told is at its top
    headed("story-claim", preset.by ? app.say("story.claim-by", { by: preset.by }) : app.say("story.claim"), preset.claim);
    headed("story-found", app.say("story.found"), preset.found);
    estimated = -Infinity;
    if (app.views) app.views.choose(preset.view || "losses");
    if (app.lens) app.lens.set(preset.lenses);
  }

  const headed = (id, head, words) => app.byId(id).replaceChildren(...(words ? [app.element("strong", {}, `${head} `), words] : []));

  // Words, some of them links; where there are none, what introduces them goes, too.
  function write(id, pieces) {
    const element = app.byId(id);
    element.replaceChildren(...pieces.map(([words, target]) => (target ? link(words, target) : words)));
    element.parentElement.hidden = !pieces.length;
  }

  // What leads to another scenario begins a new run: a button, which there is where runs can be begun.
  function link(words, target) {
    if (!target.startsWith(SCENARIO)) return app.element("a", { class: "story-link", href: `#${target}`, onclick: (event) => follow(event, target) }, words);
    if (app.source.recorded) return words;
    const name = target.slice(SCENARIO.length);
    const { title } = app.preset(name) || { title: name };
    return app.element("button", { type: "button", class: "story-link", title: app.say("story.opens", { title }), onclick: () => begin(name) }, words);
  }

  // Its own story takes the place of this one, and of the button that was pressed.
  function begin(name) {
    app.byId("story-fold").focus({ preventScroll: true });
    app.transport.open_preset(name);
  }

  // The address stays as it is: what follows its # is a recipe.
  function follow(event, id) {
    event.preventDefault();
    app.workbench.reveal(id);
    show(id);
  }

  // Brings a control or panel into view, gives it the focus and outlines it for a moment.
  function show(id) {
    const target = app.byId(id);
    if (!target) return;
    const FOCUSABLE = "summary, [role=slider], .layer, input:checked, input[type=checkbox], button";
    const focus = target.matches("input, button") ? target : target.querySelector(FOCUSABLE);
    const box = target.closest(".control, .card, .switch-row") || target;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
    if (focus) focus.focus({ preventScroll: true });
    clearTimeout(pointed.get(box));
    box.classList.remove("pointed-at");
    void box.offsetWidth; // so that the outline begins anew
    box.classList.add("pointed-at");
    pointed.set(box, setTimeout(() => box.classList.remove("pointed-at"), POINTED));
  }

  function fold() {
    unfold(app.byId("story-body").hidden);
  }

  function unfold(open) {
    app.byId("story-body").hidden = !open;
    app.byId("story-fold").setAttribute("aria-expanded", String(open));
  }

  // -- what is measured ------------------------------------------------------------------------------------------------

  // What a step of the past was diagnosed as: the last that was said of one not after it.
  function diagnosisAt(step) {
    const said = state.events.findLast(([since, kind]) => kind === "diagnosis" && since <= step);
    return said ? { state: said[2].state, since: said[0] } : { state: "undecided", since: 0 };
  }

  const shape = ({ state: name }) => (Object.hasOwn(state.settings.tables.shapes, name) ? state.settings.tables.shapes[name] : "");
  const words = ({ state: name }) => app.sayOr(name, `state.${name}.short`); // a newer GANscope may know more states

  // The newest in the status; beside the story that of the step in view.
  function diagnose() {
    const now = app.readings.diagnosis();
    app.setText("status-diagnosis", now ? `${shape(now)} ${words(now)}` : "");
    const there = now && !state.view.live ? diagnosisAt(state.view.step) : now;
    app.byId("story-diagnosis").hidden = !there;
    app.setText("story-shape", there ? shape(there) : "");
    app.setText("story-state", there ? capital(app.say("story.state", { state: words(there), step: there.since })) : "");
    app.setText("story-sentence", there ? app.readings.sentence(there) : "");
  }

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  const percent = (x) => `${Math.round(100 * x)} %`;
  const WRITE = {
    coverage: percent,
    on_band: percent,
    called_real: percent,
    corners: (x) => x.toFixed(2),
    map_error: (x) => x.toFixed(3),
    squared_error: (x) => x.toExponential(1),
  };

  const reading = (name, frame) => (frame && frame.reading ? frame.reading[state.settings.tables.places.indexOf(name)] : NaN);

  // What no reading says directly: the words of its value, or null.
  const MADE = {
    squared_error: (frame) => written("squared_error", reading("fit_error", frame) ** 2 / 2),
    loss(frame) {
      const row = frame && app.rows.valuesAt(frame.step);
      const { best } = state.points;
      if (!row || !Number.isFinite(row.values[0]) || best === null || best === undefined) return null;
      return app.say("story.loss", { loss: row.values[0], best });
    },
  };

  const written = (name, value) => (Number.isFinite(value) ? (WRITE[name] || app.brief)(value) : null);

  // The numbers that the scenario is about, of one frame: [name, words] of each that there is.
  function numbersOf(frame) {
    const names = state.settings.tables.numbers[state.points.task] || [];
    return names.map((name) => [name, MADE[name] ? MADE[name](frame) : written(name, reading(name, frame))]).filter(([, words]) => words);
  }

  // The run's state and those numbers at the newest frame, in half a sentence.
  function seen(frame) {
    const now = app.readings.diagnosis();
    const said = now ? [app.say("story.state-since", { state: words(now), step: now.since })] : [];
    const { labels } = state.settings.tables;
    return [...said, ...numbersOf(frame).map(([name, words]) => `${lower(labels[name][0])} ${words}`)].join(", ");
  }

  const lower = (label) => (/^[A-Z][a-z]/.test(label) ? label[0].toLowerCase() + label.slice(1) : label); // not D's

  // The scenario's own numbers, at the step on the screen.
  function measure() {
    const root = app.byId("story-numbers");
    if (!root || !state.settings || !state.points) return;
    const { labels } = state.settings.tables;
    const found = numbersOf(state.shown);
    root.hidden = !found.length;
    const key = [state.run, ...found.map(([name]) => name)].join();
    if (root.dataset.shows !== key) {
      root.dataset.shows = key;
      root.replaceChildren(
        ...found.map(([name]) => app.element("div", { title: app.strata.about(name, labels[name][1]) }, app.element("dt", {}, labels[name][0]), app.element("dd", { id: `story-${name}` }))),
      );
    }
    for (const [name, words] of found) app.setText(`story-${name}`, words);
  }

  // -- how far it is ---------------------------------------------------------------------------------------------------

  function progress() {
    const { status } = state;
    const preset = app.preset(status.info.preset);
    const length = status.length || (preset && preset.length);
    const step = state.newestStep();
    const share = length ? Math.min(1, step / length) : 0;
    app.byId("story-progress").hidden = app.byId("story-left").hidden = !length;
    if (!length) return;
    app.byId("story-bar").style.width = `${(100 * share).toFixed(2)}%`;
    app.byId("story-progress").setAttribute("aria-valuenow", Math.floor(100 * share));
    const now = performance.now();
    if (now - estimated < SPEED_EVERY && status.phase === "training") return;
    estimated = now;
    const words = step > length ? past(step, length, status) : remaining(step, length, status);
    app.setText("story-left", words);
    app.byId("story-progress").setAttribute("aria-valuetext", words);
  }

  function remaining(step, length, { phase, steps_per_second: speed }) {
    if (phase !== "training" || step === length || !(speed > 0)) return app.say("story.step-of", { step, length });
    return app.say(length >= BACKGROUND ? "story.left-long" : "story.left", { step, length, time: duration((length - step) / speed) });
  }

  const past = (step, length, { phase }) =>
    app.say(phase === "training" ? "story.beyond-training" : "story.beyond", { step, length });

  function duration(seconds) {
    if (seconds < 90) return app.say("story.seconds", { n: Math.max(1, Math.round(seconds)) });
    if (seconds < 5400) return app.say("story.minutes", { n: Math.round(seconds / 60) });
    return app.say("story.hours", { hours: seconds / 3600 });
  }

  function networks() {
    if (!state.points) return;
    for (const [id, network] of Object.entries({ g: "generator", d: "discriminator" })) {
      app.setText(`untrained-${id}`, app.offers.has(network) ? "" : ` ${app.say("story.untrained")}`);
    }
  }

  function update() {
    if (!state.status || !state.settings || !app.byId("story")) return;
    diagnose();
    networks();
    measure();
    progress();
  }

  state.on("scenario", tell);
  state.on("progress", update);
  state.on("view", update);
  state.on("frame", measure);

  app.story = { fold, unfold, show, seen };
})(window.dash_clientside);
