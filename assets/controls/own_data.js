// Takes in a table of a visitor's own points, and lists those that were taken in: each can be trained on.
//
// `build(root, {words, use})` fills an element anywhere on the page. `words` are those of the button beside each data
// set, and `use(target)` is what it does: it may return, or promise, a sentence that says why not. Once a table was
// taken in, `root` also dispatches "own-data", which bubbles, with {target, name, sentence} as its detail. `draw(use)`
// has the points drawn instead.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const TABLES = ".csv,.tsv,.txt,.dat,text/csv,text/plain";
  const LONGEST = 200; // characters of two columns
  const { state } = app;
  const asked = new Map(); // target whose name was asked for -> a promise of the answer
  let count = 0; // of those that were built: ids differ by it

  async function build(root, { words, use }) {
    const id = `own-data-${(count += 1)}`;
    const parts = {
      root,
      use,
      words,
      field: app.element("input", { type: "file", id, accept: TABLES, "aria-describedby": `${id}-about` }),
      columns: app.element("input", { type: "text", id: `${id}-columns`, maxlength: LONGEST, placeholder: app.say("own-data.columns-example"), autocomplete: "off", spellcheck: "false" }),
      status: app.element("p", { class: "own-data-words", role: "status" }),
      list: app.element("ul", { class: "own-data-list", "aria-label": app.say("own-data.list") }),
      limit: Infinity,
      file: null, // the last one that was given
      sending: false,
    };
    parts.field.onchange = () => parts.field.files.length && send(parts, parts.field.files[0]);
    parts.columns.onchange = () => parts.file && send(parts, parts.file);
    root.classList.add("own-data");
    takeDrops(parts);
    root.replaceChildren(
      app.element("label", { for: id }, app.say("own-data.label")),
      app.element("p", { id: `${id}-about`, class: "own-data-about" }, app.say("own-data.about")),
      parts.field,
      app.element("label", { for: `${id}-columns` }, app.say("own-data.columns")),
      parts.columns,
      parts.status,
      parts.list,
    );
    await list(parts);
  }

  function takeDrops(parts) {
    const { root } = parts;
    const over = (event, on) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      root.classList.toggle("over", on);
    };
    root.ondragover = (event) => over(event, true);
    root.ondragleave = (event) => over(event, false);
    root.ondrop = (event) => {
      over(event, false);
      const [file] = event.dataTransfer.files;
      if (file) send(parts, file);
    };
  }

  async function send(parts, file) {
    if (parts.sending) return;
    const say = (text, wrong = false) => {
      parts.status.classList.toggle("wrong", wrong);
      parts.status.textContent = text;
    };
    if (file.size > parts.limit) return say(app.say("own-data.too-large", { name: file.name, limit: size(parts.limit), size: size(file.size) }), true);
    Object.assign(parts, { file, sending: true });
    const asked = new URLSearchParams({ name: file.name, columns: parts.columns.value });
    const { said, why } = await app.files.send(file, `/api/data?${asked}`, say).answer;
    parts.sending = false;
    parts.field.value = ""; // so that the same file can be chosen again
    if (why) return say(why, true);
    const { target, name, sentence } = said;
    learn([said]);
    say(sentence);
    parts.root.dispatchEvent(new CustomEvent("own-data", { bubbles: true, detail: { target, name, sentence } }));
    await list(parts);
  }

  // Opens the pad. What is drawn there is taken in like a table, but that its points stay where they are.
  function draw(use) {
    app.pad.open(async (file, tell) => {
      const asked = new URLSearchParams({ name: file.name, scale: "square" });
      const { said, why } = await app.files.send(file, `/api/data?${asked}`, tell).answer;
      if (!why) learn([said]);
      return { target: said.target, why };
    }, use);
  }

  const size = (bytes) => app.say("own-data.megabytes", { n: bytes / 1e6 });

  // What was taken in so far, the newest first. Names come from files: they go into the page as text alone.
  async function list(parts) {
    const answer = await fetchAll();
    if (!answer) return;
    parts.limit = answer.limit;
    learn(answer.data);
    parts.list.replaceChildren(...answer.data.map((one) => line(parts, one)));
    parts.list.hidden = !answer.data.length;
  }

  const fetchAll = () => fetch("/api/data").then((found) => (found.ok ? found.json() : null)).catch(() => null);

  // -- what they are called ------------------------------------------------------------------------------------------------

  // What the present run trains on, and did before it was changed.
  const ofPresent = () => [state.status.info.config, state.status.info.config_before].flatMap((config) => (config && config.target ? [config.target] : []));

  function learn(listed) {
    const unnamed = state.status ? ofPresent().filter((target) => !app.ownNames.isKnown(target)) : [];
    app.ownNames.learn(listed);
    if (unnamed.some(app.ownNames.isKnown)) state.emit("named");
  }

  // Asks, once for each, for the names of those of some targets that are somebody's own and not known by name.
  async function names(targets) {
    const wanted = targets.filter((target) => app.ownNames.isOwn(target) && !app.ownNames.isKnown(target));
    const answer = wanted.some((target) => !asked.has(target)) ? fetchAll().then((found) => found && learn(found.data)) : null;
    for (const target of wanted) if (!asked.has(target)) asked.set(target, answer);
    await Promise.all(wanted.map((target) => asked.get(target)));
  }

  function line(parts, { target, name, sentence }) {
    const use = async () => {
      const why = await parts.use(target);
      if (!why) return;
      parts.status.classList.add("wrong");
      parts.status.textContent = why;
    };
    const button = app.button(parts.words, use, name);
    return app.element("li", { "data-target": target }, app.element("span", {}, sentence), button);
  }

  // Begins the present experiment anew, on these points.
  function train(target) {
    const { settings, status } = state;
    const name = app.preset(status.info.preset) ? status.info.preset : settings.link.preset;
    const { config, values } = app.experiment.differences({ ...status.info, preset: name });
    return app.command.act({ do: "preset", name, config: { ...asText(config), target }, values });
  }

  const asText = (config) => Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)]));

  state.on("progress", () => state.status && names(ofPresent()));

  app.ownData = { build, draw, names, train };
})(window.dash_clientside);
