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

  function send(field, words, limit, taken) {
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
    request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    request.open("POST", "/api/runs");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) =>
      say(loaded < total ? app.say("upload.sending-share", { name, percent: Math.floor((100 * loaded) / total) }) : app.say("upload.checking", { name }));
    request.onerror = () => finish(app.say("upload.no-answer"), true);
    request.onload = () => {
      const { status, responseText } = request;
      const said = parse(responseText);
      const why = said.error || app.say("upload.refused-status", { status });
      if (status !== 200) return finish(app.say("upload.refused", { name, why }), true);
      finish(app.say("upload.taken", { name }), false);
      taken(said.id);
    };
    say(app.say("upload.sending", { name }));
    request.send(file);
  }

  function parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return {};
    }
  }

  function stop() {
    if (request) request.abort();
    request = null;
  }

  app.upload = { build, stop };
})(window.dash_clientside);
