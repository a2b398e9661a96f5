// A branch of the run: from the viewed step, or from before the last change of a slider.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const SAME_GESTURE = 1000; // ms: changes with less between them are one gesture,
  const NEAR = 50; // as are those within so many steps of each other, where nobody saw when they came
  const came = new Map(); // number of a change -> when it came, in ms, if this page was there

  async function from(step) {
    if (!state.status || step === null) return;
    const refusal = await app.command.act({ do: "branch", run: state.status.info.id, step });
    if (!refusal) app.timeline.follow_live();
  }

  function viewed() {
    if (!state.view.live) return state.view.step;
    return state.shown ? state.shown.step : null;
  }

  // The step before the first change of the last gesture; null when nothing was changed.
  function beforeLastChange() {
    let i = state.changes.length - 1;
    if (i < 0) return null;
    while (i > 0 && together(i - 1, i)) i -= 1;
    return state.changes[i][0] - 1;
  }

  function together(i, j) {
    const [a, b] = [state.changes[i][0], state.changes[j][0]];
    if (a === b) return true;
    const first = state.changesTotal - state.changes.length;
    const [before, after] = [came.get(first + i), came.get(first + j)];
    if (after === undefined) return b - a <= NEAR;
    return before !== undefined && after - before < SAME_GESTURE;
  }

  let known = null; // how many changes there were last time; null before the first answer
  function note() {
    const total = state.changesTotal;
    if (known !== null) for (let i = known; i < total; i++) came.set(i, performance.now());
    known = total;
    show();
  }

  function show() {
    const button = app.byId("branch-here");
    if (!button || !state.status) return;
    button.disabled = !state.status.recording || !state.newestStep();
    const before = state.status.recording ? beforeLastChange() : null;
    const undo = app.byId("before-change");
    undo.disabled = before === null;
    undo.title = before === null ? app.say("branch.nothing-changed") : app.say("branch.before-change", { step: before });
  }

  state.on("run", () => {
    known = null;
    came.clear();
  });
  state.on("progress", note);

  app.branch = { here: () => from(viewed()), before_change: () => from(beforeLastChange()) };
})(window.dash_clientside);
