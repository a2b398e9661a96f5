// Where notes and tags of a run and of its steps are written.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // The form of one run's: {root, focus()}. `run` has id and notes, which are kept up to date; a note of `step` can
  // be begun, if it is given. `saved()` is called after each.
  function make(run, { step = null, saved = () => {} } = {}) {
    const id = `notes-${run.id}`;
    const steps = [...new Set([...run.notes.map((note) => note.step), step].filter((one) => one !== null))].sort((a, b) => a - b);
    const options = steps.map((one) => app.element("option", { value: one }, app.say("notes.one-step", { step: one })));
    const of = app.element("select", { id, onchange: fill }, app.element("option", { value: "" }, app.say("notes.the-run")), ...options);
    const text = app.element("textarea", { id: `${id}-text`, rows: 3, maxlength: 1000, "data-mantine-stop-propagation": "true" });
    const tags = app.element("input", { id: `${id}-tags`, type: "text", autocomplete: "off", spellcheck: "false", "data-mantine-stop-propagation": "true" });
    const says = app.element("p", { role: "status" });
    const button = app.element("button", { type: "submit", class: "button" }, app.say("notes.save"));
    const field = (label, input) => app.element("div", { class: "notes-field" }, app.element("label", { for: input.id }, label), input);
    const root = app.element("form", { class: "notes-form", onsubmit: save }, field(app.say("notes.of"), of), field(app.say("notes.text"), text), field(app.say("notes.tags"), tags), button, says);
    if (step !== null) of.value = step;

    const at = () => (of.value === "" ? null : Number(of.value));

    function fill() {
      const note = run.notes.find((one) => one.step === at()) || { text: "", tags: [] };
      [text.value, tags.value] = [note.text, note.tags.join(" ")];
      says.textContent = "";
    }

    async function save(event) {
      event.preventDefault();
      const note = { step: at(), text: text.value, tags: tags.value.split(/\s+/).filter(Boolean) };
      const refusal = await app.runs.act(run.id, { do: "note", ...note });
      says.textContent = refusal || app.say("notes.saved");
      if (refusal) return;
      const others = run.notes.filter((one) => one.step !== note.step);
      run.notes = note.text.trim() || note.tags.length ? [...others, note] : others;
      saved();
    }

    fill();
    return { root, focus: () => text.focus() };
  }

  app.noteEditor = { make };
})(window.dash_clientside);
