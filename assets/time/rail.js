// The timeline's rail: its handle stands where the view is, and the pointer takes it elsewhere. No slider of Dash: that
// would send each place through all of Dash's callbacks, tens of milliseconds on the thread that is to draw the frame.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  let grip = null; // while the handle is held: how far right of its middle the pointer has it, in pixels
  let moved = false; // whether it has been dragged since it was taken

  const rail = () => app.byId("timeline");
  const handle = () => rail() && rail().querySelector("[role=slider]");

  // Puts the handle at a position, 0..1. What is said of it speaks of steps.
  function place(position, step, newest, words) {
    const slider = handle();
    if (!slider) return;
    if (grip === null) rail().style.setProperty("--at", `${(100 * position).toFixed(3)}%`);
    slider.setAttribute("aria-valuemax", newest);
    slider.setAttribute("aria-valuenow", step);
    slider.setAttribute("aria-valuetext", words);
  }

  function press(event) {
    if (event.button !== 0 || !event.target.closest || !event.target.closest("#timeline")) return;
    event.preventDefault(); // no text is selected on the way
    const { left, width } = handle().getBoundingClientRect();
    grip = handle().contains(event.target) ? event.clientX - left - width / 2 : 0;
    moved = false;
    rail().setPointerCapture(event.pointerId);
    handle().focus({ preventScroll: true });
    if (!handle().contains(event.target)) follow(event);
  }

  function move(event) {
    if (grip !== null) {
      moved = true;
      follow(event);
    } else if (event.target.closest && event.target.closest("#timeline")) {
      app.timeline.expect([app.kept.stepAt(positionOf(event.clientX))]);
    }
  }

  function follow(event) {
    const position = positionOf(event.clientX - grip);
    rail().style.setProperty("--at", `${100 * position}%`);
    app.timeline.scrub(position);
  }

  function positionOf(x) {
    const { left, width } = rail().getBoundingClientRect();
    return Math.min(Math.max((x - left) / width, 0), 1);
  }

  function release() {
    if (grip === null) return;
    grip = null;
    app.timeline.place();
  }

  document.addEventListener("pointerdown", press, true);
  document.addEventListener("pointermove", move, true);
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, release, true);

  app.ask.dragged = () => grip !== null && moved;

  app.rail = { place };
})(window.dash_clientside);
