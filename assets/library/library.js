// The dialog of recorded runs: a page of the list, which the server finds, and what was deleted from it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  let isOpen = false;
  let listed = null; // the server's last answer
  let from = 0; // which run of those that are found is the first on the page
  let all = false; // whether runs without a step are listed, too
  let wanted = false; // whether something else is to be asked for than what is under way
  let loading = null; // a promise, while something is
  let renewed = false; // whether what is to come is another part of the list
  const lines = new Map(); // id -> {line, as}: the line of each run that was on a page, and what it was made of
  const deleted = new Set(); // lines in the place of what was deleted: it can be brought back there
  const restored = new Set(); // those of what was brought back, until something else is looked for

  // What the parts of the dialog have of it.
  const within = {
    said: () => listed,
    query: () => ({ ...app.find.query(), empty: all ? "show" : "hide" }),
    say: (sentence) => app.setText("runs-words", sentence),
    close,
    // The runs of these ids are deleted; `line` says so, and stays, whatever else is looked for meanwhile.
    deleted(line, ids) {
      for (const id of ids) {
        app.runLine.stopVerifying(id);
        lines.delete(id);
      }
      app.chosen.select(ids, false);
      restored.delete(line);
      deleted.add(line);
      return load();
    },
    // They were brought back: the line is that of the one run again, or goes.
    restored(line, run = null) {
      deleted.delete(line);
      if (run) {
        restored.add(line);
        lines.set(run.id, { line, as: "" });
      } else line.remove();
      return load();
    },
    load,
  };

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
    app.runLine.leave();
    app.upload.stop();
    app.chosen.forget();
    app.find.forget();
    for (const known of [lines, deleted, restored]) known.clear();
    [listed, from, all] = [null, 0, false];
  }

  // -- asking the server -------------------------------------------------------------------------------------------------

  // Asks once more if something is under way. Resolves once the last answer is shown.
  function load() {
    wanted = true;
    loading = loading || ask().finally(() => (loading = null));
    return loading;
  }

  async function ask() {
    while (wanted && isOpen) {
      wanted = false;
      const { said, error } = await app.runs.page({ ...within.query(), from, count: app.pages.SIZE });
      if (!isThere()) return;
      if (error) within.say(error);
      else await take(said);
    }
  }

  const isThere = () => isOpen && app.byId("runs-list") !== null;

  async function take(said) {
    const before = said.runs.flatMap((run) => (run.config_before ? [run.config_before.target] : []));
    await app.ownData.names([...Object.keys(said.values.target), ...before]);
    if (!isThere()) return;
    if (!listed) build(said.limit);
    listed = said;
    if (from && from >= said.total) {
      from = app.pages.last(said.total);
      wanted = true;
      return;
    }
    show();
    wanted = wanted || said.unread > 0; // the server reads on as long as somebody asks
  }

  function build(limit) {
    app.runLine.within(within);
    app.find.build(app.byId("runs-find"), anew);
    app.pages.build(turn, app.chosen.build(within));
    app.upload.build(app.byId("runs-upload"), limit, takenIn);
    app.ownData.build(app.byId("runs-own-data"), { words: app.say("own-data.train"), use: trainOn });
  }

  // Something else is looked for.
  function anew() {
    turn(0);
  }

  function turn(to) {
    from = to;
    renewed = true;
    return load();
  }

  // -- showing the answer ------------------------------------------------------------------------------------------------

  function show() {
    app.byId("runs-find").hidden = !listed.all;
    app.find.offer(listed.values);
    app.pages.show(listed);
    if (renewed) restored.clear();
    put(items());
    renewed = false;
    app.chosen.show();
    summary();
  }

  // The page's lines. What was deleted or brought back keeps its place in it, or comes first on another page.
  function items() {
    const there = [...app.byId("runs-list").children];
    const kept = [...restored, ...deleted].map((line) => ({ line, at: renewed ? -1 : there.indexOf(line) })).sort((a, b) => a.at - b.at);
    const found = listed.runs.map(lineFor).filter((line) => !restored.has(line));
    if (from + listed.runs.length >= listed.total && listed.empty) found.push(more(listed.empty));
    for (const { line, at } of kept) found.splice(Math.max(0, at), 0, line);
    return found;
  }

  // Lines that are there already are left alone: what is typed into one, or has the focus, stays so.
  function put(found) {
    const list = app.byId("runs-list");
    if (found.length === list.children.length && found.every((line, i) => line === list.children[i])) return;
    const focused = document.activeElement;
    list.replaceChildren(...found);
    if (list.contains(focused)) focused.focus();
  }

  function lineFor(run) {
    const as = JSON.stringify([run, run.id === listed.current, listed.parents[run.parent]]);
    const known = lines.get(run.id);
    if (known && (known.as === as || restored.has(known.line) || app.runLine.isBusy(known.line))) return known.line;
    const line = app.runLine.fill(app.element("li"), run);
    lines.set(run.id, { line, as });
    return line;
  }

  // Every reset and new seed begins a run; those in which nothing happened are in the way.
  function more(count) {
    const text = app.say("library.show-empty", { count });
    const button = app.button(text, async () => {
      all = true;
      await load();
      const first = app.byId("runs-list").querySelector("button");
      if (first) first.focus();
    });
    return app.element("li", { class: "more" }, button);
  }

  function summary() {
    const { total, all: every, nbytes, limit, folder, unread } = listed;
    const query = app.find.words();
    const filtered = Object.keys(app.find.filters()).length > 0;
    const size = app.recording.size(nbytes);
    const fields = { folder, limit: app.recording.size(limit) };
    const words = [];
    if (!every) words.push(app.say("library.empty", fields));
    else if (!query && !filtered) words.push(app.say("library.summary", { ...fields, count: every, size }));
    else if (total) words.push(app.say("library.found", { count: total, all: every }));
    else if (filtered) words.push(app.say("library.none-chosen", { all: every }));
    else words.push(app.say("library.none-found", { all: every, query }));
    if (unread) words.push(app.say("library.unread", { n: unread }));
    app.byId("runs-words").setAttribute("aria-live", unread ? "off" : "polite"); // every answer would be read out
    app.setText("runs-words", words.join(" "));
  }

  // Leaves the dialog for the run that is begun; returns why it cannot be.
  async function trainOn(target) {
    const refusal = await app.ownData.train(target);
    if (!refusal) close();
    return refusal;
  }

  async function takenIn(id) {
    await load();
    const line = app.byId("runs-list").querySelector(`[data-run="${CSS.escape(id)}"]`);
    if (line) line.querySelector("button").focus();
  }

  app.library = { open, opened };
})(window.dash_clientside);
