// Which curves the metrics panel shows, by Python's table `views`: a control in its head, and what the choice means.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let chosenName = "losses";
  let control = null;

  const whyNot = (view) => app.offers.whyNot(view.needs);

  // The view in force: what the visitor chose, or the first where the task has no such thing.
  function chosen() {
    const { views } = state.settings;
    const found = views.find(({ name }) => name === chosenName);
    return found && !whyNot(found) ? found : views[0];
  }

  // What it draws in this task.
  const plot = () => chosen().plots[app.scenes.task()] || chosen().plots.gan;

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
    const choices = state.settings.views.map((view) => ({ name: view.name, label: view.label, why: whyNot(view) }));
    control.show(choices, chosen().name);
  }

  function build() {
    const title = app.byId("metrics-panel-title");
    if (!title || control) return;
    control = app.segments.make({ id: "curves-view", label: app.say("views.label"), choose, least: 1 });
    title.after(control.root);
    show();
  }

  // [label, words] of all views that are possible now, the one in force first.
  function help() {
    const views = state.settings.views.filter((view) => !whyNot(view)).map(({ name, label, help: words }) => [name, label, words || app.scenes.now("metrics").help]);
    return views.sort(([a], [b]) => (b === chosen().name) - (a === chosen().name)).map(([, label, words]) => [label, words]);
  }

  state.on("settings", build);
  state.on("run", changed);

  app.views = { chosen, plot, choose, help };
})(window.dash_clientside);
