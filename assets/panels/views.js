// Which curves the metrics panel shows, by Python's table `views`: a control in its head, and what the choice means.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let chosenName = "losses";
  let control = null;
  let placed = { found: null, axis: null, plot: null }; // the plot of the data's parts, and what it was made of

  const whyNot = (view) => app.offers.whyNot(view.needs);

  // The view in force: what the visitor chose, or the first where the task has no such thing.
  function chosen() {
    const { views } = state.settings;
    const found = views.find(({ name }) => name === chosenName);
    return found && !whyNot(found) ? found : views[0];
  }

  // What it draws in this task; parts of the data on the axis that these give.
  function plot() {
    const found = chosen().plots[app.scenes.task()] || chosen().plots.gan;
    if (!ofParts(chosen())) return found;
    if (placed.found !== found || placed.axis !== app.strata.axis()) placed = { found, axis: app.strata.axis(), plot: { ...found, ...app.strata.axis() } };
    return placed.plot;
  }

  const ofParts = (view) => view.plots.gan.canvas === "strata" && app.strata.now();

  // A view's words; those of the data's parts are called by what these are.
  const said = (view) => (ofParts(view) ? { ...view, label: app.strata.words("label"), help: `${app.strata.words("where")} ${view.help}` } : view);

  function choose(name) {
    if (chosenName === name) return;
    chosenName = name;
    changed();
  }

  function changed() {
    show();
    state.emit("lens");
    app.curves.redraw(true);
  }

  function show() {
    if (!control) return;
    const choices = state.settings.views.filter((view) => !isLeftOut(view)).map((view) => ({ name: view.name, label: said(view).label, why: whyNot(view) }));
    control.show(choices, chosen().name);
  }

  function build() {
    const title = app.byId("metrics-panel-title");
    if (!title || control) return;
    control = app.segments.make({ id: "curves-view", label: app.say("views.label"), choose, least: 1 });
    title.after(control.root);
    show();
  }

  // What few runs have is no choice of the others, nor of one that the page does not know yet: a head that grows and
  // shrinks again would make every chart beside it follow.
  const isLeftOut = (view) => view.rare && (state.run === null || Boolean(whyNot(view)));

  // [label, words] of all views that are possible now, the one in force first, and why those that are left out are not.
  function help() {
    const views = state.settings.views.filter((view) => !whyNot(view)).map(said).map(({ name, label, help: words }) => [name, label, words || app.scenes.now("metrics").help]);
    const possible = views.sort(([a], [b]) => (b === chosen().name) - (a === chosen().name)).map(([, label, words]) => [label, words]);
    return [...possible, ...state.settings.views.filter(isLeftOut).map((view) => [view.label, whyNot(view)])];
  }

  state.on("settings", build);
  state.on("run", changed);

  app.views = { chosen, plot, choose, help, said };
})(window.dash_clientside);
