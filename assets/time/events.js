// What happened in the run and is worth going back to: ticks over the timeline, and the way from one to the next.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let drawn = { key: "", kept: "" };

  const key = () => `${state.run},${state.events.length},${JSON.stringify(state.events.at(-1))}`;

  function update() {
    const root = app.byId("events");
    if (!root) return;
    if (drawn.key !== key()) {
      drawn = { key: key(), kept: "" };
      root.replaceChildren(...state.events.map(tick));
      // One list to be read, instead of a stop of the Tab key for each.
      app.byId("events-list").replaceChildren(...state.events.map((event) => app.element("li", {}, words(event))));
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

  // What happened: a state began, or a value was changed.
  function what([, kind, about], brief = false) {
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
    go(state.events.findLast(([step]) => step < here()), app.say("events.none-earlier"));
  }

  function next() {
    go(state.events.find(([step]) => step > here()), app.say("events.none-later"));
  }

  function go(event, otherwise) {
    if (!event) return app.setText("event-words", otherwise);
    app.timeline.goToStep(event[0]);
    say();
  }

  // What happened at the step that is viewed.
  function say() {
    if (!app.byId("event-words")) return;
    const found = state.view.live ? [] : state.events.filter(([step]) => step === state.view.step);
    app.setText("event-words", found.length ? app.say("events.at", { step: state.view.step, what: found.map((event) => what(event, true)).join("; ") }) : "");
  }

  state.on("progress", update);
  state.on("view", say);

  app.events = { previous, next };
})(window.dash_clientside);
