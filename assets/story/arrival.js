// Tells a visitor who arrives in the middle of a run where it stands, and offers to watch it from the beginning.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LATE = 50; // steps from which on the beginning has been missed
  const FOLLOWED = "ganscope-followed"; // id of the run that this tab has seen, for as long as the tab is open
  let first = true;

  function look() {
    if (app.source.recorded || app.source.embedded || !state.status || state.run !== state.status.info.run) return;
    const { info, step, goal, figure_end: ended } = state.status;
    const known = app.browser.passing.get(FOLLOWED) === info.id;
    if (!known) app.browser.passing.set(FOLLOWED, info.id);
    if (!first) return;
    first = false;
    const linked = app.recipe.read(location.hash);
    if (!known && step > LATE && goal === null && !ended && info.parent === null && !linked) offer(step);
  }

  function offer(step) {
    const words = app.say(state.status.recording ? "arrival.recorded" : "arrival.unrecorded", { step });
    app.notice.put("arrival", words, { action: { text: app.say("arrival.watch"), run: again } });
  }

  async function again() {
    app.notice.remove("arrival");
    const { info, pace_chosen: chosen, phase } = state.status;
    const preset = app.preset(info.preset);
    app.timeline.follow_live();
    if (await app.command.act({ do: "reset" })) return;
    if (chosen || !preset || preset.paces[0][1] !== 1) await app.command.act({ do: "pace", steps: 1 });
    if (phase === "paused") app.command.act({ do: "play" });
  }

  state.on("progress", look);
  state.on("run", () => !first && app.notice.remove("arrival"));

  app.arrival = {};
})(window.dash_clientside);
