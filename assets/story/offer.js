// After a restart of the server: offers to go on with the run before, where it stopped.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const DISMISSED = "ganscope-not-continued"; // id of the run, for as long as the tab is open
  let asked = false;

  async function look() {
    if (asked || app.source.recorded || app.source.embedded || !state.status.recording) return;
    asked = true;
    const { said, error } = await app.runs.page({ count: 0 });
    if (error || !said.last || state.status.info.parent !== null) return;
    const answer = await app.runs.some(said.last);
    const before = !answer.error && answer.said.runs[0];
    if (before && app.browser.passing.get(DISMISSED) !== before.id) offer(before);
  }

  function offer(run) {
    const what = run.title || app.runs.usualName(run);
    app.notice.put("offer", app.say("offer.stopped", { step: run.steps, run: what }), {
      action: { text: app.say("offer.continue"), run: () => take(run) },
      dismissed: () => app.browser.passing.set(DISMISSED, run.id),
    });
  }

  async function take(run) {
    const refusal = await app.runs.open(run.id);
    if (refusal) app.notice.put("offer", app.say("offer.cannot", { why: refusal }));
    else app.notice.remove("offer");
  }

  state.on("progress", look);
  state.on("run", () => asked && app.notice.remove("offer"));

  app.offer = {};
})(window.dash_clientside);
