// Lines of equal value on a grid of numbers, by marching squares. Pure.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // Which edges of a square a line goes through, by which corners are above: bits of the lower left, lower right, upper
  // right and upper left one. Edges: 0 lower, 1 right, 2 upper, 3 left.
  const EDGES = [[], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], [[3, 0], [1, 2]], [[0, 2]], [[3, 2]], [[2, 3]], [[2, 0]], [[0, 1], [2, 3]], [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], []];

  // Pieces [[x, y], [x, y]] of the line at `level`, in columns and rows from the middle of the first cell on. `at(i, j)` is the
  // number of column i and row j; a square with a corner that is no number has no line.
  function lines(columns, rows, at, level) {
    const found = [];
    for (let j = 0; j + 1 < rows; j++) {
      for (let i = 0; i + 1 < columns; i++) {
        const corners = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)];
        if (!corners.every(Number.isFinite)) continue;
        const above = corners.reduce((bits, value, n) => bits | (Number(value >= level) << n), 0);
        for (const pair of EDGES[above]) found.push(pair.map((edge) => crossing(edge, i, j, corners, level)));
      }
    }
    return found;
  }

  const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];

  function crossing(edge, i, j, corners, level) {
    const [from, to] = [edge, (edge + 1) % 4];
    const share = (level - corners[from]) / (corners[to] - corners[from]);
    return [0, 1].map((axis) => [i, j][axis] + CORNERS[from][axis] + share * (CORNERS[to][axis] - CORNERS[from][axis]));
  }

  app.contour = { lines };
})(window.dash_clientside);
