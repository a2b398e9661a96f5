// How far a sweep is, and what can be done with it: pause, go on, how much of the machine, its table, delete.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // {root, show(sweep)}. `again()` is called after what was asked is done, `halt()` before the sweep is deleted, `gone()`
  // after.
  function make(id, cores, { again, halt, gone }) {
    const bar = app.element("progress", { "aria-label": app.say("sweep.progress"), max: "1", value: "0" });
    const words = app.element("p", { class: "sweep-progress", role: "status" });
    const error = app.element("p", { class: "field-error", role: "alert" });
    const [pause, on] = [button("pause", () => send({ do: "pause" })), button("go-on", () => send({ do: "go-on", workers: chosen() }))];
    const workers = app.element("select", { class: "sweep-workers", onchange: () => now && ["running", "waiting"].includes(now.state) && send({ do: "go-on", workers: chosen() }) }, ...counts(cores));
    const table = app.element("a", { class: "button", href: `/api/sweeps/${id}/table`, download: true }, app.say("sweep.table"));
    const buttons = app.element("div", { class: "buttons" });
    const remove = button("delete", question);
    const usual = [pause, on, app.element("label", {}, app.say("sweep.workers"), " ", workers), table, remove];
    let now = null;
    let said = "";
    buttons.append(...usual);

    function button(name, act) {
      return app.element("button", { type: "button", class: "button", "data-act": name, onclick: act }, app.say(`sweep.press.${name}`));
    }

    const chosen = () => Number(workers.value);

    async function send(body) {
      const answer = await app.sweeps.act(id, body);
      error.textContent = answer.error || "";
      await again();
      if (!answer.error && document.activeElement === document.body) (pause.hidden ? on : pause).focus();
    }

    // Whether it is to be deleted, in the place of the buttons.
    function question() {
      const back = () => {
        buttons.replaceChildren(...usual);
        remove.focus();
      };
      const sure = app.element("p", { role: "alert" }, app.say("sweep.sure", { done: now ? now.done : 0 }));
      const no = app.button(app.say("sweep.sure-no"), back);
      const yes = app.button(app.say("sweep.sure-yes"), async () => {
        await halt();
        const answer = await app.sweeps.remove(id);
        error.textContent = answer.error || "";
        if (!answer.error) return gone();
        again();
        back();
      });
      buttons.replaceChildren(sure, yes, no);
      no.focus();
    }

    function show(sweep) {
      const first = now === null;
      now = sweep;
      const busy = ["running", "waiting"].includes(sweep.state);
      bar.value = sweep.done / sweep.runs;
      const text = app.sweepWords.progress(sweep);
      if (text !== said) words.textContent = said = text;
      pause.hidden = !busy;
      on.hidden = busy || sweep.state === "done";
      if (first) workers.value = String(sweep.workers);
      workers.parentElement.hidden = sweep.state === "done";
      table.hidden = !sweep.done;
    }

    return { root: app.element("div", { class: "sweep-steering" }, words, bar, buttons, error), show };
  }

  const counts = (cores) => Array.from({ length: cores }, (_, i) => app.element("option", { value: i + 1 }, String(i + 1)));

  app.steering = { make, counts };
})(window.dash_clientside);
