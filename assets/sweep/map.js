// A sweep as a map, filling as runs come: cells over what is varied, and of the one that is looked at its runs.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SHARES = ["coverage", "on_band", "saturated", "precision", "recall", "neighbour_coverage", "high_quality"]; // from 0 to 1
  const VERDICTS = ["covering", "collapsed", "hopping", "d-has-won", "diverged", "undecided"];
  const MOST = 16; // runs of a cell whose samples are shown
  const REST = 150; // ms on a cell before its samples are fetched

  function open(id, cores) {
    const body = app.element("div", { class: "map-body" });
    const title = app.element("p", { class: "sweep-title" });
    const error = app.element("p", { class: "field-error", role: "alert" });
    const line = app.element("p", { id: "map-line", role: "status" });
    const option = (value, label) => app.element("option", { value }, label);
    const choice = app.element("select", { id: "map-colour", onchange: () => draw() }, ...app.seeds.READINGS.map((name) => option(name, app.say("sweep.median-of", { reading: app.sweepWords.reading(name) }))), ...VERDICTS.map((name) => option(`=${name}`, app.say("sweep.share-of", { verdict: app.sweepWords.verdict(name) }))));
    const scale = app.element("div", { class: "map-scale" });
    const place = app.element("div", { class: "maps" });
    const signs = app.element("p", { class: "field-help" });
    const detail = app.element("section", { id: "map-cell", class: "map-detail", "aria-label": app.say("sweep.cell"), tabindex: "-1" }, app.element("p", { class: "field-help" }, app.say("sweep.point")));
    const compared = app.comparison.make(id);
    const fakes = new Map();
    const reals = new Map();
    let grids = null;
    let looked = null; // the cell that is looked at
    let timer = null;
    const follow = app.sweeps.follow(id, changed);
    const steering = app.steering.make(id, cores, { again: () => follow.again(), halt: () => follow.halt(), gone: () => app.sweepHome.open() });
    const multiples = app.multiples.make(app.say("sweep.cell-runs"));
    const facts = { where: app.element("h3", {}), verdicts: app.element("p", {}), table: app.element("p", { class: "field-help" }) };
    body.append(title, steering.root, error, app.element("div", { class: "field-row" }, app.element("label", { for: choice.id }, app.say("sweep.colour")), choice, scale), app.element("div", { class: "map-and-cell" }, app.element("div", {}, place, line, signs), detail), compared.root);

    function changed(watched) {
      error.textContent = watched.error || "";
      if (!watched.plan) return;
      if (!grids) {
        title.textContent = watched.sweep.title;
        grids = build(watched, { look, choose });
        place.replaceChildren(...grids.map(({ root }) => root));
      }
      steering.show(watched.sweep);
      draw();
    }

    const runsOf = (cell) => follow.watched.runs.filter((run) => run.cell === cell);
    const rowsOf = (cell) => runsOf(cell).map(({ key }) => follow.watched.rows.get(key)).filter(Boolean);

    function valueOf(rows) {
      if (!rows.length) return null;
      const name = choice.value;
      if (name.startsWith("=")) return rows.filter(({ verdict }) => `=${verdict}` === name).length / rows.length;
      const found = app.statistics.summary(rows.map((row) => app.sweepWords.last(row, name)));
      return found && found.median;
    }

    function of(cell, rows) {
      const value = valueOf(rows);
      const [[commonest] = []] = app.statistics.counts(rows.map(({ verdict }) => verdict));
      const where = app.sweepWords.cell(follow.watched.cells[cell]);
      const what = choice.selectedOptions[0].textContent;
      const text = value === null ? "–" : app.brief(value);
      const spoken = rows.length ? app.say("sweep.cell-words", { where, what, value: text, n: rows.length, verdicts: app.sweepWords.verdicts(rows.map(({ verdict }) => verdict)) }) : app.say("sweep.cell-waits", { where });
      return { value, sign: commonest ? app.sweepWords.shape(commonest) : "", spoken };
    }

    function draw() {
      const { watched } = follow;
      if (!grids || !body.isConnected) return;
      const by = new Map();
      for (const row of watched.rows.values()) by.set(row.cell, [...(by.get(row.cell) || []), row]);
      const said = watched.cells.map((_, cell) => of(cell, by.get(cell) || []));
      const share = choice.value.startsWith("=") || SHARES.includes(choice.value);
      const numbers = said.map(({ value }) => value).filter((value) => value !== null);
      const range = share ? [0, 1] : [Math.min(...numbers, Infinity), Math.max(...numbers, -Infinity)];
      for (const grid of grids) grid.show((cell) => said[cell], range, share);
      const verdicts = app.statistics.counts([...watched.rows.values()].map(({ verdict }) => verdict));
      signs.textContent = verdicts.length ? app.say("sweep.signs", { said: verdicts.map(([name]) => app.sweepWords.shaped(name)).join(", ") }) : "";
      legend(numbers.length || share ? range : null, share);
      if (looked !== null) tell(said[looked]);
      compared.show(watched, choice.value.startsWith("=") ? "coverage" : choice.value);
    }

    function legend(range, share) {
      if (!range) return scale.replaceChildren();
      const bar = app.element("span", { class: "map-bar", "aria-hidden": "true" });
      bar.style.background = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((share) => app.sweepGrid.colour(share)[0]).join(", ")})`;
      scale.replaceChildren(app.element("span", {}, app.brief(range[0])), bar, app.element("span", {}, app.brief(range[1])), ...(share ? [app.element("span", { class: "field-help" }, app.say("sweep.lines"))] : []));
    }

    function look(cell) {
      looked = cell;
      tell(of(cell, rowsOf(cell)));
      clearTimeout(timer);
      timer = setTimeout(() => fetchSamples(cell), REST);
    }

    function tell({ spoken }) {
      if (line.textContent !== spoken) line.textContent = spoken;
      const { watched } = follow;
      const rows = rowsOf(looked);
      facts.where.textContent = app.sweepWords.cell(watched.cells[looked]);
      facts.verdicts.textContent = rows.length ? app.sweepWords.verdicts(rows.map(({ verdict }) => verdict)) : app.say("sweep.cell-none");
      const medians = app.seeds.READINGS.map((name) => [name, app.statistics.summary(rows.map((row) => app.sweepWords.last(row, name)))]).filter(([, found]) => found);
      facts.table.textContent = medians.length ? app.say("sweep.medians", { said: medians.map(([name, { median }]) => `${app.sweepWords.reading(name)} ${app.brief(median)}`).join(", ") }) : "";
      multiples.show(watched, runsOf(looked).slice(0, MOST), fakes, reals.get(looked) || new Int16Array(0));
      if (facts.where.parentElement !== detail) detail.replaceChildren(facts.where, facts.verdicts, multiples.root, facts.table);
    }

    // The samples of a cell's runs.
    async function fetchSamples(cell) {
      const missing = rowsOf(cell).map(({ key }) => key).filter((key) => !fakes.has(key)).slice(0, MOST);
      if (!reals.has(cell)) reals.set(cell, await app.sweeps.reals(id, cell));
      if (missing.length) for (const [key, points] of Object.entries(await app.sweeps.fakes(id, missing))) fakes.set(key, points);
      if (looked === cell && body.isConnected) tell(of(cell, rowsOf(cell)));
    }

    async function choose(cell) {
      look(cell);
      await fetchSamples(cell);
      const first = detail.querySelector("a");
      detail.scrollIntoView({ block: "nearest" });
      if (first) first.focus();
    }

    const left = () => {
      follow.stop();
      clearTimeout(timer);
    };
    app.sweepWindow.show({ id: "sweep-window", title: app.say("sweep.map"), body, left, actions: [app.sweepHome.button()] });
  }

  // A grid for each combination of what is neither across nor up.
  function build({ axes: given, cells, plan }, told) {
    const other = Object.entries(plan.against).map(([name, text]) => `${name}=${text}`).join(", ");
    const axes = given.map(([name, values]) => ({ name, values }));
    const xs = sorted(axes[0]);
    const ys = axes.length > 1 ? sorted(axes[1]) : { name: "", values: [""] };
    const groups = new Map();
    cells.forEach((cell, index) => {
      const rest = Object.fromEntries(Object.entries(cell.of).filter(([name]) => name !== xs.name && name !== ys.name));
      const title = app.sweepWords.cell({ of: rest });
      const group = groups.get(title) || groups.set(title, ys.values.map(() => [])).get(title);
      group[ys.name ? ys.values.indexOf(cell.of[ys.name]) : 0][xs.values.indexOf(cell.of[xs.name])] = index;
    });
    const titled = (title, group) => (cells[group.flat()[0]].of.recipe === "b" ? app.say("sweep.with", { title, other }) : title || app.say("sweep.whole"));
    return [...groups].map(([title, group]) => app.sweepGrid.make({ title: titled(title, group), xs, ys, cells: group, told }));
  }

  // Numbers ascend, whatever their order was; words stay as they were given.
  function sorted({ name, values }) {
    const numeric = values.every((value) => Number.isFinite(Number(value)));
    return { name, values: numeric ? [...values].sort((a, b) => a - b) : values };
  }

  app.sweepMap = { open };
})(window.dash_clientside);
