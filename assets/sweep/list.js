// A list of what is trained, or was, to come back to: it changes while one looks, and keeps the place one is at.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // {root, fill(all)}. `look(one)` shows one.
  function make(label, look) {
    const list = app.element("ul", { class: "sweeps-list", "aria-label": label });
    const none = app.element("p", { class: "field-help" }, app.say("sweep.none-yet"));
    const root = app.element("section", {}, app.element("h3", {}, label), none, list);
    let key = "";

    function fill(all) {
      const next = JSON.stringify(all);
      if (next === key) return;
      key = next;
      const focused = list.contains(document.activeElement) && document.activeElement.closest("[data-sweep]");
      none.hidden = all.length > 0;
      list.replaceChildren(...all.map((one) => line(one, look)));
      if (focused) list.querySelector(`[data-sweep="${CSS.escape(focused.dataset.sweep)}"] button`)?.focus();
    }

    return { root, fill };
  }

  function line(sweep, look) {
    if (sweep.damage) return app.element("li", { "data-sweep": sweep.id }, app.element("strong", {}, sweep.title || sweep.id), app.element("span", { class: "field-error" }, app.say("sweep.damaged", { why: sweep.damage })));
    const begun = sweep.asked ? new Date(sweep.asked * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "";
    const about = [app.sweepWords.progress(sweep), begun].filter(Boolean).join(" · ");
    return app.element("li", { "data-sweep": sweep.id, "data-state": sweep.state }, app.button(app.say("sweep.look"), () => look(sweep), sweep.title), app.element("strong", {}, sweep.title), app.element("span", {}, about));
  }

  app.sweepList = { make };
})(window.dash_clientside);
