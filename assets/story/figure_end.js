// Where a figure of the article ends, training has paused: a card says so, with what was seen, and offers what to do next.
// It stands above the panels, which make room for it, so that nothing of the picture is hidden.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let closed = null; // number of the run whose card the visitor closed
  let open = false;

  const preset = () => app.preset(state.status.info.preset);

  // The figure after this one, in the order of the tour; undefined after the last.
  function following() {
    const names = state.settings.tables.tour;
    return names[names.indexOf(state.status.info.preset) + 1];
  }

  function update() {
    if (!state.status || !state.settings || app.source.recorded || state.run !== state.status.info.run) return;
    const there = state.status.figure_end && closed !== state.run && preset();
    // The numbers are those of the frame of the end, which may come a moment after the status.
    if (there && !open && !(state.live && state.live.step === state.status.step)) return;
    if (there) write();
    if (Boolean(there) !== open) toggle(Boolean(there));
  }

  function write() {
    const { step, changes } = state.status;
    const { figure, claim } = preset();
    const seen = app.story.seen(state.live);
    app.setText("figure-end-title", app.say("figure-end.title", { figure, step }));
    const measured = changes ? "figure-end.measured-changed" : "figure-end.measured";
    app.setText("figure-end-words", seen ? app.say(measured, { claim, seen }) : app.say("figure-end.claim", { claim }));
    const next = app.preset(following());
    app.byId("next-figure").hidden = !next;
    if (next) app.byId("next-figure").title = app.say("figure-end.next", { figure: next.figure, title: next.title });
    app.byId("go-on").hidden = !app.offers.has("trains"); // every point has arrived
  }

  function toggle(show) {
    const card = app.byId("figure-end");
    const held = card.contains(document.activeElement);
    open = show;
    card.hidden = !show;
    if (show && document.activeElement === document.body) card.focus({ preventScroll: true });
    if (!show && held) app.byId("play-pause").focus({ preventScroll: true });
  }

  function close() {
    closed = state.run;
    update();
  }

  function act(body) {
    app.timeline.follow_live();
    return app.command.act(body);
  }

  // Escape closes what is open in front first, and hides the cursor in a panel.
  function escape(event) {
    if (!open || event.key !== "Escape" || event.defaultPrevented) return;
    if (event.target.closest(".layer, input:not([type=radio]), [role=listbox]") || document.querySelector("[role=dialog], .bubble")) return;
    event.preventDefault();
    close();
  }

  document.addEventListener("keydown", escape);
  state.on("progress", update);
  state.on("live", update);
  state.on("run", update);

  app.figure_end = {
    go_on: () => act({ do: "play" }),
    watch_again: () => act({ do: "reset" }),
    next_figure: () => act({ do: "preset", name: following() }),
    close,
  };
})(window.dash_clientside);
