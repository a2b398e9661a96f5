// A recorded run that is only looked at (/?run=ID): its newest frame, its words, and controls that steer nothing.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LEAVING = ["branch", "open"]; // what can be done with the run: the live page then goes on with it
  const STEERING = ["preset", "looking-share"]; // beside the sliders
  const AT_TIMES = ["follow-live", "replay"]; // buttons that are there only while they can do something
  const KEYS = { space: "recorded.keys-play", ends: "recorded.keys-ends", live: "recorded.keys-last" };
  const IDLE_KEYS = ["step", "tell", "reset", "link"]; // in the help; what they do elsewhere would change the training
  let grown = null; // lets the frame loop go on when the run has a newer frame
  let title = ""; // the name that the run was given; may be empty

  // Its newest frame, as soon as there is one that the page does not hold.
  async function newest() {
    while (!hasNewer()) await new Promise((resolve) => (grown = resolve));
    return app.wire.fetch(`${app.source.base}/frame/${lastKept()}`);
  }

  const lastKept = () => state.kept[state.kept.length - 1];
  const hasNewer = () => state.kept.length > 0 && !(state.live && state.live.step === lastKept());

  // Why there is nothing to see, in a sentence.
  function refuse(sentence) {
    document.documentElement.classList.add("nothing");
    const banner = app.byId("failure");
    banner.textContent = app.say("recorded.cannot", { why: sentence });
    banner.hidden = false;
    app.setText("status-now", app.say("recorded.nothing"));
    app.setText("status-words", app.say("recorded.nothing"));
  }

  function words() {
    const newest = state.newestStep();
    const { view } = state;
    // In a file the last step may have no frame, and there is no server that computes it.
    const at_end = view.preview === null && view.live && !app.source.file;
    const step = at_end || !state.shown ? newest : state.shown.step;
    return app.linked.words(app.say("recorded.at", { step, newest }));
  }

  // The values that trained the step on the screen; at the end those that the next step would be trained with.
  function inForce() {
    if ((state.view.live && state.view.preview === null) || !state.shown) return state.status.values;
    return Object.fromEntries(Object.entries(state.status.values).map(([name, now]) => [name, valueAt(name, now, state.shown.step)]));
  }

  function valueAt(name, now, step) {
    const changes = state.changes.filter((change) => change[1] === name);
    if (!changes.length) return now;
    const [since, , , value] = changes.findLast(([from]) => from <= step) || [1, name, null, changes[0][2]];
    return { value, since };
  }

  function disable() {
    app.byId("to-live").href = app.at("/");
    for (const id of [...STEERING, ...Object.keys(state.settings.sliders)]) app.set_props(id, { disabled: true });
    for (const id of Object.keys(state.settings.sliders)) {
      app.set_props(`${id}-input`, { disabled: true });
      const handle = document.querySelector(`#${id} [role=slider]`);
      if (handle) handle.setAttribute("aria-disabled", "true");
    }
    const end = app.byId("follow-live");
    const [text, help] = [app.say("recorded.end"), app.say("recorded.end-help")];
    end.querySelector(".button-text").textContent = text;
    end.setAttribute("aria-label", `${text}: ${help}`);
    end.title = app.say("button.with-key", { help, key: "L" });
  }

  // What the run goes by.
  async function name() {
    const { said } = await app.runs.some(app.source.id);
    const run = said && said.runs && said.runs[0];
    if (!run || run.damage) return;
    title = run.title;
    document.title = app.say("recorded.title", { name: title || app.runs.usualName(run) });
    if (state.status) state.emit("progress");
  }

  // The help is there a moment after it was opened; its keys and buttons are those of a run that is trained.
  function explain() {
    const keys = document.querySelectorAll("[role=dialog] kbd");
    if (!keys.length) return requestAnimationFrame(explain);
    for (const { dataset, parentElement } of keys) {
      const row = parentElement.closest("tr");
      row.hidden = IDLE_KEYS.includes(dataset.key);
      if (Object.hasOwn(KEYS, dataset.key)) row.querySelector("td").textContent = app.say(KEYS[dataset.key]);
    }
    for (const words of document.querySelectorAll("[role=dialog] [data-of]")) {
      const button = app.byId(words.dataset.of);
      words.hidden = !AT_TIMES.includes(button.id) && !button.getClientRects().length && !button.closest("details:not([open])");
    }
  }

  const root = document.documentElement.classList;
  root.toggle("recorded", app.source.recorded);
  root.toggle("embedded", app.source.embedded);
  root.toggle("in-file", app.source.file !== null);
  if (app.source.recorded) {
    Object.assign(app.source, { newest, words, inForce, LEAVING, title: () => title });
    state.on("settings", disable);
    state.on("progress", () => grown && grown());
    state.on("frame", () => state.status && app.steer.show());
    if (!app.source.embedded) for (const event of ["settings", "runs"]) state.on(event, name);
  }

  app.source.refuse = refuse;

  app.recorded = { explain };
})(window.dash_clientside);
