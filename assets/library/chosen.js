// The runs that are selected, on whichever page of the list they are, and what is done with them together.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const chosen = new Set(); // ids
  const seen = new Map(); // id -> what the list says of a run; those on other pages may not be among them
  let list = null; // {said, query, say, deleted, restored, load}: see library.js
  let all = null; // the button that selects all that are found
  let words = null; // how many are selected, or why something cannot be done with them
  let ways = null; // what can be

  // `list` has what the server said last, what is looked for, and hears which runs were deleted, with a line in their place.
  function build(within) {
    list = within;
    all = app.button("", selectAll);
    words = app.element("span", { role: "status" });
    ways = app.element("span", { class: "runs-ways" });
    app.byId("runs-chosen").replaceChildren(words, ways);
    return all;
  }

  function box(run, name) {
    seen.set(run.id, run);
    const input = app.element("input", { type: "checkbox", value: run.id, "aria-label": app.say("library.select-run", { name }) });
    input.checked = chosen.has(run.id);
    input.onchange = () => select([run.id], input.checked);
    return app.element("label", { class: "pick" }, input, app.say("library.select"));
  }

  function select(ids, on = true) {
    for (const id of ids) chosen[on ? "add" : "delete"](id);
    show();
  }

  // All that are found, those on other pages, too, as they are at this moment.
  async function selectAll() {
    const { said, error } = await app.runs.page({ ...list.query(), only: "ids" });
    if (error) return list.say(error);
    select(said.ids);
  }

  function show() {
    const root = app.byId("runs-chosen");
    if (!root || !list.said()) return;
    for (const input of app.byId("runs-list").querySelectorAll(".pick input")) input.checked = chosen.has(input.value);
    all.textContent = app.say("library.select-all", { n: list.said().total });
    root.hidden = !chosen.size;
    const here = list.said().runs.filter(({ id }) => chosen.has(id)).length;
    const said = [app.say("library.selected", { n: chosen.size })];
    if (here < chosen.size) said.push(app.say("library.selected-elsewhere", { n: chosen.size - here }));
    words.textContent = said.join(" ");
    const none = app.button(app.say("library.select-none"), () => {
      select([...chosen], false);
      focus();
    });
    ways.replaceChildren(...compare(), none, app.button(app.say("library.delete-selected", { n: chosen.size }), remove));
  }

  // Where what was pressed is gone.
  const focus = () => (all.parentElement.hidden ? app.byId("runs-find-field") : all).focus();

  // -- two of them -------------------------------------------------------------------------------------------------------

  // One alone is held against the present run.
  function compare() {
    const { current } = list.said();
    const pair = chosen.size === 1 && !chosen.has(current) && app.state.status.recording ? [current, ...chosen] : [...chosen];
    if (pair.length > 2 || pair.some((id) => seen.get(id)?.damage)) return [];
    if (pair.length < 2) return [app.element("span", {}, app.say("library.choose-another"))];
    const [a, b] = pair.sort(olderFirst);
    const text = app.say(chosen.size === 2 ? "library.compare-two" : "library.compare-present");
    return [app.element("a", { class: "button", href: app.at(`/compare?a=${a}&b=${b}`) }, text)];
  }

  // Ids tell seconds apart, not what was begun within one.
  function olderFirst(one, other) {
    const [a, b] = [one, other].map((id) => seen.get(id)?.created);
    return a - b || (one < other ? -1 : 1);
  }

  // -- all of them -------------------------------------------------------------------------------------------------------

  async function remove() {
    const ids = [...chosen];
    const { said, error } = await app.runs.actOnMany("delete", ids);
    if (error) return (words.textContent = error);
    const left = why(said.left);
    const gone = ids.filter((id) => !Object.hasOwn(said.left, id));
    if (!gone.length) return (words.textContent = left.join(" "));
    const line = app.element("li", { class: "run deleted" });
    const told = app.element("p", { role: "status" }, [app.say("library.deleted-many", { n: gone.length }), ...left].join(" "));
    const undo = app.button(app.say("library.undo"), () => restore(line, gone, told), app.say("library.undo-many", { n: gone.length }));
    line.replaceChildren(told, undo);
    await list.deleted(line, gone);
    undo.focus();
  }

  async function restore(line, ids, told) {
    const { said, error } = await app.runs.actOnMany("restore", ids);
    if (error) return (told.textContent = error);
    const left = why(said.left);
    if (left.length) {
      line.replaceChildren(app.element("p", { role: "status" }, left.join(" "))); // it stays to be read
      await list.load();
    } else await list.restored(line);
    focus();
  }

  // Why some were left, each reason once.
  function why(left) {
    const reasons = Object.values(left);
    return [...new Set(reasons)].map((reason) => app.say("library.left", { n: reasons.filter((other) => other === reason).length, why: reason }));
  }

  function forget() {
    chosen.clear();
    seen.clear();
  }

  app.chosen = { build, box, select, show, forget };
})(window.dash_clientside);
