// The next step, told in stages: a dialog that goes through them, forward and back, and takes the step in the end. The
// server has a copy of the run take it; the run itself stays as it is until the step is taken.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const PATIENCE = 40000; // ms for an answer: large networks on a busy machine
  const LONG = 15000; // ms for one step to be trained
  let asking = false;
  let waiting = null; // {step, resolve}: who waits for the run to come to a step
  let shown = null; // what is open: {told, changes, at, parts}

  const whyNot = () => app.offers.whyNot(["told"]) || (state.status.info.device === "cuda" ? app.say("refusal.told-cuda") : "");

  // Asks for the step; returns it, or null where it cannot be told, which is said by `say(sentence)`.
  async function ask(say) {
    try {
      return await app.wire.fetch("/api/told", { method: "POST", patience: PATIENCE });
    } catch (error) {
      say(error.sentence || app.say("server.silent"));
      return null;
    }
  }

  // Once the press that asked is over, which takes such lines away.
  const refuse = (sentence) => setTimeout(() => app.notice.put("told", sentence, { passing: true }));

  // Training is paused first; the past is left for the newest step.
  async function open() {
    if (!state.status || asking || shown || app.source.recorded) return;
    if (whyNot()) return refuse(whyNot());
    asking = true;
    app.timeline.follow_live();
    const why = state.status.phase === "paused" ? null : await app.command.act({ do: "pause" });
    const told = why ? null : await ask(refuse);
    asking = false;
    if (told) build(told);
  }

  // -- building ------------------------------------------------------------------------------------------------------

  function build(told) {
    const press = (name, onclick, chief = "") => app.element("button", { type: "button", id: `told-${name}`, class: `button ${chief}`.trim(), onclick, title: app.sayOr(false, `told.help.${name}`) }, app.say(`told.press.${name}`));
    const parts = {
      about: app.element("p", { class: "told-about" }),
      stages: app.element("ol", { class: "told-stages", "aria-label": app.say("told.stages") }),
      title: app.element("h3"),
      words: app.element("p", { class: "told-words" }),
      pictures: app.element("div", { class: "told-pictures" }),
      numbers: app.element("div"),
      said: app.element("p", { class: "for-screen-readers", role: "status" }),
      error: app.element("p", { class: "field-error", role: "alert" }),
      back: press("back", () => go(shown.at - 1)),
      next: press("next", () => go(shown.at + 1)),
      take: press("take", take, "chief"),
      anew: press("anew", anew),
    };
    const stage = app.element("section", { class: "told-stage" }, parts.title, parts.words, app.element("div", { class: "told-seen" }, parts.pictures, parts.numbers));
    const buttons = app.element("div", { class: "buttons told-buttons" }, parts.back, parts.next, parts.take, parts.anew);
    const body = app.element("div", { class: "told-body" }, parts.about, buttons, parts.error, parts.stages, stage, parts.said);
    shown = { parts };
    app.sweepWindow.show({ id: "told", title: app.say("told.title", { step: told.step }), body, left: () => (shown = null) });
    app.byId("told").addEventListener("keydown", key);
    begin(told);
  }

  // From the first stage of a step.
  function begin(told) {
    Object.assign(shown, { told, changes: state.changesTotal, at: 0 });
    const { parts } = shown;
    app.setText("told-title", app.say("told.title", { step: told.step }));
    const { packing } = state.status.info.config;
    parts.about.textContent = [
      app.say("told.about", { step: told.step }),
      ...(told.noise ? [app.say("told.noise", { sd: told.noise })] : []),
      ...(packing > 1 ? [app.say("told.packs", { n: packing })] : []),
    ].join(" ");
    parts.stages.replaceChildren(...told.stages.map((stage, at) => app.element("li", {}, app.element("button", { type: "button", class: "button", onclick: () => go(at) }, nameOf(stage)))));
    stale();
    go(0);
  }

  const nameOf = ({ kind, update, of }) => (of > 1 ? app.say("told.one-of", { name: app.say(`told.name.${kind}`), update, of }) : app.say(`told.name.${kind}`));

  // -- going through -------------------------------------------------------------------------------------------------

  function go(at) {
    const { told, parts } = shown;
    if (!told || !(at in told.stages)) return;
    shown.at = at;
    const stage = told.stages[at];
    const name = nameOf(stage);
    [...parts.stages.querySelectorAll("button")].forEach((button, k) => (k === at ? button.setAttribute("aria-current", "step") : button.removeAttribute("aria-current")));
    parts.title.textContent = name;
    parts.words.textContent = app.say(`told.what.${stage.kind}`, { n: stage.points });
    parts.pictures.replaceChildren(...app.toldPictures.of(told, stage));
    parts.numbers.replaceChildren(app.toldNumbers.table(stage, !told.score));
    // Not `disabled`: the focus would be lost at either end.
    parts.back.setAttribute("aria-disabled", String(at === 0));
    parts.next.setAttribute("aria-disabled", String(at === told.stages.length - 1));
    parts.said.textContent = app.say("told.said", { at: at + 1, all: told.stages.length, name });
  }

  function key(event) {
    if (!shown || !shown.told || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowRight: shown.at + 1, ArrowLeft: shown.at - 1, Home: 0, End: shown.told.stages.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  }

  // -- the run itself ------------------------------------------------------------------------------------------------

  // Whether the run is no longer where the step that is told begins: another tab steers it, too.
  function isStale() {
    const { status } = state;
    return status.info.run !== shown.told.run || status.step !== shown.told.step - 1 || state.changesTotal !== shown.changes;
  }

  function stale() {
    if (!shown || !shown.told || asking) return;
    const { parts } = shown;
    const gone = isStale();
    parts.take.hidden = gone;
    parts.anew.hidden = !gone;
    const why = gone ? app.say("told.gone-on", { step: state.status.step }) : "";
    if (parts.error.textContent !== why) parts.error.textContent = why;
  }

  async function again(first) {
    if (asking) return;
    asking = true;
    const mine = shown;
    const say = (sentence) => (mine.parts.error.textContent = sentence);
    const why = await first();
    const told = why ? say(why) && null : await ask(say);
    asking = false;
    if (!told || shown !== mine) return;
    begin(told);
  }

  // Takes the step, and tells the one after it.
  function take() {
    const { step } = shown.told;
    return again(async () => {
      const why = await app.command.act({ do: "step" });
      return why || ((await reached(step)) ? null : app.say("told.not-yet"));
    });
  }

  const anew = () => again(() => (state.status.phase === "paused" ? null : app.command.act({ do: "pause" })));

  // Resolves once the run has come to a step; with false if that takes too long.
  function reached(step) {
    return new Promise((resolve) => {
      waiting = { step, resolve };
      setTimeout(resolve, LONG, false);
      look();
    });
  }

  const look = () => waiting && state.status.step >= waiting.step && waiting.resolve(true);

  function button() {
    const made = app.byId("tell-step");
    if (!made || !state.status) return;
    const why = whyNot();
    if (made.dataset.why === why) return;
    made.dataset.why = why;
    const help = why || app.say("button.tell-step.help");
    made.setAttribute("aria-disabled", String(Boolean(why)));
    made.setAttribute("aria-label", `${app.say("button.tell-step.text")}: ${help}`);
    made.title = why || app.say("button.with-key", { help, key: "T" });
  }

  state.on("progress", () => {
    button();
    look();
    stale();
  });
  state.on("theme", () => shown && go(shown.at));
  state.on("run", button);

  app.told = { open };
})(window.dash_clientside);
