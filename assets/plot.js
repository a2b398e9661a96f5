// What Plotly draws of a view: its curves, lines across, axes and words.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LN_2 = Math.log(2);
  const OWN = 4; // traces of the metrics, which come first and are always there
  const INKS = ["d", "d", "g", "g"];
  const DOTTED = 100; // with fewer looks than this each is marked: between them nothing was measured

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--gs-${name}`).trim();

  // -- curves ----------------------------------------------------------------------------------------------------------

  // `metric(column)` gives x and y of one; `axis` as in rows.js; `first`: the first step that the axis can show.
  function traces(layer, view, { metric, axis, buckets, first }) {
    const own = layer.plot.data.slice(0, OWN).map((trace, column) => {
      const shown = view.metrics.includes(column);
      return { ...trace, ...(shown ? metric(column) : { x: [], y: [] }), visible: shown, line: { ...trace.line, color: colour(INKS[column]) } };
    });
    const of = (line) => app.readings.curve(line.reading, buckets, axis, first);
    return [...own, ...view.lines.flatMap((line) => curve(line, of(line)))];
  }

  function curve({ reading, colour: ink, dash, fill }, points) {
    const line = { color: colour(ink), dash, width: 1.8 };
    const mode = points.x.length <= DOTTED ? "lines+markers" : "lines";
    const trace = { ...points, name: reading, mode, marker: { size: 4, color: line.color }, line, hoverinfo: "skip" };
    if (fill === "ln 2") return [level(points), { ...trace, fill: "tonexty", fillcolor: "rgba(0,0,0,0)", fillpattern: { shape: "/", size: 7, solidity: 0.25, fgcolor: colour(ink) } }];
    return [fill === "previous" ? { ...trace, fill: "tonexty", fillcolor: tint(ink) } : trace];
  }

  // The invisible upper edge of a hatched gap.
  const level = ({ x }) => ({ x, y: x.map(() => LN_2), name: "ln 2", mode: "lines", line: { width: 0 }, hoverinfo: "skip" });

  function tint(ink) {
    const [r, g, b] = app.scales.rgb(colour(ink));
    return `rgba(${r}, ${g}, ${b}, 0.28)`;
  }

  // -- lines across, and words -------------------------------------------------------------------------------------------

  const across = (y, ink, dash) => ({ type: "line", xref: "paper", yref: "y", x0: 0, x1: 1, y0: y, y1: y, line: { color: colour(ink), width: 1, dash } });

  function label(text, y, side, ink) {
    return {
      text,
      xref: "paper",
      yref: "y",
      x: side === "right" ? 1 : 0,
      y,
      xanchor: side,
      yanchor: "bottom",
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
    const add = (value, words, side, ink, dash) => {
      if (!Number.isFinite(value)) return;
      found.shapes.push(across(view.log ? Math.max(value, 10 ** view.low) : value, ink, dash));
      found.annotations.push(label(words, view.log ? Math.log10(value) : value, side, ink));
    };
    for (const { text, value } of view.marks) {
      const at = value === null ? points.best : value;
      add(at, value === null ? `${text} ${app.brief(at)}` : text, "right", "quiet", "dash");
    }
    for (const { reading, colour: ink, references } of view.lines) {
      if (!references) continue;
      const [floor, fallen] = [points.floors[reading], points.collapsed[reading]];
      if (references.floor) add(floor, `${references.floor} ${app.brief(floor)}`, references.floor_side, ink, "dash");
      add(fallen, `${references.collapsed} ${app.brief(fallen)}`, "left", ink, "dashdot");
    }
    if (view.words) found.annotations.push({ ...label(view.words, (view.low + view.high) / 2, "center", "text"), x: 0.5, yanchor: "middle", font: { size: 13, color: colour("text") } });
    return found;
  }

  const POWERS = "⁰¹²³⁴⁵";

  function yAxis(view) {
    const texts = view.ticks.map((tick) => {
      const power = Math.round(Math.log10(tick));
      return view.log && power < -2 ? `10⁻${POWERS[-power]}` : app.minus(tick);
    });
    return { type: view.log ? "log" : "linear", range: [view.low, view.high], tickvals: view.ticks, ticktext: texts, title: { text: view.y_title, standoff: 2 } };
  }

  app.plot = { traces, lines, yAxis, colour };
})(window.dash_clientside);
