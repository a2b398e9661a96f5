// Notes on steps of the run in view: asked for once it is known which one it is, and again whenever runs have changed.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let asked = null; // the run

  function look() {
    const run = app.source.recorded ? app.source.id : state.status.recording && state.status.info.id; // one that is in a file
    if (run === asked) return;
    asked = run;
    learn();
  }

  async function learn() {
    const run = asked;
    if (!run) return;
    const { said } = await app.runs.some(run);
    if (run !== asked || !said || !said.runs) return;
    const found = said.runs.find(({ id, damage }) => id === run && !damage);
    state.notes = found ? found.notes.filter(({ step }) => step !== null) : [];
    state.emit("notes");
  }

  state.on("run", () => {
    asked = null;
    state.notes = [];
  });
  state.on("progress", look);
  state.on("runs", learn);
})(window.dash_clientside);
