// The numbers beside the curves: those of the step that is pointed at or viewed, as the view in force has them.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const CURVES = ["d-loss", "d-accuracy", "g-loss", "g-accuracy"];
  const DASHES = { solid: "solid", dot: "dotted", dash: "dashed", dashdot: "dashed" };
  const SHAPES = { above: "▲", below: "▼" };
  let built = "";
  let height = null; // of the pointer over the panel, 0..1
  let pointed = false; // whether it is over the panel
  let last = 0; // the step whose numbers are shown

  function build(notes, view, plot) {
    const key = JSON.stringify([view.name, app.scenes.task(), plot.canvas ? state.run : "", plot.canvas ? document.documentElement.getAttribute("data-mantine-color-scheme") : ""]);
    if (built === key && notes.firstChild) return;
    built = key;
    const metrics = plot.metrics.map((i) => row(app.say(`metric.${CURVES[i]}`), CURVES[i][0], CURVES[i].endsWith("loss") ? "solid" : "dotted"));
    const readings = plot.lines.map(({ reading, colour, dash }) => row(labelOf(reading), colour, DASHES[dash]));
    const gaps = plot.gaps.map(({ label, colour }) => row(label, colour, "gap"));
    const list = app.element("dl", {}, ...[...metrics, ...readings, ...gaps].flat());
    const rest = plot.canvas ? [app.element("p", { class: "there" }), app.kymograph.legend()] : [];
    const over = plot.metrics.length ? [app.element("p", { class: "over" })] : [];
    notes.replaceChildren(app.element("p", { class: "at" }), list, ...over, ...rest);
    notes.closest(".card").classList.toggle("with-legend", rest.length > 0); // it takes more room
  }

  const row = (label, ink, dash) => [app.element("dt", { class: `${ink} ${dash}` }, label), app.element("dd")];
  const labelOf = (reading) => state.settings.readings.find(({ name }) => name === reading).label;

  function show(step) {
    const notes = app.byId("metrics-panel-notes");
    last = step;
    if (!notes || !state.settings) return;
    const [view, plot] = [app.views.chosen(), app.curves.plot()];
    build(notes, view, plot);
    const found = app.rows.valuesAt(step);
    const look = app.readings.nearest(step);
    const texts = [
      ...plot.metrics.map((i) => (found ? metric(found.values[i], plot) : "–")),
      ...plot.lines.map(({ reading }) => number(app.readings.value(look, reading), plot)),
      ...plot.gaps.map(({ upper, lower }) => number((upper ? app.readings.value(look, upper) : Math.LN2) - app.readings.value(look, lower), plot)),
    ];
    put(notes.querySelector(".at"), heading(plot, found, look));
    const column = pointed ? app.curves.column(step) : null;
    const ranges = plot.metrics.map((i) => (column ? range(column.low[i], column.high[i]) : ""));
    notes.querySelectorAll("dd").forEach((dd, i) => put(dd, texts[i], ranges[i]));
    put(notes.querySelector(".over"), ranges.some(Boolean) ? app.say("numbers.range", { from: column.from, until: column.until }) : "");
    if (plot.canvas) put(notes.querySelector(".there"), there(step));
    app.badge.say("metrics", [app.say("numbers.steps", { n: app.rows.lastStep() })]);
  }

  function heading(plot, found, look) {
    const own = plot.metrics.length > 0 || !(plot.lines.length || plot.canvas);
    const at = own ? found : look;
    return at ? app.say("numbers.step", { step: at.step }) : app.say("numbers.no-step");
  }

  function there(step) {
    const look = app.readings.before(step);
    if (!look) return "";
    if (height === null) return app.say("numbers.on-data", { count: look.along.reduce((a, b) => a + b, 0) });
    return app.kymograph.words(look, height).join("\n");
  }

  function metric(value, plot) {
    if (!Number.isFinite(value)) return "–";
    return `${plot.log && value < 0.01 && value > 0 ? value.toExponential(2) : value.toFixed(4)}${beyond(value, plot)}`;
  }

  const number = (value, plot) => (Number.isFinite(value) ? `${app.minus(value.toFixed(3))}${beyond(value, plot)}` : "–");

  function beyond(value, plot) {
    const side = app.yaxis.beyond(plot, value);
    return side ? ` ${SHAPES[side]}` : "";
  }

  // What the pixel column has beside the step's own number; nothing where that is all.
  const range = (low, high) => (low < high ? `${app.brief(low)}–${app.brief(high)}` : "");

  // The words behind a triangle are in an element of their own, for pages without room for them.
  function put(element, text, thin = "") {
    if (!element || element.dataset.said === `${text}|${thin}`) return;
    element.dataset.said = `${text}|${thin}`;
    element.textContent = text;
    const beyond = Object.values(SHAPES).includes(text.at(-1));
    if (beyond) element.append(app.element("span", { class: "beyond" }, ` ${app.say("numbers.off-scale")}`));
    if (thin) element.append(" ", app.element("span", { class: "thin" }, thin));
  }

  state.on("pointed", (at) => {
    const over = Boolean(at) && at.panel === "metrics";
    const left = pointed && !over;
    pointed = over;
    height = over && at.height !== undefined ? at.height : null;
    if (over || left) show(over ? at.step : last);
  });

  app.numbers = { show };
})(window.dash_clientside);
