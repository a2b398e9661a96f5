// Which of the recorded runs are looked for: those of which every word is said, or true as NAME=TEXT of the experiment.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const LONGEST = 200; // characters of a query

  // Puts the field into an element; `changed` is told of each new query.
  function build(root, changed) {
    const field = app.element("input", { type: "search", id: "runs-find-field", maxlength: LONGEST, autocomplete: "off", spellcheck: "false", "aria-describedby": "runs-find-about" });
    field.oninput = () => changed(field.value);
    root.replaceChildren(
      app.element("label", { for: field.id }, app.say("library.find")),
      field,
      app.element("span", { id: "runs-find-about", class: "run-facts" }, app.say("library.find-about")),
    );
  }

  // Whether a run is one of those; `said` are the sentences in which the list tells of it.
  function matches(run, said, query) {
    const all = said.join(" ").toLowerCase();
    return query.toLowerCase().split(/\s+/).every((word) => {
      const [name, ...rest] = word.split("=");
      const facts = { ...run.config, ...run.values, scenario: run.preset, seed: run.seed };
      if (!rest.length || !Object.hasOwn(facts, name)) return all.includes(word);
      return isSo(facts[name], rest.join("="));
    });
  }

  // A number is that number; a text, such as "r1(weight=1)" or what data are called, begins so.
  const isSo = (value, text) => (typeof value === "number" ? text !== "" && Number(text) === value : [String(value), app.ownNames.said(String(value))].some((said) => said.toLowerCase().startsWith(text)));

  app.find = { build, matches };
})(window.dash_clientside);
