// How far a sweep is, and what can be done with it: pause, go on, how much of the machine, its table, delete.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // What is steered where nothing else is said: a sweep.
  const SWEEP = {
    act: (id, body) => app.sweeps.act(id, body),
    remove: (id) => app.sweeps.remove(id),
    files: (id) => [[app.say("sweep.table"), app.at(`/api/sweeps/${id}/table`)]],
    sure: (done) => app.say("sweep.sure", { done }),
  };

  // {root, show(sweep)}. `again()` is called after what was asked is done, `halt()` before the sweep is deleted, `gone()`
  // after.
  function make(id, cores, { again, halt, gone }, { act, remove: take, files, sure } = SWEEP) {
    const bar = app.element("progress", { "aria-label": app.say("sweep.progress"), max: "1", value: "0" });
    const words = app.element("p", { class: "sweep-progress", role: "status" });
    const error = app.element("p", { class: "field-error", role: "alert" });
    const [pause, on] = [button("pause", () => send({ do: "pause" })), button("go-on", () => send({ do: "go-on", workers: chosen() }))];
    const workers = app.element("select", { class: "sweep-workers", onchange: () => now && ["running", "waiting"].includes(now.state) && send({ do: "go-on", workers: chosen() }) }, ...counts(cores));
    const downloads = files(id).map(([label, href]) => app.element("a", { class: "button", href, download: true }, label));
    const buttons = app.element("div", { class: "buttons" });
    const remove = button("delete", question);
    const usual = [pause, on, app.element("label", {}, app.say("sweep.workers"), " ", workers), ...downloads, remove];
    let now = null;
    let said = "";
    buttons.append(...usual);

    function button(name, act) {
      return app.element("button", { type: "button", class: "button", "data-act": name, onclick: act }, app.say(`sweep.press.${name}`));
    }

    const chosen = () => Number(workers.value);

    async function send(body) {
      const answer = await act(id, body);
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
      const asked = app.element("p", { role: "alert" }, sure(now ? now.done : 0));
      const no = app.button(app.say("sweep.sure-no"), back);
      const yes = app.button(app.say("sweep.sure-yes"), async () => {
        await halt();
        const answer = await take(id);
        error.textContent = answer.error || "";
        if (!answer.error) return gone();
        again();
        back();
      });
      buttons.replaceChildren(asked, yes, no);
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
      for (const link of downloads) link.hidden = !sweep.done;
    }

    return { root: app.element("div", { class: "sweep-steering" }, words, bar, buttons, error), show };
  }

  const counts = (cores) => Array.from({ length: cores }, (_, i) => app.element("option", { value: i + 1 }, String(i + 1)));

  app.steering = { make, counts };
})(window.dash_clientside);
