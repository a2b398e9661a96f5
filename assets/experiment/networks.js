// Both networks at work, over the panels: opened on demand, and only then asked of the server. It shows the step in view;
// while training goes on the server sends a new picture now and then (lenses.py), and the one before stays meanwhile.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let parts = null; // the elements, once they are built
  let drawn = null; // the frame in the picture
  let refused = null; // a step that cannot have one

  const root = () => app.byId("networks");
  const isOpen = () => Boolean(root()) && !root().hidden;
  const whyNot = () => app.offers.whyNot(["trains"]);

  // The button that opens it; the panel is built anew now and then.
  function button() {
    const made = app.element("button", { id: "experiment-networks", type: "button", class: "button", title: app.say("networks.show-help"), "aria-controls": "networks", onclick: toggle }, app.say("networks.show"));
    made.setAttribute("aria-expanded", String(isOpen()));
    return made;
  }

  const toggle = () => (isOpen() ? close() : open());

  function open() {
    build();
    set(true);
    follow();
    parts.title.focus({ preventScroll: true });
    root().scrollIntoView({ block: "nearest" });
  }

  function close() {
    set(false);
    const opener = app.byId("experiment-networks");
    if (opener && opener.offsetParent) opener.focus();
    else app.byId("experiment-fold").focus();
  }

  function set(opened) {
    root().hidden = !opened;
    const opener = app.byId("experiment-networks");
    if (opener) opener.setAttribute("aria-expanded", String(opened));
    state.emit("lens");
  }

  // -- building ------------------------------------------------------------------------------------------------------

  function build() {
    if (parts) return;
    const title = app.element("h2", { tabindex: "-1" }, app.say("networks.title"));
    const step = app.element("span", { class: "badge", role: "status" });
    const cross = app.element("button", { type: "button", class: "button cross", "aria-label": app.say("networks.close"), title: app.say("networks.close"), onclick: close }, "✕");
    const box = app.element("div", { class: "networks-box" });
    const empty = app.element("p", { class: "networks-empty" });
    parts = { title, step, box, empty, large: largeOne() };
    const head = app.element("div", { class: "networks-head" }, title, step, cross);
    root().append(head, empty, app.element("div", { class: "networks-body" }, box, parts.large.root));
    root().addEventListener("keydown", (event) => event.key === "Escape" && close());
    new ResizeObserver(() => isOpen() && drawn && draw()).observe(box);
  }

  // One unit, larger, with what is known of it.
  function largeOne() {
    const canvas = app.element("canvas", { width: 24, height: 24, "aria-hidden": "true" });
    const [name, range, axes, inputs] = ["unit-name", "", "unit-axes", "unit-inputs"].map((kind) => app.element("p", kind ? { class: kind } : {}));
    const ends = ["", "", ""].map(() => app.element("span"));
    const colours = state.settings.colours.map(([at, colour]) => `${colour} ${100 * at}%`).join(", ");
    const bar = app.element("div", { class: "unit-scale", "aria-hidden": "true" }, app.element("div", { class: "bar", style: `background: linear-gradient(to right, ${colours})` }), app.element("div", { class: "ends" }, ...ends));
    const about = app.element("p", { class: "field-help" }, app.say("networks.about"));
    return { root: app.element("div", { class: "networks-unit" }, name, canvas, axes, bar, range, inputs, about), canvas, name, range, axes, inputs, ends };
  }

  // -- showing -------------------------------------------------------------------------------------------------------

  const shows = (frame) => frame && frame.run === state.run && frame.unit_maps;

  // The newest picture of what is in view: live frames are seen here whether or not the panels pass some over.
  function follow() {
    if (!isOpen()) return;
    const there = [state.shown, ...(state.view.live ? [state.live] : [])].filter(shows);
    const next = there.reduce((a, b) => (a && a.step >= b.step ? a : b), null);
    if (next && next !== drawn) {
      drawn = next;
      draw();
    }
    words();
  }

  function draw() {
    app.picture.draw(parts.box, drawn, choose);
    showLarge();
  }

  function choose(unit, focus = false) {
    app.picture.turnTo(unit, focus);
    showLarge();
  }

  function showLarge() {
    const unit = app.picture.current();
    const { canvas, name, range, axes, inputs, ends } = parts.large;
    app.picture.paint(canvas, unit);
    name.textContent = app.picture.nameOf(unit);
    const [across, up] = app.plane.axes(drawn, ["z₁", "z₂"]);
    axes.textContent = unit.network ? app.say("networks.axes-d") : app.say("networks.axes-g", { across, up });
    range.textContent = app.picture.rangeWords(unit);
    const most = Math.max(...app.picture.rangeOf(unit).map(Math.abs));
    [-most, 0, most].forEach((value, k) => (ends[k].textContent = app.picture.number(value)));
    const listed = app.picture.inputsOf(unit).map(([from, weight]) => app.say("networks.weight", { unit: from.number + 1, weight: app.picture.number(weight) }));
    inputs.textContent = listed.length ? app.say("networks.strongest", { list: listed.join(", ") }) : "";
  }

  // Which step the picture is of, and why it is not yet that in view.
  function words() {
    const why = whyNot();
    parts.empty.hidden = Boolean(drawn) && !why;
    parts.box.parentElement.hidden = !parts.empty.hidden;
    const step = state.view.live ? state.newestStep() : state.view.step;
    const wanted = !drawn || (drawn.step !== step && !app.calm.moving());
    const waiting = app.say(refused === step ? "networks.unavailable" : "networks.computing");
    parts.empty.textContent = why || waiting;
    const said = [...(drawn ? [app.say("networks.step", { step: drawn.step })] : []), ...(drawn && wanted ? [waiting] : [])].join(" · ");
    // Read out at rest alone: it would never end.
    parts.step.setAttribute("aria-live", app.calm.moving() ? "off" : "polite");
    if (parts.step.textContent !== said) parts.step.textContent = why ? "" : said;
  }

  app.ask.units = () => isOpen() && !whyNot();
  for (const event of ["frame", "live", "view", "progress"]) state.on(event, follow);
  state.on("exact", (step) => {
    refused = step;
    follow();
  });
  state.on("run", () => {
    drawn = refused = null;
    app.picture.clear();
    if (isOpen()) words();
  });

  app.networks = { button };
})(window.dash_clientside);
