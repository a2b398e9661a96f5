// What a panel says of itself at the right of its head, in parts: the first matters most, and the last ones are left out
// where there is no room (30-panels.css). All of it is in the tooltip.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  function say(panel, parts) {
    const badge = app.byId(`${panel}-panel-badge`);
    if (!badge) return;
    const texts = parts.filter(Boolean).map((text, i) => (i ? ` · ${text}` : text));
    const whole = texts.join("");
    if (badge.title === whole) return;
    badge.title = whole;
    while (badge.childElementCount > texts.length) badge.lastChild.remove();
    while (badge.childElementCount < texts.length) badge.append(app.element("span", {}));
    texts.forEach((text, i) => {
      if (badge.children[i].textContent !== text) badge.children[i].textContent = text;
    });
  }

  app.badge = { say };
})(window.dash_clientside);
