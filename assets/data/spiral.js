// The target as the page knows it: f and its inverse, as in gan_core/targets/target.py (a test holds them together).
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const [R0, TURN, BAND, ANGLE] = [0.05, 0.45, 0.05, 3 * Math.PI];

  function f(u, v) {
    const r = R0 + TURN * (u + 1) + BAND * v;
    return [r * Math.cos(ANGLE * u), r * Math.sin(ANGLE * u)];
  }

  // u and v of a place, on the turn that is nearest along the radius: in the band if |v| <= 1.
  function inverse(x, y) {
    const r = Math.hypot(x, y);
    const first = Math.atan2(y, x) / ANGLE;
    let best = [0, Infinity];
    for (let turn = -2; turn <= 2; turn++) {
      const u = first + (turn * 2) / 3;
      const v = (r - (R0 + TURN) - TURN * u) / BAND;
      if (Math.abs(u) <= 1 + 1e-6 && Math.abs(v) < Math.abs(best[1])) best = [Math.min(Math.max(u, -1), 1), v];
    }
    return best;
  }

  app.spiral = { f, inverse };
})(window.dash_clientside);
