// How the curves are drawn: which upright axis, and how much they are smoothed. Two choices at their foot, remembered.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const SCALES = [
    ["article", app.say("curves.axis-article")],
    ["fit", app.say("curves.axis-fit")],
    ["log", app.say("curves.axis-log")],
  ];
  const WEIGHTS = ["0", "0.6", "0.9", "0.97", "0.99", "0.999", "0.9999", "0.99999"];
  const made = {};

  const words = (weight) => (weight === "0" ? app.say("curves.not-smoothed") : app.say("curves.smoothed", { weight }));
  const SELECTS = {
    scale: { id: "curve-scale", label: app.say("curves.axis-label"), choices: SCALES },
    smoothing: {
      id: "curve-smoothing",
      label: app.say("curves.smoothing-label"),
      choices: WEIGHTS.map((weight) => [weight, words(weight)]),
    },
  };

  const chosen = {};
  for (const [name, { id, choices }] of Object.entries(SELECTS)) {
    const stored = app.browser.lasting.get(`ganscope-${id}`);
    chosen[name] = choices.some(([value]) => value === stored) ? stored : choices[0][0];
  }

  function choose(name, value) {
    if (chosen[name] === value) return;
    chosen[name] = value;
    app.browser.lasting.set(`ganscope-${SELECTS[name].id}`, value);
    show();
    app.curves.redraw(true);
  }

  function build(layer) {
    if (layer.name !== "metrics" || made.root) return;
    for (const [name, { id, label, choices }] of Object.entries(SELECTS)) {
      const options = choices.map(([value, text]) => app.element("option", { value }, text));
      made[name] = app.element("select", { id, "aria-label": label, title: label, onchange: () => choose(name, made[name].value) }, ...options);
    }
    made.whole = app.element("button", { id: "curve-whole", type: "button", hidden: true, title: app.say("curves.whole-help"), onclick: () => app.zoom.leave() }, app.say("curves.whole"));
    made.root = app.element("div", { class: "curve-choices" }, made.scale, made.whole, made.smoothing);
    layer.graph.append(made.root);
    show();
  }

  // What a view cannot have is greyed out; a view without curves has neither.
  function show() {
    if (!made.root || !state.settings) return;
    const plot = app.views.plot();
    made.scale.value = app.yaxis.whyNot(chosen.scale, plot) ? app.yaxis.OWN : chosen.scale;
    made.smoothing.value = chosen.smoothing;
    for (const option of made.scale.options) {
      const why = app.yaxis.whyNot(option.value, plot);
      option.disabled = Boolean(why);
      option.title = why;
    }
    made.scale.options[0].textContent = plot.metrics.length > 1 && !plot.log ? SCALES[0][1] : app.say("curves.axis-usual");
    const none = app.yaxis.whyNot("fit", plot);
    for (const select of [made.scale, made.smoothing]) {
      select.hidden = Boolean(none);
    }
    made.whole.hidden = !app.zoom.range();
  }

  const scale = () => chosen.scale;
  const weight = () => Number(chosen.smoothing);

  state.on("placed", build);
  state.on("lens", show);
  state.on("run", show);
  state.on("zoom", show);
  // Another page of this server, perhaps beside this one.
  window.addEventListener("storage", ({ key, newValue }) => {
    for (const [name, { id, choices }] of Object.entries(SELECTS)) {
      if (key === `ganscope-${id}` && choices.some(([value]) => value === newValue)) choose(name, newValue);
    }
  });

  app.choices = { scale, weight };
})(window.dash_clientside);
