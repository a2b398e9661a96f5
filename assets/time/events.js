// What happened in the run and is worth going back to: ticks over the timeline, and the way from one to the next.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let drawn = { key: "", kept: "" };

  const key = () => `${state.run},${state.events.length},${state.events.length ? state.events.at(-1) : ""}`;

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

  const words = ([step, , said]) => `step ${app.grouped(step)}: ${said}`;

  function place(root) {
    const kept = `${state.kept.length},${app.kept.last()}`;
    if (drawn.kept === kept) return;
    drawn.kept = kept;
    for (const made of root.children) made.style.left = `${(100 * app.kept.positionOf(Number(made.dataset.step))).toFixed(3)}%`;
  }

  const here = () => (state.view.live ? state.newestStep() : state.view.step);

  function previous() {
    go(state.events.findLast(([step]) => step < here()), "there is no earlier event");
  }

  function next() {
    go(state.events.find(([step]) => step > here()), "there is no later event");
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
    app.setText("event-words", found.length ? `step ${app.grouped(state.view.step)}: ${found.map(([, , said]) => state.settings.tables.short[said] || said).join("; ")}` : "");
  }

  state.on("progress", update);
  state.on("view", say);

  app.events = { previous, next };
})(window.dash_clientside);
