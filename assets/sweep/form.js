// The form for a sweep: what is varied and how, seeds, steps; what it would take comes first, then it can be begun.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const USUAL = [
    { name: "lr_g", from: "0.0001", to: "0.01", count: "5", log: true },
    { name: "beta1_g", from: "0", to: "0.9", count: "4", log: false },
    null,
  ];
  const WHOLE_TEXT = ["target", "generator", "discriminator"]; // whose values have commas in them

  const field = (label, input, extra = "") => app.element("div", { class: "form-field" }, app.element("label", { for: input.id }, label), input, extra);
  const text = (id, value, more = {}) => app.element("input", { id, type: "text", autocomplete: "off", spellcheck: "false", value, ...more });
  const number = (id, value) => text(id, value, { inputmode: "decimal", class: "short" });

  // What can be varied: {name, label, kind}, live values first.
  function variables() {
    const live = Object.values(state.settings.sliders).map(({ name, label, whole }) => ({ name, label, kind: "number", whole }));
    const fixed = state.settings.experiment.fields.map(([name, kind]) => ({ name, label: app.sweepWords.label(name), kind, whole: kind === "number" && state.settings.experiment.numbers[name].whole }));
    return [...live, ...fixed];
  }

  // One thing that is varied: {root, read()}; read gives null for nothing, [name, values], or {error}.
  function axis(place, usual, changed) {
    const all = variables();
    const id = `sweep-${place}`;
    const options = all.map(({ name, label }) => app.element("option", { value: name }, label));
    const names = app.element("select", { id, onchange: dress }, ...(place === "x" ? [] : [app.element("option", { value: "" }, app.say("sweep.nothing"))]), ...options);
    names.value = usual ? usual.name : "";
    const how = app.element("select", { id: `${id}-how`, onchange: () => dress() }, ...["range", "log", "list"].map((one) => app.element("option", { value: one }, app.say(`sweep.how.${one}`))));
    how.value = usual && usual.log ? "log" : "range";
    const [from, to, count] = [number(`${id}-from`, usual ? usual.from : ""), number(`${id}-to`, usual ? usual.to : ""), number(`${id}-count`, usual ? usual.count : "3")];
    const listed = text(`${id}-values`, "", { class: "long" });
    const ranged = app.element("span", { class: "form-row" }, field(app.say("sweep.from"), from), field(app.say("sweep.to"), to), field(app.say("sweep.count"), count));
    const values = field(app.say("sweep.values"), listed);
    const hows = field(app.say("sweep.kind"), how);
    const root = app.element("fieldset", { class: "sweep-axis" }, app.element("legend", {}, app.say(`sweep.axis.${place}`)), app.element("div", { class: "form-row" }, field(app.say("sweep.vary"), names), hows, ranged, values));
    for (const input of [from, to, count, listed]) input.oninput = changed;

    const chosen = () => all.find(({ name }) => name === names.value);

    function dress(event) {
      const one = chosen();
      const choice = Boolean(one) && one.kind !== "number";
      if (event && event.target === names && one) begin(one, choice);
      if (choice) how.value = "list";
      how.disabled = choice;
      const lists = how.value === "list";
      hows.hidden = !one;
      ranged.hidden = !one || lists;
      values.hidden = !one || !lists;
      changed();
    }

    // Values to begin with, of what was just chosen.
    function begin({ name, kind }, choice) {
      const slider = Object.values(state.settings.sliders).find((s) => s.name === name);
      if (slider) {
        [from.value, to.value] = [String(slider.low), String(slider.high)];
        how.value = slider.scale === "log" ? "log" : "range";
      } else if (choice) {
        const parts = state.settings.experiment.parts[kind];
        listed.value = parts && name !== "target" ? Object.keys(parts).join(", ") : String(state.status.info.config[name]);
      } else [from.value, to.value] = ["", ""];
    }

    function read() {
      const one = chosen();
      if (!one) return null;
      if (how.value === "list") {
        const found = split(listed.value, WHOLE_TEXT.includes(one.name));
        return found.length ? [one.name, found] : { error: app.say("sweep.no-values", { name: one.label }) };
      }
      const [low, high, n] = [app.typed.real(from.value), app.typed.real(to.value), app.typed.whole(count.value)];
      if (![low, high].every(Number.isFinite) || !(n >= 2 && n <= 100)) return { error: app.say("sweep.bad-range", { name: one.label }) };
      if (how.value === "log" && !(low > 0 && high > 0)) return { error: app.say("sweep.bad-log", { name: one.label }) };
      return [one.name, spaced(low, high, n, how.value === "log", one.whole)];
    }

    dress();
    return { root, read };
  }

  // Parted by semicolons if there are any, else by commas that stand in no parentheses; networks by semicolons alone.
  function split(given, whole) {
    const parts = given.includes(";") || whole ? given.split(";") : given.split(/,(?![^(]*\))/);
    return parts.map((part) => part.trim()).filter(Boolean);
  }

  // As gan_core/sweep/axis.py has them.
  function spaced(low, high, n, log, whole) {
    const found = Array.from({ length: n }, (_, i) => (i === n - 1 ? high : log ? low * (high / low) ** (i / (n - 1)) : low + ((high - low) * i) / (n - 1)));
    return found.map((value) => String(whole ? Math.round(value) : Number(value.toPrecision(6))));
  }

  // What every cell is also trained with.
  function againsts() {
    const scenario = app.preset(state.status.info.preset);
    const { config, values } = app.seeds.asScenario();
    const found = [{ name: "", label: app.say("sweep.against.none"), other: {} }];
    if (app.draft.size()) found.push({ name: "draft", label: app.say("sweep.against.draft"), other: app.draft.texts() });
    const altered = { ...config, ...values };
    if (scenario && Object.keys(altered).length) found.push({ name: "scenario", label: app.say("sweep.against.scenario"), other: altered });
    return found;
  }

  function make(cores, begun) {
    const cost = app.element("p", { id: "sweep-cost", role: "status" });
    const error = app.element("p", { id: "sweep-error", class: "field-error", role: "alert" });
    const ask = app.element("button", { id: "sweep-ask", type: "button", class: "button", onclick: measure }, app.say("sweep.ask"));
    const start = app.element("button", { id: "sweep-start", type: "button", class: "button chief", disabled: true, onclick: begin }, app.say("sweep.start"));
    let asked = null; // the plan that was measured
    const axes = ["x", "y", "third"].map((place, i) => axis(place, USUAL[i], changed));
    const seeds = number("sweep-seeds", "3");
    const steps = number("sweep-steps", app.seeds.usualSteps());
    const until = text("sweep-until", "", { placeholder: app.say("sweep.until-example") });
    const workers = app.element("select", { id: "sweep-workers" }, ...app.steering.counts(cores));
    workers.value = String(cores);
    const others = againsts();
    const against = app.element("select", { id: "sweep-against", onchange: changed }, ...others.map(({ name, label }) => app.element("option", { value: name }, label)));
    for (const input of [seeds, steps, until]) input.oninput = changed;
    workers.onchange = changed;
    function changed() {
      asked = null;
      start.disabled = true;
      cost.textContent = "";
      error.textContent = "";
    }

    // The plan, or {error}.
    function read() {
      if (app.seeds.obstacle()) return { error: app.seeds.obstacle() };
      const found = axes.map(({ read: one }) => one()).filter(Boolean);
      const wrong = found.find((one) => one.error);
      if (wrong) return wrong;
      const names = found.map(([name]) => name);
      if (new Set(names).size < names.length) return { error: app.say("sweep.twice") };
      const [count, length] = [app.typed.whole(seeds.value), app.typed.whole(steps.value)];
      if (!(count >= 1 && count <= 1000)) return { error: app.say("sweep.bad-seeds") };
      if (!(length >= 1)) return { error: app.say("seeds.bad-steps", { most: 100000 }) };
      const { preset, config, changes } = app.seeds.present();
      const free = Object.fromEntries(Object.entries(config).filter(([name]) => !names.includes(name)));
      const other = others.find(({ name }) => name === against.value).other;
      return {
        plan: { preset, steps: length, seeds: Array.from({ length: count }, (_, i) => i), axes: Object.fromEntries(found), config: free, changes: changes.filter(([step, name]) => step <= length && !names.includes(name)), until: until.value.trim(), against: other },
      };
    }

    async function measure() {
      changed();
      const { plan, error: wrong } = read();
      if (wrong) return (error.textContent = wrong);
      cost.textContent = app.say("sweep.measuring");
      const mine = (asked = { plan });
      const { said, error: refused } = await app.sweeps.cost(plan, Number(workers.value), () => asked === mine && cost.isConnected);
      if (asked !== mine) return;
      cost.textContent = "";
      if (refused) return (error.textContent = refused);
      if (said.seconds === null) return;
      const [one, all] = [said.seconds, said.seconds_in_all].map(app.sweepWords.time);
      cost.textContent = app.say("sweep.cost", { runs: said.runs, steps: said.steps, one, all, n: Number(workers.value) });
      start.disabled = false;
    }

    async function begin() {
      const { said, error: refused } = await app.sweeps.begin(asked.plan, Number(workers.value));
      if (refused) error.textContent = refused;
      else begun(said.id);
    }

    const { info } = state.status;
    const base = [app.preset(info.preset) ? app.preset(info.preset).title : info.preset, app.experiment.words(info)].filter(Boolean).join(": ");
    const row = (...fields) => app.element("div", { class: "form-row" }, ...fields);
    const root = app.element("form", { class: "sweep-form", onsubmit: (event) => event.preventDefault() }, app.element("h3", {}, app.say("sweep.new")), app.element("p", {}, app.say("sweep.base", { experiment: base })), ...axes.map(({ root: one }) => one), row(field(app.say("sweep.seeds"), seeds), field(app.say("seeds.steps"), steps), field(app.say("sweep.until"), until), field(app.say("sweep.workers"), workers)), ...(others.length > 1 ? [row(field(app.say("sweep.also"), against))] : []), app.element("div", { class: "buttons" }, ask, start), cost, error);
    return { root };
  }

  app.sweepForm = { make, spaced, split };
})(window.dash_clientside);
