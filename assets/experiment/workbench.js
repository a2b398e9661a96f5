// The experiment's panel: what the present run is made of, a draft of something else, and the two ways to begin with it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let built = null; // {run, fields: [{root, show}], foot} while the panel is open
  let compared = false; // whether what differs is listed
  let sending = false;
  const LONGEST = 60000; // ms that another run is waited for
  const [OWN_DATA, DRAW] = ["experiment-own-data", "experiment-draw"];

  const isOpen = () => !app.byId("experiment-body").hidden;

  function fold() {
    const open = !isOpen();
    app.byId("experiment-body").hidden = !open;
    app.byId("experiment-fold").setAttribute("aria-expanded", String(open));
    follow();
    if (open) app.byId("experiment").scrollIntoView({ block: "start" });
  }

  // -- building ------------------------------------------------------------------------------------------------------------

  function build() {
    const focused = document.activeElement && document.activeElement.id;
    const fields = app.draft.fields().map(([field]) => app.fields.build(field, edited));
    const foot = makeFoot();
    built = { run: state.status.info.run, fields, foot };
    const body = app.byId("experiment-body");
    body.replaceChildren(app.element("div", { class: "experiment-top" }, app.networks.button()), ...fields.map(({ root }) => root), foot.root);
    if (app.source.file) for (const control of body.querySelectorAll("input,select,button:not(.info)")) control.disabled = true; // to be read
    else addOwnData();
    if (focused && focused.startsWith("experiment-") && app.byId(focused)) app.byId(focused).focus();
  }

  // Under the targets that there are: a table of the visitor's own points, which becomes one.
  function addOwnData() {
    const place = document.querySelector("#experiment-body [data-field=target]");
    if (!place) return;
    const root = app.element("div", {});
    const pad = app.element("button", { id: DRAW, type: "button", class: "button", title: app.say("pad.open-help"), onclick: () => app.ownData.draw(choose) }, app.say("pad.open"));
    const details = app.element("details", { id: OWN_DATA, class: "of-own-data" }, app.element("summary", {}, app.say("own-data.title")), pad, root);
    details.ontoggle = () => details.open && !root.childElementCount && app.ownData.build(root, { words: app.say("own-data.choose"), use: choose });
    place.append(details);
  }

  // Opens the panel where a story's link leads into it: at the field for a table, or with the pad over it.
  function reveal(id) {
    if (![OWN_DATA, DRAW].includes(id) || !app.byId("experiment-body")) return;
    if (!isOpen()) fold();
    const details = app.byId(OWN_DATA);
    if (!details) return;
    details.open = true;
    if (id === DRAW) app.byId(DRAW).click();
  }

  function choose(target) {
    app.draft.put("target", { name: target, numbers: {} });
    build();
    show();
    document.querySelector("#experiment-body [data-field=target] select").focus();
  }

  function makeFoot() {
    const press = (id, name, act, kind = "") =>
      app.element("button", { id, type: "button", class: `button ${kind}`, title: app.say(`experiment.does.${name}`), onclick: act }, app.say(`experiment.press.${name}`));
    const foot = {
      says: app.element("p", { id: "experiment-says", role: "status" }),
      about: app.element("p", { id: "experiment-about", class: "field-help" }),
      list: app.element("div", { id: "experiment-differences", class: "differences", tabindex: "0", role: "region", "aria-label": app.say("experiment.comparison"), hidden: true }),
      error: app.element("p", { id: "experiment-error", class: "field-error", role: "alert" }),
      compare: press("experiment-compare", "compare", () => show((compared = !compared))),
      back: press("experiment-back", "back", putBack),
      start: press("experiment-start", "start", start, "chief"),
      branch: press("experiment-branch", "branch", branch),
    };
    foot.compare.setAttribute("aria-controls", foot.list.id);
    const begin = app.element("div", { class: "buttons" }, ...(app.source.recorded ? [] : [foot.start]), foot.branch);
    foot.ofDraft = app.element("div", { class: "buttons of-draft" }, foot.compare, foot.back);
    foot.root = app.element("div", { class: "experiment-foot" }, foot.says, foot.list, foot.ofDraft, foot.about, begin, foot.error);
    return foot;
  }

  // -- showing ---------------------------------------------------------------------------------------------------------------

  function edited() {
    if (built) write(built.foot.error, "");
    show();
  }

  function show() {
    gist();
    if (!built || !isOpen()) return;
    for (const field of built.fields) field.show();
    showFoot();
  }

  function showFoot() {
    const { foot } = built;
    const count = app.draft.size();
    const wrong = app.draft.fields().find(([field]) => app.draft.problems(field).size);
    const at = viewed();
    const branches = Boolean(state.status.recording) && at > 0;
    if (!sending) write(foot.says, count ? (wrong ? app.say("experiment.wrong", { field: state.settings.labels[wrong[0]] }) : app.say("experiment.draft", { n: count })) : app.say("experiment.same"));
    write(foot.about, app.source.recorded ? app.say("experiment.about-recorded", { step: at }) : branches ? app.say("experiment.about", { step: at }) : app.say("experiment.about-start"));
    const ready = count > 0 && !wrong && !sending;
    foot.start.disabled = !ready;
    foot.branch.disabled = !ready || !branches;
    foot.ofDraft.hidden = foot.about.hidden = !count;
    foot.compare.setAttribute("aria-expanded", String(compared && count > 0));
    foot.list.hidden = !compared || !count;
    if (!foot.list.hidden) list(foot.list);
  }

  // What the run is made of, in a line, and how much of the draft is otherwise.
  function gist() {
    const { config } = state.status.info;
    const { parts } = state.settings.experiment;
    const said = (kind, text) => (text === undefined || !parts[kind] ? "" : app.parts.label(kind, app.parts.read(kind, text).name));
    const penalty = config.penalty === "none" ? app.say("experiment.gist-no-penalty") : app.say("experiment.gist-penalty", { name: said("penalty", config.penalty) });
    app.setText("experiment-gist", app.say("experiment.gist", { target: said("target", config.target), objective: said("objective", config.objective), penalty }));
    const count = app.byId("experiment-count");
    count.hidden = !app.draft.size();
    app.setText("experiment-count", app.say("experiment.changed"));
  }

  function list(root) {
    const rows = app.draft.differences();
    const key = JSON.stringify(rows);
    if (root.dataset.key === key) return;
    root.dataset.key = key;
    const row = (...cells) => app.element("tr", {}, ...cells);
    const head = ["had", "drafted"].map((name) => app.element("th", { scope: "col" }, app.say(`experiment.column.${name}`)));
    const bodies = rows.map(([label, ...values]) =>
      app.element("tbody", {}, row(app.element("th", { colspan: 2, scope: "rowgroup" }, label)), row(...values.map((value) => app.element("td", {}, value)))));
    root.replaceChildren(app.element("table", {}, app.element("thead", {}, row(...head)), ...bodies));
  }

  const write = (place, text) => place.textContent !== text && (place.textContent = text);

  function viewed() {
    if (!state.view.live) return state.view.step;
    return state.shown ? state.shown.step : 0;
  }

  // -- beginning -------------------------------------------------------------------------------------------------------------

  function putBack() {
    app.draft.drop();
    compared = false;
    build();
    show();
    built.foot.start.closest(".experiment").querySelector("select").focus();
  }

  // A new run, with the live values of now; it trains, as who says so wants to see it.
  async function start() {
    const values = Object.fromEntries(Object.entries(state.status.values).map(([name, { value }]) => [name, value]));
    if (await ask({ do: "start", config: app.draft.texts(), values })) app.command.send({ do: "play" });
  }

  const branch = () => ask({ do: "branch", run: state.status.info.id, step: viewed(), config: app.draft.texts() });

  // Whether it was obeyed; why not is said where it was asked.
  async function ask(body) {
    const pressed = document.activeElement.id;
    sending = true;
    show();
    write(built.foot.error, "");
    write(built.foot.says, app.say("experiment.starting"));
    const { run } = state.status.info;
    const why = await app.command.send(body);
    if (!why && app.source.recorded) return app.home();
    if (!why) {
      app.timeline.follow_live();
      await another(run);
    }
    sending = false;
    show();
    write(built.foot.error, why || "");
    // The button that was pressed could not keep the focus; where nothing differs any more, there is none to press.
    if (document.activeElement === document.body) (app.byId(why && pressed) || app.byId("experiment-fold")).focus({ preventScroll: true });
    return !why;
  }

  // Resolves once another run is there: on the way to a step of the past some may have to be trained again.
  async function another(run) {
    for (const end = performance.now() + LONGEST; state.status.info.run === run && performance.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  // Another run: what it has itself is no longer a difference, and what was not touched follows it.
  function follow() {
    if (!state.settings || !state.status || !app.byId("experiment-body") || app.source.embedded) return;
    app.draft.settle();
    if (isOpen() && (!built || built.run !== state.status.info.run)) build();
    show();
  }

  // Another step is in view: that is where a branch would begin.
  function step() {
    if (built && isOpen()) showFoot();
  }

  // What the list of targets and the line above call it by.
  function named() {
    if (built && isOpen()) build();
    follow();
  }

  state.on("settings", follow);
  state.on("named", named);
  state.on("progress", follow);
  state.on("view", step);
  state.on("frame", step);

  app.workbench = { fold, reveal };
})(window.dash_clientside);
