// The guided tour: the article's scenarios one after the other. Where it stands is the scenario that is open; leaving it
// leaves that one running.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let on = false;
  let wanted = null; // the scenario that is being opened, until its run is there
  let asking = 0; // commands that are not answered yet
  let before = ""; // what has become of the run before the tour

  const names = () => state.settings.tables.tour;
  // Where it stands: at the scenario that is being opened, or else at the one that is open.
  const place = () => names().indexOf(wanted || state.status.info.preset);

  async function start() {
    if (on || !state.status) return;
    on = true;
    before = place() !== 0 && state.newestStep() > 0 && state.status.recording ? app.say("tour.kept") : "";
    app.story.unfold(true);
    await open(0);
    if (!on) return;
    app.byId("story-panel").scrollIntoView({ block: "nearest" });
    app.byId("tour-next").focus({ preventScroll: true });
  }

  const next = () => (on && place() === names().length - 1 ? leave() : step(1));
  const back = () => step(-1);

  function step(by) {
    if (!on || !names()[place() + by]) return;
    before = "";
    open(place() + by);
  }

  // The new run is here a moment after the command was obeyed.
  async function open(index) {
    const name = names()[index];
    const there = !wanted && name === state.status.info.preset;
    const former = wanted;
    if (!there) wanted = name;
    show();
    if (there) return;
    app.timeline.follow_live();
    asking += 1;
    const refusal = await app.command.act({ do: "preset", name });
    asking -= 1;
    if (!refusal || wanted !== name) return;
    wanted = former === state.status.info.preset ? null : former;
    on = place() >= 0;
    show();
  }

  function leave() {
    if (!on) return;
    on = false;
    show();
    app.byId("tour-start").focus();
  }

  // Whatever was opened: a scenario from outside the tour ends it.
  function follow(name) {
    if (wanted === name || !asking) wanted = null;
    if (!on) return;
    if (place() < 0) on = false;
    show();
  }

  function show() {
    app.byId("tour").hidden = !on;
    app.byId("tour-start").setAttribute("aria-pressed", String(on));
    app.byId("tour-start").classList.toggle("on", on);
    if (!on) return;
    const at = place();
    const last = at === names().length - 1;
    app.byId("tour-back").disabled = at === 0;
    app.setText("tour-next", app.say(last ? "tour.finish" : "tour.next"));
    app.byId("tour-next").title = last ? app.say("tour.finish-help") : app.say("tour.next-help", { title: state.settings.presets[names()[at + 1]].title });
    app.setText("tour-place", app.say("tour.place", { at: at + 1, count: names().length }));
    app.setText("tour-kept", before);
  }

  // Escape closes what is open in front first, and hides the cursor in a panel.
  function escape(event) {
    if (!on || event.key !== "Escape" || event.defaultPrevented) return;
    if (event.target.closest(".layer, input, [role=listbox]") || document.querySelector("[role=dialog], .bubble")) return;
    leave();
  }

  document.addEventListener("keydown", escape);
  state.on("scenario", follow);

  app.tour = { start, next, back, leave };
})(window.dash_clientside);
