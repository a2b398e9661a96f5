// What is asked of an export: which one, its format, and what it lets one choose.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  // {root, offer(kinds)} of a run at a step; `made()` is called once one was asked for.
  function make(run, step, made) {
    const kind = app.element("select", { id: "export-what", onchange: dress });
    const help = app.element("p", { class: "field-help", id: "export-help" });
    const format = app.element("select", { id: "export-format" });
    const more = app.element("div", { class: "form-row" });
    const words = app.element("p", { class: "field-error", role: "alert" });
    const button = app.element("button", { class: "button primary", type: "submit" }, app.say("export.menu.make"));
    const row = app.element("div", { class: "form-row" }, field(app.say("export.menu.choose"), kind), field(app.say("export.menu.format"), format));
    const root = app.element("form", { class: "exports-form", onsubmit: ask }, row, help, more, button, words);
    let kinds = [];
    let read = []; // of each choice: () => [name, value], or null where it is as usual

    function offer(found) {
      if (kinds.length) return;
      kinds = found;
      kind.replaceChildren(...kinds.map(({ name }) => app.element("option", { value: name }, app.say(`export.what.${name}.label`))));
      dress();
    }

    const chosen = () => kinds.find(({ name }) => name === kind.value);

    function dress() {
      const { name, suffixes, takes } = chosen();
      help.textContent = app.say(`export.what.${name}.help`);
      format.replaceChildren(...suffixes.map((suffix) => app.element("option", { value: suffix }, suffix.slice(1))));
      const choices = Object.entries(takes).map(([choice, { usual, range }]) => choiceOf(choice, usual, range, step));
      read = choices.map((choice) => choice.read);
      more.replaceChildren(...choices.map((choice) => choice.root));
    }

    async function ask(event) {
      event.preventDefault();
      if (!kinds.length) return;
      words.textContent = "";
      const given = Object.fromEntries(read.map((one) => one()).filter(Boolean));
      const { error, status } = await app.exports.make({ run, what: kind.value, suffix: format.value, ...given });
      words.textContent = status === 404 ? app.say("export.menu.none-recorded") : error || "";
      if (!error) made();
    }

    return { root, offer };
  }

  const field = (label, input) => app.element("div", { class: "form-field" }, app.element("label", { for: input.id }, label), input);

  function number(id, value, [least, greatest] = [0, 1e9]) {
    return app.element("input", { id, type: "number", class: "short", min: least, max: greatest, step: 1, value });
  }

  function choiceOf(name, usual, range, step) {
    const id = `export-${name}`;
    if (name === "steps") return stretch();
    if (name === "panels") return panels(usual);
    const label = app.say(`export.field.${name}`);
    if (typeof usual === "boolean") {
      const box = app.element("input", { id, type: "checkbox", checked: usual });
      return { root: app.element("label", { class: "exports-box" }, box, label), read: () => [name, box.checked] };
    }
    if (name === "scheme") {
      const dark = document.documentElement.dataset.mantineColorScheme === "dark";
      const select = app.element("select", { id }, ...["light", "dark"].map((one) => app.element("option", { value: one, selected: dark === (one === "dark") }, app.say(`export.scheme.${one}`))));
      return { root: field(label, select), read: () => [name, select.value] };
    }
    const input = number(id, name === "step" ? step : usual, range);
    return { root: field(label, input), read: () => (input.value === "" ? null : [name, Number(input.value)]) };
  }

  // From the first step to the newest, or part of it; where neither end was touched, all there is.
  function stretch() {
    const [from, to] = [number("export-from", ""), number("export-to", "")];
    from.placeholder = "0";
    to.placeholder = String(state.newestStep());
    const read = () => (from.value || to.value ? ["steps", `${from.value || from.placeholder}..${to.value || to.placeholder}`] : null);
    return { root: app.element("span", { class: "form-row" }, field(app.say("export.menu.first"), from), field(app.say("export.menu.last"), to)), read };
  }

  function panels(names) {
    const boxes = names.map((name) => app.element("input", { type: "checkbox", value: name, checked: true }));
    const labels = boxes.map((box) => app.element("label", { class: "exports-box" }, box, app.say(`panel-name.${box.value}`)));
    const root = app.element("fieldset", { class: "exports-panels" }, app.element("legend", {}, app.say("export.field.panels")), ...labels);
    return { root, read: () => ["panels", boxes.filter((box) => box.checked).map((box) => box.value)] };
  }

  app.exportForm = { make };
})(window.dash_clientside);
