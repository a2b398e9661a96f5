// Keeps the page up to date: one loop for frames, one for progress. Dash's interval only starts them (again).
//
// A loop asks, paints, and only then paints another, so that a slow page never queues work. When the server goes away it
// backs off and carries on by itself; a hidden page asks for nothing and jumps to the newest frame when it is back.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const PROGRESS_EVERY = 250; // ms; curves and status change at most this often
  const RECORDED_EVERY = 2000; // ms; a recorded run may still grow
  const PATIENCE = 5000; // ms for which the first frame waits for them
  const BACK_OFF = [250, 500, 1000, 2000]; // ms between attempts while the server is away

  let framesRunning = false;
  let progressRunning = false;
  let failures = 0;
  let over = false; // whether the recorded run that the page was opened for cannot be shown
  let entering = null; // the points of a run on their way: both loops find that it has begun
  let returned = null; // lets the frame loop go on when the visitor is back from the past
  let coming = null; // the next frame, asked for while this one is painted
  let wake = null; // ends the progress loop's pause early

  // Frames painted and how old they were: read by tests/browser/measure.py.
  const stats = { painted: 0, ages: [], times: [] };

  function pulse(_, settings) {
    if (!state.settings) {
      state.settings = settings;
      state.emit("settings");
    }
    if (!app.source.possible) return app.source.refuse(app.say("recorded.no-run"));
    if (document.hidden || over || !app.browser.able) return;
    if (!framesRunning) frames();
    if (!progressRunning) progress();
  }

  async function frames() {
    framesRunning = true;
    coming = null; // of before the page was hidden
    await canPaint();
    while (!document.hidden && !over) {
      if (!watchingLive()) {
        coming = null;
        await new Promise((resolve) => (returned = resolve));
      }
      try {
        const frame = await (coming || (app.source.recorded ? app.source.newest() : newest()));
        coming = null;
        if (frame) {
          if (frame.run !== state.run) await enter(frame.run);
          if (frame.run !== state.run) continue; // yet another run has begun
          state.live = frame;
          if (paced()) ask();
          state.emit("live", frame);
          await painted();
          note(frame);
        }
        reached();
      } catch (error) {
        coming = null;
        await lost(error);
      }
    }
    framesRunning = false;
  }

  // Where every n-th step is to be seen, the next one is on its way while this one is painted: it will be painted
  // after it, however long that takes.
  const paced = () => !app.source.recorded && state.status && state.status.pace !== null;

  function ask() {
    coming = newest();
    coming.catch(() => {}); // whoever waits for it hears of it
  }

  function newest() {
    const lenses = app.ask.lenses();
    const asked = lenses.length ? `&lens=${lenses.join(",")}` : "";
    return app.wire.fetch(`/api/frame?after=${state.live ? state.live.version : 0}${asked}`);
  }

  async function progress() {
    progressRunning = true;
    while (!document.hidden && !over) {
      try {
        const asked = performance.now();
        const message = await app.wire.fetch(
          `${app.source.base}/progress?from=${app.rows.count()}&changes=${state.changesTotal}${app.readings.query()}`,
        );
        await app.together.picture();
        const caughtUp = await take(message, asked);
        reached();
        if (caughtUp) await pause(interval());
      } catch (error) {
        await lost(error);
      }
    }
    progressRunning = false;
  }

  function interval() {
    if (app.source.recorded) return RECORDED_EVERY;
    return state.status.phase === "paused" || app.calm.less() ? 2 * PROGRESS_EVERY : PROGRESS_EVERY;
  }

  // True when there is nothing more to fetch at once.
  async function take(message, asked) {
    if (message.status.info.run !== state.run) {
      await enter(message.status.info.run);
      return false;
    }
    if (!app.rows.append(message)) return false;
    app.readings.take(message);
    const overtaken = asked < app.command.answered(); // by the answer to a command, whose status is newer
    if (!overtaken) state.status = message.status;
    state.kept = message.kept;
    if (message.changes_from !== state.changesTotal) state.changes = []; // the server no longer has those between
    state.changes.push(...message.changes);
    state.changesTotal = message.changes_from + message.changes.length;
    state.events = message.events || [];
    state.emit("progress");
    return !overtaken && message.from + message.metrics.length / 4 >= message.rows;
  }

  // A new run, or the first: what was held of the old one goes.
  async function enter(run) {
    if (state.run === run) return;
    entering = entering || app.wire.fetch(`${app.source.base}/points`).finally(() => (entering = null));
    const points = await entering;
    if (state.run === points.run) return; // the other loop was faster
    state.run = points.run;
    state.points = points;
    state.live = null;
    state.changes = [];
    state.changesTotal = 0;
    state.events = [];
    state.kept = new Int32Array(0);
    state.emit("run");
  }

  // The first frame is asked for once the panels can show it: a run that waits to be looked at is seen from its first step.
  function canPaint() {
    const latest = performance.now() + PATIENCE;
    return new Promise((resolve) => {
      const look = () => (app.ask.canPaint() || performance.now() > latest ? resolve() : setTimeout(look, 10));
      look();
    });
  }

  // Whoever looks at the past does not need the newest frames, and leaves their time to the training.
  function watchingLive() {
    return state.view.live && state.view.preview === null;
  }

  state.on("view", () => {
    if (!returned || !watchingLive()) return;
    returned();
    returned = null;
  });

  function painted() {
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }

  function pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function reached() {
    if (!failures) return;
    failures = 0;
    app.byId("connection").hidden = true;
    state.emit("back");
  }

  async function lost(error) {
    if (document.hidden) return;
    if (app.source.recorded && error.sentence) {
      over = true;
      return app.source.refuse(error.sentence);
    }
    failures += 1;
    if (failures > 1) {
      const banner = app.byId("connection");
      banner.textContent = app.say("server.lost");
      banner.hidden = false;
    }
    console.debug("GANscope:", error.message);
    await pause(BACK_OFF[Math.min(failures, BACK_OFF.length) - 1]);
  }

  function note(frame) {
    const now = performance.timeOrigin + performance.now();
    stats.painted += 1;
    stats.ages.push(now - frame.time * 1000);
    stats.times.push(now);
    if (stats.ages.length > 600) {
      stats.ages.shift();
      stats.times.shift();
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state.settings) pulse(0, state.settings);
  });

  app.poll = { pulse, stats, take, refresh: () => wake && wake() };
})(window.dash_clientside);
