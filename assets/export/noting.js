// Notes on the run in view, and on the step in view.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  async function open() {
    if (!state.status) return;
    const id = app.source.recorded ? app.source.id : state.status.info.id;
    const step = state.shown ? state.shown.step : null;
    const { said, error } = await app.runs.some(id);
    const run = said && said.runs.find((one) => one.id === id && !one.damage);
    const body = app.element("div", { class: "exports-body" });
    app.sweepWindow.show({ id: "notes-dialog", title: app.runs.usualName(state.status.info), body });
    if (!run) return body.append(app.element("p", { class: "field-error", role: "alert" }, error || app.say("export.menu.none-recorded")));
    const list = app.element("ul", { class: "exports-list", "aria-label": app.say("notes.edit") });
    const show = () => list.replaceChildren(...run.notes.map((note) => app.element("li", {}, app.notes.words(note))));
    if (app.source.file) {
      show(); // there is nowhere to write to
      return body.append(list);
    }
    const editor = app.noteEditor.make(run, { step, saved: show });
    show();
    body.append(editor.root, list);
    editor.focus();
  }

  app.noting = { open };
})(window.dash_clientside);
