// Training that pauses by itself: a condition is chosen beside the pace, a sign in the header says that one is waited for
// and takes it off, and a line above the panels says on which it has paused. The language: gan_core/records/condition.py.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const STATES = ["collapsed", "d-has-won"]; // worth a choice of their own
  // What else there is to choose: how it is typed, and the condition that comes of it; null for what has no meaning.
  const TYPED = {
    coverage: { mode: "decimal", wrong: "steer.no-number", condition: (text) => number(app.typed.real(text), (x) => `coverage > ${x}`) },
    step: { mode: "numeric", wrong: "steer.no-whole-number", condition: (text) => number(app.typed.whole(text), (n) => `step >= ${n}`) },
    own: { mode: "text", condition: (text) => text },
  };
  let form = null;
  let sign = null;
  let closed = null; // what the visitor has read of how the last condition ended

  const number = (x, made) => (Number.isNaN(x) ? null : made(x));

  // -- choosing ------------------------------------------------------------------------------------------------------------

  function make() {
    const option = (value, text) => app.element("option", { value }, text);
    const choices = [...STATES.map((name) => option(name, app.say(`state.${name}.short`))), ...Object.keys(TYPED).map((name) => option(name, app.say(`pause-when.choice.${name}`)))];
    const what = app.element("select", { id: "pause-when-what", "aria-label": app.say("pause-when.what"), onchange: choose }, ...choices);
    const text = app.element("input", { id: "pause-when-text", class: "typed-number", autocomplete: "off", maxlength: "200", "aria-describedby": "pause-when-error", hidden: true, oninput: () => complain("") });
    const set = app.element("button", { id: "pause-when-set", class: "button", type: "submit" }, app.say("pause-when.set"));
    const error = app.element("div", { id: "pause-when-error", class: "field-error", role: "alert" });
    form = { what, text, error };
    app.byId("pause-when-form").replaceChildren(app.element("form", { onsubmit: submit }, what, text, error, set));
    app.byId("pause-when").ontoggle = ({ target }) => target.open && target.scrollIntoView({ block: "nearest" });
    sign = app.element("button", { id: "pause-when-off", class: "button", type: "button", onclick: take_off }, app.element("span", { class: "icon icon-pause" }), app.element("span", { class: "words" }), "✕");
  }

  function choose() {
    const typed = TYPED[form.what.value];
    form.text.hidden = !typed;
    form.text.value = form.what.value === "coverage" ? "0.8" : "";
    complain("");
    if (!typed) return;
    form.text.inputMode = typed.mode;
    form.text.classList.toggle("wide", form.what.value === "own");
    form.text.placeholder = form.what.value === "own" ? app.say("pause-when.example") : "";
    form.text.setAttribute("aria-label", app.say(`pause-when.label.${form.what.value}`));
  }

  async function submit(event) {
    event.preventDefault();
    const typed = TYPED[form.what.value];
    const condition = typed ? typed.condition(form.text.value) : form.what.value;
    if (condition === null) return complain(app.say(typed.wrong, { label: app.say(`pause-when.label.${form.what.value}`) }));
    complain((await app.command.send({ do: "pause-when", condition })) || "");
  }

  function complain(sentence) {
    form.error.textContent = sentence;
    if (sentence) form.error.scrollIntoView({ block: "nearest" });
    form.text.setAttribute("aria-invalid", sentence && !form.text.hidden ? "true" : "false");
  }

  function take_off() {
    return app.command.act({ do: "pause-when", condition: null });
  }

  // -- saying ---------------------------------------------------------------------------------------------------------------

  const stepOf = (condition) => (/^step >= (\d+)$/.exec(condition) || [])[1];
  const words = (condition) => app.sayOr(condition, `state.${condition}.short`);

  function waiting(condition) {
    const step = stepOf(condition);
    return step ? app.say("pause-when.waits-step", { step: Number(step) }) : app.say("pause-when.waits", { condition: words(condition) });
  }

  function ended({ held, step, gone }) {
    if (gone) return gone;
    return stepOf(held) ? app.say("pause-when.held-step", { step }) : app.say("pause-when.held", { step, condition: words(held) });
  }

  function update() {
    if (!state.status || !state.settings || app.source.recorded || !app.byId("pause-when-form")) return;
    if (!form) make();
    const told = state.status.pause_when;
    show(told.waits);
    const key = JSON.stringify([state.status.info.run, told]);
    if ((told.held || told.gone) && closed !== key) app.notice.put("pause-when", ended(told), { dismissed: () => (closed = key) });
    else app.notice.remove("pause-when");
  }

  function show(condition) {
    const root = app.byId("pause-when-sign");
    const text = condition ? waiting(condition) : "";
    app.setText("pause-when-words", text || app.say("controls.pause-when"));
    if (root.dataset.shows === text) return;
    root.dataset.shows = text;
    if (!condition) {
      const held = sign === document.activeElement;
      sign.remove();
      if (held) app.byId("play-pause").focus({ preventScroll: true });
      return;
    }
    sign.querySelector(".words").textContent = text;
    sign.title = app.say("pause-when.off", { words: text });
    sign.setAttribute("aria-label", sign.title);
    root.append(sign);
  }

  state.on("progress", update);
  state.on("run", update);

  app.pause_when = {};
})(window.dash_clientside);
