// The panels in the order of the page, by Python's table `panels`: their names, and which of them show the square.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  const names = (test) => (state.settings ? state.settings.panels.filter(test).map(({ name }) => name) : []);
  const all = () => names(() => true);
  const square = () => names((panel) => panel.square);
  const idOf = (name) => `${name}-panel`;

  // Those that can show something else than usual: {name: id of the control for it}.
  const choosing = () => Object.fromEntries((state.settings ? state.settings.panels : []).filter(({ choices }) => choices).map(({ name, choices }) => [name, choices]));

  app.panels = { all, square, idOf, choosing };
})(window.dash_clientside);
