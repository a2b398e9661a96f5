// Which of the recorded runs are looked for: words and NAME=VALUE, filters, and in which order. The server looks.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const LONGEST = 200; // characters of a query
  const ORDERS = ["newest", "oldest", "longest", "largest", "title"];
  const FILTERS = {
    preset: (name) => (app.preset(name) || { title: name }).title,
    target: (name) => app.ownNames.said(name),
    state: (name) => app.sayOr(app.sayOr(name, `library.other-state.${name}`), `state.${name}.short`),
    sweep: (id) => id || app.say("library.no-sweep"),
  };
  let field = null;
  let selects = {}; // by name of a filter
  let order = null;

  // Puts the fields into an element; `changed` is told when something else is looked for.
  function build(root, changed) {
    field = app.element("input", { type: "search", id: "runs-find-field", maxlength: LONGEST, autocomplete: "off", spellcheck: "false", "aria-describedby": "runs-find-about" });
    field.oninput = changed;
    selects = Object.fromEntries(Object.keys(FILTERS).map((name) => [name, app.element("select", { id: `runs-${name}`, onchange: changed })]));
    order = app.element("select", { id: "runs-sort", onchange: changed }, ...ORDERS.map((value) => app.element("option", { value }, app.say(`library.sort-by.${value}`))));
    root.replaceChildren(
      app.element("label", { for: field.id }, app.say("library.find")),
      field,
      app.element("span", { id: "runs-find-about", class: "run-facts" }, app.say("library.find-about")),
      app.element("div", { class: "runs-filters" },
        labelled(app.say("library.preset"), selects.preset, true),
        labelled(app.say("library.target"), selects.target, true),
        labelled(app.say("library.state"), selects.state, true),
        labelled(app.say("library.sweep"), selects.sweep, true),
        labelled(app.say("library.sort"), order)),
    );
  }

  const labelled = (text, select, hidden = false) => app.element("span", { class: "runs-filter", hidden }, app.element("label", { for: select.id }, text), select);

  // The values there are, {filter: {value: of how many runs}}. What is chosen stays, if it is of none by now; a filter is
  // not shown where there is nothing to choose.
  function offer(values) {
    for (const [name, select] of Object.entries(selects)) {
      const chosen = choice(select);
      const found = new Map(Object.entries(values[name]));
      if (chosen !== null && !found.has(chosen)) found.set(chosen, 0);
      if (name === "preset" || name === "target") found.delete(""); // of damaged files
      const as = JSON.stringify([...found]);
      if (found.size > 1) select.parentElement.hidden = false; // and stays, so that nothing moves under the pointer
      if (select.dataset.as === as) continue; // an open list is not taken from under the pointer
      select.dataset.as = as;
      const options = [...found].map(([value, n]) => app.element("option", { value, selected: value === chosen }, app.say("library.option", { value: FILTERS[name](value), n })));
      select.replaceChildren(app.element("option", {}, app.say("library.any")), ...options);
    }
  }

  const choice = (select) => (select.selectedIndex > 0 ? select.value : null);

  // The filters that are chosen, as the server has them.
  const filters = () => Object.fromEntries(Object.entries(selects).map(([name, select]) => [name, choice(select)]).filter(([, value]) => value !== null));

  const words = () => field.value.trim();

  // All of it.
  const query = () => (field ? { find: words(), sort: order.value, ...filters() } : {});

  function forget() {
    field = order = null;
    selects = {};
  }

  app.find = { build, offer, filters, words, query, forget };
})(window.dash_clientside);
