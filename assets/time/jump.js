// The field beside the timeline: type a step, press Enter, be there.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const { state } = app;
  let wrong = null; // {text, step, at}: what was asked for and is not there, and where the view stood

  // The text is read off the field: Dash hears of it a moment after Enter.
  function typed() {
    const text = app.byId("go-to-step").value.trim();
    const step = app.typed.whole(text);
    const there = step >= 0 && step <= state.newestStep();
    complain(there ? null : { text, step, at: place() });
    if (!there) return;
    app.byId("go-to-step").select(); // typing again replaces it
    app.timeline.goToStep(step);
  }

  const place = () => (state.view.live ? null : state.view.step);

  // The last step grows in a place of its own: the sentence is read out once, not with every step.
  function complain(about) {
    wrong = about;
    const field = app.byId("go-to-step");
    if (!field) return;
    const newest = app.element("span", { id: "go-to-step-newest", "aria-live": "off" }, app.grouped(state.newestStep()));
    const why = about && about.text && Number.isNaN(about.step) ? `${app.say("jump.not-whole", { text: app.typed.quoted(about.text) })} ` : "";
    const [before, after] = app.say("jump.range", { newest: "\n" }).split("\n");
    app.byId("go-to-step-error").replaceChildren(...(about ? [why + before, newest, after] : []));
    field.setAttribute("aria-invalid", String(about !== null));
  }

  // Training goes on, so that the step may be there by now; until then the sentence names the last one that is.
  function grown() {
    if (!wrong) return;
    if (wrong.step >= 0 && Number.isInteger(wrong.step) && wrong.step <= state.newestStep()) complain(null);
    else app.setText("go-to-step-newest", app.grouped(state.newestStep()));
  }

  state.on("run", () => complain(null));
  state.on("progress", grown);
  state.on("live", grown);
  state.on("view", () => wrong && wrong.at !== place() && complain(null)); // the visitor is elsewhere
  document.addEventListener("input", ({ target }) => wrong && target.id === "go-to-step" && complain(null));

  app.jump = { typed };
})(window.dash_clientside);
