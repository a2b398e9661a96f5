// Play, pause, step, reset, new seed, scenario; and the words that say which of the three states the page is in.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const ANNOUNCE_EVERY = 10000; // ms: a screen reader should not read out every step
  let announced = { when: -Infinity, what: "" };
  const RUNNING = ["training", "rerunning"];
  let placedPreset = null;
  let turning = null; // the command to play or to pause that the server has not answered yet
  let refusal = null; // {why, silent, run, at}: the last command was refused in that run, or not answered, and, if it was about the step in view, there

  const act = (body) => app.command.act(body);

  function acted(body, why) {
    const run = app.command.run() === null ? state.run : app.command.run();
    refusal = why && { why, silent: app.command.silent(), run, at: "step" in body ? state.view.step : undefined };
    if (!why && app.source.recorded) app.home();
    else show();
  }

  // What was refused is said until the next command, or until it is no longer so.
  function forget() {
    refusal = null;
    show();
  }

  function say(sentence) {
    const banner = app.byId("failure");
    banner.textContent = sentence;
    banner.hidden = !sentence;
  }

  async function play_pause() {
    if (!state.status) return;
    if (app.source.recorded) return app.byId("replay").click();
    if (state.status.phase === "failed") return;
    const running = turning ? turning.do === "play" : RUNNING.includes(state.status.phase);
    const mine = (turning = { do: running ? "pause" : "play" });
    if (!running) app.timeline.follow_live();
    await act(mine);
    if (turning === mine) turning = null;
  }

  function step_once() {
    app.timeline.follow_live();
    return act({ do: "step" });
  }

  function reset() {
    app.timeline.follow_live();
    return act({ do: "reset" });
  }

  function new_seed() {
    app.timeline.follow_live();
    return act({ do: "new-seed", seed: Math.floor(Math.random() * 1e6) });
  }

  function open_preset(name) {
    if (!state.status || !name || name === placedPreset || name === state.status.info.preset) return;
    app.timeline.follow_live();
    return act({ do: "preset", name });
  }

  function show() {
    const { status, view } = state;
    if (!status) return;
    const training = RUNNING.includes(status.phase);
    const failed = status.phase === "failed";
    const news = app.pace.news();
    const speed = training ? news || app.say("transport.speed", { speed: speedWords(status.steps_per_second) }) : "";
    const step = app.grouped(state.newestStep());
    const shown = state.shown ? app.grouped(state.shown.step) : step;
    const words = app.source.recorded
      ? app.source.words()
      : view.preview === null && view.live
        ? status.phase === "rerunning"
          ? app.say("transport.rerunning", { goal: status.goal, step: status.step })
          : training
            ? app.say("transport.training", { step, speed })
            : failed
              ? app.say("transport.failed", { step })
              : status.phase === "starting"
                ? app.say("transport.starting")
              : app.say("transport.paused", { step })
        : training ? app.say("transport.viewing-training", { shown, step, speed }) : app.say(failed ? "transport.viewing-failed" : "transport.viewing-paused", { shown, step });
    app.setText("status-now", words);
    app.byId("status").dataset.phase = status.phase;
    app.byId("status").dataset.step = status.step;
    const diagnosis = app.readings.diagnosis();
    announce(diagnosis ? `${words} · ${app.readings.sentence(diagnosis)}` : words, `${status.phase}${view.live}${view.step}${diagnosis && diagnosis.since}${news}`);
    say(failed ? status.error : refusal ? refusal.why : "");
    const title = app.source.recorded && app.source.title();
    const { seed, device, precision, threads } = status.info;
    const run = app.say("transport.run", { seed: String(seed), device, precision, threads });
    app.setText("run-words", title ? app.say("transport.run-titled", { title, run }) : run);
    button("play-pause", app.say(training ? "transport.pause" : "transport.play"), training ? "icon-pause" : "icon-play", app.say(training ? "transport.pause-help" : "transport.play-help"));
    app.byId("play-pause").disabled = failed;
    app.byId("step-once").disabled = failed;
    const chooser = app.byId("preset");
    if (placedPreset !== status.info.preset && chooser) {
      placedPreset = status.info.preset;
      if (app.preset(placedPreset)) app.setProp("preset", "value", placedPreset);
      else app.set_props("preset", { value: null, placeholder: placedPreset });
      state.emit("scenario", placedPreset);
    }
  }

  function speedWords(x) {
    return x >= 100 ? app.grouped(Math.round(x)) : x.toFixed(1);
  }

  function button(id, text, icon, name) {
    const element = app.byId(id);
    if (element.dataset.shows === text) return;
    element.dataset.shows = text;
    element.querySelector(".button-text").textContent = text;
    element.querySelector(".icon").className = `icon ${icon}`;
    element.setAttribute("aria-label", `${text}: ${name}`);
    element.title = app.say("button.with-key", { help: name, key: app.say("key.space") });
  }

  function announce(words, what) {
    const now = performance.now();
    if (what === announced.what && now - announced.when < ANNOUNCE_EVERY) return;
    announced = { when: now, what };
    app.setText("status-words", words);
  }

  state.on("run", () => refusal && state.run !== refusal.run && forget()); // the run of an older command is no news
  state.on("back", () => refusal && refusal.silent && forget());
  state.on("view", () => refusal && refusal.at !== undefined && refusal.at !== state.view.step && forget());
  state.on("progress", show);
  state.on("view", show);
  state.on("frame", show);

  state.on("acted", acted);

  app.transport = { play_pause, step_once, reset, new_seed, open_preset };
})(window.dash_clientside);
