// The page of two runs beside each other: what differs in their settings, a frame for each, and messages between them.
(function (app) {
  const main = app.byId("compare");
  const words = JSON.parse(document.querySelector("[data-words]").dataset.words);
  const MOST = 200; // runs that are listed to choose from
  const EVERYTHING = "999999999999999999"; // a row that no run has: settings and changes, but no metrics
  const MAX_CHANGES = 4; // of one value that are told one by one
  const STORED = "mantine-color-scheme-value"; // where the framed pages look, too
  let frames = [];

  // -- elements ----------------------------------------------------------------------------------------------------------

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  const address = (a, b) => app.at(`/compare?${new URLSearchParams({ ...(a && { a }), ...(b && { b }) })}`);
  const scenario = (run) => (Object.hasOwn(words.presets, run.preset) ? words.presets[run.preset] : run.preset);
  const title = (run) => run.title || app.say("runs.usual-name", { scenario: scenario(run), seed: String(run.seed) });

  const when = (run) => new Date(run.created * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

  // -- what differs --------------------------------------------------------------------------------------------------------

  // Each setting of a run in words, by its name.
  function settings(run, { status, changes }) {
    const { info } = status;
    return new Map([
      ["preset", scenario(run)],
      ["seed", String(run.seed)],
      ...Object.entries(run.config).map(([name, value]) => [name, app.ownNames.said(String(value))]),
      ...Object.keys(run.values).map((name) => [name, course(name, run.values[name], changes)]),
      ["path", app.say(info.by_hand ? "compare.path.by-hand" : "compare.path.autograd")],
      ["precision", info.precision],
      ["threads", String(info.threads)],
      ["device", info.device],
      ["machine", run.machine],
      ["torch", run.torch],
      ["parent", run.parent ? app.say("compare.parent", { run: run.parent, step: run.parent_step }) : app.say("compare.no-parent")],
    ]);
  }

  // A value from the start on: "0.001 → 0.0002 at step 300".
  function course(name, first, changes) {
    const of = changes.filter((change) => change[1] === name).map(([step, , , value]) => app.say("compare.change", { value: app.brief(value), step }));
    const left = of.length - MAX_CHANGES;
    const told = left > 0 ? [...of.slice(0, MAX_CHANGES - 1), app.say("compare.more", { count: left }), of[of.length - 1]] : of;
    return [app.brief(first), ...told].join(" ");
  }

  // Rows [name, of a, of b] of what is not the same, in the order of the table of labels.
  function differences(a, b) {
    const names = new Set([...Object.keys(words.labels), ...a.keys(), ...b.keys()]);
    return [...names].map((name) => [name, a.get(name) ?? "–", b.get(name) ?? "–"]).filter(([, x, y]) => x !== y);
  }

  function verdict(rows) {
    if (!rows.length) return app.say("compare.same");
    if (rows.length === 1 && rows[0][0] === "seed") return app.say("compare.same-but-seed");
    return app.say("compare.differ", { n: rows.length });
  }

  async function showDifferences() {
    const runs = await find();
    if (!runs) return;
    const said = await Promise.all(runs.map((run) => app.wire.fetch(`/api/runs/${run.id}/progress?from=${EVERYTHING}&changes=0`)));
    const rows = differences(...runs.map((run, i) => settings(run, said[i])));
    app.setText("compare-words", verdict(rows));
    const head = runs.map((run, i) => {
      const others = element("a", { href: address(...(i ? [runs[0].id, null] : [null, runs[1].id])), className: "other-run" }, app.say("compare.another"));
      others.setAttribute("aria-label", app.say("compare.another-than", { run: title(run) }));
      return element("th", { scope: "col" }, element("span", { className: "name" }, title(run)), " ", element("span", { className: "about" }, run.live ? app.say("compare.live") : when(run)), " ", others);
    });
    const body = rows.map(([name, ...values]) =>
      element("tr", {}, element("th", { scope: "row" }, words.labels[name] || name), ...values.map((value) => element("td", {}, value))));
    const table = element("table", {}, element("caption", { className: "for-screen-readers" }, app.say("compare.caption")),
      element("thead", {}, element("tr", {}, element("td", {}), ...head)), element("tbody", {}, ...body));
    app.byId("differences").replaceChildren(table);
    document.title = app.say("compare.title", { one: title(runs[0]), other: title(runs[1]) });
  }

  // -- which runs ----------------------------------------------------------------------------------------------------------

  // Both runs of the address; otherwise says why not, with links to those that can be chosen, and is null.
  async function find() {
    const asked = new URLSearchParams(location.search);
    const ids = ["a", "b"].map((side) => asked.get(side));
    const possible = ids.filter((id) => id && /^[0-9a-z][0-9a-z-]{0,39}$/.test(id));
    const { runs } = possible.length ? await list({ ids: possible.join(",") }) : { runs: [] };
    const found = ids.map((id) => runs.find((run) => run.id === id && !run.damage));
    if (found.every(Boolean)) return found;
    const others = await list({ count: MOST, from: 0 });
    choose(ids, found, runs, others);
    return null;
  }

  async function list(query) {
    const answer = await fetch(app.at(`/api/runs?${new URLSearchParams(query)}`), { cache: "no-store" });
    if (!answer.ok) throw new Error("no list of runs");
    const said = await answer.json();
    return { ...said, runs: said.runs.map((run) => ({ ...run, live: run.id === said.current })) };
  }

  // Without them data of somebody's own go by their targets.
  const names = () => fetch(app.at("/api/data")).then((answer) => (answer.ok ? answer.json() : { data: [] })).then(({ data }) => app.ownNames.learn(data)).catch(() => {});

  // `asked` are those of the address that are there, damaged or not, `others` the page of the list to choose from.
  function choose(ids, found, asked, others) {
    const i = found[0] ? 1 : 0; // the side to choose
    const other = found[1 - i];
    const wrong = ids.findIndex((id, k) => id && !found[k]);
    const damage = wrong >= 0 ? asked.find((run) => run.id === ids[wrong]) : null;
    const missing = wrong < 0 ? "" : damage ? app.say("compare.damaged", { id: ids[wrong], damage: damage.damage }) : app.say("compare.no-run", { id: ids[wrong].slice(0, 60) });
    const which = other ? app.say("compare.choose-beside", { run: title(other) }) : app.say("compare.choose-first");
    const links = others.runs.filter((run) => !run.damage && run.id !== other?.id).map((run) => {
      const pair = i ? [other && other.id, run.id] : [run.id, other && other.id];
      return element("li", {}, element("a", { href: address(...pair) }, title(run)), ` ${app.say("compare.about", { when: when(run), steps: run.steps })}`);
    });
    frames = [];
    app.setText("compare-words", "");
    main.replaceChildren(element("section", { className: "choose" }, element("p", { role: "alert" }, [missing, which].filter(Boolean).join(" ")),
      links.length ? element("ul", {}, ...links) : element("p", {}, app.say("compare.none")),
      ...(others.total > others.runs.length ? [element("p", {}, app.say("compare.newest", { n: others.runs.length, all: others.total }))] : [])));
  }

  // -- the frames ------------------------------------------------------------------------------------------------------------

  function build(runs) {
    const table = element("section", { id: "differences", tabIndex: 0 });
    table.setAttribute("aria-label", app.say("compare.caption"));
    frames = runs.map((run) => element("iframe", { src: app.at(`/?run=${run.id}`), title: title(run) }));
    main.replaceChildren(table, element("div", { className: "both" }, ...frames));
  }

  // Only between the two, and only of this server's pages.
  function relay({ origin, source, data }) {
    const from = frames.findIndex((frame) => frame.contentWindow === source);
    if (origin !== location.origin || from < 0) return;
    if (data.kind === "changes") return void showDifferences().catch(trouble);
    frames[1 - from].contentWindow.postMessage(data, location.origin);
  }

  // Keys pressed outside the frames are those of the first one.
  function key(event) {
    if (!frames.length || event.target.closest("a, button") || event.altKey || event.ctrlKey || event.metaKey) return;
    const inside = frames[0].contentDocument;
    if (!inside || !inside.body) return;
    const { key, shiftKey } = event;
    const same = new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true });
    if (!inside.body.dispatchEvent(same)) event.preventDefault();
  }

  // -- light and dark ----------------------------------------------------------------------------------------------------------

  const darkWanted = matchMedia("(prefers-color-scheme: dark)");

  function scheme() {
    const stored = app.browser.lasting.get(STORED);
    return stored === "light" || stored === "dark" ? stored : darkWanted.matches ? "dark" : "light";
  }

  function dress() {
    document.documentElement.setAttribute("data-mantine-color-scheme", scheme());
  }

  function switchScheme() {
    const next = scheme() === "dark" ? "light" : "dark";
    app.browser.lasting.set(STORED, next);
    dress();
    for (const frame of frames) frame.contentWindow.dash_clientside.set_props("provider", { forceColorScheme: next });
  }

  function trouble(error) {
    app.setText("compare-words", app.say("compare.no-list"));
    console.debug("GANscope:", error.message);
  }

  async function begin() {
    const [runs] = await Promise.all([find(), names()]);
    if (!runs) return;
    build(runs);
    await showDifferences();
  }

  dress();
  darkWanted.addEventListener("change", dress);
  window.addEventListener("storage", dress);
  window.addEventListener("message", relay);
  document.addEventListener("keydown", key);
  app.byId("compare-theme").addEventListener("click", switchScheme);
  if (app.browser.able) begin().catch(trouble);
})(window.dash_clientside);
