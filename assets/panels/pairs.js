// Supervised training: thin lines from where G puts a z to where it belongs.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const PAIRS = 200; // the first so many

  function paint(layer, frame) {
    const context = layer.paint.getContext("2d");
    const { reals } = state.points;
    const at = (points, n) => app.layers.toCanvas(layer, points[2 * n] / state.POINT, points[2 * n + 1] / state.POINT);
    context.beginPath();
    for (let n = 0; n < Math.min(PAIRS, frame.fakes.length / 2); n++) {
      context.moveTo(...at(frame.fakes, n));
      context.lineTo(...at(reals, n));
    }
    context.lineWidth = layer.scale;
    context.globalAlpha = 0.55;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--gs-text").trim();
    context.stroke();
    context.globalAlpha = 1;
  }

  app.pairs = { paint, PAIRS };
})(window.dash_clientside);
