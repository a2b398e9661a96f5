// The fields of the experiment's panel: a list of what there is for each part, with that one's numbers; layers of a
// network; batch. Each is built from the tables alone, so that whatever a registry has is there to be chosen.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const element = (...given) => app.element(...given);
  const tables = () => state.settings.experiment;
  const SEVERAL = ["network"]; // kinds with more than one control of the field's own
  const idOf = (field, at) => `experiment-${field}-${at}`;

  // Builds one field; `edited()` is called after each change of the draft. Returns {root, show}.
  function build(field, edited) {
    const kind = app.draft.kindOf(field);
    const label = state.settings.labels[field] || field;
    const mark = element("span", { class: "tag changed", hidden: true }, app.say("experiment.changed"));
    const body = element("div", { class: "field-body" });
    const root = element("div", { class: kind === "number" ? "field single" : "field", "data-field": field, ...(SEVERAL.includes(kind) && { role: "group", "aria-labelledby": idOf(field, "label") }) }, head(field, label, mark), body);
    const change = (next) => {
      app.draft.put(field, next);
      edited();
    };
    body.append(...(BUILDERS[kind] || part)(field, kind, label, change, body));
    const show = () => {
      const differs = app.draft.changed(field);
      mark.hidden = !differs;
      root.classList.toggle("differs", differs);
      complain(root, app.draft.problems(field));
    };
    show();
    return { root, show };
  }

  function head(field, label, mark) {
    const help = app.sayOr("", `experiment.field.${field}`);
    return element("div", { class: "field-head" }, element("span", { id: idOf(field, "label"), class: "field-label" }, label), ...(help ? [info(label, help)] : []), mark);
  }

  const info = (label, help) => element("button", { type: "button", class: "info", "aria-label": app.say("about.of", { what: label }), "aria-expanded": "false", "data-help": help }, "?");

  // Sentences beside the places where they belong.
  function complain(root, problems) {
    for (const place of root.querySelectorAll("[data-at]")) {
      const sentence = problems.get(place.dataset.at) || "";
      const input = place.querySelector("input");
      const words = place.querySelector(".field-error") || place.parentElement.querySelector(":scope > .field-error");
      input.setAttribute("aria-invalid", sentence ? "true" : "false");
      if (place.contains(words)) write(words, sentence);
    }
    const shared = root.querySelector(".units + .field-error");
    if (shared) write(shared, [...problems].filter(([at]) => at.startsWith("unit-")).map(([, sentence]) => sentence).join(" "));
  }

  const write = (words, sentence) => words.textContent !== sentence && (words.textContent = sentence);

  // -- parts ---------------------------------------------------------------------------------------------------------------

  function part(field, kind, label, change) {
    return choice({ id: idOf(field, "choice"), label, kind, now: () => app.draft.value(field), change });
  }

  // A list of what there is of a kind, what the chosen one is, and its numbers.
  function choice({ id, label, kind, now, change }) {
    const help = element("p", { class: "field-help", id: `${id}-help` });
    const numbers = element("div", { class: "numbers" });
    const names = Object.keys(tables().parts[kind]);
    const { name: chosen } = now();
    const options = [...names, ...(names.includes(chosen) ? [] : [chosen])].map((name) => element("option", { value: name, title: app.parts.help(kind, name) }, app.parts.label(kind, name)));
    const select = element("select", { id, "aria-label": label, "aria-describedby": help.id }, ...options);
    select.value = chosen;
    const tell = () => {
      help.textContent = app.parts.help(kind, select.value);
      help.hidden = !help.textContent;
      numbers.replaceChildren(...numberFields({ id, kind, now, change }));
    };
    select.onchange = () => {
      const asked = tables().parts[kind][select.value] || {};
      change({ name: select.value, numbers: Object.fromEntries(Object.entries(asked).map(([number, { default: usual }]) => [number, String(usual)])) });
      tell();
    };
    tell();
    return [select, help, numbers];
  }

  function numberFields({ id, kind, now, change }) {
    const { name, numbers } = now();
    const asked = tables().parts[kind][name] || {};
    return Object.entries(numbers).map(([number, text]) => {
      const label = app.parts.numberLabel(kind, number);
      const range = asked[number] && app.say("experiment.usual", { range: rangeWords(asked[number]), usual: app.minus(app.parts.plain(asked[number].default)) });
      const changed = (typed) => change({ name, numbers: { ...now().numbers, [number]: typed } });
      return numberField({ id: `${id}-${number}`, at: number, label, name: app.say("experiment.of", { what: app.parts.label(kind, name), part: label }), help: app.parts.numberHelp(kind, number), range, text, changed });
    });
  }

  const rangeWords = ({ low, high }) => app.say("experiment.range", { low: app.minus(app.parts.plain(low)), high: app.minus(app.parts.plain(high)) });

  // A number that is typed, with its range and what is wrong with it.
  function numberField({ id, at, label, name, help, range, text, changed }) {
    const input = element("input", { id, class: "typed-number", inputmode: "decimal", autocomplete: "off", "aria-label": name, "aria-describedby": `${id}-range ${id}-error`, value: text });
    input.oninput = () => changed(input.value);
    return element(
      "div",
      { class: "number", "data-at": at },
      ...(label ? [element("label", { for: id }, label)] : []), // else it stands beside its field's own
      ...(help ? [info(label, help)] : []),
      element("span", { class: "range", id: `${id}-range` }, range || ""),
      input,
      element("div", { class: "field-error", id: `${id}-error`, role: "alert" }),
    );
  }

  // -- networks --------------------------------------------------------------------------------------------------------------

  function network(field, _, label, change) {
    const now = () => app.draft.value(field);
    const kind = tables().activation;
    const units = element("div", { class: "units", role: "group", "aria-label": app.say("experiment.units") });
    const wrong = element("div", { class: "field-error", id: idOf(field, "units-error"), role: "alert" });
    const activation = choice({ id: idOf(field, "activation"), label: app.say("experiment.activation-of", { network: label }), kind, now: () => now().activation, change: (next) => change({ ...now(), activation: next }) });
    layers(units, field, label, change, now, wrong.id);
    return [
      element("div", { class: "sub-label" }, app.say("experiment.units")),
      units,
      wrong,
      element("div", { class: "sub-label" }, app.say("experiment.activation")),
      ...activation,
      ...words(field, label, change, now),
    ];
  }

  function layers(root, field, label, change, now, wrong) {
    const again = (next, focus) => {
      change({ ...now(), units: next });
      layers(root, field, label, change, now, wrong);
      root.querySelector(focus).focus();
    };
    const { units } = now();
    const inputs = units.map((text, i) => {
      const name = app.say("experiment.units-of", { network: label, layer: i + 1 });
      const input = element("input", { id: idOf(field, `unit-${i}`), class: "typed-number", inputmode: "numeric", autocomplete: "off", "aria-label": name, "aria-describedby": wrong, value: text });
      input.oninput = () => change({ ...now(), units: now().units.map((unit, k) => (k === i ? input.value : unit)) });
      return element("span", { "data-at": `unit-${i}` }, input);
    });
    const { layers: most } = tables().limits;
    const press = (kind, text, help, disabled, act) => element("button", { type: "button", class: `button small ${kind}`, title: help, "aria-label": app.say("experiment.of", { what: label, part: help }), disabled, onclick: act }, text);
    const more = press("more-layers", "+", app.say("experiment.more-layers"), units.length >= most, () => again([...now().units, now().units.at(-1) || "64"], now().units.length + 1 >= most ? ".fewer-layers" : ".more-layers"));
    const fewer = press("fewer-layers", "−", app.say("experiment.fewer-layers"), !units.length, () => again(now().units.slice(0, -1), now().units.length <= 1 ? ".more-layers" : ".fewer-layers"));
    root.replaceChildren(...(inputs.length ? inputs : [element("span", { class: "none" }, app.say("experiment.no-layer"))]), element("span", { class: "of-layers" }, fewer, more));
  }

  // What else a word of the network's text says, where there is more than one to choose. "none" is not written.
  function words(field, label, change, now) {
    const choices = Object.entries(tables().words[field] || {});
    const known = choices.flatMap(([, options]) => options);
    const chosen = (options) => now().words.find((name) => options.includes(name)) || options[0];
    return choices.filter(([, options]) => options.length > 1).flatMap(([what, options]) => {
      const name = app.sayOr(what, `network.choice.${what}`);
      const id = idOf(field, what);
      const select = element("select", { id, "aria-label": app.say("experiment.of", { what: label, part: name }) }, ...options.map((option) => element("option", { value: option }, app.parts.word(option))));
      select.value = chosen(options);
      select.onchange = () => {
        const others = now().words.filter((word) => !known.includes(word));
        const next = choices.map(([other, list]) => (other === what ? select.value : chosen(list)));
        change({ ...now(), words: [...others, ...next.filter((word) => word !== "none")] });
      };
      return [element("div", { class: "sub-label" }, name), select];
    });
  }

  // -- numbers of their own ----------------------------------------------------------------------------------------------------

  function number(field, _, label, change) {
    const asked = tables().numbers[field];
    const range = asked.low === null ? "" : rangeWords(asked);
    return [numberField({ id: idOf(field, "number"), at: "number", label: "", name: label, range, text: app.draft.value(field), changed: change })];
  }

  const BUILDERS = { network, number };

  app.fields = { build };
})(window.dash_clientside);
