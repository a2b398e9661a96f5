// One reading of all seeds over the steps: the median as a line, from the least to the greatest as a band, each seed pale.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const HEIGHT = 220;
  const MARGIN = { left: 52, right: 12, top: 10, bottom: 34 };
  const FROM_LOOKS = ["coverage", "on_band", "spread", "saturated", "d_loss", "g_loss"]; // all others are told of runs that are done

  // [[step, value], ...] of one run.
  function curve({ rows, looks }, { key }, name) {
    const seen = looks.get(key);
    if (FROM_LOOKS.includes(name) && seen) return seen.filter((look) => look[name] !== null).map((look) => [look.step, look[name]]);
    const row = rows.get(key);
    return row ? row.told.map((step, i) => [step, row.readings[name][i]]).filter(([, value]) => value !== null) : [];
  }

  // {step, low, median, high, n} of each step of which any run has a number.
  function band(curves) {
    const at = new Map();
    for (const [step, value] of curves.flat()) at.set(step, [...(at.get(step) || []), value]);
    return [...at].sort((a, b) => a[0] - b[0]).map(([step, values]) => ({ step, ...app.statistics.summary(values) }));
  }

  // {root, show(watched, runs, name)}: the curves of some of its runs.
  function make() {
    const canvas = app.element("canvas", { class: "bands", role: "img" });
    const words = app.element("p", { class: "field-help" });
    const root = app.element("div", { class: "bands-box" }, canvas, words);
    let key = "";

    function show(watched, runs, name) {
      const curves = runs.map((run) => curve(watched, run, name));
      const found = band(curves);
      const width = root.clientWidth;
      const next = JSON.stringify([name, width, document.documentElement.dataset.mantineColorScheme, curves.map((c) => c.length), found[found.length - 1]]);
      if (next === key || !width) return;
      key = next;
      const end = found.findLast(({ n }) => n === Math.max(...found.map((one) => one.n)));
      const said = end ? app.say("seeds.band", { reading: app.sweepWords.reading(name), step: end.step, median: end.median, low: end.low, high: end.high, n: end.n }) : app.say("seeds.no-band", { reading: app.sweepWords.reading(name) });
      words.textContent = said;
      canvas.setAttribute("aria-label", said);
      paint(canvas, width, curves, found, watched.plan.steps);
    }

    return { root, show };
  }

  function paint(canvas, width, curves, found, steps) {
    const scale = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(HEIGHT * scale)];
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--gs-${name}`);
    const least = Math.min(0, ...found.map(({ low }) => low));
    const most = (Math.max(...found.map(({ high }) => high)) > least ? Math.max(...found.map(({ high }) => high)) : least + 1) * 1.05;
    const x = (step) => MARGIN.left + (step / steps) * (width - MARGIN.left - MARGIN.right);
    const y = (value) => HEIGHT - MARGIN.bottom - ((value - least) / (most - least)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    const line = (points) => {
      context.beginPath();
      points.forEach(([step, value], i) => context[i ? "lineTo" : "moveTo"](x(step), y(value)));
      context.stroke();
    };
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = colour("quiet");
    context.strokeStyle = colour("grid");
    for (const share of [0, 0.5, 1]) {
      const value = least + (share * (most - least)) / 1.05;
      line([[0, value], [steps, value]]);
      context.textAlign = "right";
      context.fillText(app.minus(Number(value.toPrecision(2))), MARGIN.left - 6, y(value) + 4);
      context.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
      context.fillText(app.grouped(Math.round(share * steps)), x(share * steps), HEIGHT - MARGIN.bottom + 16);
    }
    context.textAlign = "center";
    context.fillText(app.say("seeds.axis"), (MARGIN.left + width - MARGIN.right) / 2, HEIGHT - 3);
    context.fillStyle = context.strokeStyle = colour("accent");
    context.globalAlpha = 0.2;
    context.beginPath();
    for (const { step, high } of found) context.lineTo(x(step), y(high));
    for (const { step, low } of [...found].reverse()) context.lineTo(x(step), y(low));
    context.fill();
    context.globalAlpha = 0.35;
    for (const points of curves) line(points);
    context.globalAlpha = 1;
    context.lineWidth = 2.5;
    line(found.map(({ step, median }) => [step, median]));
    context.lineWidth = 1;
  }

  app.bands = { make, curve, band };
})(window.dash_clientside);
