// Where sweeps begin: those that there are, to come back to, and the form for another one.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const EVERY = 2000; // ms from one look at the list to the next
  let left = () => {};

  async function open() {
    const { said, error } = await app.sweeps.list();
    if (error) return app.notice.put("sweeps", error, { passing: true });
    const list = app.element("ul", { class: "sweeps-list", "aria-label": app.say("sweep.list") });
    const none = app.element("p", { class: "field-help" }, app.say("sweep.none-yet"));
    const form = app.sweepForm.make(said.cores, (id) => show({ id, axes: ["?"] }, said.cores));
    const body = app.element("div", { class: "sweep-home" }, form.root, app.element("section", {}, app.element("h3", {}, app.say("sweep.list")), none, list));
    let on = true;
    left = () => (on = false);
    app.sweepWindow.show({ id: "sweep-window", title: app.say("sweep.title"), body, left: () => left() });
    let key = "";
    const fill = (answer) => {
      const next = JSON.stringify(answer.sweeps);
      if (next === key) return;
      key = next;
      const focused = document.activeElement.closest && document.activeElement.closest("[data-sweep]");
      none.hidden = answer.sweeps.length > 0;
      list.replaceChildren(...answer.sweeps.map((sweep) => line(sweep, answer.cores)));
      if (focused) list.querySelector(`[data-sweep="${CSS.escape(focused.dataset.sweep)}"] button`)?.focus();
    };
    fill(said);
    while (on) {
      await new Promise((resolve) => setTimeout(resolve, EVERY));
      if (!on || document.hidden) continue;
      const answer = await app.sweeps.list();
      if (on && !answer.error) fill(answer.said);
    }
  }

  function line(sweep, cores) {
    if (sweep.damage) return app.element("li", { "data-sweep": sweep.id }, app.element("strong", {}, sweep.title), app.element("span", { class: "field-error" }, app.say("sweep.damaged", { why: sweep.damage })));
    const begun = sweep.asked ? new Date(sweep.asked * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "";
    const about = [app.sweepWords.progress(sweep), begun].filter(Boolean).join(" · ");
    return app.element("li", { "data-sweep": sweep.id, "data-state": sweep.state }, app.button(app.say("sweep.look"), () => show(sweep, cores), sweep.title), app.element("strong", {}, sweep.title), app.element("span", {}, about));
  }

  const show = (sweep, cores) => (sweep.axes.length ? app.sweepMap.open(sweep.id, cores) : app.seeds.open(sweep.id, cores));

  const button = () => app.element("button", { type: "button", class: "button", id: "all-sweeps", onclick: open }, app.say("sweep.all"));

  app.sweepHome = { open, button };
})(window.dash_clientside);
