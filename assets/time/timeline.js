// Which step is on the screen: the newest, one of the past, or a preview. Loads frames of the past, latest wins.
//
// Any step may be viewed. Its exact frame is shown when it is here (exact.js sees to that), else the kept one nearest to it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const MAX_CACHED = 400; // frames of about 25 kB
  const cache = new Map(); // kept step -> frame
  let wanted = null; // the step to load next
  let expected = []; // kept steps to load before they are asked for
  let loading = false;

  // -- what to show ---------------------------------------------------------------------------------------------------

  function viewed() {
    const { view } = state;
    return view.preview !== null ? view.preview : view.live ? null : view.step;
  }

  // Shows what the view asks for: the newest frame, or a step's exact one, or the kept one nearest to it. Until that one
  // is here, the nearest of those that are, unless what is on the screen is nearer still.
  function update() {
    const step = viewed();
    if (step === null) {
      wanted = null;
      if (state.live) show((app.source.recorded && app.exact.held(state.live.step)) || state.live);
      return;
    }
    const nearest = app.kept.nearest(step);
    const exact = app.exact.held(step);
    const frame = exact || cache.get(nearest) || nearestHeld(nearest);
    if (frame) show(frame);
    wanted = exact || cache.has(nearest) ? null : step;
    if (wanted !== null && !loading) load();
  }

  function nearestHeld(step) {
    let best = null;
    let least = state.shown ? Math.abs(state.shown.step - step) : Infinity;
    for (const frame of cache.values()) {
      if (Math.abs(frame.step - step) >= least) continue;
      best = frame;
      least = Math.abs(frame.step - step);
    }
    return best;
  }

  async function load() {
    loading = true;
    for (let step = next(); step !== null; step = next()) {
      const asked = wanted !== null;
      try {
        const frame = await app.wire.fetch(`${app.source.base}/frame/${step}`);
        if (frame && frame.run === state.run) {
          if (frame.kept) remember(frame);
          // By now the visitor may have moved on.
          if (stillWanted(frame)) show(frame);
        }
      } catch {
        // The poll loop says that the server is away; the view stays as it is.
        if (!asked) break;
      }
      if (wanted === step) wanted = null;
      expected = expected.filter((other) => other !== step);
    }
    loading = false;
  }

  function stillWanted(frame) {
    const step = viewed();
    return step !== null && !app.exact.held(step) && app.kept.nearest(step) === app.kept.nearest(frame.step);
  }

  function next() {
    if (wanted !== null && cache.has(app.kept.nearest(wanted))) wanted = null; // it has come as an expected one
    if (wanted !== null) return wanted;
    const near = expected.find((step) => !cache.has(step));
    if (near !== undefined) return near;
    return app.ask.dragged() ? ahead() : null;
  }

  // While the handle is dragged, frames are loaded before they are asked for: a few all over the run, then those between.
  function ahead() {
    if (cache.size >= MAX_CACHED - 1) return null;
    for (let stride = 64; stride >= 1; stride /= 2) {
      for (let i = 0; i < state.kept.length; i += stride) if (!cache.has(state.kept[i])) return state.kept[i];
    }
    return null;
  }

  function remember(frame) {
    cache.set(frame.step, frame);
    if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value);
  }

  function show(frame) {
    if (state.shown === frame) return;
    state.shown = frame;
    state.emit("frame", frame);
  }

  const here = () => (!state.view.live ? state.view.step : state.shown ? state.shown.step : 0);
  const sentence = () => app.say("timeline.at", { step: here(), newest: state.newestStep() });

  // -- asked for by the visitor ----------------------------------------------------------------------------------------

  // The pointer has taken the handle to a position on the rail, 0..1.
  function scrub(position) {
    if (!state.kept.length) return;
    app.replay.stop();
    const step = app.kept.stepAt(position);
    if (step < app.kept.last()) stand(step);
    else if (!state.view.live) follow_live();
    if (!loading && app.ask.dragged()) load();
  }

  // These steps may be asked for next: the pointer is over one, or keys lead to them from here.
  function expect(steps) {
    expected = state.kept.length ? steps.map((step) => app.kept.nearest(step)) : [];
    if (!loading) load();
  }

  function goToStep(step) {
    app.replay.stop();
    if (step >= state.newestStep()) return follow_live();
    stand(Math.max(0, step));
  }

  function move(by) {
    const from = !state.view.live ? state.view.step : state.shown ? state.shown.step : state.newestStep();
    goToStep(from + by);
  }

  // Views one step of the past.
  function stand(step) {
    if (state.view.live || state.view.step !== step) view({ live: false, step });
    place();
    expect([-1, 1, -10, 10].map((by) => step + by));
  }

  function follow_live() {
    app.replay.stop();
    view({ live: true, step: null });
    place();
  }

  function preview(step) {
    if (state.view.preview !== step) view({ ...state.view, preview: step });
  }

  function view(next) {
    state.view = { live: next.live, step: next.step, preview: next.preview === undefined ? null : next.preview };
    update();
    state.emit("view");
  }

  // -- the handle and the words -----------------------------------------------------------------------------------------

  // The handle, at the step that is viewed. The right end is for the newest step alone.
  function place() {
    const position = state.view.live ? 1 : app.kept.positionOf(state.view.step);
    app.rail.place(position, here(), state.newestStep(), sentence());
    words();
  }

  function words() {
    app.setText("viewed-step", sentence());
    app.setText("kept-frames", app.say("timeline.kept", { count: state.kept.length }));
    const live = app.byId("follow-live");
    if (live) {
      live.classList.toggle("on", state.view.live);
      live.setAttribute("aria-pressed", String(state.view.live));
    }
  }

  app.ask.loading = () => wanted !== null;
  state.on("leave", follow_live);
  state.on("exact", (refused) => refused === null && update());
  state.on("live", () => {
    app.calm.paced(() => viewed() === null && update());
  });
  state.on("run", () => {
    cache.clear();
    expected = [];
    app.replay.stop();
    state.shown = null;
    view({ live: true, step: null });
  });
  state.on("progress", place);
  state.on("frame", words);
  state.on("view", words);

  app.timeline = { scrub, expect, follow_live, preview, move, goToStep, stand, place };
})(window.dash_clientside);
