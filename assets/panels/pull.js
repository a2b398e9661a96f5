// The pull lens: for some fakes, what D's gradient asked of each (thin, violet), and what the last step did (thick, amber).
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LONGEST = 0.22; // data units: the arrow of the strongest wish, and about that of the farthest move
  const FACTORS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]; // by which moves may be drawn longer than they were

  // How much longer than in truth the moves of a frame are drawn.
  function magnified(frame) {
    let longest = 0;
    for (let n = 0; n < frame.pull.length; n += 6) longest = Math.max(longest, Math.hypot(frame.pull[n + 4], frame.pull[n + 5]));
    return FACTORS.findLast((factor) => factor * longest <= LONGEST) || 1;
  }

  function paint(layer, frame) {
    if (!frame.pull) return;
    app.paint.veil(layer);
    moves(layer, frame);
    asked(layer, frame);
  }

  // What each fake did, longer than in truth by `magnified`.
  const moves = (layer, frame) => arrows(layer, frame.pull, 4, magnified(frame), "--gs-g", 2.2);

  // What was asked of each.
  const asked = (layer, frame) => arrows(layer, frame.pull, 2, LONGEST, "--gs-d", 1.1);

  function arrows(layer, all, k, factor, ink, weight) {
    const context = layer.paint.getContext("2d");
    const s = layer.scale;
    context.beginPath();
    for (let n = 0; n < all.length; n += 6) {
      const [x, y] = [all[n], all[n + 1]];
      const from = app.layers.toCanvas(layer, x, y);
      const to = app.layers.toCanvas(layer, x + all[n + k] * factor, y + all[n + k + 1] * factor);
      arrow(context, s, ...from, to[0] - from[0], to[1] - from[1], (2 + 1.6 * weight) * s);
    }
    context.lineWidth = weight * s;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue(ink).trim();
    context.stroke();
  }

  function arrow(context, s, x, y, dx, dy, head) {
    const length = Math.hypot(dx, dy);
    if (length < 0.3 * s) return;
    const [ux, uy] = [dx / length, dy / length];
    const h = Math.min(head, length / 2);
    context.moveTo(x, y);
    context.lineTo(x + dx, y + dy);
    context.moveTo(x + dx - h * (ux + 0.6 * uy), y + dy - h * (uy - 0.6 * ux));
    context.lineTo(x + dx, y + dy);
    context.lineTo(x + dx - h * (ux - 0.6 * uy), y + dy - h * (uy + 0.6 * ux));
  }

  function badge(frame) {
    if (!frame.pull) return "";
    const factor = magnified(frame);
    const percent = Math.round(100 * frame.asked_share[0]);
    return factor > 1 ? app.say("pull.badge-magnified", { percent, factor: String(factor) }) : app.say("pull.badge", { percent });
  }

  app.pull = { paint, moves, asked, badge, magnified, LONGEST };
})(window.dash_clientside);
