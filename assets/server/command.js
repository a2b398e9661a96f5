// Sends commands to the training thread, in the order in which they were given, one request in flight. Values that are
// dragged are sent latest-wins.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let waiting = null; // values that came while a request was in flight
  let flying = false;
  let answered = -Infinity; // when the last answer came
  let last = Promise.resolve(); // the answer to the last command
  let run = null; // the run that the server was at when it answered last
  let silent = false; // whether the last command got no answer

  // Resolves with null, or with the sentence that says why the server refused.
  function send(body) {
    const closed = app.ask.closed(body);
    if (closed) return Promise.resolve(closed);
    last = last.then(() => post(body));
    return last;
  }

  // The same for what a visitor does, who is told what came of it. On a recorded run keys, too, train nothing.
  async function act(body) {
    if (app.source.recorded && !app.source.LEAVING.includes(body.do)) return null;
    const why = await send(body);
    state.emit("acted", body, why);
    return why;
  }

  async function post(body) {
    let answer;
    try {
      answer = await fetch(app.at("/api/command"), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(8000),
      });
    } catch {
      silent = true;
      return app.say("server.silent");
    }
    silent = false;
    const said = await answer.json().catch(() => ({ error: "" }));
    if (said.run !== undefined) run = said.run;
    const why = answer.ok ? null : said.error || app.say("server.refused", { status: answer.status });
    if (answer.status === 403) state.emit("acted", body, why); // no command of this page is taken: said whoever sent it
    if (why) return why;
    answered = performance.now();
    run = said.status.info.run;
    if (said.status.info.run === state.run) {
      state.status = said.status;
      state.emit("progress");
    }
    app.poll.refresh();
    return null;
  }

  // Latest wins: while one request is under way, newer values replace older ones that still wait.
  // Each asker hears the outcome: null, or why it was refused.
  async function setValues(values, onAnswer) {
    waiting = { values: { ...(waiting && waiting.values), ...values }, askers: [...(waiting ? waiting.askers : []), onAnswer] };
    if (flying) return;
    flying = true;
    while (waiting) {
      const next = waiting;
      waiting = null;
      const refusal = await send({ do: "set", values: next.values });
      for (const asker of next.askers) if (asker) asker(refusal);
    }
    flying = false;
  }

  app.command = { send, act, setValues, busy: () => flying, answered: () => answered, run: () => run, silent: () => silent };
})(window.dash_clientside);
