// Keyboard shortcuts for the whole page. Off while typing, in dialogs, and when the visitor switches them off.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const STORED = "ganscope-keys";
  const stored = app.browser.lasting.get(STORED) !== "off";
  let restored = false; // whether the switch shows what was stored

  const ACTIONS = {
    " ": () => app.transport.play_pause(),
    ".": () => app.transport.step_once(),
    t: () => app.told.open(),
    ArrowLeft: (event) => app.timeline.move(event.shiftKey ? -10 : -1),
    ArrowRight: (event) => app.timeline.move(event.shiftKey ? 10 : 1),
    Home: () => app.timeline.move(-Infinity),
    End: () => app.timeline.follow_live(),
    "[": () => app.events.previous(),
    "]": () => app.events.next(),
    l: () => app.timeline.follow_live(),
    r: () => app.transport.reset(),
    c: () => app.link.copy(),
    "?": () => open_help(),
  };
  // Where a recorded run is only looked at, nothing trains.
  if (app.source.recorded) for (const key of [".", "t", "r", "c"]) delete ACTIONS[key];

  function key(event) {
    const brackets = "[]".includes(event.key) && event.getModifierState("AltGraph"); // where they are on many keyboards
    if (((event.altKey || event.ctrlKey) && !brackets) || event.metaKey || event.isComposing) return;
    const target = event.target;
    const onTimeline = target.closest("#timeline");
    const moves = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
    // The timeline's handle always moves by steps; other sliders, fields and lists keep their own keys.
    if (!(onTimeline && moves) && (!isOn() || ownKeys(target, event.key) || document.querySelector("[role=dialog]"))) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = ACTIONS[name] || (onTimeline && { ArrowUp: ACTIONS.ArrowRight, ArrowDown: ACTIONS.ArrowLeft }[name]);
    if (!action || !app.lesson.hasKey(name)) return;
    event.preventDefault();
    event.stopPropagation();
    action(event);
  }

  function ownKeys(target, pressed) {
    if (target.closest("input, textarea, select, [contenteditable], [role=slider], [role=listbox], .layer, .unit")) {
      const typing = target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], [role=listbox]");
      return typing || pressed.startsWith("Arrow") || pressed === "Home" || pressed === "End" || (pressed === " " && target.matches("input"));
    }
    return pressed === " " && target.closest("button, a, summary");
  }

  // Asked of the switch itself: Dash reports a change of it only a moment later.
  function isOn() {
    const box = app.byId("keys");
    if (!box) return stored;
    restored = restored || box.checked === stored;
    return restored ? box.checked : stored;
  }

  function set_on(checked) {
    app.browser.lasting.set(STORED, checked ? "on" : "off");
  }

  function open_help() {
    app.set_props("help-dialog", { opened: true });
    if (app.source.recorded) app.recorded.explain();
  }

  document.addEventListener("keydown", key, true);
  app.state.on("settings", () => {
    if (!stored) app.set_props("keys", { checked: false });
  });

  app.keys = { set_on, open_help };
})(window.dash_clientside);
