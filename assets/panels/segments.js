// A row of choices of which one holds: radio buttons that look like one control. Arrow keys move, as in any radio group.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // `choose(name)` is called when the visitor chooses. Returns {root, show}: `show(choices, chosen)` with choices
  // {name, label, why}; one with a reason `why` it cannot be chosen is greyed out and gives it as its tooltip. With fewer
  // than `least` that can be chosen there is no control.
  function make({ id, label, choose, least }) {
    const root = app.element("div", { id, class: "segments", role: "radiogroup", "aria-label": label });
    let key = "";

    function show(choices, chosen) {
      const next = JSON.stringify(choices);
      if (next !== key) root.replaceChildren(...choices.flatMap(button));
      key = next;
      for (const input of root.querySelectorAll("input")) {
        input.checked = input.value === chosen;
        input.tabIndex = input.checked ? 0 : -1;
      }
      root.hidden = choices.filter(({ why }) => !why).length < least;
    }

    function button({ name, label: text, why, title }) {
      const own = `${id}-${name}`;
      const input = app.element("input", { type: "radio", id: own, name: id, value: name, disabled: Boolean(why), onchange: () => choose(name) });
      return [input, app.element("label", { for: own, title: why || title || null, class: why ? "off" : null }, text)];
    }

    return { root, show };
  }

  app.segments = { make };
})(window.dash_clientside);
