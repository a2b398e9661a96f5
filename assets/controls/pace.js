// At what pace steps are shown: what the visitor asks for, what is in force, and what a long scenario goes over to by itself.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const NEWS = 8000; // ms for which the status line says that the pace has changed by itself
  const CHOICES = [
    { name: "slow", label: app.say("pace.slow"), title: app.say("pace.slow-help"), asks: { steps: 1, per_second: 1 } },
    { name: "1", label: app.say("pace.each"), title: app.say("pace.each-help"), asks: { steps: 1 } },
    { name: "5", label: app.say("pace.5th"), title: app.say("pace.5th-help"), asks: { steps: 5 } },
    { name: "20", label: app.say("pace.20th"), title: app.say("pace.20th-help"), asks: { steps: 20 } },
    { name: "full", label: app.say("pace.full"), title: app.say("pace.full-help"), asks: { steps: null } },
  ];
  let control = null;
  let asked = null; // the choice that the server has not answered yet
  let run = null; // the one of which
  let since = null; // this is the step from which on the scenario's present pace holds
  let news = ""; // that it has come into force
  let last = null; // step of the newest frame
  const strides = []; // steps between the newest frames

  async function choose(name) {
    if (!state.status) return;
    asked = name;
    news = "";
    show();
    await app.command.send({ do: "pace", ...CHOICES.find((choice) => choice.name === name).asks });
    if (asked === name) asked = null;
    show();
  }

  const nameOf = ({ pace, pace_limit: limit }) => (pace === null ? "full" : limit !== null ? "slow" : String(pace));

  // What is shown, in words that go on after "From step 200 on".
  function shows(steps) {
    if (steps === null) return app.say("pace.all-speed");
    return steps === 1 ? app.say("pace.every") : app.say("pace.nth", { nth: ordinal(steps) });
  }

  function ordinal(n) {
    const own = n % 100 >= 11 && n % 100 <= 13 ? null : { 1: "ordinal.st", 2: "ordinal.nd", 3: "ordinal.rd" }[n % 10];
    return app.say(own || "ordinal.th", { n });
  }

  const capital = (words) => words[0].toUpperCase() + words.slice(1);

  // The scenario's paces, as long as they hold.
  function schedule() {
    const preset = app.preset(state.status.info.preset);
    return preset && !state.status.pace_chosen ? preset.paces : [];
  }

  function words() {
    const { pace, pace_limit: limit, step } = state.status;
    const now = capital(shows(pace));
    if (limit !== null) return limit === 1 && pace === 1 ? app.say("pace.slow-motion") : app.say("pace.limited", { shows: now, limit: String(limit) });
    const next = schedule().find(([from]) => from > Math.max(step, 1));
    if (!next) return app.say("pace.now", { shows: now });
    const [from, each] = next;
    return each === null ? app.say("pace.later-full", { shows: now, step: from }) : app.say("pace.later", { shows: now, step: from, nth: ordinal(each) });
  }

  // A long scenario has gone over to another pace while it was watched.
  function notice() {
    const { info, step, phase } = state.status;
    const now = schedule().findLast(([from]) => from <= Math.max(step, 1));
    const before = run === info.run ? since : null;
    run = info.run;
    since = now ? now[0] : null;
    if (!now || before === null || now[0] <= before || phase !== "training") return;
    const said = (news = app.say("pace.news", { step: now[0], shows: shows(now[1]) }));
    setTimeout(() => {
      if (news === said) news = "";
    }, NEWS);
  }

  function show() {
    if (!state.status || !state.settings) return;
    if (!control) make();
    control.show(CHOICES, asked || nameOf(state.status));
    app.setText("pace-words", words());
    app.setText("pace-measured", measured());
  }

  function make() {
    control = app.segments.make({ id: "pace", label: app.say("pace.label"), choose, least: 1 });
    app.byId("pace-head").after(control.root);
  }

  function measured() {
    if (state.status.phase !== "training" || !strides.length) return "";
    const middle = [...strides].sort((a, b) => a - b)[strides.length >> 1];
    return app.say("pace.measured", { steps: middle });
  }

  state.on("live", (frame) => {
    if (last !== null && frame.step > last) strides.push(frame.step - last);
    if (strides.length > 15) strides.shift();
    last = frame.step;
  });
  state.on("run", () => {
    last = null;
    strides.length = 0;
  });
  state.on("progress", () => {
    notice();
    show();
  });

  app.pace = { news: () => news };
})(window.dash_clientside);
