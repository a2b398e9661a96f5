// Papers' tables, as the server has them: asked for, steered, and followed while somebody looks.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const ask = (path, given) => app.runs.ask(`/api/tables${path}`, given);
  const post = (path, body) => ask(path, { method: "POST", body });

  const list = () => ask("");
  const begin = (asked) => post("", asked);
  const act = (id, body) => post(`/${id}`, body);
  const remove = (id) => ask(`/${id}`, { method: "DELETE" });
  const file = (id, kind) => app.at(`/api/tables/${id}/table.${kind}`);

  // What one would take, a run of each way tried; `still()`: whether anybody waits for it.
  const cost = (asked, still, heard) => app.sweeps.tried(() => post("/cost", asked), still, heard);

  // Follows one. `changed({sweep, table, error})` is called after each answer; the table is new where something of it is.
  function follow(id, changed) {
    const watched = { sweep: null, table: null, error: null };
    let version = "";

    async function turn() {
      const { said, error } = await ask(`/${id}?seen=${version}`);
      watched.error = error;
      if (error) return;
      version = said.version;
      Object.assign(watched, { sweep: said.sweep, table: said.table || watched.table });
    }

    return app.sweeps.repeat(turn, () => changed(watched), () => watched.sweep);
  }

  app.papers = { list, begin, act, remove, file, cost, follow };
})(window.dash_clientside);
