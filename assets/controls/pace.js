// At what pace steps are shown: what the visitor asks for, what is in force, and what a long scenario goes over to by itself.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const NEWS = 8000; // ms for which the status line says that the pace has changed by itself
  const CHOICES = [
    { name: "slow", label: "Slow", title: "Slow motion: one step a second", asks: { steps: 1, per_second: 1 } },
    { name: "1", label: "Each", title: "Every step is shown", asks: { steps: 1 } },
    { name: "5", label: "5th", title: "Every 5th step is shown", asks: { steps: 5 } },
    { name: "20", label: "20th", title: "Every 20th step is shown", asks: { steps: 20 } },
    { name: "full", label: "Full", title: "Full speed: frames come as they can", asks: { steps: null } },
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
    if (steps === null) return "training goes at full speed";
    return steps === 1 ? "every step is shown" : `every ${app.grouped(steps)}${ending(steps)} step is shown`;
  }

  function ending(n) {
    if (n % 100 >= 11 && n % 100 <= 13) return "th";
    return ["th", "st", "nd", "rd"][n % 10] || "th";
  }

  const capital = (words) => words[0].toUpperCase() + words.slice(1);

  // The scenario's paces, as long as they hold.
  function schedule() {
    const preset = app.preset(state.status.info.preset);
    return preset && !state.status.pace_chosen ? preset.paces : [];
  }

  function words() {
    const { pace, pace_limit: limit, step } = state.status;
    if (limit !== null) return limit === 1 && pace === 1 ? "Slow motion: one step a second." : `${capital(shows(pace))}, at most ${limit} a second.`;
    const next = schedule().find(([from]) => from > Math.max(step, 1));
    const later = next ? `; from step ${app.grouped(next[0])} on ${next[1] === null ? "full speed" : `every ${next[1]}${ending(next[1])}`}` : "";
    return `${capital(shows(pace))}${later}.`;
  }

  // A long scenario has gone over to another pace while it was watched.
  function notice() {
    const { info, step, phase } = state.status;
    const now = schedule().findLast(([from]) => from <= Math.max(step, 1));
    const before = run === info.run ? since : null;
    run = info.run;
    since = now ? now[0] : null;
    if (!now || before === null || now[0] <= before || phase !== "training") return;
    const said = (news = `From step ${app.grouped(now[0])} on ${shows(now[1])}`);
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
    control = app.segments.make({ id: "pace", label: "Pace: which steps are shown", choose, least: 1 });
    app.byId("pace-head").after(control.root);
  }

  function measured() {
    if (state.status.phase !== "training" || !strides.length) return "";
    const middle = [...strides].sort((a, b) => a - b)[strides.length >> 1];
    return `a frame every ${app.grouped(middle)} ${middle === 1 ? "step" : "steps"}`;
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
