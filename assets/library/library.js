// The dialog of recorded runs: the list, and what can be done with each. Everything in it may come from a stranger's
// file, so it goes into the page as text alone.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const { format: moment } = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
  let isOpen = false;
  let listed = null; // the server's last answer
  let picked = []; // ids that are to be compared, at most two
  let all = false; // whether runs without a step are listed, too
  let query = ""; // what is looked for among them
  const verifying = new Map(); // id -> what ends it

  // -- opening and closing ---------------------------------------------------------------------------------------------

  function open() {
    app.set_props("runs-dialog", { opened: true });
  }

  // Called by Dash when the dialog opens or closes; what is in it is there a moment later.
  async function opened(now) {
    isOpen = now;
    if (!isOpen) return leave();
    while (isOpen && !app.byId("runs-list")) await new Promise(requestAnimationFrame);
    if (isOpen) await load();
  }

  function close() {
    app.set_props("runs-dialog", { opened: false });
    leave();
  }

  function leave() {
    for (const stop of verifying.values()) stop();
    verifying.clear();
    app.upload.stop();
    [listed, picked, all, query] = [null, [], false, ""];
  }

  async function load() {
    const { said, error } = await app.runs.list();
    const root = app.byId("runs-list");
    if (!root) return;
    if (error) return app.setText("runs-words", error);
    await app.ownData.names(said.runs.flatMap((run) => [run.config, run.config_before].flatMap((config) => (config ? [config.target] : []))));
    if (!app.byId("runs-list")) return;
    if (!listed) {
      app.find.build(app.byId("runs-find"), lookFor);
      app.upload.build(app.byId("runs-upload"), said.limit, takenIn);
      app.ownData.build(app.byId("runs-own-data"), { words: app.say("own-data.train"), use: trainOn });
    }
    listed = said;
    show();
  }

  function show() {
    const hidden = all ? [] : listed.runs.filter((run) => isEmpty(run));
    const runs = listed.runs.filter((run) => !hidden.includes(run));
    app.byId("runs-find").hidden = !listed.runs.length;
    app.byId("runs-list").replaceChildren(...runs.map((run) => fill(app.element("li", {}), run)));
    if (hidden.length) app.byId("runs-list").append(more(hidden.length));
    lookFor(query);
    compareBar();
  }

  // Lines are hidden, not taken away: on one of them a deletion may be undone, or a name be half typed.
  function lookFor(text) {
    query = text.trim();
    for (const run of listed.runs) {
      const line = lineOf(run.id);
      if (line) line.hidden = !isFound(run);
    }
    summary();
  }

  const isFound = (run) => !query || app.find.matches(run, [nameOf(run), run.id, ...facts(run).map((line) => line.textContent)], query);

  // Every reset and new seed begins a run; those in which nothing happened are in the way.
  const isEmpty = (run) => !run.damage && run.steps === 0 && run.id !== listed.current && !run.title;

  function more(count) {
    const text = app.say("library.show-empty", { count });
    const button = app.button(text, () => {
      all = true;
      show();
      app.byId("runs-list").querySelector("button").focus();
    });
    return app.element("li", { class: "more" }, button);
  }

  function summary() {
    const { runs, limit, folder } = listed;
    const count = query && runs.filter(isFound).length;
    if (query && !count) return app.setText("runs-words", app.say("library.none-found", { all: runs.length, query }));
    if (query) return app.setText("runs-words", app.say("library.found", { count, all: runs.length }));
    const size = app.recording.size(runs.reduce((sum, run) => sum + run.nbytes, 0));
    const fields = { folder, limit: app.recording.size(limit) };
    app.setText("runs-words", runs.length ? app.say("library.summary", { ...fields, count: runs.length, size }) : app.say("library.empty", fields));
  }

  // Leaves the dialog for the run that is begun; returns why it cannot be.
  async function trainOn(target) {
    const refusal = await app.ownData.train(target);
    if (!refusal) close();
    return refusal;
  }

  async function takenIn(id) {
    await load();
    const line = lineOf(id);
    if (line) line.querySelector("button").focus();
  }

  const lineOf = (id) => app.byId("runs-list") && app.byId("runs-list").querySelector(`[data-run="${CSS.escape(id)}"]`);

  // -- one run -----------------------------------------------------------------------------------------------------------

  const nameOf = (run) => (run.damage ? app.say("library.damaged", { id: run.id }) : run.title || app.runs.usualName(run));

  function fill(line, run) {
    line.dataset.run = run.id;
    line.className = run.damage ? "run damaged" : "run";
    const current = run.id === listed.current;
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
    return found;
  }

  function parentName(id) {
    const parent = listed.runs.find((run) => run.id === id && !run.damage);
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
      if (run.id !== listed.current) add(app.say("library.open"), () => openRun(run, say));
      add(app.say("library.rename"), () => rename(line, run, say)).dataset.act = "rename";
      root.append(app.element("a", { class: "button", href: `/api/runs/${run.id}/file`, download: true, "aria-label": app.say("library.download-run", { name }) }, app.say("library.download")));
      root.append(verifyButton(run, words));
    }
    add(app.say("library.delete"), () => remove(line, run, say));
    if (!run.damage) root.append(picker(run));
    return root;
  }

  async function openRun(run, say) {
    say(app.say("library.opening"));
    const refusal = await app.runs.open(run.id);
    if (refusal) say(refusal);
    else close();
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

  // -- delete and undo ---------------------------------------------------------------------------------------------------

  async function remove(line, run, say) {
    const refusal = await app.runs.act(run.id, { do: "delete" });
    if (refusal) return say(refusal);
    stopVerifying(run.id);
    pick(run.id, false);
    listed.runs = listed.runs.filter((other) => other !== run);
    const words = app.element("p", { role: "status" }, app.say("library.deleted", { name: nameOf(run) }));
    const undo = app.button(app.say("library.undo"), () => restore(line, run, words), app.say("library.undo-about", { name: nameOf(run) }));
    line.className = "run deleted";
    line.hidden = false; // whatever is looked for meanwhile
    line.replaceChildren(words, undo);
    undo.focus();
    summary();
  }

  async function restore(line, run, words) {
    const refusal = await app.runs.act(run.id, { do: "restore" });
    if (refusal) return (words.textContent = refusal);
    listed.runs = [...listed.runs, run].sort(app.runs.newerFirst);
    fill(line, run).querySelector("button").focus();
    summary();
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

  // -- compare -----------------------------------------------------------------------------------------------------------

  function picker(run) {
    const box = app.element("input", { type: "checkbox", value: run.id, "aria-label": app.say("library.compare-run", { name: nameOf(run) }) });
    box.checked = picked.includes(run.id);
    box.onchange = () => pick(run.id, box.checked);
    return app.element("label", { class: "pick" }, box, app.say("library.compare"));
  }

  // At most two: a third one takes the place of the first.
  function pick(id, on) {
    picked = [...picked.filter((other) => other !== id), ...(on ? [id] : [])].slice(-2);
    for (const box of app.byId("runs-list").querySelectorAll(".pick input")) box.checked = picked.includes(box.value);
    compareBar();
  }

  function compareBar() {
    const bar = app.byId("runs-compare");
    const withPresent = listed.runs.some((run) => run.id === listed.current) && picked[0] !== listed.current;
    const pair = picked.length === 1 && withPresent ? [listed.current, picked[0]] : picked;
    bar.hidden = !picked.length;
    if (pair.length < 2) return bar.replaceChildren(app.element("span", {}, app.say("library.choose-another")));
    const begun = (id) => listed.runs.find((run) => run.id === id)?.created;
    const [a, b] = [...pair].sort((x, y) => begun(x) - begun(y)); // the older one first
    const text = app.say(picked.length === 2 ? "library.compare-two" : "library.compare-present");
    bar.replaceChildren(app.element("a", { class: "button", href: `/compare?a=${a}&b=${b}` }, text));
  }

  app.library = { open, opened };
})(window.dash_clientside);
