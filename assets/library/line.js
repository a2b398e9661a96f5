// One line of the list of runs: what is said of a run, and what can be done with it. Everything in it may come from a
// stranger's file, so it goes into the page as text alone.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const { format: moment } = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const verifying = new Map(); // id -> what ends it
  let list = null; // {said, close, deleted, restored}: see library.js

  const nameOf = (run) => (run.damage ? app.say("library.damaged", { id: run.id }) : run.title || app.runs.usualName(run));

  function fill(line, run) {
    line.dataset.run = run.id;
    line.className = run.damage ? "run damaged" : "run";
    const current = run.id === list.said().current;
    if (current) line.setAttribute("aria-current", "true");
    const head = app.element("div", { class: "run-head" }, app.element("h3", {}, nameOf(run)));
    if (current) head.append(app.element("span", { class: "tag" }, app.say("library.open-now")));
    const words = app.element("p", { class: "run-says", role: "status" });
    const body = app.element("div", { class: "run-body" }, head, ...facts(run), actions(line, run, words), words);
    line.replaceChildren(run.damage ? app.element("div", { class: "thumbnail none" }) : app.thumbnail.make(run, nameOf(run)), body);
    return line;
  }

  function facts(run) {
    const line = (...parts) => app.element("p", { class: "run-facts" }, parts.filter(Boolean).join(" · "));
    if (run.damage) return [app.element("p", { class: "run-damage" }, run.damage), line(app.recording.size(run.nbytes))];
    const found = [
      line(
        run.title && app.runs.usualName(run),
        app.say("library.steps", { n: run.steps }),
        app.say("library.changes", { n: run.changes }),
        app.recording.size(run.nbytes),
        when(run.created),
      ),
    ];
    const others = app.preset(run.preset) ? app.experiment.words(run) : "";
    if (others) found.push(line(app.say("library.altered", { differences: others })));
    if (run.parent) found.push(line(app.say("library.branch", { parent: parentName(run.parent), step: run.parent_step })));
    const before = run.changed_at ? app.experiment.wordsBefore(run) : "";
    if (before) found.push(line(app.say("library.changed", { step: run.changed_at, differences: before })));
    if (run.outcome) found.push(line(run.outcome));
    for (const note of run.notes) found.push(app.element("p", { class: "run-facts run-note" }, app.notes.words(note)));
    return found;
  }

  function parentName(id) {
    const parent = list.said().parents[id];
    return parent ? app.say("library.parent", { name: nameOf(parent), when: when(parent.created) }) : app.say("library.parent-gone", { id });
  }

  function when(seconds) {
    const date = new Date(seconds * 1000);
    return Number.isNaN(date.getTime()) ? "" : moment(date);
  }

  function actions(line, run, words) {
    const root = app.element("div", { class: "run-actions" });
    const name = nameOf(run);
    const add = (text, act) => {
      const button = app.button(text, act, name);
      root.append(button);
      return button;
    };
    const say = (sentence) => (words.textContent = sentence || "");
    if (!run.damage) {
      if (run.id !== list.said().current) add(app.say("library.open"), () => openRun(run, say));
      add(app.say("library.rename"), () => rename(line, run, say)).dataset.act = "rename";
      add(app.say("notes.edit"), () => note(line, run)).dataset.act = "note";
      root.append(app.element("a", { class: "button", href: app.at(`/api/runs/${run.id}/file`), download: true, "aria-label": app.say("library.download-run", { name }) }, app.say("library.download")));
      root.append(verifyButton(run, words));
    }
    add(app.say("library.delete"), () => remove(line, run, say));
    root.append(app.chosen.box(run, name));
    return root;
  }

  async function openRun(run, say) {
    say(app.say("library.opening"));
    const refusal = await app.runs.open(run.id);
    if (refusal) say(refusal);
    else list.close();
  }

  // -- rename ------------------------------------------------------------------------------------------------------------

  function rename(line, run, say) {
    const heading = line.querySelector("h3");
    if (!heading) return;
    const field = app.element("input", {
      class: "rename",
      "aria-label": app.say("library.new-name", { name: nameOf(run) }),
      maxlength: 80,
      value: run.title,
      placeholder: app.runs.usualName(run),
      autocomplete: "off",
      "data-mantine-stop-propagation": "true", // Escape is for the field, not for the dialog
    });
    const back = () => {
      fill(line, run);
      line.querySelector("[data-act=rename]").focus();
    };
    const save = async () => {
      const title = field.value.trim();
      const refusal = await app.runs.act(run.id, { do: "rename", title });
      if (refusal) return say(refusal);
      run.title = title.split(/\s+/).join(" ");
      back();
    };
    field.onkeydown = (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") save();
      if (event.key === "Escape") back();
    };
    heading.replaceWith(field);
    say(app.say("library.rename-keys"));
    field.focus();
    field.select();
  }

  // -- notes -------------------------------------------------------------------------------------------------------------

  // Opens where they are written, under the line; a second press closes it, with what was saved in the line.
  function note(line, run) {
    if (!line.querySelector(".notes-form")) {
      const editor = app.noteEditor.make(run);
      line.querySelector(".run-actions").after(editor.root);
      editor.root.onkeydown = (event) => event.key === "Escape" && !event.isComposing && note(line, run);
      return editor.focus();
    }
    fill(line, run);
    line.querySelector("[data-act=note]").focus();
  }

  // -- delete and undo ---------------------------------------------------------------------------------------------------

  async function remove(line, run, say) {
    const refusal = await app.runs.act(run.id, { do: "delete" });
    if (refusal) return say(refusal);
    const words = app.element("p", { role: "status" }, app.say("library.deleted", { name: nameOf(run) }));
    const undo = app.button(app.say("library.undo"), () => restore(line, run, words), app.say("library.undo-about", { name: nameOf(run) }));
    line.className = "run deleted";
    line.replaceChildren(words, undo);
    undo.focus();
    list.deleted(line, [run.id]);
  }

  async function restore(line, run, words) {
    const refusal = await app.runs.act(run.id, { do: "restore" });
    if (refusal) return (words.textContent = refusal);
    fill(line, run).querySelector("button").focus();
    list.restored(line, run);
  }

  // -- verify ------------------------------------------------------------------------------------------------------------

  function verifyButton(run, words) {
    const button = app.button("", () => (verifying.has(run.id) ? end(app.say("library.stopped")) : begin()));
    const label = (on) => {
      button.textContent = app.say(on ? "library.stop" : "library.verify");
      button.setAttribute("aria-label", app.say(on ? "library.stop-run" : "library.verify-run", { name: nameOf(run) }));
    };
    label(false);
    const end = (sentence, proved = null) => {
      stopVerifying(run.id);
      label(false);
      words.removeAttribute("aria-live");
      words.textContent = sentence;
      if (proved !== null) words.dataset.proved = proved;
    };
    const begin = () => {
      label(true);
      words.setAttribute("aria-live", "off"); // every step of the way would be read out
      words.removeAttribute("data-proved");
      const done = (sentence, proved) => {
        verifying.delete(run.id);
        end(sentence, proved);
      };
      verifying.set(run.id, app.verify.start(run.id, (text) => (words.textContent = text), done));
    };
    return button;
  }

  function stopVerifying(id) {
    const stop = verifying.get(id);
    verifying.delete(id);
    if (stop) stop();
  }

  // Whether something is under way in a line that would be lost if it were filled again.
  const isBusy = (line) => verifying.has(line.dataset.run) || line.querySelector(".rename, .notes-form") !== null || line.contains(document.activeElement);

  function leave() {
    for (const stop of verifying.values()) stop();
    verifying.clear();
  }

  app.runLine = { within: (found) => (list = found), fill, isBusy, stopVerifying, leave };
})(window.dash_clientside);
