// The sliders: dragging, typing, the preset's value, and what is in force from which step.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LOOKING = "looking-share";
  const placed = {}; // slider id -> the component value at which the handle stands
  const written = {}; // slider id -> the text that this file put into its field
  const complained = {}; // slider id -> the value in force, as text, when its entry was found wrong: the sentence is of that
  const entered = new Set(); // slider ids in whose fields something was typed since
  const touched = {}; // slider id -> the real value the visitor last asked for, until it is in force
  let hand = null; // id of the slider pressed last, until this file moves it; Dash reports such moves too, and late

  const spec = (id) => state.settings.sliders[id];
  const toReal = (id, value) => (spec(id).scale === "log" ? Number((10 ** value).toPrecision(3)) : value);
  const toSlider = (id, real) => (spec(id).scale === "log" ? Math.log10(real) : real);

  function dragged(value, id) {
    if (!state.settings || value === placed[id]) return;
    if (id !== hand) return placed[id] === undefined || app.setProp(id, "value", placed[id]);
    placed[id] = value;
    const real = toReal(id, value);
    const now = state.status && state.status.values[spec(id).name].value;
    if (touched[id] === undefined && now !== null && toReal(id, toSlider(id, now)) === real) return;
    ask(id, real);
  }

  // Dash reports late: the entry may have given way, and what it has for the field's text may be that before the last key.
  function typed(submits, blurs, id) {
    if (!state.status || !entered.has(id)) return;
    const text = app.byId(`${id}-input`).value;
    const shown = app.brief(state.status.values[spec(id).name].value);
    if (String(text).trim() === shown) return complain(id, null);
    const real = app.typed.real(text);
    const { low, high, label, whole } = spec(id);
    if (Number.isNaN(real)) return complain(id, app.say("steer.no-number", { label }));
    if (whole && !Number.isInteger(real)) return complain(id, app.say("steer.no-whole-number", { label }));
    if (real < low || real > high) {
      const range = { label, low: String(low), high: String(high) };
      if (Number(text) === real) return complain(id, app.say("steer.out-of-range", range));
      return complain(id, app.say("steer.out-of-range-read", { ...range, text: app.typed.quoted(String(text).trim()), value: app.brief(real) }));
    }
    ask(id, real);
    place(id, real);
  }

  // What a slider goes back to: the scenario's value; of a scenario that is not known here, what the run began with.
  function usual(name) {
    const preset = app.preset(state.status.info.preset);
    if (preset) return preset.values[name];
    const first = state.changes.find((change) => change[1] === name);
    return first ? first[2] : state.status.values[name].value;
  }

  function back_to_preset(_, id) {
    if (!state.status || app.source.recorded) return;
    const real = usual(spec(id).name);
    ask(id, real);
    place(id, real);
  }

  function ask(id, real) {
    touched[id] = real;
    app.command.setValues({ [spec(id).name]: real }, (refusal) => {
      complain(id, refusal);
      delete written[id];
      if (touched[id] === real) delete touched[id]; // not while a newer one is under way
    });
  }

  function complain(id, sentence) {
    if (sentence) complained[id] = app.brief(state.status.values[spec(id).name].value);
    else delete complained[id];
    app.setText(`${id}-error`, sentence || "");
    const field = app.byId(`${id}-input`);
    if (field) field.setAttribute("aria-invalid", sentence ? "true" : "false");
  }

  function place(id, real) {
    put(id, toSlider(id, real));
  }

  function put(id, value) {
    placed[id] = value;
    if (hand === id && !app.byId(id).matches(":active")) hand = null;
    app.setProp(id, "value", value);
  }

  // Latest wins, as for the others.
  async function looking(share) {
    if (!state.status || share === placed[LOOKING]) return;
    if (LOOKING !== hand) return app.setProp(LOOKING, "value", placed[LOOKING]);
    placed[LOOKING] = share;
    const flying = touched[LOOKING] !== undefined;
    touched[LOOKING] = share;
    if (flying) return;
    let sent;
    while (sent !== touched[LOOKING]) {
      sent = touched[LOOKING];
      await app.command.send({ do: "looking", share: sent });
    }
    delete touched[LOOKING];
  }

  // What the server says is in force, beside each slider.
  function show() {
    if (!state.settings || !state.status) return;
    const inForce = app.source.recorded ? app.source.inForce() : state.status.values;
    for (const id of Object.keys(state.settings.sliders)) {
      const { value, since } = inForce[spec(id).name];
      app.byId(`${id}-control`).hidden = !spec(id).needs.every(app.offers.has);
      app.setText(`${id}-value`, app.brief(value));
      app.setText(`${id}-since`, app.say("steer.since", { step: since }));
      app.byId(`${id}-since`).dataset.step = since;
      app.byId(`${id}-back`).classList.toggle("at-preset", value === usual(spec(id).name));
      const handle = document.querySelector(`#${id} [role=slider]`);
      if (handle) {
        // On a logarithmic scale the component says the exponents; a screen reader should say the values.
        handle.setAttribute("aria-valuemin", spec(id).low);
        handle.setAttribute("aria-valuemax", spec(id).high);
        handle.setAttribute("aria-valuetext", app.brief(value));
      }
      if (touched[id] !== undefined || (handle && handle.closest(".mantine-Slider-root").matches(":active"))) continue;
      // Somebody else's change, a new run, or a typed value: follow it, unless the visitor is at it right now. A handle
      // that stands at the value already is left alone: a key may have been pressed since.
      if (placed[id] === undefined || (placed[id] !== toSlider(id, value) && toReal(id, placed[id]) !== value)) place(id, value);
      const text = app.brief(value);
      if (written[id] === text || document.activeElement === app.byId(`${id}-input`)) continue;
      if (complained[id] !== undefined && complained[id] !== text) complain(id, null);
      written[id] = text;
      entered.delete(id);
      app.setProp(`${id}-input`, "value", text);
    }
    const { looking_share: share, looking_measured: measured } = state.status;
    const root = app.byId(LOOKING);
    if (touched[LOOKING] === undefined && placed[LOOKING] !== share && !root.matches(":active")) put(LOOKING, share);
    app.setText("looking-share-value", `${Math.round(share * 100)} %`);
    app.setText(
      "looking-measured",
      state.status.phase === "training" ? app.say("steer.measured", { percent: measured * 100 }) : "",
    );
  }

  document.addEventListener("input", ({ target }) => {
    const id = target.id && target.id.replace(/-input$/, "");
    if (id !== target.id && state.settings && state.settings.sliders[id]) entered.add(id);
  });

  document.addEventListener("dblclick", (event) => {
    const slider = event.target.closest && event.target.closest(".mantine-Slider-root");
    if (!slider || !state.settings || !state.settings.sliders[slider.id]) return;
    // The component takes in a press at the next frame of the screen; a value set before that would be overwritten.
    requestAnimationFrame(() => requestAnimationFrame(() => back_to_preset(0, slider.id)));
  });

  function press(event) {
    const slider = event.target.closest && event.target.closest(".mantine-Slider-root");
    if (slider) hand = slider.id;
  }

  document.addEventListener("pointerdown", press, true);
  document.addEventListener("keydown", press, true);

  // The values in the fields and on the handles belong to a run.
  state.on("run", () => {
    for (const held of [placed, written]) Object.keys(held).forEach((id) => delete held[id]);
    entered.clear();
    for (const id of Object.keys(state.settings.sliders)) complain(id, null);
  });
  state.on("progress", show);

  app.steer = { show, dragged, typed, back_to_preset, looking };
  window.dashMantineFunctions = { ...window.dashMantineFunctions, powerOfTen: (v) => Number((10 ** v).toPrecision(3)) };
})(window.dash_clientside);
