// Whether more than half of some points lie in one small square, how many there are and where: exact, and cheap enough for
// every frame.
//
// A square that holds more than half of the points holds the median of x and that of y, so that few points come into
// question unless it is there. Those are swept from left to right, with the number of them in every square that ends at
// the sweep and begins at a height, in a tree that knows the largest.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const { POINT } = app.state;
  let coordinates = new Int16Array(0);

  function median(points, k) {
    const count = points.length >> 1;
    if (coordinates.length !== count) coordinates = new Int16Array(count);
    for (let i = 0; i < count; i++) coordinates[i] = points[2 * i + k];
    return coordinates.sort()[count >> 1];
  }

  // Of squares with sides of `side` data units along the axes, the one that holds the most of the points (x and y in turn):
  // {count, x, y}, x and y their mean; null when that is not more than half of all.
  function find(points, side) {
    const half = points.length / 4;
    const span = Math.floor(side * POINT);
    const [left, low] = [median(points, 0) - span, median(points, 1) - span];
    const keys = new Int32Array(points.length / 2); // x and then y, from left and low on
    let near = 0;
    for (let i = 0; i < points.length; i += 2) {
      const x = points[i] - left, y = points[i + 1] - low;
      if (x >= 0 && x <= 2 * span && y >= 0 && y <= 2 * span) keys[near++] = (x << 16) | y;
    }
    if (near <= half) return null;
    const found = keys.subarray(0, near).sort();
    const heights = tree(span);
    let most = half;
    let best = null;
    for (let first = 0, last = 0, next = 0; last < near; last = next) {
      const right = found[last] >> 16;
      for (; found[first] >> 16 < right - span; first++) heights.add(found[first] & 0xffff, -1);
      while (next < near && found[next] === found[last]) next++;
      heights.add(found[last] & 0xffff, next - last);
      if (heights.most() <= most) continue;
      most = heights.most();
      best = { right, bottom: heights.where() };
    }
    return best && { count: most, ...mean(found, best, span, left, low) };
  }

  // The number of points in each square that begins at a height of 0..span and is `span` high. A point is in all that
  // begin up to its own height, or in all from some height on: one change of the differences from each to the next. Every
  // node of the tree has the sum of the differences below it, and the largest sum of those up to any one.
  function tree(span) {
    let size = 1;
    while (size < span + 1) size *= 2;
    const sum = new Int32Array(2 * size), top = new Int32Array(2 * size);
    let lowest = 0; // number in the square that begins at 0, without its own difference

    function change(at, by) {
      let node = size + at;
      sum[node] += by;
      top[node] += by;
      for (node >>= 1; node; node >>= 1) {
        const a = 2 * node, b = a + 1;
        sum[node] = sum[a] + sum[b];
        top[node] = Math.max(top[a], sum[a] + top[b]);
      }
    }

    return {
      add(y, number) {
        if (y >= span) return change(y - span, number);
        lowest += number;
        change(y + 1, -number);
      },
      most: () => lowest + top[1],
      where() {
        let node = 1;
        while (node < size) node = top[2 * node] >= sum[2 * node] + top[2 * node + 1] ? 2 * node : 2 * node + 1;
        return node - size;
      },
    };
  }

  function mean(found, { right, bottom }, span, left, low) {
    let x = 0, y = 0, count = 0;
    for (const key of found) {
      const across = key >> 16, up = key & 0xffff;
      if (across < right - span || across > right || up < bottom || up > bottom + span) continue;
      x += across;
      y += up;
      count += 1;
    }
    return { x: (x / count + left) / POINT, y: (y / count + low) / POINT };
  }

  app.crowd = { find };
})(window.dash_clientside);
