// A drawing in the square [-1, 1] x [-1, 1]: strokes of a brush and an eraser, the cells that they leave painted, and points
// on those. All of it is the same for the same strokes, on whatever screen they were drawn. Pure.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const UNITS = 500; // of a stroke's whole numbers to 1 of the square
  const REACH = 1.25 * UNITS; // how far strokes may go beyond the middle: over the edge, where nothing is painted
  const CELLS = 256; // a side of the square
  const SIZES = { low: 10, high: 200, step: 10, usual: 50 }; // a brush across
  const NEAR = 2; // a stroke goes on only so far from where it is
  const MOST = 10000; // places in all strokes: some 100 kB as text
  const FEWEST = 10; // cells on which points can be
  const POINTS = { least: 4000, most: 10000 };
  const KINDS = ["paint", "erase", "clear"];

  // A stroke is {kind, size, places: [x, y, x, y, ...]}.
  function make(strokes = []) {
    const drawing = { strokes, undone: [], mask: new Uint8Array(CELLS * CELLS) }; // cells row by row, the lowest first
    repaint(drawing);
    return drawing;
  }

  // -- drawing -------------------------------------------------------------------------------------------------------------

  const places = ({ strokes }) => strokes.reduce((sum, stroke) => sum + stroke.places.length / 2, 0);
  const full = (drawing) => places(drawing) >= MOST;

  // False where there is no room for another stroke, which then is not begun; what was cleared makes room before that.
  function begin(drawing, kind, size, x, y) {
    if (full(drawing)) drawing.strokes.splice(0, lastClear(drawing) + 1);
    if (full(drawing)) return false;
    drawing.undone = [];
    drawing.strokes.push({ kind, size, places: [] });
    return extend(drawing, x, y);
  }

  // The last stroke goes on to a place, in units of the square; false where it stays as it is.
  function extend(drawing, x, y) {
    const stroke = drawing.strokes.at(-1);
    const there = stroke.places;
    const [column, row] = [x, y].map((at) => Math.round(Math.max(-REACH, Math.min(REACH, at * UNITS))));
    const n = there.length;
    if (n && (full(drawing) || Math.hypot(column - there[n - 2], row - there[n - 1]) < NEAR)) return false;
    there.push(column, row);
    segment(drawing.mask, stroke, Math.max(n - 2, 0));
    return true;
  }

  function clear(drawing) {
    drawing.undone = [];
    drawing.strokes.push({ kind: "clear", size: 0, places: [] });
    drawing.mask.fill(0);
  }

  function undo(drawing) {
    drawing.undone.push(drawing.strokes.pop());
    repaint(drawing);
  }

  function redo(drawing) {
    drawing.strokes.push(drawing.undone.pop());
    repaint(drawing);
  }

  function repaint({ strokes, mask }) {
    mask.fill(0);
    for (const stroke of strokes) {
      if (stroke.kind === "clear") mask.fill(0);
      for (let k = 0; k < stroke.places.length; k += 2) if (k || stroke.places.length === 2) segment(mask, stroke, Math.max(k - 2, 0));
    }
  }

  // Paints, or empties, all cells whose middle lies within half a brush of the way from place k to the next.
  function segment(mask, { kind, size, places }, k) {
    const [ax, ay, bx = ax, by = ay] = places.slice(k, k + 4).map((at) => (at / UNITS + 1) * (CELLS / 2) - 0.5);
    const radius = (size / 2 / UNITS) * (CELLS / 2);
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const value = kind === "paint" ? 1 : 0;
    const from = (a, b) => Math.max(0, Math.ceil(Math.min(a, b) - radius));
    const to = (a, b) => Math.min(CELLS - 1, Math.floor(Math.max(a, b) + radius));
    for (let row = from(ay, by); row <= to(ay, by); row++) {
      for (let column = from(ax, bx); column <= to(ax, bx); column++) {
        const along = length ? Math.max(0, Math.min(1, ((column - ax) * dx + (row - ay) * dy) / length)) : 0;
        const [x, y] = [column - ax - along * dx, row - ay - along * dy];
        if (x * x + y * y <= radius * radius) mask[row * CELLS + column] = value;
      }
    }
  }

  const lastClear = ({ strokes }) => strokes.findLastIndex(({ kind }) => kind === "clear");

  // How many strokes there are since it was last cleared.
  const strokesOf = (drawing) => drawing.strokes.length - 1 - lastClear(drawing);

  // -- points --------------------------------------------------------------------------------------------------------------

  const painted = ({ mask }) => mask.reduce((sum, cell) => sum + cell, 0);

  // How many points there will be: one a painted cell, within bounds; 0 where there are too few cells.
  function count(drawing) {
    const cells = painted(drawing);
    return cells < FEWEST ? 0 : Math.max(POINTS.least, Math.min(POINTS.most, cells));
  }

  // Evenly over what is painted, [x, y] each: every so many cells along Morton's curve, which keeps near ones together, and
  // in a cell by the additive sequence of the plastic number (Roberts 2018).
  function points(drawing) {
    const n = count(drawing);
    const cells = Array.from(drawing.mask.keys()).filter((cell) => drawing.mask[cell]).sort((a, b) => morton(a) - morton(b));
    const within = (k, step) => 0.02 + 0.96 * ((0.5 + k * step) % 1);
    return Array.from({ length: n }, (_, k) => {
      const cell = cells[Math.floor(((k + 0.5) * cells.length) / n)];
      const [column, row] = [cell % CELLS, Math.floor(cell / CELLS)];
      return [column + within(k, 0.7548776662466927), row + within(k, 0.5698402909980532)].map((at) => at / (CELLS / 2) - 1);
    });
  }

  const spread = (n) => [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, bit) => sum + (((n >> bit) & 1) << (2 * bit)), 0);
  const morton = (cell) => spread(cell % CELLS) + 2 * spread(Math.floor(cell / CELLS));

  // The same as a table: a line a point.
  const table = (drawing) => `x,y\n${points(drawing).map(([x, y]) => `${x.toFixed(4)},${y.toFixed(4)}\n`).join("")}`;

  // -- as text, which a browser keeps ------------------------------------------------------------------------------------------

  const written = ({ strokes }) => JSON.stringify(strokes.map(({ kind, size, places }) => [kind, size, places]));

  // The strokes of a text; none where it is not such a text, which anybody may have put there.
  function read(text) {
    try {
      const strokes = JSON.parse(text).map(([kind, size, places]) => ({ kind, size, places }));
      return strokes.every(possible) && strokes.length <= 2 * MOST && places({ strokes }) <= MOST ? strokes : [];
    } catch {
      return [];
    }
  }

  const within = (at, low, high) => Number.isInteger(at) && low <= at && at <= high;

  function possible({ kind, size, places: there }) {
    if (!KINDS.includes(kind) || !Array.isArray(there) || there.length % 2) return false;
    if (kind === "clear") return there.length === 0;
    return there.length > 0 && within(size, SIZES.low, SIZES.high) && there.every((at) => within(at, -REACH, REACH));
  }

  app.drawing = { UNITS, CELLS, SIZES, make, begin, extend, clear, undo, redo, full, strokesOf, count, points, table, written, read };
})(window.dash_clientside);
