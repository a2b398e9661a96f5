// One player at a time: D alone, or G alone, for some steps, after which training pauses and both are updated as before.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const USUAL = 20; // steps
  let form = null;

  function make() {
    const player = app.element("select", { id: "alone-player", "aria-label": app.say("alone.only") }, ...["d", "g"].map((name) => app.element("option", { value: name }, app.say(`alone.player.${name}`))));
    const steps = app.element("input", { id: "alone-steps", class: "typed-number", type: "text", inputmode: "numeric", autocomplete: "off", value: USUAL, "aria-label": app.say("alone.steps"), "aria-describedby": "alone-error", oninput: () => complain("") });
    const train = app.element("button", { id: "alone-train", class: "button", type: "submit", title: app.say("alone.help") }, app.say("alone.train"));
    const error = app.element("div", { id: "alone-error", class: "field-error", role: "alert" });
    const row = app.element("div", { class: "alone-row" }, app.element("span", {}, app.say("alone.only")), player, app.element("span", {}, app.say("alone.for")), steps, app.element("span", {}, app.say("alone.steps")), train);
    form = { player, steps, error };
    app.byId("alone").replaceChildren(app.element("form", { onsubmit: submit, "aria-label": app.say("alone.label") }, row, error, app.element("p", { class: "field-help" }, app.say("alone.help"))));
  }

  async function submit(event) {
    event.preventDefault();
    const most = state.settings.steps_at_once;
    const count = app.typed.whole(form.steps.value);
    if (!(count >= 1 && count <= most)) return complain(app.say("alone.bad-steps", { most }));
    app.timeline.follow_live();
    complain((await app.command.send({ do: "step", count, only: form.player.value })) || "");
  }

  function complain(sentence) {
    form.error.textContent = sentence;
    form.steps.setAttribute("aria-invalid", String(Boolean(sentence)));
  }

  // Where both are not updated one after the other there is no such thing: the sliders of updates are gone there, too.
  function show() {
    if (!state.status || !state.settings || app.source.recorded || !app.byId("alone")) return;
    if (!form) make();
    app.byId("alone").hidden = !app.offers.has("turns");
  }

  state.on("progress", show);
  state.on("run", show);

  app.alone = {};
})(window.dash_clientside);
