// How the recording of the present run stands: a few words in the header, a notice while it waits, a banner when it
// stopped, and what the visitor should know of the run.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const UNITS = [app.say("recording.bytes"), "kB", "MB", "GB", "TB"];
  const told = {}; // notices that are shown, or were dismissed, by their keys

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
    const { file } = app.source;
    app.setText("recording-words", recording ? words(recording) : file ? "" : app.say("recording.none"));
    tell("file", file && file.said);
    tell("recording-waits", (recording && recording.waiting) || null);
    tell("note", state.status.note);
    const error = (recording && recording.error) || "";
    app.setText("recording-error", error);
    app.byId("recording-error").hidden = !error;
  }

  function words({ nbytes, limit, waiting, error }) {
    if (error && !nbytes) return app.say("recording.none");
    return waiting ? app.say("recording.waits") : app.say("recording.size", { size: size(nbytes), limit: size(limit) });
  }

  function tell(key, text) {
    if (told[key] === text) return;
    told[key] = text;
    if (text) app.notice.put(key, text);
    else app.notice.remove(key);
  }

  state.on("progress", () => app.byId("recording-words") && show());

  app.recording = { size };
})(window.dash_clientside);
