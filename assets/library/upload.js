// Takes in a run file from elsewhere: a field in the dialog of runs, and beside it how far it is or what is wrong.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  let request = null; // the one under way

  // Fills `root`. `limit`: bytes a run may have; `taken` is called with the id of a run that was taken in.
  function build(root, limit, taken) {
    const field = app.element("input", { type: "file", id: "run-file", accept: ".sqlite" });
    const words = app.element("p", { class: "upload-words", role: "status" });
    field.onchange = () => field.files.length && send(field, words, limit, taken);
    root.replaceChildren(app.element("label", { for: "run-file" }, app.say("upload.label")), field, words);
  }

  async function send(field, words, limit, taken) {
    const file = field.files[0];
    const { name } = file;
    const say = (text, wrong = false) => {
      words.classList.toggle("wrong", wrong);
      words.textContent = text;
    };
    const finish = (text, wrong) => {
      request = null;
      field.value = ""; // so that the same file can be chosen again
      field.disabled = false;
      say(text, wrong);
    };
    if (file.size > limit) {
      const sizes = { size: app.recording.size(file.size), limit: app.recording.size(limit) };
      return finish(app.say("upload.too-large", { name, ...sizes }), true);
    }
    field.disabled = true;
    request = app.files.send(file, "/api/runs", say);
    const { said, why, silent } = await request.answer;
    if (why) return finish(silent ? why : app.say("upload.refused", { name, why }), true);
    finish(app.say("upload.taken", { name }), false);
    taken(said.id);
  }

  function stop() {
    if (request) request.stop();
    request = null;
  }

  app.upload = { build, stop };
})(window.dash_clientside);
