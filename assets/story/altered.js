// Beside the story: what of the run is not as its scenario has it, with the way back, and which path computes its steps.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let shown = null; // of which run

  function again() {
    shown = null;
    if (state.status) show();
  }

  function show() {
    const root = app.byId("story-altered");
    const { info } = state.status;
    if (!root || !state.settings || shown === info.run) return;
    shown = info.run;
    const known = app.preset(info.preset);
    const differs = known ? app.experiment.words(info) : "";
    app.setText("story-altered-words", differs ? app.say("story.altered", { differences: differs }) : "");
    app.setText("story-path", info.by_hand ? "" : app.say("story.path"));
    app.byId("as-told").hidden = !differs || app.source.recorded;
    root.hidden = !differs && info.by_hand;
  }

  const asTold = () => app.command.act({ do: "preset", name: state.status.info.preset });

  state.on("progress", show);
  state.on("named", again);

  app.altered = { asTold };
})(window.dash_clientside);
