// What happened in the run and is worth going back to: ticks over the timeline, and the way from one to the next.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let drawn = { key: "", kept: "" };

  const key = () => `${state.run},${state.events.length},${JSON.stringify([state.events.at(-1), state.notes])}`;

  // Those that the server tells, where a branch was made something else, and what somebody noted.
  function events() {
    const { changed_at: at } = state.status.info;
    const others = [...(at === null ? [] : [[at, "otherwise", {}]]), ...state.notes.map((note) => [note.step, "note", note])];
    return others.length ? [...state.events, ...others].sort(([a], [b]) => a - b) : state.events;
  }

  function update() {
    const root = app.byId("events");
    if (!root || !state.settings || !state.status) return;
    if (drawn.key !== key()) {
      drawn = { key: key(), kept: "" };
      root.replaceChildren(...events().map(tick));
      // One list to be read, instead of a stop of the Tab key for each.
      app.byId("events-list").replaceChildren(...events().map((event) => app.element("li", {}, words(event))));
    }
    place(root);
  }

  function tick(event) {
    const [step, kind] = event;
    const made = app.element("span", { class: `event ${kind}`, title: words(event), onclick: () => app.timeline.goToStep(step) });
    made.dataset.step = step;
    return made;
  }

  const words = (event) => app.say("events.at", { step: event[0], what: what(event) });

  // What happened: a state began, a value was changed, or all is made of something else from there on.
  function what([, kind, about], brief = false) {
    if (kind === "otherwise") return app.experiment.changed(state.status.info).map(([name, old, now]) => app.say("event.change", { name, old, new: now })).join(", ");
    if (kind === "note") return app.say("event.note", { note: app.notes.tagged(about) });
    if (kind === "change") return app.say("event.change", { ...about, name: nameOf(about.name) });
    const short = app.sayOr(about.state, `state.${about.state}.short`);
    return brief ? short : app.sayOr(short, `state.${about.state}.sentence`);
  }

  function nameOf(value) {
    const known = Object.values(state.settings.sliders).find(({ name }) => name === value);
    return known ? known.label : value;
  }

  function place(root) {
    const kept = `${state.kept.length},${app.kept.last()}`;
    if (drawn.kept === kept) return;
    drawn.kept = kept;
    for (const made of root.children) made.style.left = `${(100 * app.kept.positionOf(Number(made.dataset.step))).toFixed(3)}%`;
  }

  const here = () => (state.view.live ? state.newestStep() : state.view.step);

  function previous() {
    go(events().findLast(([step]) => step < here()), app.say("events.none-earlier"));
  }

  function next() {
    go(events().find(([step]) => step > here()), app.say("events.none-later"));
  }

  function go(event, otherwise) {
    if (!event) return app.setText("event-words", otherwise);
    app.timeline.goToStep(event[0]);
    say();
  }

  // Data go by a name from now on.
  function named() {
    drawn = { key: "", kept: "" };
    update();
    say();
  }

  // What happened at the step that is viewed.
  function say() {
    if (!app.byId("event-words") || !state.status) return;
    const found = state.view.live ? [] : events().filter(([step]) => step === state.view.step);
    app.setText("event-words", found.length ? app.say("events.at", { step: state.view.step, what: found.map((event) => what(event, true)).join("; ") }) : "");
  }

  state.on("progress", update);
  state.on("notes", () => {
    update();
    say();
  });
  state.on("view", say);
  state.on("named", named);

  app.events = { previous, next };
})(window.dash_clientside);
