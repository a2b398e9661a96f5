// A part of the steps, as wide as the panel: dragged over the curves, or by keys; a double click goes back to all.
//
// It stays where it is while training goes on. What follows the steps (cursor, marks, kymograph) asks curves.js.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const LEAST = 8; // CSS pixels that a drag is long; shorter, it is a click
  const FEWEST = 4; // steps
  const KEYS = { "+": 0.5, "=": 0.5, "-": 2, _: 2 };
  let range = null; // [first, last] step; null: the whole run
  let drag = null; // {from, to, id}: places 0..1 of the pointer while it is down
  let before = null; // the view before the first of two clicks
  let dragged = false; // whether the click to come is the end of a drag

  const layer = () => app.layers.all.metrics;
  const over = (event) => event.target.closest && event.target.closest(".layer.metrics");

  function set(next) {
    range = next;
    state.emit("zoom");
    app.curves.redraw(true);
    app.setText("cursor-words", range ? app.say("zoom.part", { from: range[0], until: range[1] }) : app.say("zoom.whole"));
  }

  // From one step to another, in either order; not beyond what there is.
  function show(a, b) {
    const end = Math.max(app.curves.end(), FEWEST + 1);
    let [from, to] = [Math.min(a, b), Math.max(a, b)].map(Math.round);
    if (to - from < FEWEST) [from, to] = [from - FEWEST / 2, from + FEWEST / 2];
    const width = to - from;
    if (width >= end - 1) return leave();
    from = Math.min(Math.max(from, 0), end - width);
    set([Math.floor(from), Math.floor(from) + width]);
  }

  function leave() {
    if (range) set(null);
  }

  // So many times as wide, around a step.
  function scale(factor, step) {
    const [from, to] = range || [0, app.curves.end()];
    if (factor > 1 && !range) return;
    const at = Math.min(Math.max(step, from), to);
    show(Math.round(at - (at - from) * factor), Math.round(at + (to - at) * factor));
  }

  // Moves on until a step is in sight.
  function follow(step) {
    if (!range || (step >= range[0] && step <= range[1])) return;
    const by = step < range[0] ? step - range[0] : step - range[1];
    set([range[0] + by, range[1] + by]);
  }

  // -- the pointer -----------------------------------------------------------------------------------------------------

  function place(event) {
    const box = layer().root.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  }

  function down(event) {
    dragged = false;
    if (!over(event) || event.button !== 0 || !event.isPrimary || !app.rows.count()) return;
    const at = place(event);
    drag = { from: at, to: at, id: event.pointerId };
  }

  const long = () => drag && Math.abs(drag.to - drag.from) * layer().root.getBoundingClientRect().width >= LEAST;

  function move(event) {
    if (!drag || event.pointerId !== drag.id) return;
    drag.to = place(event);
    if (long() && !layer().root.hasPointerCapture(drag.id)) layer().root.setPointerCapture(drag.id);
    paint();
  }

  function up(event) {
    if (!drag || event.pointerId !== drag.id) return;
    const { from, to } = drag;
    dragged = long();
    end();
    if (dragged) show(app.curves.along(from), app.curves.along(to));
  }

  function end() {
    drag = null;
    paint();
  }

  // The part that is dragged over.
  function paint() {
    const { root } = layer();
    const box = layer().selection || (layer().selection = root.appendChild(app.element("div", { class: "selection", hidden: true })));
    box.hidden = !long();
    if (box.hidden) return;
    box.style.left = `${100 * Math.min(drag.from, drag.to)}%`;
    box.style.width = `${100 * Math.abs(drag.to - drag.from)}%`;
  }

  // The end of a drag is no click; a second click takes the first one back, too.
  function click(event) {
    if (!over(event)) return;
    if (dragged) event.stopImmediatePropagation();
    dragged = false;
  }

  function twice(event) {
    if (!over(event) || !range) return;
    leave();
    if (!before) return;
    if (before.live) app.timeline.follow_live();
    else app.timeline.goToStep(before.step);
  }

  function key(event) {
    if (event.key === "Escape" && drag) {
      dragged = long(); // its end is no click either
      return end();
    }
    if (!over(event) || event.altKey || event.ctrlKey || event.metaKey) return;
    const { preview, live, step } = state.view;
    if (Object.hasOwn(KEYS, event.key)) scale(KEYS[event.key], preview !== null ? preview : live ? app.rows.lastStep() : step);
    else if (event.key === "0") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  document.addEventListener("pointerdown", down, { passive: true });
  document.addEventListener("mousedown", (event) => {
    if (over(event) && event.detail < 2) before = { ...state.view };
  });
  document.addEventListener("pointermove", move, { passive: true });
  document.addEventListener("pointerup", up, { passive: true });
  document.addEventListener("pointercancel", () => drag && end());
  document.addEventListener("click", click, true);
  document.addEventListener("dblclick", twice);
  document.addEventListener("keydown", key, true);
  state.on("run", () => {
    if (range) set(null);
  });

  app.zoom = { range: () => range, show, leave, follow };
})(window.dash_clientside);
