// What moves by itself, and how calmly: whoever asked the system for less motion gets a new picture at most twice a second.
// What a visitor moves by hand (a step, the handle of the timeline) is shown at once.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const EVERY = 500; // ms from one picture to the next
  const less = matchMedia("(prefers-reduced-motion: reduce)");
  let last = -Infinity;
  let waiting = null; // the picture to show next
  let timer = null;

  // Whether new pictures come without the visitor's doing: while training goes on, or kept frames are played.
  function moving() {
    const { status, view } = state;
    if (app.ask.playing()) return true;
    return view.live && view.preview === null && status !== null && ["training", "rerunning"].includes(status.phase);
  }

  // Calls `show`, which puts a picture on the screen: at once, or when it is time; the latest of those that wait.
  function paced(show) {
    const wait = last + EVERY - performance.now();
    if (less.matches && moving() && wait > 0) {
      waiting = show;
      timer = timer || setTimeout(next, wait);
      return;
    }
    last = performance.now();
    waiting = null;
    show();
  }

  function next() {
    timer = null;
    if (waiting) paced(waiting);
  }

  app.calm = { moving, paced, less: () => less.matches };
})(window.dash_clientside);
