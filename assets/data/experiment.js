// What a run is made of and began with, held against its scenario: gan_core/setup/experiment.py has the same words.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const SHORT = 60; // characters of one value that are said

  // {config, values} of what is not as the scenario has it; all of it where the scenario is not known here.
  function differences({ preset, config, values }) {
    const known = app.preset(preset) || { config: {}, values: {} };
    return { config: unlike(config, known.config), values: unlike(values, known.values) };
  }

  const unlike = (mine, usual) => Object.fromEntries(Object.entries(mine).filter(([name, value]) => !(Object.hasOwn(usual, name) && String(usual[name]) === String(value))));

  // The same in words: "target my-ring(modes=8), batch 64"; empty where there is nothing.
  function words(run) {
    const { config, values } = differences(run);
    return written({ ...config, ...values });
  }

  // What a run was made of otherwise before it was changed, likewise.
  const wordsBefore = (run) => written(unlike(run.config_before, run.config));

  // The same as [name, before, after].
  const changed = (run) => Object.keys(unlike(run.config_before, run.config)).map((name) => [state.settings.labels[name] || name, ...[run.config_before, run.config].map((config) => said(config[name]))]);

  function written(found) {
    const { labels } = state.settings;
    const names = [...new Set([...Object.keys(labels), ...Object.keys(found)])].filter((name) => Object.hasOwn(found, name));
    return names.map((name) => `${lower(labels[name] || name)} ${said(found[name])}`).join(", ");
  }

  const said = (value) => short(typeof value === "number" ? app.parts.plain(value) : app.ownNames.said(String(value)));
  const lower = (label) => label[0].toLowerCase() + label.slice(1);
  const short = (text) => (text.length > SHORT ? `${text.slice(0, SHORT)}…` : text);

  app.experiment = { differences, words, wordsBefore, changed };
})(window.dash_clientside);
