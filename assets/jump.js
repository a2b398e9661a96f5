// The field beside the timeline: type a step, press Enter, be there.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const { state } = app;

  // The text is read off the field: Dash hears of it a moment after Enter.
  function typed() {
    const text = app.byId("go-to-step").value.trim();
    const step = app.typed.whole(text);
    const newest = state.newestStep();
    const there = step >= 0 && step <= newest;
    const wrong = text && Number.isNaN(step) ? `${app.typed.quoted(text)} is no whole number. ` : "";
    complain(there ? "" : `${wrong}There are the steps 0 to ${app.grouped(newest)}.`);
    if (!there) return;
    app.byId("go-to-step").select(); // typing again replaces it
    app.timeline.goToStep(step);
  }

  function complain(sentence) {
    app.setText("go-to-step-error", sentence);
    app.byId("go-to-step").setAttribute("aria-invalid", String(sentence !== ""));
  }

  state.on("run", () => app.byId("go-to-step") && complain(""));

  app.jump = { typed };
})(window.dash_clientside);
