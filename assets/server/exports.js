// Files made of recorded runs, as the server has them: asked for, cancelled, and followed while somebody looks.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const EVERY = 500; // ms from one question to the next while one is made,
  const SELDOM = 4000; // and while none is: somebody else may ask for one

  const ask = (path = "", given) => app.runs.ask(`/api/exports${path}`, given);
  const make = (body) => ask("", { method: "POST", body });
  const remove = (id) => ask(`/${id}`, { method: "DELETE" });
  const href = (id) => `/api/exports/${id}/file`;

  // Asks again and again: `heard({said, error})` is told of each answer. Returns {again, stop}; `again` asks at once.
  function follow(heard) {
    let [on, timer, asking, once_more] = [true, null, false, false];

    async function again() {
      if (asking) return (once_more = true);
      clearTimeout(timer);
      asking = true;
      const answer = await ask();
      asking = false;
      if (!on) return;
      heard(answer);
      const busy = !answer.error && answer.said.exports.some(({ state }) => ["waiting", "working"].includes(state));
      timer = setTimeout(again, once_more ? 0 : busy ? EVERY : SELDOM);
      once_more = false;
    }

    again();
    return {
      again,
      stop() {
        on = false;
        clearTimeout(timer);
      },
    };
  }

  app.exports = { make, remove, href, follow };
})(window.dash_clientside);
