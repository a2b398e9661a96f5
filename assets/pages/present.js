// One steers, everybody else watches (--present). The presenter's page says what it shows: step, cursor, choices of the
// panels. A watcher's page shows the same, until he looks around on his own; the way back is one click.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const EVERY = 100; // ms between two messages of the presenter
  const COUNT_EVERY = 5000; // ms between two looks at how many watch
  const AGAIN = 1000; // ms until a watcher asks again after an answer did not come
  let version = 0;
  let shown = null; // what the presenter's page shows
  let cursor = null; // where the presenter points
  let following = true;
  let obeying = false; // while what is shown is carried out
  let bar = null;
  let waiting = false; // whether a message is about to be sent

  const ask = (options) => fetch(app.at(options ? "/api/presented" : `/api/presented?after=${version}`), options);

  async function begin() {
    if (!state.settings.presents || app.source.recorded) return;
    const said = await ask().then((answer) => answer.json(), () => null);
    if (!said) return setTimeout(begin, AGAIN);
    bar = app.element("div", { id: "presenting", class: "presenting" }, app.element("p", { role: "status" }));
    app.byId("notices").before(bar);
    if (said.steers) lead(said);
    else watch(said);
  }

  // -- the presenter -----------------------------------------------------------------------------------------------------

  function lead(said) {
    count(said);
    for (const event of ["view", "lens", "run"]) state.on(event, send);
    state.on("pointed", (at) => {
      cursor = at;
      send();
    });
    setInterval(() => !document.hidden && ask().then((answer) => answer.json()).then(count, () => {}), COUNT_EVERY);
    send();
  }

  const count = ({ watchers }) => words(app.say("present.leads", { count: watchers }));

  // Latest wins: what changes while a message waits goes with it.
  function send() {
    if (waiting) return;
    waiting = true;
    setTimeout(async () => {
      waiting = false;
      const { view } = state;
      const body = JSON.stringify({ step: view.live ? null : view.step, preview: view.preview, cursor, choices: choices() });
      await ask({ method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => {});
    }, EVERY);
  }

  const choices = () => ({
    ...Object.fromEntries(Object.keys(app.panels.choosing()).map((panel) => [panel, app.lens.chosen(panel).name])),
    metrics: app.views.chosen().name,
  });

  // -- whoever watches ---------------------------------------------------------------------------------------------------

  function watch(said) {
    document.documentElement.classList.add("watching");
    app.lesson.closeAll(app.say("present.watching"));
    bar.append(app.button("", turn));
    for (const event of ["view", "lens"]) state.on(event, leave);
    state.on("frame", () => following && point());
    take(said);
    loop();
    turnTo(true);
  }

  async function loop() {
    for (;;) {
      if (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
      try {
        const answer = await ask();
        if (answer.status === 200) take(await answer.json());
        else if (!answer.ok) throw new Error(answer.status);
      } catch {
        await new Promise((later) => setTimeout(later, AGAIN));
      }
    }
  }

  function take(said) {
    version = said.version;
    shown = said.shown;
    if (following) obey();
  }

  function obey() {
    if (!shown || !state.live) return;
    obeying = true;
    try {
      for (const [panel, name] of Object.entries(shown.choices)) {
        if (panel === "metrics") app.views.choose(name);
        else app.lens.choose(panel, name);
      }
      if (shown.step === null) {
        if (!state.view.live) app.timeline.follow_live();
      } else if (state.view.live || state.view.step !== shown.step) app.timeline.goToStep(shown.step);
      if (state.view.preview !== shown.preview) app.timeline.preview(shown.preview);
      point();
    } finally {
      obeying = false;
    }
  }

  function point() {
    if (!shown) return;
    const before = obeying;
    obeying = true;
    app.cursor.point(shown.cursor);
    obeying = before;
  }

  // Whoever moves along the steps, or chooses what a panel shows, is on his own from then on.
  function leave() {
    if (following && !obeying && shown && differs()) turnTo(false);
  }

  const differs = () => (state.view.live ? null : state.view.step) !== shown.step || Object.entries(choices()).some(([panel, name]) => shown.choices[panel] !== undefined && shown.choices[panel] !== name);

  const turn = () => turnTo(!following);

  function turnTo(on) {
    following = on;
    bar.classList.toggle("alone", !on);
    words(app.say(on ? "present.follows" : "present.alone"));
    bar.querySelector("button").textContent = app.say(on ? "present.leave" : "present.back");
    if (on) obey();
    else app.cursor.point(null);
  }

  function words(text) {
    const line = bar.querySelector("p");
    if (line.textContent !== text) line.textContent = text;
  }

  state.on("settings", begin);
})(window.dash_clientside);
