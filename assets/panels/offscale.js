// Curves that leave the axis: triangles at its edge where they do, and the number of the one that goes farthest.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const APART = 14; // CSS pixels between two triangles
  const SHAPES = { above: "▲", below: "▼" };

  // `curves`: [{name, x, y, ink}] before they were placed; `axis` as in rows.js.
  function mark(layer, plot, curves, axis) {
    const found = { above: [], below: [] };
    for (const { name, x, y, ink } of curves) {
      for (let i = 0; i < x.length; i++) {
        const side = app.yaxis.beyond(plot, y[i]);
        if (!side) continue;
        const at = axis.toFraction(x[i]);
        if (at >= 0 && at <= 1) found[side].push({ name, at, value: y[i], step: x[i], ink });
      }
    }
    found.above.sort((a, b) => b.value - a.value);
    found.below.sort((a, b) => a.value - b.value);
    layer.offScale = layer.offScale || layer.root.appendChild(app.element("div", { class: "off-scale", "aria-hidden": "true" }));
    layer.offScale.replaceChildren(...Object.keys(SHAPES).flatMap((side) => marks(layer, side, found[side])));
    describe(layer, [said(found.above[0], "offscale.up-to"), said(found.below[0], "offscale.down-to")].filter(Boolean).join("; "));
  }

  // The farthest first; others only where there is room beside those.
  function marks(layer, side, found) {
    const placed = [];
    for (const { at, ink, value } of found) {
      const left = at * layer.width;
      if (placed.some((other) => Math.abs(other.left - left) < APART)) continue;
      placed.push({ left, ink, value });
    }
    return placed.map(({ left, ink, value }, i) => {
      const sort = `${side} ${i ? "" : "farthest"} ${left > layer.width / 2 ? "to-left" : ""}`;
      const made = app.element("span", { class: sort }, app.element("b", {}, SHAPES[side]), i ? "" : app.minus(app.brief(value)));
      made.style.left = `${left}px`;
      made.firstChild.style.color = `var(--gs-${ink})`;
      return made;
    });
  }

  const said = (found, key) => found && app.say(key, { curve: found.name, value: app.brief(found.value), step: found.step });

  function describe(layer, words) {
    const text = words && app.say("offscale.all", { what: words });
    if (text) layer.root.setAttribute("aria-description", text);
    else layer.root.removeAttribute("aria-description");
  }

  function clear(layer) {
    if (layer.offScale) layer.offScale.replaceChildren();
    layer.root.removeAttribute("aria-description");
  }

  app.offscale = { mark, clear };
})(window.dash_clientside);
