// What the server knows of recorded runs, asked and told: every answer is {said} or {error: a sentence}.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  async function ask(path, { method = "GET", body = null } = {}) {
    let answer;
    try {
      answer = await fetch(app.at(path), {
        method,
        cache: "no-store",
        signal: AbortSignal.timeout(20000),
        ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      });
    } catch {
      return { error: app.say("server.away"), status: 0 };
    }
    const said = await answer.json().catch(() => ({}));
    const error = answer.ok ? null : said.error || app.say("server.refused", { status: answer.status });
    return { said, error, status: answer.status };
  }

  // What the library has: a page of what a query finds, some runs by their ids, those of one family.
  const page = (query) => ask(`/api/runs?${new URLSearchParams(query)}`);
  const some = (...ids) => page({ ids: ids.join(",") });
  const family = (id) => page({ family: id });

  // Deletes or restores many. {left: why each of some could not be, by its id} in what is said.
  async function actOnMany(what, runs) {
    const answer = await ask("/api/library", { method: "POST", body: { do: what, runs } });
    if (!answer.error) state.emit("runs");
    return answer;
  }

  // Renames, deletes or restores; those who show the library hear of it.
  async function act(id, body) {
    const answer = await ask(`/api/runs/${id}`, { method: "POST", body });
    if (!answer.error) state.emit("runs");
    return answer.error;
  }

  // Takes up a recorded run where it stopped. Resolves with null, or with the sentence that says why not.
  async function open(id) {
    const refusal = await app.command.send({ do: "open", run: id });
    if (refusal) return refusal;
    if (app.source.recorded) app.home();
    else state.emit("leave");
    return null;
  }

  // What a run goes by that was given no name.
  const usualName = (run) =>
    app.say("runs.usual-name", { scenario: (app.preset(run.preset) || { title: run.preset }).title, seed: String(run.seed) });

  app.runs = { ask, page, some, family, act, actOnMany, open, usualName };
})(window.dash_clientside);
