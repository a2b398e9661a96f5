// The numbers beside the curves: those of the step that is pointed at or viewed, as the view in force has them.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const NAMES = ["D loss", "D accuracy", "G loss", "G accuracy"];
  const DASHES = { solid: "solid", dot: "dotted", dash: "dashed", dashdot: "dashed" };
  const OFF_SCALE = 2.1;
  const BEYOND = " off scale";
  let built = "";
  let height = null; // of the pointer over the panel, 0..1

  function build(notes, view, plot) {
    const key = JSON.stringify([view.name, app.scenes.task(), plot.canvas ? document.documentElement.getAttribute("data-mantine-color-scheme") : ""]);
    if (built === key && notes.firstChild) return;
    built = key;
    const metrics = plot.metrics.map((i) => row(NAMES[i], NAMES[i][0].toLowerCase(), NAMES[i].endsWith("loss") ? "solid" : "dotted"));
    const readings = plot.lines.map(({ reading, colour, dash }) => row(labelOf(reading), colour, DASHES[dash]));
    const gaps = plot.gaps.map(({ label, colour }) => row(label, colour, "gap"));
    const list = app.element("dl", {}, ...[...metrics, ...readings, ...gaps].flat());
    const rest = plot.canvas ? [app.element("p", { class: "there" }), app.kymograph.legend()] : [];
    notes.replaceChildren(app.element("p", { class: "at" }), list, ...rest);
    notes.closest(".card").classList.toggle("with-legend", rest.length > 0); // it takes more room
  }

  const row = (label, ink, dash) => [app.element("dt", { class: `${ink} ${dash}` }, label), app.element("dd")];
  const labelOf = (reading) => state.settings.readings.find(({ name }) => name === reading).label;

  function show(step) {
    const notes = app.byId("metrics-panel-notes");
    if (!notes || !state.settings) return;
    const [view, plot] = [app.views.chosen(), app.views.plot()];
    build(notes, view, plot);
    const found = app.curves.valuesAt(step);
    const look = app.readings.nearest(step);
    const texts = [
      ...plot.metrics.map((i) => (found ? metric(found.values[i], plot) : "–")),
      ...plot.lines.map(({ reading }) => number(app.readings.value(look, reading), plot)),
      ...plot.gaps.map(({ upper, lower }) => number((upper ? app.readings.value(look, upper) : Math.LN2) - app.readings.value(look, lower), plot)),
    ];
    put(notes.querySelector(".at"), heading(plot, found, look));
    notes.querySelectorAll("dd").forEach((dd, i) => put(dd, texts[i]));
    if (plot.canvas) put(notes.querySelector(".there"), there(step));
    app.badge.say("metrics", [`${app.grouped(app.curves.lastStep())} steps`]);
  }

  function heading(plot, found, look) {
    const own = plot.metrics.length > 0 || !(plot.lines.length || plot.canvas);
    if (own) return found ? `step ${app.grouped(found.step)}` : "no step yet";
    return look ? `step ${app.grouped(look.step)}` : "no step yet";
  }

  function there(step) {
    const look = app.readings.before(step);
    if (!look) return "";
    if (height === null) return `${app.grouped(look.along.reduce((a, b) => a + b, 0))} fakes on the band`;
    return app.kymograph.words(look, height).join("\n");
  }

  function metric(value, plot) {
    if (!Number.isFinite(value)) return "–";
    const text = plot.log && value < 0.01 ? value.toExponential(2) : value.toFixed(4);
    return `${text}${!plot.log && value > OFF_SCALE ? ` ▲${BEYOND}` : ""}`;
  }

  const number = (value, plot) => (Number.isFinite(value) ? `${app.minus(value.toFixed(3))}${value > plot.high ? ` ▲${BEYOND}` : ""}` : "–");

  // The words behind the triangle are in an element of their own, for pages without room for them.
  function put(element, text) {
    if (!element || element.textContent === text) return;
    element.textContent = text.replace(BEYOND, "");
    if (text.endsWith(BEYOND)) element.append(app.element("span", { class: "beyond" }, BEYOND));
  }

  state.on("pointed", (at) => {
    const over = at && at.panel === "metrics";
    height = over && at.height !== undefined ? at.height : null;
    if (over) show(at.step);
  });

  app.numbers = { show };
})(window.dash_clientside);
