// Two recipes, each over its seeds: one reading at equal steps and at equal gradients taken, as the server computes them.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // {root, show(watched, reading)}; empty where a plan has one recipe alone.
  function make(id) {
    const root = app.element("div", { class: "sweep-comparison", hidden: true });
    let key = "";

    async function show(watched, reading) {
      const next = `${reading} ${watched.rows.size}`;
      if (!Object.keys(watched.plan.against).length || next === key) return;
      key = next;
      const { said, error } = await app.sweeps.compare(id, reading);
      if (next !== key) return;
      root.hidden = false;
      root.replaceChildren(error ? app.element("p", { class: "field-error" }, error) : table(watched, reading, said.rows));
    }

    return { root, show };
  }

  function table({ plan, cells }, reading, rows) {
    const cell = (text) => app.element("td", {}, text);
    const head = ["where", "by", "a", "b", "p"].map((name) => app.element("th", { scope: "col" }, app.say(`sweep.column.${name}`)));
    const number = (x) => (x === null ? "–" : app.brief(x));
    const lines = rows.map(({ cells: [at], by, at: steps, median, count, p }) => {
      const { recipe, ...of } = cells[at].of;
      const place = Object.keys(of).length ? app.sweepWords.cell({ of }) : app.say("sweep.everywhere");
      const sides = [0, 1].map((i) => cell(app.say("sweep.side", { median: number(median[i]), n: count[i], step: steps[i] })));
      return app.element("tr", {}, app.element("th", { scope: "row" }, place), cell(app.say(`sweep.by.${by}`)), ...sides, cell(p.toFixed(3)));
    });
    const other = Object.entries(plan.against).map(([name, text]) => `${name}=${text}`).join(", ");
    const caption = app.element("caption", {}, app.say("sweep.compared", { reading: app.sweepWords.reading(reading), other }));
    return app.element("table", { class: "sweep-table" }, caption, app.element("thead", {}, app.element("tr", {}, ...head)), app.element("tbody", {}, ...lines));
  }

  app.comparison = { make };
})(window.dash_clientside);
