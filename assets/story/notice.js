// Lines above the panels that say something without being in the way: a sentence, perhaps with a button, and a cross.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const shown = new Map(); // key -> {line, text}

  // Shows a line, in the place of the one that has this key. `action`: {text, run}; `dismissed` is called for the cross.
  // A `passing` one goes by itself with the next press of anything.
  function put(key, text, { action = null, dismissed = null, passing = false } = {}) {
    const root = app.byId("notices");
    if (!root || (shown.has(key) && shown.get(key).text === text)) return;
    remove(key);
    const line = app.element("div", { class: passing ? "notice passing" : "notice" }, app.element("p", {}, text));
    line.dataset.key = key;
    if (action) line.append(app.button(action.text, action.run));
    const close = () => {
      remove(key);
      if (dismissed) dismissed();
    };
    if (!passing) line.append(app.element("button", { class: "button cross", type: "button", "aria-label": app.say("notice.dismiss"), onclick: close }, "✕"));
    shown.set(key, { line, text });
    root.append(line);
  }

  function remove(key) {
    if (!shown.has(key)) return;
    shown.get(key).line.remove();
    shown.delete(key);
  }

  function press() {
    for (const [key, { line }] of shown) if (line.classList.contains("passing")) remove(key);
  }

  document.addEventListener("pointerdown", press, true);
  document.addEventListener("keydown", press, true);

  app.notice = { put, remove };
})(window.dash_clientside);
