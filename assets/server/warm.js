// Has the process that re-runs steps started before it is needed, because what it loads takes seconds: when the pointer
// or the focus comes to the timeline, or else once the page has been there for a while and all else is loaded.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const WHILE = 5000; // ms
  let asked = false;
  let later = null;

  async function warm() {
    later = null; // a page that is hidden by then tries again when it is back
    if (asked || document.hidden || !state.status || !state.status.recording) return;
    asked = true;
    const { error } = await app.runs.ask("/api/warm", { method: "POST" });
    if (error) asked = false;
  }

  function near({ target }) {
    if (target.closest && target.closest(".footer")) warm();
  }

  document.addEventListener("pointerover", near, true);
  document.addEventListener("focusin", near, true);
  state.on("progress", () => {
    if (!asked) later = later || setTimeout(warm, WHILE);
  });

  app.warm = {};
})(window.dash_clientside);
