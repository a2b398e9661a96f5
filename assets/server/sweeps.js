// Many runs of one plan, as the server has them: asked for, steered, and followed while somebody looks.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const EVERY = 800; // ms from one question to the next while it is trained,
  const SELDOM = 4000; // and while it is not: somebody else may go on with it
  const ask = (path, given) => app.runs.ask(`/api/sweeps${path}`, given);
  const post = (path, body) => ask(path, { method: "POST", body });

  const list = () => ask("");
  const begin = (plan, workers) => post("", { plan, workers });
  const act = (id, body) => post(`/${id}`, body);
  const remove = (id) => ask(`/${id}`, { method: "DELETE" });
  const compare = (id, reading) => ask(`/${id}/compare?reading=${reading}`);

  // What a plan would take. `still()`: whether anybody waits for it.
  const cost = (plan, workers, still) => tried(() => post("/cost", { plan, workers }), still);

  // Asks again while the server tries a run; `heard(said)` is told of each answer on the way.
  async function tried(question, still, heard = () => {}) {
    for (;;) {
      const answer = await question();
      if (answer.error || answer.status !== 202 || !still()) return answer;
      heard(answer.said);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }

  // Of a damaged file there may be none.
  function points(text) {
    try {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      return new Int16Array(bytes.buffer, 0, 2 * (bytes.length >> 2));
    } catch {
      return new Int16Array(0);
    }
  }

  // The last fakes of runs, by key: x and y in turn, state.POINT a unit.
  async function fakes(id, keys) {
    const { said, error } = await ask(`/${id}/fakes?keys=${keys.join(",")}`);
    return error ? {} : Object.fromEntries(Object.entries(said.fakes).map(([key, text]) => [key, points(text)]));
  }

  async function reals(id, cell) {
    const { said, error } = await ask(`/${id}/reals?cell=${cell}`);
    return error ? new Int16Array(0) : points(said.reals);
  }

  // A cell with what it has of each axis in their order; of two recipes, which one comes first.
  function ordered(cell, axes) {
    const names = ["recipe", ...axes.map(([name]) => name)].filter((name) => Object.hasOwn(cell.of, name));
    return { ...cell, of: Object.fromEntries(names.map((name) => [name, cell.of[name]])) };
  }

  // Follows one. `changed(watched)` is called with {sweep, plan, axes, cells, runs, rows, looks, fakes, error} whenever something is
  // new: rows and looks by the key of their run. Returns {stop, halt, again}; `again` asks
  // at once.
  function follow(id, changed) {
    const watched = { id, sweep: null, plan: null, axes: [], cells: [], runs: [], rows: new Map(), looks: new Map(), fakes: new Map(), error: null, few: false };
    let [row, byte] = [0, 0];

    async function rows() {
      for (;;) {
        const { said, error } = await ask(`/${id}?from=${row}`);
        if (error) return error;
        if (row === 0) Object.assign(watched, { plan: said.plan, axes: said.axes, cells: said.cells.map((cell) => ordered(cell, said.axes)), runs: said.runs.map(([key, cell, seed]) => ({ key, cell, seed })), few: said.few });
        watched.sweep = said.sweep;
        for (const one of said.rows) watched.rows.set(one.key, one);
        if (said.next === row || !said.rows.length) return null;
        row = said.next;
      }
    }

    async function looks() {
      while (watched.few) {
        const { said, error } = await ask(`/${id}/looks?from=${byte}`);
        if (error || said.next === byte) return;
        byte = said.next;
        for (const look of said.looks) put(look);
        for (const [key, text] of Object.entries(said.fakes)) watched.fakes.set(key, points(text));
      }
    }

    // A share that was done twice told the same looks twice.
    function put(look) {
      const held = watched.looks.get(look.key) || watched.looks.set(look.key, []).get(look.key);
      const at = held.findIndex(({ step }) => step >= look.step);
      if (at < 0) held.push(look);
      else held.splice(at, held[at].step === look.step ? 1 : 0, look);
    }

    const turn = async () => {
      watched.error = await rows();
      if (!watched.error) await looks();
    };
    return { watched, ...repeat(turn, () => changed(watched), () => watched.sweep) };
  }

  // Asks again and again, more often while what is asked for is trained: `ask()` asks, `tell()` says what has come, `sweep()`
  // says how it stands. Returns {again, stop, halt}; `again` asks at once.
  function repeat(ask, tell, sweep) {
    let [on, timer, asking] = [true, null, false];

    async function turn() {
      clearTimeout(timer);
      if (asking || !on) return;
      asking = true;
      await ask();
      asking = false;
      if (!on) return;
      tell();
      const busy = sweep() && ["running", "waiting"].includes(sweep().state);
      timer = setTimeout(turn, busy && !document.hidden ? EVERY : SELDOM);
    }

    function again() {
      on = true;
      return turn();
    }

    function stop() {
      on = false;
      clearTimeout(timer);
    }

    // Resolves once nothing is asked any more: what is about to be deleted must not be asked for.
    async function halt() {
      stop();
      while (asking) await new Promise((resolve) => setTimeout(resolve, 30));
    }

    turn();
    return { again, stop, halt };
  }

  // The link that trains one of its runs again, as an ordinary run, up to where it came.
  function link({ id, plan, cells, rows, looks }, { key, cell, seed }) {
    const { config, values } = cells[cell];
    const row = rows.get(key);
    const seen = looks.get(key);
    const step = row ? row.steps : seen ? seen[seen.length - 1].step : plan.steps;
    const changes = app.recipe.effective(plan.changes, { ...app.preset(plan.preset).values, ...values });
    const as = { device: "cpu", precision: "float32", threads: 1 };
    const upTo = changes.filter(([at]) => at <= step);
    return app.at(`/${app.recipe.write({ preset: plan.preset, config, values, seed, changes: upTo, step, cursor: null, as, sweep: id })}`);
  }

  app.sweeps = { list, begin, act, remove, compare, cost, tried, fakes, reals, follow, repeat, link };
})(window.dash_clientside);
