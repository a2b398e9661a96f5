// Which step is on the screen: the newest, one of the past, or a preview. Loads frames of the past, latest wins.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const MAX_CACHED = 400; // frames of about 25 kB
  const cache = new Map(); // kept step -> frame
  let wanted = null; // the step to load next
  let loading = false;
  let placed = null; // the slider value at which the handle stands
  let byHand = false; // pressed since this file last moved the handle; Dash reports such moves too, and late
  let replaying = null;
  let speed = 15;

  // -- what to show ---------------------------------------------------------------------------------------------------

  function viewed() {
    const { view } = state;
    return view.preview !== null ? view.preview : view.live ? null : view.step;
  }

  // Shows what the view asks for: the newest frame, or the kept one nearest to a step. Until that one is here, the
  // nearest of those that are, unless what is on the screen is nearer still.
  function update() {
    const step = viewed();
    if (step === null) {
      wanted = null;
      if (state.live) show(state.live);
      return;
    }
    const nearest = nearestKept(step);
    const frame = cache.get(nearest) || nearestHeld(nearest);
    if (frame) show(frame);
    wanted = cache.has(nearest) ? null : step;
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
          if (viewed() !== null && nearestKept(viewed()) === nearestKept(frame.step)) show(frame);
        }
      } catch {
        // The poll loop says that the server is away; the view stays as it is.
        if (!asked) break;
      }
      if (wanted === step) wanted = null;
    }
    loading = false;
  }

  const next = () => (wanted !== null ? wanted : dragged() ? ahead() : null);

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

  // -- asked for by the visitor ----------------------------------------------------------------------------------------

  // Called by Dash, which reports moves of the handle late; while it is dragged, drag() has read it already.
  function scrub(position) {
    if (!dragged()) take(position);
  }

  const dragged = () => document.querySelector("#timeline:active") !== null;

  // Reads the handle before each frame of the screen, from its press to its release.
  function drag() {
    const handle = document.querySelector("#timeline [role=slider]");
    if (handle && byHand) take(Number(handle.getAttribute("aria-valuenow")));
    if (dragged()) requestAnimationFrame(drag);
  }

  function take(position) {
    if (position === placed || !state.kept.length) return;
    if (!byHand) return app.set_props("timeline", { value: placed });
    placed = position;
    stopReplay();
    goToIndex(Math.round((position / state.settings.rail) * (state.kept.length - 1)));
  }

  function goToIndex(index) {
    const last = state.kept.length - 1;
    if (index >= last) return follow_live();
    view({ live: false, step: state.kept[Math.max(0, index)] });
  }

  function goToStep(step) {
    stopReplay();
    goToIndex(indexOf(nearestKept(step)));
  }

  function move(by) {
    stopReplay();
    goToIndex(here() + by);
    place();
  }

  function follow_live() {
    stopReplay();
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

  // -- replay ------------------------------------------------------------------------------------------------------------

  function replay() {
    if (replaying) return stopReplay();
    if (state.kept.length < 2) return;
    const start = state.view.live ? 0 : here();
    replaying = { from: start, began: performance.now() };
    markReplay(true);
    requestAnimationFrame(advance);
  }

  function advance(now) {
    if (!replaying) return;
    const index = replaying.from + Math.floor(Math.max(0, now - replaying.began) * speed / 1000);
    if (index >= state.kept.length - 1) return follow_live();
    if (state.view.live || state.view.step !== state.kept[index]) {
      view({ live: false, step: state.kept[index] });
      place();
    }
    requestAnimationFrame(advance);
  }

  function stopReplay() {
    replaying = null;
    markReplay(false);
  }

  function markReplay(on) {
    const button = app.byId("replay");
    if (!button || button.classList.contains("on") === on) return;
    button.classList.toggle("on", on);
    button.setAttribute("aria-pressed", String(on));
    button.querySelector(".button-text").textContent = on ? "Stop" : "Replay";
    button.setAttribute("aria-label", on ? "Stop: End the replay" : "Replay: Play the kept frames from here");
  }

  function set_speed(text) {
    if (replaying) replaying = { from: here(), began: performance.now() };
    speed = Number(text) || 15;
  }

  // -- kept steps ----------------------------------------------------------------------------------------------------------

  // Index of the last kept step that is not after `step`; -1 when there is none.
  function indexOf(step) {
    let low = 0;
    let high = state.kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (state.kept[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  function nearestKept(step) {
    const i = indexOf(step);
    if (i < 0) return state.kept.length ? state.kept[0] : step;
    const before = state.kept[i];
    const after = i + 1 < state.kept.length ? state.kept[i + 1] : before;
    return step - before <= after - step ? before : after;
  }

  function here() {
    return state.view.live ? Math.max(0, state.kept.length - 1) : Math.max(0, indexOf(state.view.step));
  }

  // Puts the handle where the view is. Dash hears of it too; `placed` tells scrub() that nobody dragged.
  function place() {
    const value = state.view.live ? state.settings.rail : Math.round((here() / Math.max(1, state.kept.length - 1)) * state.settings.rail);
    if (placed !== value) {
      placed = value;
      if (!dragged()) byHand = false;
      app.set_props("timeline", { value });
    }
    words();
  }

  function words() {
    const shown = state.shown ? state.shown.step : 0;
    const text = `step ${app.grouped(shown)} of ${app.grouped(state.newestStep())}`;
    app.setText("viewed-step", text);
    app.setText("kept-frames", `${app.grouped(state.kept.length)} frames kept`);
    const handle = document.querySelector("#timeline [role=slider]");
    if (handle) handle.setAttribute("aria-valuetext", text);
    const live = app.byId("follow-live");
    if (live) {
      live.classList.toggle("on", state.view.live);
      live.setAttribute("aria-pressed", String(state.view.live));
    }
  }

  function press(event) {
    if (!event.target.closest || !event.target.closest("#timeline")) return;
    byHand = true;
    if (event.type === "pointerdown") {
      stopReplay();
      requestAnimationFrame(drag);
      if (!loading) requestAnimationFrame(load);
    }
  }

  document.addEventListener("pointerdown", press, true);
  document.addEventListener("keydown", press, true);
  state.on("live", () => {
    if (viewed() === null) update();
  });
  state.on("run", () => {
    cache.clear();
    stopReplay();
    state.shown = null;
    view({ live: true, step: null });
  });
  state.on("progress", () => {
    if (!document.querySelector("#timeline:active")) place();
  });
  state.on("frame", words);

  app.timeline = { scrub, follow_live, replay, set_speed, preview, move, goToStep, nearestKept };
})(window.dash_clientside);
