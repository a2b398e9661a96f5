// The family of the present run above the timeline: a line a run from its branch to its end, over steps from 0 to the
// longest one's. A line is a button that opens its run.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const MOST = 5; // lines
  const ROW = 10; // px a line
  const SVG = "http://www.w3.org/2000/svg";
  let asked = null; // id of the run whose family was asked for
  let runs = []; // those that are drawn, from top to bottom
  let more = 0; // how many are left out
  let drawn = new Map(); // id -> {line, stem, mark, button}

  async function load() {
    const mine = (asked = state.status.info.id);
    const { said } = state.status.recording && !app.source.embedded ? await app.runs.family(mine) : {};
    if (mine !== asked) return;
    const all = family(mine, ((said && said.runs) || []).filter((run) => !run.damage));
    runs = all.length > 1 ? choose(mine, all) : [];
    more = runs.length ? all.length - runs.length : 0;
    build(mine);
    place();
  }

  // A run and its ancestors that are still there, from it on. An uploaded file may name any run as its parent, itself
  // included.
  function ancestry(id, byId) {
    const line = [];
    for (let run = byId.get(id); run && !line.includes(run); run = byId.get(run.parent)) line.push(run);
    return line;
  }

  // The first ancestor that is still there and all that descends from it, each before its branches.
  function family(id, listed) {
    const root = ancestry(id, new Map(listed.map((run) => [run.id, run]))).at(-1);
    const branches = (run) =>
      listed.filter((other) => other.parent === run.id).sort((a, b) => a.parent_step - b.parent_step || a.created - b.created);
    const seen = new Set();
    const below = (run) => (seen.has(run) ? [] : [seen.add(run) && run, ...branches(run).flatMap(below)]);
    return root ? below(root) : [];
  }

  // The nearest relatives, in the order of all: the run itself, its ancestors, its branches, its siblings, the others.
  function choose(id, all) {
    const byId = new Map(all.map((run) => [run.id, run]));
    const near = [...ancestry(id, byId), ...all.filter((run) => run.parent === id), ...all.filter((run) => run.parent === byId.get(id).parent), ...all];
    const chosen = new Set([...new Set(near)].slice(0, MOST));
    return all.filter((run) => chosen.has(run));
  }

  // -- drawing ---------------------------------------------------------------------------------------------------------

  function build(id) {
    const root = app.byId("family");
    const height = runs.length * ROW;
    document.documentElement.style.setProperty("--family", `${height}px`);
    root.hidden = !runs.length;
    root.setAttribute("aria-label", more ? app.say("family.label-more", { others: others() }) : app.say("family.label"));
    root.replaceChildren();
    drawn = new Map();
    const svg = shape("svg", { height, width: "100%", "aria-hidden": "true" }, root);
    for (const run of runs) drawn.set(run.id, run.id === id ? present(run, svg) : relative(run, svg, root));
  }

  function relative(run, svg, root) {
    const button = document.createElement("button");
    Object.assign(button, { className: "relative", type: "button", title: words(run), onclick: () => open(run.id) });
    button.setAttribute("aria-label", app.say("family.open", { run: words(run) }));
    root.append(button);
    return { ...lines(svg, ""), mark: shape("circle", { r: 3 }, svg), button };
  }

  function present(run, svg) {
    const label = shape("text", { dy: 3.5 }, svg);
    label.textContent = more ? app.say("family.this-more", { others: others() }) : app.say("family.this");
    const made = { ...lines(svg, "present"), mark: shape("rect", { width: 8, height: 8, class: "present", transform: "translate(-4 -4)" }, svg), label };
    svg.append(label); // over its line
    return made;
  }

  const others = () => app.say("family.others", { count: more });

  const lines = (svg, name) => ({ stem: shape("line", { class: "stem" }, svg), line: shape("line", { class: name }, svg) });

  function shape(tag, attributes, parent) {
    const made = document.createElementNS(SVG, tag);
    set(made, attributes);
    parent.append(made);
    return made;
  }

  function set(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  }

  function words(run) {
    const fields = { name: run.title || run.preset, seed: String(run.seed), steps: run.steps };
    return run.parent ? app.say("family.branch", { ...fields, from: run.parent_step }) : app.say("family.run", fields);
  }

  // The present run grows, so that the others move.
  function place() {
    const end = (run) => (run.id === asked ? Math.max(run.steps, state.newestStep()) : run.steps);
    const longest = Math.max(1, ...runs.map(end));
    const percent = (step) => `${((96 * step) / longest + 2).toFixed(2)}%`;
    runs.forEach((run, row) => {
      const { line, stem, mark, button, label } = drawn.get(run.id);
      const y = (row + 0.5) * ROW;
      const [from, to] = [run.parent_step || 0, end(run)];
      set(line, { x1: percent(from), x2: percent(to), y1: y, y2: y });
      const parent = runs.findIndex((other) => other.id === run.parent);
      set(stem, { x1: percent(from), x2: percent(from), y1: parent < 0 ? y : (parent + 0.5) * ROW, y2: y });
      set(mark, { cx: percent(to), cy: y, x: percent(to), y });
      if (label) set(label, { x: percent(to), y, ...(to > 0.5 * longest ? { dx: -9, "text-anchor": "end" } : { dx: 9, "text-anchor": "start" }) });
      if (button) Object.assign(button.style, { top: `${row * ROW}px`, left: percent(from), width: `calc(${(96 * (to - from)) / longest}% + 8px)` });
    });
  }

  async function open(id) {
    if (!(await app.command.act({ do: "open", run: id }))) app.timeline.follow_live();
  }

  state.on("progress", () => {
    if (state.status.info.id !== asked) load();
    else if (runs.length) place();
  });
  state.on("runs", load); // somebody changed the library

  app.family = {};
})(window.dash_clientside);
