// Where many runs begin: the sweeps and papers' tables that there are, to come back to, and the forms for others.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const EVERY = 2000; // ms from one look at the lists to the next
  const SOON = 100; // ms from one look for the first status to the next
  let left = () => {};

  async function open() {
    const [{ said, error }, papers] = await ask();
    if (error) return app.notice.put("sweeps", error, { passing: true });
    while (!app.state.status) await new Promise((resolve) => setTimeout(resolve, SOON)); // the form begins with the run's own values
    const { cores } = said;
    const show = (sweep) => (sweep.axes.length ? app.sweepMap.open(sweep.id, cores) : app.seeds.open(sweep.id, cores));
    const form = app.sweepForm.make(cores, (id) => show({ id, axes: ["?"] }));
    const list = app.sweepList.make(app.say("sweep.list"), show);
    const tables = papers.error ? null : app.paperHome.make(papers.said);
    const body = app.element("div", { class: "sweep-home" }, form.root, list.root, tables ? tables.root : app.element("p", { class: "field-error" }, papers.error));
    let on = true;
    left = () => (on = false);
    app.sweepWindow.show({ id: "sweep-window", title: app.say("sweep.title"), body, left: () => left() });
    list.fill(said.sweeps);
    while (on) {
      await new Promise((resolve) => setTimeout(resolve, EVERY));
      if (!on || document.hidden) continue;
      const [sweeps, others] = await ask();
      if (on && !sweeps.error) list.fill(sweeps.said.sweeps);
      if (on && tables && !others.error) tables.fill(others.said.tables);
    }
  }

  const ask = () => Promise.all([app.sweeps.list(), app.papers.list()]);

  const button = () => app.element("button", { type: "button", class: "button", id: "all-sweeps", onclick: open }, app.say("sweep.all"));

  app.sweepHome = { open, button };
})(window.dash_clientside);
