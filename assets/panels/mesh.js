// The latent square's mesh, pushed through G: drawn over the samples, with G's exact values at the vertices.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LINES = 17; // about so many each way

  // The grid's rows and columns that are drawn: every k-th, and both outermost ones.
  function drawn(cells) {
    const every = Math.max(1, Math.round((cells - 1) / (LINES - 1)));
    const lines = [];
    for (let i = 0; i < cells - 1; i += every) lines.push(i);
    return [...lines, cells - 1];
  }

  function paint(layer, frame) {
    const cells = Math.round(Math.sqrt(frame.image.length / 2));
    const context = layer.paint.getContext("2d");
    app.paint.veil(layer);
    const ink = getComputedStyle(document.documentElement);
    for (const [colour, at] of [["--gs-text", (i, k) => i * cells + k], ["--gs-accent", (i, k) => k * cells + i]]) {
      context.beginPath();
      for (const i of drawn(cells)) {
        for (let k = 0; k < cells; k++) {
          const n = 2 * at(i, k);
          const place = app.layers.toCanvas(layer, frame.image[n] / state.POINT, frame.image[n + 1] / state.POINT);
          if (k) context.lineTo(...place);
          else context.moveTo(...place);
        }
      }
      context.globalAlpha = 0.75;
      context.lineWidth = 0.9 * layer.scale;
      context.lineJoin = "round";
      context.strokeStyle = ink.getPropertyValue(colour).trim();
      context.stroke();
      context.globalAlpha = 1;
    }
  }

  app.mesh = { paint, drawn };
})(window.dash_clientside);
