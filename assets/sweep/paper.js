// One paper's table, filling while it is trained: published cells beside ours, claims with what came of them, and what differs.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SIGNS = { holds: "✓", fails: "✗", undecided: "?", few: "…" };

  function open(id, cores) {
    const title = app.element("p", { class: "sweep-title", lang: "en" });
    const error = app.element("p", { class: "field-error", role: "alert" });
    const place = app.element("div", { class: "paper-parts" });
    let view = null;
    const follow = app.papers.follow(id, changed);
    const what = {
      act: app.papers.act,
      remove: app.papers.remove,
      files: () => ["md", "json"].map((kind) => [app.say(`paper.file.${kind}`), app.papers.file(id, kind)]),
      sure: (done) => app.say("paper.sure", { done }),
    };
    const steering = app.steering.make(id, cores, { again: () => follow.again(), halt: () => follow.halt(), gone: () => app.sweepHome.open() }, what);
    const body = app.element("div", { class: "paper-body" }, title, steering.root, error, place);

    function changed({ sweep, table, error: why }) {
      error.textContent = why || "";
      if (!table) return;
      steering.show(sweep);
      if (!view) {
        view = make(table, sweep);
        title.textContent = app.say("paper.name", { title: table.title, steps: sweep.steps, seeds: sweep.seeds });
        place.replaceChildren(...view.parts);
      }
      view.show(table);
    }

    app.sweepWindow.show({ id: "paper", title: app.say("paper.title"), body, left: () => follow.stop(), actions: [app.sweepHome.button()] });
  }

  // Whose numbers ours are: of how many seeds that are done, of how many that are asked for.
  function mine({ seeds, here }) {
    if (!seeds && !here) return app.say("paper.here");
    const done = app.say("paper.seeds-of", { done: here ? here.seeds : 0, of: seeds });
    return here && here.diverged ? app.say("paper.some-diverged", { done, n: here.diverged }) : done;
  }

  // {parts, show(table)}. What stands there is made once, and only its words change: nobody loses the place that is looked at.
  function make(first, sweep) {
    let now = first;
    const live = []; // what puts new words where they belong
    const follow = (element, read, more = () => {}) => {
      let before = null;
      live.push(() => {
        const text = read();
        if (text !== before) element.textContent = before = text;
        more(element);
      });
      return element;
    };
    const still = (text, attributes = {}) => app.element("td", attributes, text);
    const cell = (read, more) => follow(app.element("td", {}), read, more);
    const head = (...titles) => app.element("thead", {}, app.element("tr", {}, ...titles.map((title) => app.element("th", { scope: "col" }, title))));
    const row = (...cells) => app.element("tr", {}, ...cells);
    const whose = (text) => app.element("th", { scope: "row", class: "paper-whose" }, text);
    const paid = () => ["steps", "gradients", "samples", "seconds"].map((name) => app.say(`paper.column.${name}`));

    // In a box of its own, which scrolls sideways and can be reached by the keyboard.
    function table(caption, ...parts) {
      const inner = app.element("table", { class: "paper-table" }, app.element("caption", {}, app.element("span", { class: "for-screen-readers" }, caption)), ...parts);
      return app.element("div", { class: "paper-scroll", role: "region", "aria-label": caption, tabindex: "0" }, inner);
    }

    function way(line, i) {
      const here = () => now.lines[i].here;
      const lines = line.print.map(({ source, cells }) => row(whose(app.say("paper.print", { source })), ...cells.map((text) => still(text)), still("", { colspan: "4" })));
      if (line.trained) {
        const words = (j) => (here() ? here().cells[j] : j ? "" : app.say(now.lines[i].seeds ? "paper.not-yet" : "paper.not-chosen"));
        const ours = row(follow(whose(""), () => mine(now.lines[i])), ...now.columns.map((_, j) => cell(() => words(j))), ...[0, 1, 2, 3].map((k) => cell(() => (here() ? here().paid[k] : ""))));
        ours.className = "paper-here";
        lines.push(ours);
      }
      if (!lines.length) return "";
      lines[0].prepend(app.element("th", { scope: "rowgroup", rowspan: lines.length, class: "paper-way" }, line.words));
      return app.element("tbody", { "data-way": line.name }, ...lines);
    }

    const data = first.data.map(({ target, cells }) => row(app.element("th", { scope: "row", class: "paper-way" }, app.say("paper.data", { target })), whose(app.say("paper.average")), ...cells.map((text) => still(text)), still("", { colspan: "4" })));
    const titles = [app.say("paper.column.way"), app.say("paper.column.whose"), ...first.columns, ...paid()];
    const whole = table(app.say("paper.both"), head(...titles), ...first.lines.map(way), app.element("tbody", {}, ...data));

    function equal(part, i) {
      const lines = part.lines.map(({ words }, j) => {
        const cells = () => now.equal[i].lines[j].cells;
        return row(app.element("th", { scope: "row", class: "paper-way" }, words), ...Array.from({ length: 3 + part.columns.length }, (_, k) => cell(() => (cells() ? cells()[k] : k ? "" : app.say(now.equal[i].lines[j].seeds ? "paper.not-yet" : "paper.not-chosen")))));
      });
      const titles = [app.say("paper.column.way"), ...paid().slice(0, 3), ...part.columns];
      return [app.element("h3", {}, app.say(`paper.equal.${part.what}`)), app.element("p", { class: "field-help" }, app.say("paper.equal-text", { what: part.what, points: first.points })), table(app.say(`paper.equal.${part.what}`), head(...titles), app.element("tbody", {}, ...lines))];
    }

    const claims = first.claims.map(({ words, source }, i) => {
      const found = () => now.claims[i];
      const verdict = cell(() => `${SIGNS[found().verdict]}\u00a0${app.say(`paper.verdict.${found().verdict}`)}`, (element) => (element.dataset.verdict = found().verdict));
      return row(app.element("th", { scope: "row", class: "paper-claim", lang: "en" }, words), still(source), verdict, cell(() => found().told));
    });
    const told = ["claim", "source", "here", "by"].map((name) => app.say(`paper.column.${name}`));
    const share = sweep.steps / first.steps;
    const rules = [app.say("paper.rules", { limit: first.limit, least: first.least }), share < 1 ? app.say("paper.shorter", { share }) : ""].filter(Boolean).join(" ");
    const listed = (name, sentences) => [app.element("h3", {}, app.say(`paper.list.${name}`)), app.element("ul", { class: "paper-list", lang: "en" }, ...sentences.map((sentence) => app.element("li", {}, sentence)))];

    const parts = [
      app.element("p", {}, app.say("paper.how", { steps: sweep.steps, protocol: first.steps, samples: first.samples })),
      app.element("h3", {}, app.say("paper.both")),
      whole,
      app.element("p", { class: "field-help" }, app.say("paper.footnote")),
      ...first.equal.flatMap(equal),
      app.element("h3", {}, app.say("paper.claims")),
      app.element("p", { class: "field-help" }, rules),
      table(app.say("paper.claims"), head(...told), app.element("tbody", {}, ...claims)),
      ...listed("differences", first.differences),
      ...listed("otherwise", first.otherwise),
    ];

    function show(next) {
      now = next;
      for (const put of live) put();
    }

    return { parts, show };
  }

  app.paper = { open };
})(window.dash_clientside);
