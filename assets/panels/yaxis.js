// The upright axis of the curves: the view's own (for losses the article's, -0.1 to 2.1), fitted to what is drawn, or
// logarithmic. What a logarithmic axis cannot show, zero, is drawn at its lower edge, and marked there (offscale.js).
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const OWN = "article";
  const MOST_DECADES = 12; // below the greatest value; what is less is off the scale
  const MOST_TICKS = 5;
  const BESIDE = 0.03; // room above and below fitted curves, as a share of their range

  // Why a view cannot have an axis; empty if it can.
  function whyNot(choice, plot) {
    if (choice === OWN) return "";
    if (plot.canvas || !(plot.metrics.length || plot.lines.length)) return app.say("yaxis.no-curves");
    const low = ({ reading }) => app.state.settings.readings.find(({ name }) => name === reading).low;
    if (choice === "log" && plot.lines.some((line) => low(line) < 0)) return app.say("yaxis.below-zero");
    return "";
  }

  // The plot with the axis that was chosen, for curves [{x, y}] within `range`, [first, last] step.
  function fitted(plot, choice, curves, range) {
    if (choice === OWN || whyNot(choice, plot)) return plot;
    const values = curves.flatMap(({ x, y }) => y.filter((value, i) => Number.isFinite(value) && x[i] >= range[0] && x[i] <= range[1]));
    const shown = choice === "log" ? values.filter((value) => value > 0) : values;
    if (!shown.length) return plot;
    const [low, high] = [shown.reduce((a, b) => Math.min(a, b)), shown.reduce((a, b) => Math.max(a, b))];
    return { ...plot, ...(choice === "log" ? decades(low, high) : linear(low, high)) };
  }

  // In halves of the distance between two ticks, so that it holds still while curves grow.
  function linear(low, high) {
    const apart = Math.max(high - low, 1e-9, Math.abs(high) * 1e-6);
    const step = [1, 2, 5, 10].map((n) => n * 10 ** Math.floor(Math.log10(apart / MOST_TICKS))).find((n) => apart / n <= MOST_TICKS);
    const from = Math.floor((2 * low) / step) / 2;
    const to = Math.max(Math.ceil((2 * high) / step) / 2, from + 1);
    const ticks = [];
    for (let k = Math.ceil(from); k <= to; k++) ticks.push(Number((k * step).toPrecision(12)));
    const beside = BESIDE * (to - from) * step;
    return { log: false, low: from * step - beside, high: to * step + beside, ticks };
  }

  // In powers of ten.
  function decades(low, high) {
    const to = Math.max(Math.ceil(Math.log10(high) - 1e-9), Math.floor(Math.log10(low)) + 1);
    const from = Math.max(Math.floor(Math.log10(low) + 1e-9), to - MOST_DECADES);
    const every = Math.ceil((to - from) / 6);
    const ticks = [];
    for (let k = from; k <= to; k++) if ((to - k) % every === 0) ticks.push(10 ** k);
    if (to - from <= 2) ticks.push(...ticks.filter((tick) => tick < 10 ** to).flatMap((tick) => [2 * tick, 5 * tick]));
    return { log: true, low: from - 0.04, high: to + 0.04, ticks: ticks.map((tick) => Number(tick.toPrecision(1))).sort((a, b) => a - b) };
  }

  const ends = ({ log, low, high }) => (log ? [10 ** low, 10 ** high] : [low, high]);

  // A curve's numbers as the axis can show them: on a logarithmic one, zero is at the edge.
  function placed(plot, curve) {
    if (!plot.log) return curve;
    const [edge] = ends(plot);
    return { ...curve, y: curve.y.map((value) => (value <= 0 ? edge : value)) };
  }

  // "above", "below" or nothing: where a number is when it is not on the axis.
  function beyond(plot, value) {
    const [low, high] = ends(plot);
    return value > high ? "above" : value < low ? "below" : "";
  }

  app.yaxis = { OWN, whyNot, fitted, placed, ends, beyond };
})(window.dash_clientside);
