// The picture of both networks: layers as columns, each unit as a small map of what it makes of the plane, and lines from
// the inputs that weigh most in it. Which units there are, and all numbers, come with the frame (records/arrays.py, units).
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SIDE = 24; // cells of a map
  const INPUTS = 3; // lines to a unit
  const GAP = 6; // pixels between units of a layer
  const HEAD = 54; // above them, for what a layer is
  const NARROW = 34; // between two columns, at least
  const WIDE = 104; // at most
  const BESIDE = 44; // pixels that a network takes beside its columns (47-networks.css)
  const SMALL = 24; // pixels of a unit's side, so that a finger meets it
  const LARGE = 44;
  const SVG = "http://www.w3.org/2000/svg";
  const NAMES = ["generator", "discriminator"];
  let units = []; // of the frame's arrays, in their order
  let frame = null; // the one that is painted
  let key = ""; // which units these are
  let current = null; // the unit that is shown large

  // -- which there are -----------------------------------------------------------------------------------------------

  function read({ unit_places: places }) {
    return Array.from({ length: places.length / 4 }, (_, row) => {
      const [network, layer, number, of] = places.subarray(4 * row, 4 * row + 4);
      return { row, network, layer, number, of };
    });
  }

  // Networks as they are drawn: [{network, columns: [[unit, ...], ...]}].
  function networks() {
    const found = new Map();
    for (const unit of units) {
      if (!found.has(unit.network)) found.set(unit.network, []);
      const columns = found.get(unit.network);
      (columns[unit.layer] = columns[unit.layer] || []).push(unit);
    }
    return [...found].map(([network, columns]) => ({ network, columns }));
  }

  const kindOf = ({ network, layer }) => {
    if (layer === 0) return "input";
    return units.some((other) => other.network === network && other.layer > layer) ? "layer" : "output";
  };

  // What a unit is called: "Generator, layer 2, unit 7".
  function nameOf(unit) {
    const kind = kindOf(unit);
    const where = kind === "layer" ? app.say("networks.layer-number", { layer: unit.layer }) : app.say(`networks.end.${kind}`);
    return app.say("networks.unit", { network: app.say(`networks.name.${NAMES[unit.network]}`), where, unit: unit.number + 1 });
  }

  const number = (x) => app.minus(app.brief(x));
  const rangeOf = ({ row }) => Array.from(frame.unit_ranges.subarray(2 * row, 2 * row + 2));

  function rangeWords(unit) {
    const [low, high] = rangeOf(unit);
    return app.say("networks.range", { low: number(low), high: number(high) });
  }

  // -- building ------------------------------------------------------------------------------------------------------

  // Draws the units of a frame into `box`; those that are there already are only painted. `choose` hears of another unit.
  function draw(box, next, choose) {
    frame = next;
    const size = `${box.clientWidth},${box.clientHeight}`;
    const now = `${Array.from(next.unit_places)} ${size}`;
    if (now !== key) {
      key = now;
      build(box, choose);
    }
    for (const unit of units) paint(unit.canvas, unit);
    for (const unit of units) unit.canvas.setAttribute("aria-label", app.say("networks.named", { name: nameOf(unit), range: rangeWords(unit) }));
    weigh();
  }

  function build(box, choose) {
    const held = current;
    const focused = box.contains(document.activeElement);
    units = read(frame);
    const all = networks();
    const columns = all.reduce((sum, { columns }) => sum + columns.length, 0);
    const rows = Math.max(...all.flatMap(({ columns }) => columns.map((column) => column.length)));
    const side = Math.min(Math.max(Math.floor((box.clientHeight - HEAD - 40) / rows) - GAP, SMALL), LARGE);
    // One column's room more: what stands over the outer ones is wider than they are.
    const room = (box.clientWidth - all.length * BESIDE - columns * side) / (columns - all.length + 1);
    const pitch = side + Math.min(Math.max(room, NARROW), WIDE);
    box.replaceChildren(...all.map((one) => network(one, { side, pitch, rows, choose })));
    const same = held && units.find((unit) => ["network", "layer", "number"].every((name) => unit[name] === held[name]));
    choose(same || units.find((unit) => kindOf(unit) === "layer") || units[0], focused);
  }

  function network({ network, columns }, { side, pitch, rows, choose }) {
    const name = app.say(`networks.name.${NAMES[network]}`);
    const height = HEAD + rows * (side + GAP);
    const lines = document.createElementNS(SVG, "svg");
    lines.setAttribute("aria-hidden", "true");
    const heads = [];
    const layers = columns.map((column, layer) => {
      const left = layer * pitch;
      const top = HEAD + ((rows - column.length) * (side + GAP)) / 2;
      const words = layerWords(column[0], column.length);
      heads.push(app.element("p", { style: `left: ${left + side / 2 - pitch / 2}px; width: ${pitch}px`, class: "layer-head", "aria-hidden": "true" }, app.element("b", { class: `of-${kindOf(column[0])}` }, words[0]), words[1]));
      column.forEach((unit, k) => place(unit, { left, top: top + k * (side + GAP), side, lines, choose }));
      return app.element("div", { role: "group", "aria-label": app.say("networks.layer", { network: name, layer: words.filter(Boolean).join(", ") }) }, ...column.map(({ canvas }) => canvas));
    });
    const width = (columns.length - 1) * pitch + side;
    const title = app.element("h3", { class: ["g", "d"][network] }, app.say(`networks.over.${NAMES[network]}`));
    const drawn = app.element("div", { class: "network-units", style: `width: ${width}px; height: ${height}px` }, lines, ...heads, ...layers);
    return app.element("div", { class: "network", role: "group", "aria-label": name }, title, drawn);
  }

  // What stands over a layer: what it is, and how many of its units are drawn.
  function layerWords(unit, drawn) {
    const kind = kindOf(unit);
    if (kind !== "layer") return [app.say(`networks.${kind}.${NAMES[unit.network]}`), ""];
    const some = drawn < unit.of ? app.say("networks.some", { drawn, n: unit.of }) : app.say("networks.all", { n: unit.of });
    return [app.say("networks.layer-number", { layer: unit.layer }), some];
  }

  function place(unit, { left, top, side, lines, choose }) {
    unit.left = left;
    unit.right = left + side;
    unit.middle = top + side / 2;
    const style = `left: ${left}px; top: ${top}px; width: ${side}px; height: ${side}px`;
    unit.canvas = app.element("canvas", { class: "unit", role: "img", tabindex: "-1", width: SIDE, height: SIDE, style });
    unit.canvas.addEventListener("pointerenter", () => choose(unit));
    unit.canvas.addEventListener("focus", () => choose(unit));
    unit.canvas.addEventListener("keydown", (event) => move(event, unit));
    unit.lines = Array.from({ length: INPUTS }, () => lines.appendChild(document.createElementNS(SVG, "line")));
  }

  // -- painting ------------------------------------------------------------------------------------------------------

  // A unit's map: blue above 0, red below, white at 0; the colours end at the value farthest from 0.
  function paint(canvas, { row }) {
    const { table } = app.scales.of("real-fake");
    const [low, high] = rangeOf({ row });
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const colours = Uint32Array.from({ length: 256 }, (_, byte) => table[Math.round(127.5 * ((low + ((high - low) * byte) / 255) / most + 1)) || 0]);
    const image = new ImageData(SIDE, SIDE);
    const pixels = new Uint32Array(image.data.buffer);
    for (let k = 0; k < SIDE * SIDE; k++) {
      const from = (SIDE - 1 - Math.floor(k / SIDE)) * SIDE + (k % SIDE); // the lowest row comes first
      pixels[k] = colours[frame.unit_maps[from * units.length + row]];
    }
    // All of it is put there as pixels: on the graphics card it would only have to be fetched from memory.
    canvas.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
  }

  // The inputs that weigh most in a unit, the first one most: [[unit, weight], ...].
  function inputsOf({ row }) {
    const at = Array.from({ length: INPUTS }, (_, k) => INPUTS * row + k);
    return at.map((k) => [units[frame.unit_inputs[k]], frame.unit_weights[k]]).filter(([unit]) => unit);
  }

  // Lines as thick as the weights are large, compared with the largest of their layer; dashed below 0.
  function weigh() {
    const most = new Map();
    const layerOf = ({ network, layer }) => `${network},${layer}`;
    for (const unit of units) {
      for (const [, weight] of inputsOf(unit)) most.set(layerOf(unit), Math.max(most.get(layerOf(unit)) || 0, Math.abs(weight)));
    }
    for (const unit of units) {
      const inputs = inputsOf(unit);
      unit.lines.forEach((line, k) => {
        const [from, weight] = inputs[k] || [null, 0];
        line.setAttribute("class", `${weight < 0 ? "below" : "above"}${unit === current ? " current" : ""}`);
        if (!from) return line.setAttribute("visibility", "hidden");
        const ends = { x1: from.right, y1: from.middle, x2: unit.left, y2: unit.middle };
        for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
        line.setAttribute("stroke-width", (0.4 + 1.8 * (Math.abs(weight) / (most.get(layerOf(unit)) || 1))).toFixed(2));
      });
    }
  }

  // -- the unit that is looked at ------------------------------------------------------------------------------------

  function turnTo(unit, focus = false) {
    for (const other of units) {
      other.canvas.tabIndex = other === unit ? 0 : -1;
      other.canvas.classList.toggle("current", other === unit);
      for (const line of other.lines) line.classList.toggle("current", other === unit);
    }
    current = unit;
    if (focus) unit.canvas.focus();
  }

  // Arrow keys go to the next unit of the layer, and to the layer beside it.
  function move(event, unit) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const columns = networks().flatMap((one) => one.columns);
    const at = columns.findIndex((column) => column.includes(unit));
    const last = columns[at].length - 1;
    const beside = (column) => column && column.reduce((best, other) => (Math.abs(other.middle - unit.middle) < Math.abs(best.middle - unit.middle) ? other : best));
    const next = {
      ArrowUp: () => columns[at][Math.max(unit.number - 1, 0)],
      ArrowDown: () => columns[at][Math.min(unit.number + 1, last)],
      ArrowLeft: () => beside(columns[at - 1]),
      ArrowRight: () => beside(columns[at + 1]),
      Home: () => columns[at][0],
      End: () => columns[at][last],
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const other = next();
    if (other) other.canvas.focus();
  }

  // Forgets all units: those of another run may be others.
  function clear() {
    units = [];
    key = "";
    frame = null;
  }

  app.picture = { draw, clear, turnTo, paint, nameOf, rangeOf, rangeWords, inputsOf, number, current: () => current };
})(window.dash_clientside);
