// Says of a run in another arithmetic than the default what that changes; once a run, until it is dismissed.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let said = null; // of which run and precision it was said

  function show() {
    const { precision, run } = state.status.info;
    if (said === `${run} ${precision}` || app.source.embedded) return;
    said = `${run} ${precision}`;
    const words = state.settings.precisions[precision];
    if (words) app.notice.put("precision", words);
    else app.notice.remove("precision");
  }

  state.on("progress", show);
})(window.dash_clientside);
