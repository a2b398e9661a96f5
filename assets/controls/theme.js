// Light and dark: Mantine keeps the choice; Plotly's texts and axes are told of it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const STORED = "mantine-color-scheme-value"; // where Mantine itself looks at start-up

  const dark = () => document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";

  function toggle() {
    const next = dark() ? "light" : "dark";
    app.browser.lasting.set(STORED, next);
    app.set_props("provider", { forceColorScheme: next });
  }

  function colour(layer) {
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    const axes = {};
    for (const axis of ["xaxis", "yaxis"]) {
      axes[`${axis}.gridcolor`] = value("--gs-grid");
      axes[`${axis}.linecolor`] = value("--gs-line");
      axes[`${axis}.tickcolor`] = value("--gs-line");
    }
    window.Plotly.relayout(layer.plot, { "font.color": value("--gs-text"), ...axes });
  }

  function colourAll() {
    for (const layer of Object.values(app.layers.all)) if (layer) colour(layer);
    state.emit("theme");
  }

  new MutationObserver(colourAll).observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
  state.on("figure", (layer) => dark() && colour(layer)); // it comes in light

  app.theme = { toggle };
})(window.dash_clientside);
