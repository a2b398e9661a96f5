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
      scale: app.element("select", { id: `${id}-scale`, "aria-describedby": `${id}-scale-about` }, ...scales()),
      status: app.element("p", { class: "own-data-words", role: "status" }),
      list: app.element("ul", { class: "own-data-list", "aria-label": app.say("own-data.list") }),
      limit: Infinity,
      file: null, // the last one that was given
      sending: false,
    };
    parts.field.onchange = () => parts.field.files.length && send(parts, parts.field.files[0]);
    parts.columns.onchange = parts.scale.onchange = () => parts.file && send(parts, parts.file);
    root.classList.add("own-data");
    takeDrops(parts);
    root.replaceChildren(
      app.element("label", { for: id }, app.say("own-data.label")),
      app.element("p", { id: `${id}-about`, class: "own-data-about" }, app.say("own-data.about")),
      parts.field,
      app.element("label", { for: `${id}-columns` }, app.say("own-data.columns")),
      parts.columns,
      app.element("label", { for: `${id}-scale` }, app.say("own-data.scale")),
      parts.scale,
      app.element("p", { id: `${id}-scale-about`, class: "own-data-about" }, app.say("own-data.scale-about")),
      parts.status,
      parts.list,
    );
    await list(parts);
  }

  // By names that the server has.
  const scales = () => [["auto", app.say("own-data.scale-auto")], ["shape", app.say("own-data.scale-shape")], ["each", app.say("own-data.scale-each")]].map(([value, label]) => app.element("option", { value }, label));

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
    const say = (text, wrong = false) => tell(parts, text, wrong);
    if (file.size > parts.limit) return say(app.say("own-data.too-large", { name: file.name, limit: size(parts.limit), size: size(file.size) }), true);
    Object.assign(parts, { file, sending: true });
    const asked = new URLSearchParams({ name: file.name, columns: parts.columns.value, scale: parts.scale.value });
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

  function tell(parts, text, wrong = false) {
    parts.status.classList.toggle("wrong", wrong);
    parts.status.textContent = text;
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

  const fetchAll = () => fetch(app.at("/api/data")).then((found) => (found.ok ? found.json() : null)).catch(() => null);

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

  function line(parts, one) {
    const { target, name, sentence } = one;
    const use = async () => {
      const why = await parts.use(target);
      if (why) tell(parts, why, true);
    };
    const buttons = app.element("div", { class: "buttons" });
    const remove = app.button(app.say("own-data.remove"), () => ask(parts, one, buttons, back), name);
    const back = () => {
      buttons.replaceChildren(app.button(parts.words, use, name), remove);
      remove.focus();
    };
    buttons.append(app.button(parts.words, use, name), remove);
    return app.element("li", { "data-target": target }, app.element("span", {}, sentence), buttons);
  }

  // Whether data are to be removed, in the place of the button: with how many recorded runs lose them.
  async function ask(parts, one, buttons, back) {
    const { target, name } = one;
    const { said, error } = await app.runs.page({ target, count: 0 });
    if (error) return tell(parts, error, true);
    const n = said.total;
    const question = app.element("p", { id: `${parts.field.id}-sure-${target}`, role: "alert" }, n ? app.say("own-data.sure-of-runs", { name, n }) : app.say("own-data.sure", { name }));
    const no = app.button(app.say("own-data.sure-no"), back);
    const both = [app.button(app.say("own-data.sure-yes"), () => remove(parts, one, back)), no];
    for (const button of both) {
      button.setAttribute("aria-describedby", question.id);
      button.dataset.mantineStopPropagation = "true"; // Escape is for the question, not for the dialog
      button.addEventListener("keydown", ({ key }) => key === "Escape" && back());
    }
    buttons.replaceChildren(question, ...both);
    no.focus();
  }

  async function remove(parts, { target, name }, back) {
    const { error } = await app.runs.ask(`/api/data/${target}`, { method: "DELETE" });
    if (error) back();
    else await list(parts);
    tell(parts, error || app.say("own-data.removed", { name }), Boolean(error));
    if (!error) parts.field.focus();
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
