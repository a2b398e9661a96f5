// One grid of a map: a cell for each pair of values, coloured by a number, with the lines of equal number over it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const LEVELS = [0.25, 0.5, 0.75]; // where lines of equal coverage, or of another share, are drawn
  // Viridis (van der Walt and Smith 2015), in five: even in lightness, and told apart without red and green.
  const SCALE = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  // The article's settings: of figure 2, in which G collapses, and of figure 7, in which it does not.
  const FIGURES = [["2", 1e-3, 0.9], ["7", 2e-4, 0.5]];

  // A share of the scale -> [colour, whether dark text is read on it].
  function colour(share) {
    const at = Math.min(Math.max(share, 0), 1) * (SCALE.length - 1);
    const i = Math.min(Math.floor(at), SCALE.length - 2);
    const mixed = SCALE[i].map((low, n) => Math.round(low + (at - i) * (SCALE[i + 1][n] - low)));
    return [`rgb(${mixed.join(" ")})`, share > 0.6];
  }

  // `xs`, `ys`: {name, values}; `cells[j][i]`: index of the cell at column i of row j, from below. `told` = {look, choose}.
  function make({ title, xs, ys, cells, told }) {
    const [columns, rows] = [xs.values.length, ys.values.length];
    const all = new Map(); // cell -> element
    const place = new Map(); // cell -> [i, j]
    const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    lines.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
    lines.setAttribute("preserveAspectRatio", "none");
    lines.setAttribute("aria-hidden", "true");
    lines.setAttribute("class", "map-lines");
    const body = app.element("div", { class: "map-cells", role: "grid", "aria-label": title, "aria-rowcount": rows, "aria-colcount": columns, onkeydown: key });
    body.style.setProperty("--columns", columns);
    for (let j = rows - 1; j >= 0; j--) body.append(app.element("div", { role: "row", class: "map-row" }, ...cells[j].map((cell, i) => element(cell, i, j))));
    const box = app.element("div", { class: "map-box" }, body, lines, ...marks());
    const ticks = (axis, way) => app.element("div", { class: `map-ticks ${way}`, "aria-hidden": "true" }, ...shown(axis.values).map((value) => app.element("span", { class: isNumber(value) ? "number" : "" }, value)));
    const root = app.element("figure", { class: "map" }, app.element("figcaption", {}, title), app.element("div", { class: "map-plot" }, app.element("span", { class: "map-name y" }, ys.name ? app.sweepWords.label(ys.name) : ""), ticks({ values: [...ys.values].reverse() }, "y"), box, ticks(xs, "x"), app.element("span", { class: "map-name x" }, app.sweepWords.label(xs.name))));

    function element(cell, i, j) {
      const made = app.element("div", { role: "gridcell", class: "map-cell", tabindex: all.size ? "-1" : "0", onfocus: () => told.look(cell), onmouseenter: () => told.look(cell), onclick: () => told.choose(cell) });
      all.set(cell, made);
      place.set(cell, [i, j]);
      return made;
    }

    function key(event) {
      const cell = [...all].find(([, one]) => one === event.target);
      if (!cell) return;
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        return told.choose(cell[0]);
      }
      const [i, j] = place.get(cell[0]);
      const next = { ArrowLeft: [i - 1, j], ArrowRight: [i + 1, j], ArrowUp: [i, j + 1], ArrowDown: [i, j - 1], Home: [0, j], End: [columns - 1, j] }[event.key];
      if (!next || !cells[next[1]] || cells[next[1]][next[0]] === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const to = all.get(cells[next[1]][next[0]]);
      event.target.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    }

    // Where the article's settings are, if the axes are G's learning rate and its beta1, or that of both players.
    function marks() {
      const beta1s = ["beta1_g", "beta1"];
      if (![xs, ys].some(({ name }) => name === "lr_g") || ![xs, ys].some(({ name }) => beta1s.includes(name))) return [];
      return FIGURES.flatMap(([figure, lr, beta1]) => {
        const at = [xs, ys].map((axis) => along(axis.values.map(Number), axis.name === "lr_g" ? lr : beta1));
        if (at.some((one) => one === null)) return [];
        const mark = app.element("span", { class: "map-mark", title: app.say("sweep.figure", { figure }) }, figure);
        mark.style.left = `${((at[0] + 0.5) / columns) * 100}%`;
        mark.style.bottom = `${((at[1] + 0.5) / rows) * 100}%`;
        return [mark];
      });
    }

    // `of(cell)` = {value, text, sign, spoken}; `range` = [low, high] of the scale.
    function show(of, range, leveled) {
      const numbers = new Map();
      for (const [cell, one] of all) {
        const { value, sign, spoken } = of(cell);
        numbers.set(cell, value);
        const key = `${value} ${sign} ${spoken} ${range}`;
        if (one.dataset.key === key) continue;
        one.dataset.key = key;
        const [back, dark] = value === null ? ["", false] : colour((value - range[0]) / (range[1] - range[0] || 1));
        one.style.background = back;
        one.style.color = value === null ? "" : dark ? "#000" : "#fff";
        one.textContent = sign;
        one.title = spoken;
        one.setAttribute("aria-label", spoken);
        one.dataset.done = value === null ? "0" : "1";
      }
      const at = (i, j) => numbers.get(cells[j][i]) ?? NaN;
      const pieces = leveled ? LEVELS.flatMap((level) => app.contour.lines(columns, rows, at, level)) : [];
      const path = pieces.map(([[a, b], [c, d]]) => `M${a + 0.5} ${rows - b - 0.5}L${c + 0.5} ${rows - d - 0.5}`).join("");
      lines.innerHTML = path ? `<path d="${path}"/><path class="inner" d="${path}"/>` : "";
    }

    return { root, show };
  }

  // Of many values every so manyth one is written.
  function shown(values) {
    const every = Math.ceil(values.length / 8);
    return values.map((value, i) => (i % every ? "" : isNumber(value) ? short(Number(value)) : value));
  }

  const isNumber = (value) => value !== "" && Number.isFinite(Number(value));

  // As wide as a cell: whole numbers whole, 0.00464, but 4.6e-5.
  const short = (n) => (Number.isInteger(n) && n < 1e5 ? String(n) : Math.abs(n) < 1e-3 || n >= 1e5 ? Number(n.toPrecision(2)).toExponential() : app.brief(n));

  // Where a number is among ascending values, in cells, between them by ratio where all are above 0; null outside.
  function along(values, x) {
    const i = values.findIndex((value, n) => n + 1 < values.length && (x - value) * (x - values[n + 1]) <= 0);
    if (i < 0) return values.includes(x) ? values.indexOf(x) : null;
    const [low, high] = [values[i], values[i + 1]];
    const by = low > 0 && high / low > 1.5 ? Math.log : (v) => v;
    return i + (by(x) - by(low)) / (by(high) - by(low));
  }

  app.sweepGrid = { make, colour, along };
})(window.dash_clientside);
