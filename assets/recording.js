// How the recording of the present run stands: a few words in the header, a banner when it stopped, and what the
// visitor should know of the run.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const UNITS = ["bytes", "kB", "MB", "GB", "TB"];
  let note = null; // the one that is shown, or was dismissed

  // 24100000 is "24 MB": at least two digits, three from 100 up.
  function size(bytes) {
    let unit = 0;
    let value = Number(bytes) || 0;
    while (value >= 999.5 && unit < UNITS.length - 1) {
      value /= 1000;
      unit += 1;
    }
    const text = unit && value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
    return `${text} ${UNITS[unit]}`;
  }

  function show() {
    const { recording } = state.status;
    app.setText("recording-words", recording ? `recorded: ${size(recording.nbytes)} of ${size(recording.limit)}` : "not recorded");
    const error = (recording && recording.error) || "";
    app.setText("recording-error", error);
    app.byId("recording-error").hidden = !error;
    if (state.status.note === note) return;
    note = state.status.note;
    if (note) app.notice.put("note", note);
    else app.notice.remove("note");
  }

  state.on("progress", () => app.byId("recording-words") && show());

  app.recording = { size };
})(window.dash_clientside);
