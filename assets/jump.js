// The field beside the timeline: type a step, press Enter, be there.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const { state } = app;

  // The text is read off the field: Dash hears of it a moment after Enter.
  function typed() {
    const text = app.byId("go-to-step").value;
    const step = Number(text.replaceAll(/[\s,]/g, ""));
    const newest = state.newestStep();
    const there = text.trim() !== "" && Number.isInteger(step) && step >= 0 && step <= newest;
    complain(there ? "" : `There are the steps 0 to ${app.grouped(newest)}.`);
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
