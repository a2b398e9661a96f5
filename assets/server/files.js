// Sends a file to the server, and says how far it is.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // `tell` hears sentences on the way. {answer, stop}: a promise of {said, why, silent}, what the server said, in a
  // sentence why it did not take the file, and whether there was no answer; and what gives it up: then there is none.
  function send(file, address, tell) {
    const { name } = file;
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    const answer = new Promise((resolve) => {
      request.onerror = () => resolve({ said: {}, why: app.say("upload.no-answer"), silent: true });
      request.onload = () => {
        const said = parse(request.responseText);
        resolve({ said, why: request.status === 200 ? null : said.error || app.say("upload.refused-status", { status: request.status }) });
      };
    });
    request.open("POST", app.at(address));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) =>
      tell(loaded < total ? app.say("upload.sending-share", { name, percent: Math.floor((100 * loaded) / total) }) : app.say("upload.checking", { name }));
    tell(app.say("upload.sending", { name }));
    request.send(file);
    return { answer, stop: () => request.abort() };
  }

  function parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return {};
    }
  }

  app.files = { send };
})(window.dash_clientside);
