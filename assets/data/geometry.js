// Where things are: points near a place, G(z) between the exact values of a frame, and how G stretches there.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  // The k points nearest to (x, y), nearest first: [{index, distance}].
  function nearest(points, x, y, k) {
    const best = [];
    const px = x * state.POINT, py = y * state.POINT;
    let limit = Infinity;
    for (let i = 0; 2 * i < points.length; i++) {
      const dx = points[2 * i] - px, dy = points[2 * i + 1] - py;
      const square = dx * dx + dy * dy;
      if (square >= limit) continue;
      let n = Math.min(best.length, k - 1);
      while (n > 0 && best[n - 1].square > square) {
        best[n] = best[n - 1];
        n -= 1;
      }
      best[n] = { index: i, square };
      if (best.length === k) limit = best[k - 1].square;
    }
    return best.map(({ index, square }) => ({ index, distance: Math.sqrt(square) / state.POINT }));
  }

  function within(points, x, y, radius) {
    const found = [];
    const px = x * state.POINT, py = y * state.POINT, limit = (radius * state.POINT) ** 2;
    for (let i = 0; 2 * i < points.length; i++) {
      if ((points[2 * i] - px) ** 2 + (points[2 * i + 1] - py) ** 2 <= limit) found.push(i);
    }
    return found;
  }

  // G(z) between the exact values of the frame's image grid, by Catmull-Rom splines along both axes (Catmull and Rom
  // 1974): on about 50 x 50 values their error on the spiral is below the width of a pixel, that of straight lines is not.
  function imageOf(frame, u, v) {
    const cells = Math.round(Math.sqrt(frame.image.length / 2));
    const along = (z) => (z - frame.image_start) / frame.image_spacing;
    const inside = (at) => Math.min(Math.max(Math.floor(at), 0), cells - 2);
    const [gx, gy] = [along(u), along(v)];
    const [j, i] = [inside(gx), inside(gy)];
    const [wx, wy] = [weights(gx - j), weights(gy - i)];
    const clamp = (n) => Math.min(Math.max(n, 0), cells - 1);
    const sum = [0, 0];
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        const k = 2 * (clamp(i + a - 1) * cells + clamp(j + b - 1));
        const w = wy[a] * wx[b];
        sum[0] += w * frame.image[k];
        sum[1] += w * frame.image[k + 1];
      }
    }
    return sum.map((s) => Math.min(Math.max(s / state.POINT, -1), 1));
  }

  function weights(t) {
    if (t < 0 || t > 1) return [0, 1 - t, t, 0]; // beyond the outermost values: straight on
    return [
      ((2 - t) * t - 1) * t / 2,
      ((3 * t - 5) * t * t + 2) / 2,
      ((4 - 3 * t) * t + 1) * t / 2,
      (t - 1) * t * t / 2,
    ];
  }

  // How G stretches around z: about what the matrix of its derivatives does to a circle. {axes: the two factors, the
  // larger first, angle: the direction of the larger in sample space}.
  function stretchAt(frame, u, v) {
    const h = frame.image_spacing / 4;
    const column = (du, dv) => {
      const [a, b] = [imageOf(frame, u + du, v + dv), imageOf(frame, u - du, v - dv)];
      return [(a[0] - b[0]) / (2 * h), (a[1] - b[1]) / (2 * h)];
    };
    const [[a, c], [b, d]] = [column(h, 0), column(0, h)]; // J = [[a, b], [c, d]]
    const [sum, gap] = [Math.hypot(a + d, c - b), Math.hypot(a - d, b + c)];
    return { axes: [(sum + gap) / 2, Math.abs(sum - gap) / 2], angle: Math.atan2(2 * (a * c + b * d), a * a + b * b - c * c - d * d) / 2 };
  }

  app.geometry = { nearest, within, imageOf, stretchAt };
})(window.dash_clientside);
