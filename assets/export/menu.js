// The menu Export: what can be made of the run in view, with its choices, and what was made, being made or waits.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  function open() {
    if (!state.status) return;
    const form = app.exportForm.make(run(), step(), () => following.again());
    const list = app.element("ul", { class: "exports-list", "aria-label": app.say("export.menu.made") });
    const none = app.element("p", { class: "field-help" }, app.say("export.menu.empty"));
    const error = app.element("p", { class: "field-error", role: "alert" });
    const lines = new Map(); // id -> {root, show(job)}
    const body = app.element("div", { class: "exports-body" }, form.root, weights(run(), () => following.again()), app.element("h3", {}, app.say("export.menu.made")), error, none, list);
    const following = app.exports.follow(heard);
    const title = app.say("export.menu.title", { run: name() });
    app.sweepWindow.show({ id: "export-dialog", title, body, left: following.stop });

    function heard(answer) {
      error.textContent = answer.error || "";
      if (answer.error) return;
      form.offer(answer.said.kinds);
      const jobs = answer.said.exports;
      none.hidden = jobs.length > 0;
      for (const [id, { root }] of lines) {
        if (jobs.some((job) => job.id === id)) continue;
        root.remove();
        lines.delete(id);
      }
      for (const job of jobs) {
        if (!lines.has(job.id)) lines.set(job.id, line(() => following.again()));
        lines.get(job.id).show(job);
      }
      const order = jobs.map(({ id }) => lines.get(id).root);
      if (order.some((root, i) => list.children[i] !== root)) list.prepend(...order);
    }
  }

  const run = () => (app.source.recorded ? app.source.id : state.status.info.id);
  const step = () => (state.shown ? state.shown.step : state.newestStep());

  function name() {
    return app.runs.usualName(state.status.info);
  }

  // A line of the list; what stands in it is changed where it differs, so that the focus stays where it is.
  function line(changed) {
    const what = app.element("strong");
    const words = app.element("span", { role: "status" });
    const bar = app.element("progress", { max: "1" });
    const buttons = app.element("span", { class: "exports-buttons" });
    const root = app.element("li", {}, what, words, bar, buttons);
    let now = "";

    function show(job) {
      root.dataset.state = job.state;
      what.textContent = job.what === "start" ? app.say("export.weights.job") : job.file;
      bar.setAttribute("aria-label", job.file);
      bar.hidden = job.state !== "working";
      if (job.total) bar.value = job.done / job.total;
      const said = says(job);
      words.setAttribute("aria-live", job.state === "working" ? "off" : "polite"); // every step of the way would be read out
      if (words.textContent !== said) words.textContent = said;
      if (job.state === now) return;
      now = job.state;
      const focused = buttons.contains(document.activeElement);
      const going = ["waiting", "working"].includes(job.state);
      const away = app.button(app.say(going ? "export.menu.cancel" : "export.menu.remove"), async () => {
        away.disabled = true;
        await app.exports.remove(job.id);
        changed();
      }, job.file);
      buttons.replaceChildren(...(job.state === "done" ? [job.what === "start" ? opened(job) : download(job)] : []), away);
      if (focused) buttons.firstChild.focus();
    }

    return { root, show };
  }

  function download(job) {
    const text = app.say("export.menu.download");
    return app.element("a", { class: "button", href: app.exports.href(job.id), download: job.file, "aria-label": app.say("element.button", { text, about: job.file }) }, text);
  }

  const opened = (job) =>
    app.button(app.say("library.open"), async () => {
      const refusal = await app.runs.open(job.file);
      if (refusal) app.notice.put("weights", refusal, { passing: true });
      app.sweepWindow.close();
    });

  // Begins a run of the same experiment with weights from a file.
  function weights(id, begun) {
    const file = app.element("input", { type: "file", id: "export-weights", accept: ".safetensors" });
    const words = app.element("p", { role: "status" });
    file.onchange = async () => {
      if (!file.files.length) return;
      file.disabled = true;
      const { why } = await app.files.send(file.files[0], `/api/weights?run=${id}`, (text) => (words.textContent = text)).answer;
      [file.disabled, file.value, words.textContent] = [false, "", why || ""];
      if (!why) begun();
    };
    const about = app.element("p", { class: "field-help" }, app.say("export.weights.about"));
    return app.element("div", { class: "exports-form" }, app.element("label", { for: file.id }, app.say("export.weights.label")), file, about, words);
  }

  function says({ what, state: how, done, total, nbytes, error }) {
    if (how === "done" && what === "start") return app.say("export.weights.begun");
    if (how === "done") return app.recording.size(nbytes);
    if (how === "failed") return app.say("export.menu.failed", { why: error });
    if (how === "waiting") return app.say("export.menu.waiting");
    return total ? app.say("export.menu.percent", { percent: Math.floor((100 * done) / total) }) : app.say("export.menu.starting");
  }

  app.exportMenu = { open };
})(window.dash_clientside);
