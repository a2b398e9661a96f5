// The exact frame of a step that was not kept: the server goes back to the checkpoint before it and re-runs the steps
// between, beside the training. Asked for once the view has come to rest there and the nearest kept frame is here, and
// sharper when it stays. Kept frames have no arrays of lenses: while one is on, every step is asked for.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const STAGES = [
    { resolution: 100, rest: 150 }, // cells a side; ms that the view must have rested before it is asked for
    { resolution: 400, rest: 600 },
  ];
  const WRITTEN = 500; // ms after which a step that was trained is in the run's file, with room to spare
  const AGAIN = 1000; // ms until a request that got lost is made again
  const TRAIL = 100; // steps
  const MAX_CELLS = 2e6; // of the maps that are held
  const client = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");
  const frames = new Map(); // step -> exact frame, the one to drop next first
  let step = null; // the step that is to be exact; null while following live
  let turn = 0; // counts up with every other step: answers to earlier turns are not wanted any more
  let asking = new AbortController(); // the requests of this turn

  let lenses = ""; // that are wanted, with commas between,
  let plane = null; // and the plane through latent space, if it is not the usual one

  const held = (at) => frames.get(at);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  function follow() {
    const next = state.view.live ? atEnd() : state.view.step;
    const wanted = app.ask.lenses().join(",");
    const shown = app.ask.plane();
    if (next === step && wanted === lenses && String(shown) === String(plane)) return;
    [lenses, plane] = [wanted, shown];
    turnTo(next);
    if (step !== null) refine(turn);
  }

  // Newer frames of a live run bring what lenses need; the last one of a recorded run does not.
  const atEnd = () => (app.source.recorded && state.live && app.ask.lacks(state.live) ? state.live.step : null);

  // What was asked for before is not waited for; the server gives it up with the next request of this page.
  function turnTo(next) {
    asking.abort();
    asking = new AbortController();
    step = next;
    turn += 1;
    say("");
  }

  async function refine(mine) {
    if (isFresh(step)) await pause(WRITTEN);
    for (const { resolution, rest } of STAGES) {
      if (resolutionOf(step) >= resolution || (held(step) && held(step).resolution > resolution)) continue;
      do await pause(rest);
      while (mine === turn && (app.ask.dragged() || app.ask.playing() || app.ask.loading()));
      if (mine !== turn) return;
      const frame = state.status.recording ? await visit(resolution, mine) : refuse({ error: app.source.file ? app.say("exact.in-file", { step }) : app.say("exact.unrecorded") });
      if (mine !== turn || !frame) return;
      hold(withTrail(frame, state.shown));
      state.emit("exact", null);
      say(verdict(frame));
    }
  }

  // Whether the step may have been trained just now, and not be in the run's file yet.
  const isFresh = (at) => state.status !== null && at > state.newestStep() - Math.max(1, state.status.steps_per_second);

  // Cells a side of the exact frame that is there with all that is wanted: a kept frame is as exact as one that is re-run.
  function resolutionOf(at) {
    const there = held(at) || (state.shown && state.shown.step === at ? state.shown : null);
    if (there ? app.ask.lacks(there) : lenses || plane) return 0;
    if (frames.has(at)) return frames.get(at).resolution;
    if (!app.kept.has(at)) return 0;
    return state.shown && state.shown.step === at ? Math.max(STAGES[0].resolution, state.shown.resolution) : STAGES[0].resolution;
  }

  // -- asking ----------------------------------------------------------------------------------------------------------

  // What an answer means, by its status: the frame, null when it will not come, or undefined to ask again.
  const ANSWERS = {
    200: (frame) => frame,
    202: (said, resolution) => tell(resolution, said),
    410: () => lost("replaced"), // only while this page still wants it: the server was started anew
  };

  const lost = (why) => {
    throw new Error(`visit: ${why}`);
  };

  async function visit(resolution, mine) {
    tell(resolution, {});
    let ticket = null;
    let frame;
    while (mine === turn) {
      try {
        const path = ticket === null ? "/api/visit" : `/api/visit/${ticket}`;
        const answer = await ask(path, ticket === null ? { client, run: trainedBy(step), step, resolution, ...(lenses && { lens: lenses }), ...(plane && { plane }) } : null);
        const binary = answer.headers.get("Content-Type") === "application/octet-stream";
        const said = binary ? await app.wire.decode(await answer.arrayBuffer()) : await answer.json();
        if (mine !== turn) return null;
        if (said.ticket) ticket = said.ticket;
        else frame = (ANSWERS[answer.status] || refuse)(said, resolution);
        if (frame !== undefined) return frame;
      } catch (error) {
        if (mine !== turn) return null;
        console.debug("GANscope:", error.message); // the poll loop says so when the server is away
        ticket = null;
        await pause(AGAIN);
      }
    }
    return null;
  }

  // The run that trained a step: before a branch was made something else, its parent, if that one's points are shown here.
  function trainedBy(at) {
    const { id, parent, parent_step: from, changed_at: changed, config, config_before: before } = state.status.info;
    const parents = changed !== null && changed === from && at < changed && ["task", "target", "latent", "latent_dim"].every((name) => config[name] === before[name]);
    return parents ? parent : id;
  }

  const ask = (path, body) =>
    fetch(app.at(path), {
      cache: "no-store",
      signal: AbortSignal.any([asking.signal, AbortSignal.timeout(8000)]),
      ...(body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });

  // A re-run frame knows where it is itself; the way there is that of the frame on the screen, as far as it goes back.
  function withTrail(frame, near) {
    if (!near || near.run !== state.run) return frame;
    const steps = Array.from(near.trail_steps);
    const way = steps.flatMap((at, i) => (at < frame.step && at > frame.step - TRAIL ? [i] : []));
    const points = way.flatMap((i) => Array.from(near.trail.subarray(4 * i, 4 * i + 4)));
    frame.trail_steps = Int32Array.from([...way.map((i) => steps[i]), ...frame.trail_steps]);
    frame.trail = Int16Array.from([...points, ...frame.trail]);
    return frame;
  }

  function hold(frame) {
    frame.run = state.run; // a recorded run has a number of its own
    frames.delete(frame.step);
    frames.set(frame.step, frame);
    let cells = 0;
    for (const { resolution } of frames.values()) cells += resolution ** 2;
    for (const [at, { resolution }] of frames) {
      if (cells <= MAX_CELLS) break;
      frames.delete(at);
      cells -= resolution ** 2;
    }
  }

  const LONG = 30; // letters

  // -- words -----------------------------------------------------------------------------------------------------------

  function tell(resolution, { done, total }) {
    const sharper = resolution > STAGES[0].resolution;
    const what = sharper ? app.say("exact.sharpening", { step }) : afterNearest(app.say("exact.rerunning", { step }));
    say(what, total ? `${Math.round((100 * done) / total)} %` : "");
  }

  function refuse({ error }) {
    state.emit("exact", step);
    say(app.kept.has(step) ? (lenses || (state.shown && app.ask.lacks(state.shown)) ? error : "") : afterNearest(error)); // a kept frame is exact without
    return null;
  }

  const afterNearest = (what) => app.say("exact.nearest-first", { nearest: app.kept.nearest(step), what });

  function verdict({ verified }) {
    if (verified === false) return app.say("exact.other-numbers");
    return app.say(verified ? "exact.verified" : "exact.rerun");
  }

  // The share changes too often to be read out.
  function say(words, share = "") {
    app.setText("exact-words", words);
    app.setText("exact-share", share);
    app.byId("exact-words").closest(".timeline-words").classList.toggle("crowded", words.length > LONG);
  }

  state.on("view", follow);
  state.on("lens", follow);
  state.on("live", () => app.source.recorded && follow());
  state.on("run", () => {
    frames.clear();
    turnTo(null);
  });

  app.exact = { held };
})(window.dash_clientside);
