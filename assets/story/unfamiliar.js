// Says of a run whose scenario this version does not know what cannot be told or done here; once a run, until it is
// dismissed.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LONGEST = 60; // characters of a name that are said back
  let said = null; // of which run it was said

  const quoted = (name) => `“${name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name}”`;

  function show() {
    const { preset, run } = state.status.info;
    if (said === run || app.source.embedded) return;
    said = run;
    if (app.preset(preset)) return app.notice.remove("unfamiliar");
    const key = app.source.recorded ? "unfamiliar.recorded" : "unfamiliar.live";
    app.notice.put("unfamiliar", app.say(key, { name: quoted(preset) }));
  }

  state.on("progress", show);
})(window.dash_clientside);
