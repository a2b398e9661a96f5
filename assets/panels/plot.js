// What Plotly draws of a view: its curves, lines across, axes and words.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LN_2 = Math.log(2);
  const OWN = 4; // traces of the metrics, which come first and are always there
  const INKS = ["d", "d", "g", "g"];
  const CURVES = ["d-loss", "d-accuracy", "g-loss", "g-accuracy"];
  const PALE = 0.3; // opacity of what was smoothed
  const FAR = 1e5; // pixels outside the plot, where numbers are Plotly's business, as are those that are none
  const known = {}; // colours, by theme and name
  const DOTTED = 100; // with fewer numbers than this each is marked: between them nothing was measured

  // One of the theme's colours; asked of the browser once, because it brings all styles up to date for it.
  function colour(name) {
    const root = document.documentElement;
    const key = `${root.getAttribute("data-mantine-color-scheme")} ${name}`;
    return (known[key] = known[key] || getComputedStyle(root).getPropertyValue(`--gs-${name}`).trim());
  }

  // -- curves ----------------------------------------------------------------------------------------------------------

  // The numbers of a view's curves, raw and perhaps smoothed: {own: one a metric, lines: one a reading, smooth: the same of
  // both, or null}. `axis` and `part` as in rows.js; `first`: the first step that the axis can show; `weight`: of smoothing.
  function curves(view, { rows, weight, axis, buckets, first, part }) {
    const metric = (held, column) => (held ? held.decimate(column, buckets, axis, part) : { x: [], y: [] });
    const named = (column) => ({ name: app.say(`metric.${CURVES[column]}`), column, ink: INKS[column] });
    const of = (line, w) => ({ ...app.readings.curve(line.reading, buckets, axis, first, w), name: labelOf(line.reading), ink: line.colour });
    const own = view.metrics.map((column) => ({ ...named(column), ...metric(rows, column) }));
    const lines = view.lines.map((line) => of(line, 0));
    if (!weight) return { own, lines, smooth: null };
    const averages = rows && view.metrics.length ? rows.smoothed(weight) : rows;
    const smooth = { own: view.metrics.map((column) => metric(averages, column)), lines: view.lines.map((line) => of(line, weight)) };
    return { own, lines, smooth };
  }

  // What Plotly draws of them: the raw curves pale behind the smoothed ones, if there are any.
  function traces(layer, view, { own, lines, smooth }) {
    const at = (curve) => app.yaxis.placed(view, { x: curve.x, y: curve.y });
    const figure = layer.plot.data.slice(0, OWN).map((trace, column) => {
      const found = own.find((one) => one.column === column);
      const raw = found ? at(found) : { x: [], y: [] };
      return { ...trace, ...raw, visible: Boolean(found), opacity: smooth ? PALE : 1, line: { ...trace.line, color: colour(INKS[column]), simplify: false } };
    });
    const raw = lines.flatMap((points, i) => curve(smooth ? { ...view.lines[i], fill: "" } : view.lines[i], at(points)));
    if (!smooth) return [...figure, ...raw];
    const pale = raw.map((trace) => ({ ...trace, opacity: PALE }));
    const over = own.map(({ column, name }, i) => ({ ...figure[column], ...at(smooth.own[i]), name: app.say("curves.averaged", { curve: name }), opacity: 1 }));
    const smoothed = smooth.lines.flatMap((points, i) => curve(view.lines[i], at(points)).map((trace) => ({ ...trace, name: app.say("curves.averaged", { curve: trace.name }) })));
    return [...figure, ...pale, ...over, ...smoothed];
  }

  const labelOf = (reading) => state.settings.readings.find(({ name }) => name === reading).label;

  function curve({ reading, colour: ink, dash, fill }, points) {
    const line = { color: colour(ink), dash, width: 1.8, simplify: false };
    const numbers = points.y.filter(Number.isFinite).length;
    const mode = numbers <= DOTTED ? "lines+markers" : "lines";
    const trace = { ...points, name: reading, mode, visible: numbers > 0, marker: { size: 4, color: line.color }, line, hoverinfo: "skip" };
    if (fill === "ln 2") return [level(points), { ...trace, fill: "tonexty", fillcolor: "rgba(0,0,0,0)", fillpattern: { shape: "/", size: 7, solidity: 0.25, fgcolor: colour(ink) } }];
    return [fill === "previous" ? { ...trace, fill: "tonexty", fillcolor: tint(ink) } : trace];
  }

  // The invisible upper edge of a hatched gap.
  const level = ({ x }) => ({ x, y: x.map(() => LN_2), name: "ln 2", mode: "lines", line: { width: 0 }, hoverinfo: "skip" });

  function tint(ink) {
    const [r, g, b] = app.scales.rgb(colour(ink));
    return `rgba(${r}, ${g}, ${b}, 0.28)`;
  }

  // Puts other numbers into the lines that Plotly has drawn, where all else stays as it is: Plotly would make axes and words
  // anew for that, which takes ten times as long. False where that has to be.
  function refill(plot, traces) {
    const { xaxis, yaxis } = plot._fullLayout;
    const shown = traces.map((trace, i) => ({ ...trace, held: plot.data[i] })).filter(({ visible }) => visible !== false);
    const lines = plot.querySelectorAll(".scatterlayer .js-line"); // a curve with gaps has several, one of a single point none
    if (lines.length !== shown.length || shown.some(({ mode, fill, x }) => mode !== "lines" || fill || x.length < 2)) return false;
    const paths = shown.map(({ x, y }) => x.map((at, k) => [xaxis.d2p(at), yaxis.d2p(y[k])]));
    if (!paths.every((path) => path.every((place) => place.every((p) => Math.abs(p) < FAR)))) return false;
    shown.forEach(({ held, x, y }, i) => {
      lines[i].setAttribute("d", `M${paths[i].map((place) => place.map((p) => Math.round(100 * p) / 100)).join("L")}`);
      held.x.splice(0, Infinity, ...x); // Plotly holds these very arrays
      held.y.splice(0, Infinity, ...y);
    });
    return true;
  }

  // -- lines across, and words -------------------------------------------------------------------------------------------

  const across = (y, ink, dash) => ({ type: "line", xref: "paper", yref: "y", x0: 0, x1: 1, y0: y, y1: y, line: { color: colour(ink), width: 1, dash } });

  const PLACES = { left: 0, center: 0.5, right: 1 };

  function label(text, y, side, ink, below) {
    return {
      text,
      xref: "paper",
      yref: "y",
      x: PLACES[side],
      y,
      xanchor: side,
      yanchor: below ? "top" : "bottom",
      showarrow: false,
      font: { size: 10, color: colour(ink) },
      bgcolor: colour("card"),
      opacity: 0.85,
      borderpad: 1,
    };
  }

  // {shapes, annotations} of a view's marks and of its curves' references.
  function lines(view) {
    const points = state.points || { floors: {}, collapsed: {}, best: null };
    const found = { shapes: [], annotations: [] };
    const add = (value, words, side, ink, dash, below = false) => {
      if (!Number.isFinite(value)) return;
      const at = view.log ? Math.max(value, 10 ** view.low) : value;
      found.shapes.push(across(at, ink, dash));
      found.annotations.push(label(words, view.log ? Math.log10(at) : at, side, ink, below));
    };
    for (const { text, value } of view.marks) {
      const at = value === null ? points.best : value;
      add(at, value === null ? `${text} ${app.brief(at)}` : text, "right", "quiet", "dash");
    }
    for (const [modes, of, loss] of (view.guides && points.guides) || []) add(loss, guide(modes, of, loss), "right", "quiet", "dash");
    for (const { reading, colour: ink, references } of view.lines) {
      if (!references) continue;
      const [floor, fallen] = [points.floors[reading], points.collapsed[reading]];
      if (references.floor) add(floor, `${references.floor} ${app.brief(floor)}`, references.floor_side, ink, "dash");
      if (references.collapsed) add(fallen, `${references.collapsed} ${app.brief(fallen)}`, "left", ink, "dashdot", references.collapsed_below);
    }
    if (view.words) found.annotations.push({ ...label(view.words, (view.low + view.high) / 2, "center", "text"), yanchor: "middle", font: { size: 13, color: colour("text") } });
    return found;
  }

  // Where G has all of the data the best D cannot tell; where it has some of their modes, it pays less.
  function guide(modes, of, loss) {
    if (modes < of) return app.say("curve.best-at-modes", { modes, of, loss: app.brief(Number(loss.toPrecision(3))) });
    return Math.abs(loss - LN_2) < 1e-9 ? app.say("curve.cannot-tell") : app.say("curve.cannot-tell-at", { loss: app.brief(Number(loss.toPrecision(3))) });
  }

  const POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  const power = (n) => `10${n < 0 ? "⁻" : ""}${String(Math.abs(n)).replace(/\d/g, (digit) => POWERS[digit])}`;

  function yAxis(view) {
    const texts = view.ticks.map((tick) => {
      const n = Math.round(Math.log10(tick));
      return view.log && Math.abs(n) > 2 && Math.abs(tick / 10 ** n - 1) < 1e-6 ? power(n) : app.minus(tick);
    });
    return { type: view.log ? "log" : "linear", range: [view.low, view.high], tickvals: view.ticks, ticktext: texts, title: { text: view.y_title, standoff: 2 } };
  }

  app.plot = { curves, traces, refill, lines, yAxis, colour };
})(window.dash_clientside);
