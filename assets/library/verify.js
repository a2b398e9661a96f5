// The proof of a recorded run: the server trains it again and compares every bit that was recorded.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const token = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");

  // Tells `progress` how far it is, and `done` in a sentence what came of it. Returns what ends it early.
  function start(id, progress, done) {
    let ticket = null;
    let stopped = false;

    async function follow() {
      progress(app.say("verify.starting"));
      let answer = await app.runs.ask("/api/visit", { method: "POST", body: { client: token(), run: id, verify: true } });
      ticket = answer.said && answer.said.ticket;
      if (stopped) return giveUp(); // stopped before there was a ticket
      while (ticket && !stopped) {
        answer = await app.runs.ask(`/api/visit/${ticket}`);
        if (stopped || answer.status !== 202) break;
        progress(howFar(answer.said));
      }
      if (!stopped) done(answer.error || sentence(answer.said.verdict), Boolean(!answer.error && answer.said.verdict.proved));
    }

    const giveUp = () => ticket && app.runs.ask(`/api/visit/${ticket}`, { method: "DELETE" });

    follow();
    return () => {
      stopped = true;
      giveUp();
    };
  }

  function howFar({ done, total }) {
    if (!total) return app.say("verify.waiting");
    return app.say("verify.progress", { step: done, total, percent: Math.floor((100 * done) / total) });
  }

  function sentence({ proved, steps, checkpoints, rows, mismatch, note }) {
    if (!proved) return app.say("verify.mismatch", { mismatch, checkpoints, rows });
    return app.say("verify.proved", { steps, checkpoints, rows, note }).trim();
  }

  app.verify = { start };
})(window.dash_clientside);
